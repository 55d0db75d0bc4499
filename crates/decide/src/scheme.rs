//! Versions per packaging system: keys whose byte order is the version order, and comparers that
//! reach the same answer by other code. No system stands in for another: what one cannot read is
//! `Unparsed`, never guessed.

mod apk;
mod dpkg;
mod rpm;
mod semver;
mod windows;

use std::cmp::Ordering;

/// A packaging system, and with it the rule by which versions are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// Debian and Ubuntu: deb-version(7).
    Dpkg,
    /// rpm's `rpmvercmp` over epoch, version and release.
    Rpm,
    /// Alpine: apk-tools 3.
    Apk,
    /// semver.org 2.0, build metadata ignored, a leading `v` allowed.
    Semver,
    /// Build and update revision of one Windows product family.
    Windows,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 5] = [Self::Dpkg, Self::Rpm, Self::Apk, Self::Semver, Self::Windows];

    /// Returns the scheme of a stream by its part before `:` (`debian:12`). `None`: no
    /// distribution, so that its versions cannot be ordered here.
    pub fn of_stream(stream: &str) -> Option<Self> {
        let family = stream.split_once(':').map_or(stream, |(family, _)| family);
        match family {
            "debian" | "ubuntu" => Some(Self::Dpkg),
            "rhel" | "alma" | "rocky" | "centos" | "fedora" | "suse" | "sles" | "opensuse"
            | "amazon" | "oracle" | "azurelinux" => Some(Self::Rpm),
            "alpine" => Some(Self::Apk),
            "windows" => Some(Self::Windows),
            _ => None,
        }
    }

    /// Returns the key of a version: keys of one scheme compare, as bytes, as their versions do,
    /// and equal versions have equal keys. One pass and one allocation; see `benches/versions.rs`
    /// for the cost.
    ///
    /// # Errors
    /// `Unparsed` when the text is no version of this scheme.
    pub fn key(self, version: &str) -> Result<Key, Unparsed> {
        let bytes = match self {
            Self::Dpkg => dpkg::key(version),
            Self::Rpm => rpm::key(version),
            Self::Apk => apk::key(version),
            Self::Semver => semver::key(version),
            Self::Windows => windows::key(version),
        };
        bytes.map(|bytes| Key(bytes.into_boxed_slice())).map_err(|why| Unparsed::new(version, why))
    }

    /// Compares two versions directly. Slower than comparing keys, and other code: the second
    /// opinion.
    ///
    /// # Errors
    /// `Unparsed` names the first of the two that is no version of this scheme.
    pub fn compare(self, a: &str, b: &str) -> Result<Ordering, Unparsed> {
        match self {
            Self::Dpkg => pair(a, b, dpkg::check).map(|_| crate::version::compare(a, b)),
            Self::Rpm => pair(a, b, rpm::split).map(|(a, b)| rpm::compare(a, b)),
            Self::Apk => pair(a, b, apk::tokens).map(|(a, b)| apk::compare(&a, &b)),
            Self::Semver => pair(a, b, semver::read).map(|(a, b)| a.cmp_precedence(&b)),
            Self::Windows => pair(a, b, windows::read).map(|(a, b)| a.cmp(&b)),
        }
    }
}

fn pair<'a, T>(
    a: &'a str,
    b: &'a str,
    read: impl Fn(&'a str) -> Result<T, &'static str>,
) -> Result<(T, T), Unparsed> {
    let read = |version| read(version).map_err(|why| Unparsed::new(version, why));
    Ok((read(a)?, read(b)?))
}

/// A version as bytes: `Ord` is the order of versions within one scheme. Debian's are 28 bytes on
/// average.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<[u8]>);

impl Key {
    /// Returns the bytes, for storage and for comparing without the type.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The text is no version of the scheme: the host is unknown for this package, never "not
/// affected".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version `{version}` cannot be read: {why}")]
pub struct Unparsed {
    version: String,
    /// In words, for people.
    pub why: &'static str,
}

impl Unparsed {
    fn new(version: &str, why: &'static str) -> Self {
        /// More of a hostile text helps nobody.
        const SHOWN_CHARS_MAX: usize = 120;
        Self { version: version.chars().take(SHOWN_CHARS_MAX).collect(), why }
    }
}

/// Returns a Debian version without one trailing `~bpoN+M` or `~debNuM`: the version of another
/// release that it was built from. Only for bounds that are known to come from another release:
/// within its own release `590-2.1~deb12u2` is older than `590-2.1`, and must stay so.
pub fn without_suffix(version: &str) -> &str {
    match version.rsplit_once('~') {
        Some((base, suffix)) if is_rebuild(suffix, "bpo", '+') => base,
        Some((base, suffix)) if is_rebuild(suffix, "deb", 'u') => base,
        Some(_) | None => version,
    }
}

fn is_rebuild(suffix: &str, word: &str, between: char) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    suffix
        .strip_prefix(word)
        .and_then(|rest| rest.split_once(between))
        .is_some_and(|(release, build)| is_number(release) && is_number(build))
}

/// Appends a number without its leading zeros as length and digits, so that longer is greater; at
/// most 255 digits.
fn push_number(key: &mut Vec<u8>, digits: &str) -> Result<(), &'static str> {
    let digits = digits.trim_start_matches('0');
    let Ok(len) = u8::try_from(digits.len()) else {
        return Err("it has a number of more than 255 digits");
    };
    key.push(len);
    key.extend_from_slice(digits.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;
