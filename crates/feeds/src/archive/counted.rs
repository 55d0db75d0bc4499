//! Readers that count while they unpack, so that a bomb is refused at its first excess byte.

use crate::limits::{Limits, RATIO_FLOOR_BYTES, Refused};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// How a file is packed, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Gz,
    Xz,
    Bz2,
    Zstd,
    Zlib,
    Zip,
    Tar,
}

impl Packing {
    /// Returns how a file that begins with `magic` is packed; `None`: not at all.
    pub fn of(magic: &[u8]) -> Option<Self> {
        match magic {
            [0x1f, 0x8b, ..] => Some(Self::Gz),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bz2),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            // Skippable frames may stand first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            // RFC 1950: the two bytes are a multiple of 31. `x^` alone could be text; what follows is not.
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, third, ..] if !third.is_ascii_graphic() => {
                Some(Self::Zlib)
            }
            [0x78, 0x01 | 0x9c | 0xda, ..] => Some(Self::Zlib),
            _ => (magic.get(257..262) == Some(b"ustar")).then_some(Self::Tar),
        }
    }
}

/// What one load may still unpack, shared by all its readers.
pub(super) struct Budget {
    unpacked: Cell<u64>,
    bytes_max: u64,
    ratio_max: u64,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        let (bytes_max, ratio_max) = (limits.bundle_bytes_max, limits.ratio_max);
        Self { unpacked: Cell::new(0), bytes_max, ratio_max }
    }

    /// Takes bytes of the budget.
    pub(super) fn take(&self, name: &str, bytes: u64) -> Result<(), Refused> {
        self.unpacked.set(self.unpacked.get().saturating_add(bytes));
        if self.unpacked.get() > self.bytes_max {
            return Err(Refused::TooLarge { name: name.to_owned(), bytes_max: self.bytes_max });
        }
        Ok(())
    }
}

/// Counts what goes into a decoder.
pub(super) struct Packed<'r> {
    pub(super) inner: &'r mut dyn Read,
    pub(super) bytes: Rc<Cell<u64>>,
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get().saturating_add(count(read)));
        Ok(read)
    }
}

/// Counts what comes out of a decoder, and stops it.
pub(super) struct Counted<'r> {
    inner: &'r mut dyn Read,
    name: String,
    unpacked: u64,
    packed: Rc<Cell<u64>>,
    budget: Rc<Budget>,
}

impl<'r> Counted<'r> {
    pub(super) fn new(
        inner: &'r mut dyn Read,
        name: &str,
        packed: Rc<Cell<u64>>,
        budget: &Rc<Budget>,
    ) -> Self {
        Self { inner, name: name.to_owned(), unpacked: 0, packed, budget: Rc::clone(budget) }
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.unpacked = self.unpacked.saturating_add(count(read));
        let ratio_max = self.budget.ratio_max;
        let room = self.packed.get().saturating_mul(ratio_max).max(RATIO_FLOOR_BYTES);
        if self.unpacked > room {
            let name = self.name.clone();
            return Err(io::Error::other(Refused::Bomb { name, ratio_max }));
        }
        self.budget.take(&self.name, count(read)).map_err(io::Error::other)?;
        Ok(read)
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// All frames of a zstd stream, one after the other.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    is_over: bool,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(source: R) -> io::Result<Self> {
        let mut frames = Self { source, decoder: FrameDecoder::new(), is_over: false };
        frames.next_frame()?;
        Ok(frames)
    }

    /// Begins the next frame, if there is one; passes over those that hold no data.
    fn next_frame(&mut self) -> io::Result<()> {
        loop {
            let mut first = [0; 1];
            if self.source.read(&mut first)? == 0 {
                self.is_over = true;
                return Ok(());
            }
            let begin = (&first[..]).chain(&mut self.source);
            match self.decoder.reset(begin) {
                Ok(()) => return Ok(()),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.source).take(u64::from(length));
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(e) => return Err(io::Error::new(io::ErrorKind::InvalidData, e.to_string())),
            }
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.is_over {
            if self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let room = BlockDecodingStrategy::UptoBytes(buffer.len());
                self.decoder
                    .decode_blocks(&mut self.source, room)
                    .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            if self.decoder.is_finished() {
                self.next_frame()?;
            }
        }
        Ok(0)
    }
}
