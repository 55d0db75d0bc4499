//! A fleet by seed, with the shape that all figures about fleets are measured on: 12 streams of 12,000 sources
//! with 1 + 24 u³ versions each; 400 images of 350 sources, 160 of them common to all of a stream and the others
//! drawn by a power law; a host's patch lag the product of two uniforms; 3 % of its packages drifted.
//! Included by path where a benchmark needs it; part of no program.

use decide::index::{Coverage, HostEntry, Item, Part};
use model::advisory::{Row, RowState, Until};
use model::{CveId, HostId, TenantId};

pub(crate) const STREAMS: [&str; 12] = [
    "debian:11",
    "debian:12",
    "debian:13",
    "ubuntu:20.04",
    "ubuntu:22.04",
    "ubuntu:24.04",
    "alma:8",
    "alma:9",
    "rocky:9",
    "suse:15.5",
    "alpine:3.19",
    "alpine:3.20",
];
const SOURCES: u64 = 12_000;
const IMAGES: u64 = 400;
const SOURCES_OF_IMAGE: u64 = 350;
const COMMON: u64 = 160;
const DRIFTED_PERCENT: u64 = 3;

/// The fleet. Everything is computed when it is asked for; nothing large is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) seed: u64,
    pub(crate) tenant: TenantId,
    /// Hosts are offered the newest version of what is out of date.
    pub(crate) has_offers: bool,
}

/// A number in 0..1 from what it is about.
fn uniform(seed: u64, words: [u64; 3]) -> f64 {
    // 53 bits fit a float exactly.
    (random(seed, words) >> 11) as f64 / (1_u64 << 53) as f64
}

/// SplitMix64 over a few words.
fn random(seed: u64, words: [u64; 3]) -> u64 {
    let mut state = seed;
    for word in words {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_add(word);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}

fn scaled(share: f64, whole: u64) -> u64 {
    let at = share * whole as f64;
    (at as u64).min(whole - 1)
}

impl Fleet {
    /// Returns how many versions a source of a stream has.
    pub(crate) fn versions(&self, stream: u64, source: u64) -> u64 {
        let u = uniform(self.seed, [1, stream, source]);
        1 + (24.0 * u * u * u) as u64
    }

    /// Returns the text of a version, in the stream's own form.
    pub(crate) fn version(stream: u64, source: u64, number: u64) -> String {
        let (major, minor) = (source % 7, source % 31);
        match stream {
            0..=2 => format!("{major}.{minor}.{number}-1+deb12u{}", number % 3),
            3..=5 => format!("{major}.{minor}.{number}-0ubuntu1.{}", number % 3),
            6..=9 => format!("{major}.{minor}.{number}-{}.el9", 1 + number % 3),
            _ => format!("{major}.{minor}.{number}-r{}", number % 3),
        }
    }

    pub(crate) fn source(source: u64) -> String {
        format!("source-{source}")
    }

    /// Returns one of the sources of an image; different numbers may give the same.
    fn source_of(&self, image: u64, number: u64) -> u64 {
        if number < COMMON {
            return number;
        }
        let u = uniform(self.seed, [2, image, number]);
        COMMON + scaled(u * u * u, SOURCES - COMMON)
    }

    pub(crate) fn host_id(&self, number: u64) -> HostId {
        let high = u128::from(random(self.seed, [3, number, 0]));
        HostId(high << 64 | u128::from(number))
    }

    /// Returns a host. `reported` changes which versions it has: 0 is its first report, and each later
    /// one has other versions of `CHANGED` packages.
    pub(crate) fn host(&self, number: u64, reported: u64, changed: u64) -> HostEntry {
        let image = random(self.seed, [4, number, 0]) % IMAGES;
        let stream = image % STREAMS.len() as u64;
        let lag = uniform(self.seed, [5, number, 0]) * uniform(self.seed, [5, number, 1]);
        let name = STREAMS[usize::try_from(stream).expect("twelve")];
        let mut items = Vec::with_capacity(400);
        for at in 0..SOURCES_OF_IMAGE {
            let source = self.source_of(image, at);
            let versions = self.versions(stream, source);
            let drift = random(self.seed, [6, number, at]);
            let is_changed = at < changed && reported > 0;
            let version = if is_changed {
                random(self.seed, [7 + reported, number, at]) % versions
            } else if drift % 100 < DRIFTED_PERCENT {
                (drift >> 32) % versions
            } else {
                versions - 1 - scaled(lag, versions)
            };
            let item = |version: u64, part: Part| Item {
                stream: name.to_owned(),
                package: Self::source(source),
                module: String::new(),
                version: Self::version(stream, source, version),
                part,
            };
            items.push(item(version, Part::Main));
            if self.has_offers && version + 1 < versions {
                items.push(item(versions - 1, Part::Offered));
            }
        }
        items.sort_unstable();
        // Two draws of the same source: one of them is the host's.
        items.dedup_by(|b, a| (&a.package, a.part) == (&b.package, b.part) || a == b);
        HostEntry {
            host: self.host_id(number),
            tenant: self.tenant,
            first_seen_at: 1_780_000_000,
            stream: name.to_owned(),
            items,
            coverage: Coverage::Covered,
            stale: Vec::new(),
            channels: Vec::new(),
            arches: vec!["amd64".to_owned()],
            is_lists_stale: false,
            is_release_ended: false,
            weight_halves: 2,
            class: 0,
        }
    }

    /// Returns a row: each CVE is about one source in about half of the streams.
    pub(crate) fn row(&self, number: u64) -> Row {
        let cve = number / 6;
        let stream = (random(self.seed, [20, cve, 0]) + number % 6 * 2) % STREAMS.len() as u64;
        let source = random(self.seed, [21, cve, 0]) % SOURCES;
        let versions = self.versions(stream, source);
        let bound = random(self.seed, [22, number, 0]) % versions;
        let is_open = random(self.seed, [23, number, 0]) % 100 < 5;
        Row {
            advisory: format!("ADV-{cve}"),
            cve: Some(Self::cve(cve)),
            stream: STREAMS[usize::try_from(stream).expect("twelve")].to_owned(),
            package: Self::source(source),
            module: String::new(),
            arch: String::new(),
            from: String::new(),
            until: if is_open {
                Until::Open
            } else {
                Until::Fixed(Self::version(stream, source, bound))
            },
            state: RowState::Affected,
            channel: String::new(),
            is_foreign: false,
        }
    }

    pub(crate) fn cve(number: u64) -> CveId {
        let year = 1999 + u16::try_from(number % 27).expect("below 27");
        CveId { year, number: 1_000 + u32::try_from(number / 27).expect("few") }
    }

    /// Returns hazard and KEV of a CVE: most are improbable, one in 200 is known to be exploited.
    pub(crate) fn hazard(&self, cve: u64) -> (u32, bool) {
        let word = random(self.seed, [30, cve, 0]);
        let is_kev = word.is_multiple_of(200);
        let u = uniform(self.seed, [31, cve, 0]);
        let micro = if is_kev { 4_605_170 } else { (u * u * u * u * 600_000.0) as u32 };
        (micro, is_kev)
    }
}
