//! Which feed a file is of, by its content alone: names and addresses lie, or are lost on the way.

use model::advisory::Feed;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Feed(Feed),
    /// A bundle's list of files with their hashes.
    Manifest,
}

/// Returns what `bytes` are, or `None`. Looks at as much of JSON as it must, usually the first few keys.
pub fn recognise(bytes: &[u8]) -> Option<Kind> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let kind = match bytes.first()? {
        b'{' => object(bytes)?,
        b'[' if bytes.get(1).is_some_and(u8::is_ascii_digit) => text(bytes)?,
        b'[' => return array(bytes),
        b'<' => xml(bytes)?,
        _ => text(bytes)?,
    };
    Some(Kind::Feed(kind))
}

/// Returns whether the file is one of the kinds where each document stands for itself, so that a broken one
/// spoils only itself.
pub(crate) fn is_of_documents(feed: Feed) -> bool {
    match feed {
        Feed::CveRecord | Feed::Osv | Feed::OpenVex | Feed::Csaf | Feed::CsafVex | Feed::Hydra => {
            true
        }
        Feed::Kev
        | Feed::Epss
        | Feed::Nvd
        | Feed::DebianTracker
        | Feed::DebianList
        | Feed::Debsecan
        | Feed::Changelog
        | Feed::Updateinfo
        | Feed::Oval
        | Feed::Secdb
        | Feed::Msrc
        | Feed::DistroInfo
        | Feed::Endoflife
        | Feed::DebianSupport => false,
    }
}

/// Returns whether the file has a complete JSON object on each line, and more than one line.
pub(crate) fn is_lines_of_json(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    if bytes.first() != Some(&b'{') {
        return false;
    }
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return false };
    let (line, rest) = bytes.split_at(end);
    let line = line.trim_ascii_end();
    let is_complete = line.last() == Some(&b'}') && value(line) == (line.len(), 0);
    is_complete && rest.trim_ascii_start().first() == Some(&b'{')
}

/// Walks the keys of the outermost object until they tell.
fn object(bytes: &[u8]) -> Option<Feed> {
    let mut seen = Seen::default();
    let mut first = None;
    for (key, value) in Keys::of(bytes) {
        if let Some(feed) = seen.key(key, value) {
            return Some(feed);
        }
        first.get_or_insert(value);
    }
    seen.at_the_end(first)
}

/// Keys that tell nothing alone.
#[derive(Default)]
struct Seen {
    has_id: bool,
    has_affected: bool,
    is_osv_like: bool,
    has_tree: bool,
    has_cves: bool,
    has_packages: bool,
    has_branch: bool,
}

impl Seen {
    fn key(&mut self, key: &[u8], value: &[u8]) -> Option<Feed> {
        match key {
            b"catalogVersion" => return Some(Feed::Kev),
            b"@context" if contains(head(value), b"openvex") => return Some(Feed::OpenVex),
            b"document" => return csaf(value),
            b"dataType" if value.starts_with(b"\"CVE_RECORD\"") => return Some(Feed::CveRecord),
            b"format" if value.starts_with(b"\"NVD_CVE\"") => return Some(Feed::Nvd),
            b"threat_severity" | b"affected_release" | b"package_state" => {
                return Some(Feed::Hydra);
            }
            b"distroversion" | b"reponame" => self.has_branch = true,
            b"packages" if value.starts_with(b"[") => self.has_packages = true,
            b"id" if value.starts_with(b"\"") => self.has_id = true,
            b"affected" if value.starts_with(b"[") => self.has_affected = true,
            b"schema_version" | b"withdrawn" => self.is_osv_like = true,
            b"ProductTree" => self.has_tree = true,
            b"Vulnerability" => self.has_cves = true,
            b"result" if contains(head(value), b"\"releases\"") => return Some(Feed::Endoflife),
            _ => {}
        }
        if self.has_id && self.has_affected {
            return Some(Feed::Osv);
        }
        if self.has_packages && self.has_branch {
            return Some(Feed::Secdb);
        }
        (self.has_tree && self.has_cves).then_some(Feed::Msrc)
    }

    fn at_the_end(&self, first: Option<&[u8]>) -> Option<Feed> {
        if self.has_id && self.is_osv_like {
            return Some(Feed::Osv);
        }
        is_tracker(first?).then_some(Feed::DebianTracker)
    }
}

/// CSAF documents say their version and category inside `document`; other formats have that key, too.
fn csaf(document: &[u8]) -> Option<Feed> {
    let mut is_csaf = false;
    let mut is_vex = false;
    for (key, value) in Keys::of(document) {
        match key {
            b"csaf_version" => is_csaf = true,
            b"category" => is_vex = value.starts_with(b"\"csaf_vex\""),
            _ => {}
        }
    }
    is_csaf.then_some(if is_vex { Feed::CsafVex } else { Feed::Csaf })
}

/// The value of the first source: an object of CVEs, each with its `releases`.
fn is_tracker(source: &[u8]) -> bool {
    Keys::of(source).next().is_some_and(|(_, issue)| {
        issue.starts_with(b"{") && Keys::of(issue).any(|(key, _)| key == b"releases")
    })
}

fn array(bytes: &[u8]) -> Option<Kind> {
    let first = bytes.get(1..)?.trim_ascii_start();
    let has = |wanted: &[u8]| Keys::of(first).any(|(key, _)| key == wanted);
    if has(b"file") && (has(b"sha256") || has(b"feed")) {
        return Some(Kind::Manifest);
    }
    (has(b"source") && has(b"version") && has(b"cves")).then_some(Kind::Feed(Feed::Changelog))
}

/// The name of the outermost element.
fn xml(bytes: &[u8]) -> Option<Feed> {
    let mut rest = bytes;
    loop {
        rest = rest.trim_ascii_start();
        let end = match rest {
            [b'<', b'?', ..] => find(rest, b"?>")? + 2,
            [b'<', b'!', b'-', b'-', ..] => find(rest, b"-->")? + 3,
            [b'<', b'!', ..] => find(rest, b">")? + 1,
            _ => break,
        };
        rest = rest.get(end..)?;
    }
    let name = rest.strip_prefix(b"<")?;
    let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"_:-.".contains(byte));
    let name = name.get(..end?)?;
    match name.rsplit(|byte| *byte == b':').next()? {
        b"updates" => Some(Feed::Updateinfo),
        b"oval_definitions" => Some(Feed::Oval),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Option<Feed> {
    let head = head(bytes);
    let line = head.split(|byte| *byte == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.starts_with(b"#model_version") || line == b"cve,epss,percentile" {
        return Some(Feed::Epss);
    }
    if line == b"VERSION 1" || line == b"VERSION 0" {
        return Some(Feed::Debsecan);
    }
    if line.starts_with(b"version,codename,series") {
        return Some(Feed::DistroInfo);
    }
    if is_list(line) {
        return Some(Feed::DebianList);
    }
    if line == b"---" && contains(bytes, b"\nreleases:") {
        return Some(Feed::Endoflife);
    }
    if line.starts_with(b"#") && contains(head, b"security support") {
        return Some(Feed::DebianSupport);
    }
    if is_changelog(line) {
        return Some(Feed::Changelog);
    }
    let is_secdb = contains(bytes, b"secfixes:") && contains(bytes, b"packages:");
    is_secdb.then_some(Feed::Secdb)
}

/// `[29 Mar 2023] DSA-5380-1 xorg-server - security update`.
fn is_list(line: &[u8]) -> bool {
    line.first() == Some(&b'[')
        && find(line, b"] ").and_then(|at| line.get(at + 2..)).is_some_and(|rest| {
            rest.starts_with(b"DSA-") || rest.starts_with(b"DLA-") || rest.starts_with(b"DTSA-")
        })
}

/// `bash (5.2.15-2) unstable; urgency=medium`.
fn is_changelog(line: &[u8]) -> bool {
    find(line, b" (").is_some_and(|at| at > 0) && contains(line, b"; urgency=")
}

/// Enough to tell what a text is: the longest head, of security-support-ended, has 1 KB.
fn head(bytes: &[u8]) -> &[u8] {
    bytes.get(..8192).unwrap_or(bytes)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    find(bytes, wanted).is_some()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The keys of an object with the rest of the text from each value on; deeper keys are passed over. It reads
/// broken and cut-off JSON as far as it goes: what is wrong with it, its parser says.
struct Keys<'a> {
    rest: &'a [u8],
}

impl<'a> Keys<'a> {
    fn of(text: &'a [u8]) -> Self {
        let text = text.trim_ascii_start();
        Self { rest: text.strip_prefix(b"{").unwrap_or(b"") }
    }
}

impl<'a> Iterator for Keys<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.trim_ascii_start();
        let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        let key = rest.strip_prefix(b"\"")?;
        let end = string_end(key)?;
        let after = key.get(end + 1..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        self.rest = after.get(value(after).0..).unwrap_or(b"");
        Some((key.get(..end)?, after))
    }
}

/// Where the closing quote of a string is.
fn string_end(bytes: &[u8]) -> Option<usize> {
    let end = crate::json::string_end(bytes, 0);
    (end < bytes.len()).then_some(end)
}

/// Where a value ends, at the `,` or the bracket of what holds it, and how many of its brackets are open.
fn value(bytes: &[u8]) -> (usize, usize) {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => match bytes.get(at + 1..).and_then(string_end) {
                Some(end) => at += end + 1,
                None => return (bytes.len(), depth + 1),
            },
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return (at, 0),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return (at, 0),
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), depth)
}

#[cfg(test)]
mod tests;
