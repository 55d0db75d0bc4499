//! What the network half and the root half say to each other, and the socket between them.
//!
//! The network half asks, the root half answers; one question at a time on a connection. A message is
//! one packet of at most 64 KiB, so nothing is ever framed or joined; larger bodies travel as a file
//! descriptor. Nothing that the network half says is believed: the root half verifies from raw bytes.

use model::Digest;
use model::run::{PermitAnswer, PermitClaim, Progress};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::mem::MaybeUninit;
use std::path::Path;

/// Bytes of one message at most.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a text in a message at most; longer ones are cut.
pub const TEXT_BYTES_MAX: usize = 1_024;
/// Seconds that the root half keeps a `Work` question open at most.
pub const WORK_SECS_MAX: u32 = 60;
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 8;

/// What the network half asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Orders came. The descriptor holds the JSON of the server's `OrdersAnswer`.
    Orders,
    /// Look at the host now; with `refresh`, fetch package lists before.
    Collect {
        refresh: bool,
    },
    /// What is there to do? Answered when there is something, or after `wait_secs`.
    Work {
        wait_secs: u32,
    },
    /// The object was fetched; the descriptor is the file. Copied and hashed, never trusted.
    Fetched {
        sha256: Digest,
    },
    FetchFailed {
        sha256: Digest,
        text: String,
    },
    /// The server's word on a claim.
    Permit {
        #[serde(with = "as_json")]
        claim: PermitClaim,
        #[serde(with = "as_json")]
        answer: PermitAnswer,
    },
    /// The server has stored the delivery of this id.
    Delivered {
        id: Digest,
    },
}

/// What the root half answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Done,
    Failed {
        text: String,
    },
    /// The descriptor holds the JSON of a `model::report::Sight`.
    Sight,
    /// Empty when nothing came up in time.
    Work(Vec<Job>),
}

/// Something that only the network half can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Job {
    /// Fetch from the server's vault, answer with `Fetched` or `FetchFailed`.
    Fetch { sha256: Digest, size_bytes: u64 },
    /// Ask the server for its permit, answer with `Permit`. Handed out again until answered.
    Claim(#[serde(with = "as_json")] PermitClaim),
    /// Tell the server; may get lost.
    Progress(#[serde(with = "as_json")] Progress),
    /// Send the signed envelope to the server and answer with `Delivered` once it is stored. The
    /// descriptor holds its JSON; one `Work` answer carries at most one delivery. `id` is the digest
    /// of the envelope's payload bytes, as in `OutcomesAnswer::stored`.
    Deliver { id: Digest },
}

/// JSON inside a message: the nouns of `model` name their variants by a tag, which the compact
/// encoding cannot read back.
pub(crate) mod as_json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        serde_json::from_str(&text).map_err(D::Error::custom)
    }
}

/// The halves cannot talk.
#[derive(Debug, thiserror::Error)]
pub enum HalvesError {
    #[error("could not {act} the socket between the agent's halves")]
    Socket { act: &'static str, source: io::Error },
    #[error("the other half closed the connection")]
    Closed,
    #[error("a message of {bytes} bytes is larger than {MESSAGE_BYTES_MAX}")]
    TooBig { bytes: usize },
    #[error("a message from the other half cannot be read")]
    Malformed,
    #[error("a process of user {uid} is on the other end of the socket")]
    Stranger { uid: u32 },
    #[error("the other half answered something else than was asked for")]
    OffTopic,
}

/// Encodes a message.
///
/// # Errors
/// `TooBig`; `Malformed` when the value cannot be encoded at all.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, HalvesError> {
    let bytes = postcard::to_allocvec(message).map_err(|_| HalvesError::Malformed)?;
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(HalvesError::TooBig { bytes: bytes.len() });
    }
    Ok(bytes)
}

/// Decodes a message. Trailing bytes are refused: a packet is one message.
///
/// # Errors
/// `TooBig` and `Malformed`.
pub fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, HalvesError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(HalvesError::TooBig { bytes: bytes.len() });
    }
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) | Err(_) => Err(HalvesError::Malformed),
    }
}

/// One end of a connection between the halves.
#[derive(Debug)]
pub struct Link {
    socket: OwnedFd,
}

impl Link {
    /// Connects to the root half. Refuses when neither root nor our own user listens there.
    ///
    /// # Errors
    /// The socket is not there, or a stranger owns it.
    pub fn connect(path: &Path) -> Result<Self, HalvesError> {
        let socket = new_socket()?;
        let address = SocketAddrUnix::new(path).map_err(|e| failed("name", e.into()))?;
        rustix::net::connect(&socket, &address).map_err(|e| failed("connect to", e.into()))?;
        let link = Self { socket };
        link.admit(&[0, rustix::process::geteuid().as_raw()])?;
        Ok(link)
    }

    /// Makes two ends that are connected to each other.
    ///
    /// # Errors
    /// The system has no descriptors left.
    pub fn pair() -> Result<(Self, Self), HalvesError> {
        let (a, b) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(|e| failed("make", e.into()))?;
        Ok((Self { socket: a }, Self { socket: b }))
    }

    /// Refuses the connection unless the other end runs as one of `uids`.
    fn admit(&self, uids: &[u32]) -> Result<(), HalvesError> {
        let peer = rustix::net::sockopt::socket_peercred(&self.socket)
            .map_err(|e| failed("check", e.into()))?;
        let uid = peer.uid.as_raw();
        if uids.contains(&uid) { Ok(()) } else { Err(HalvesError::Stranger { uid }) }
    }

    /// Asks and waits for the answer. `body` travels as a descriptor; so does the answer's, if any.
    ///
    /// # Errors
    /// The connection broke, or the answer cannot be read. Connect anew then.
    pub fn ask(
        &self,
        ask: &Ask,
        body: Option<BorrowedFd<'_>>,
    ) -> Result<(Answer, Option<File>), HalvesError> {
        self.send(ask, body)?;
        let mut buffer = vec![0; MESSAGE_BYTES_MAX];
        let (count, file) = self.receive(&mut buffer)?;
        Ok((decode(&buffer[..count])?, file))
    }

    /// Waits for the next question. `Ok(None)`: the other half is gone.
    ///
    /// # Errors
    /// The packet is no question; the connection should be closed.
    pub fn next_ask(&self) -> Result<Option<(Ask, Option<File>)>, HalvesError> {
        let mut buffer = vec![0; MESSAGE_BYTES_MAX];
        match self.receive(&mut buffer) {
            Ok((count, file)) => Ok(Some((decode(&buffer[..count])?, file))),
            Err(HalvesError::Closed) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Answers the question that `next_ask` returned.
    ///
    /// # Errors
    /// The connection broke.
    pub fn answer(&self, answer: &Answer, body: Option<BorrowedFd<'_>>) -> Result<(), HalvesError> {
        self.send(answer, body)
    }

    fn send<T: Serialize>(
        &self,
        message: &T,
        body: Option<BorrowedFd<'_>>,
    ) -> Result<(), HalvesError> {
        let bytes = encode(message)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fds = body.map(|fd| [fd]);
        if let Some(fds) = &fds
            && !control.push(SendAncillaryMessage::ScmRights(fds))
        {
            return Err(failed("pass a file over", io::Error::other("no room for a descriptor")));
        }
        rustix::io::retry_on_intr(|| {
            rustix::net::sendmsg(
                &self.socket,
                &[IoSlice::new(&bytes)],
                &mut control,
                SendFlags::NOSIGNAL,
            )
        })
        .map_err(|e| match e {
            rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET => HalvesError::Closed,
            other => failed("write to", other.into()),
        })?;
        Ok(())
    }

    fn receive(&self, buffer: &mut [u8]) -> Result<(usize, Option<File>), HalvesError> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got = rustix::io::retry_on_intr(|| {
            rustix::net::recvmsg(
                &self.socket,
                &mut [IoSliceMut::new(buffer)],
                &mut control,
                RecvFlags::CMSG_CLOEXEC,
            )
        })
        .map_err(|e| match e {
            rustix::io::Errno::CONNRESET => HalvesError::Closed,
            other => failed("read from", other.into()),
        })?;
        let mut files = control.drain().filter_map(|message| {
            if let RecvAncillaryMessage::ScmRights(fds) = message { Some(fds) } else { None }
        });
        let file = files.next().and_then(|mut fds| fds.next()).map(File::from);
        if got.flags.contains(ReturnFlags::TRUNC) {
            return Err(HalvesError::TooBig { bytes: got.bytes });
        }
        if got.bytes == 0 {
            return Err(HalvesError::Closed);
        }
        Ok((got.bytes, file))
    }
}

/// The root half's end, waiting for the network half.
#[derive(Debug)]
pub struct Door {
    socket: OwnedFd,
    uids: Vec<u32>,
}

impl Door {
    /// Listens at `path`, in place of a socket that a dead root half left there. Only processes of
    /// `uids` are let in; the file's mode does not decide that, because a root half without
    /// capabilities cannot give the file to another user.
    ///
    /// # Errors
    /// The folder is missing or cannot be written to.
    pub fn open(path: &Path, uids: &[u32]) -> Result<Self, HalvesError> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed("replace", e)),
            Ok(()) | Err(_) => {}
        }
        let socket = new_socket()?;
        let address = SocketAddrUnix::new(path).map_err(|e| failed("name", e.into()))?;
        rustix::net::bind(&socket, &address).map_err(|e| failed("bind", e.into()))?;
        rustix::fs::chmod(path, rustix::fs::Mode::from_raw_mode(0o666))
            .map_err(|e| failed("open up", e.into()))?;
        rustix::net::listen(&socket, BACKLOG).map_err(|e| failed("listen on", e.into()))?;
        Ok(Self { socket, uids: uids.to_vec() })
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// `Stranger` when another user connected (the connection is closed); else the socket is broken.
    pub fn admit(&self) -> Result<Link, HalvesError> {
        let socket = rustix::io::retry_on_intr(|| {
            rustix::net::accept_with(&self.socket, SocketFlags::CLOEXEC)
        })
        .map_err(|e| failed("accept on", e.into()))?;
        let link = Link { socket };
        link.admit(&self.uids)?;
        Ok(link)
    }
}

/// Returns a file without a name that holds `bytes`, read from its beginning: for bodies.
///
/// # Errors
/// Out of memory.
pub fn body_of(bytes: &[u8]) -> io::Result<File> {
    let fd = rustix::fs::memfd_create("body", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = File::from(fd);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// Reads a body that came as a descriptor.
///
/// # Errors
/// It is larger than `bytes_max`, or cannot be read.
pub fn read_body(file: &File, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::Error::other(format!("the body is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// Returns `text` cut to what a message may carry.
pub fn short_text(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// Returns the descriptor of `file` for passing it on.
pub fn fd_of(file: &File) -> BorrowedFd<'_> {
    file.as_fd()
}

fn new_socket() -> Result<OwnedFd, HalvesError> {
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .map_err(|e| failed("make", e.into()))
}

fn failed(act: &'static str, source: io::Error) -> HalvesError {
    HalvesError::Socket { act, source }
}

#[cfg(test)]
mod tests;
