//! `patchwell assess` beside debsecan, which is asked as the program it is: same status file, same feed,
//! same lines. Made-up files are tried everywhere, real ones where they lie beside the checkout.

use crate::bench::{Bench, put};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use model::exposure::Assessment;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const DEBSECAN: &str = "/usr/bin/debsecan";
/// Made-up pairs of status file and feed.
const ROUNDS: u64 = 12;
/// Made-up packages in each.
const PACKAGES: u64 = 60;
const VERSIONS: [&str; 10] = [
    "1.0-1",
    "1.0-1+deb12u1",
    "1.0-1+b2",
    "1.0-1~deb12u1",
    "1:0.9-3",
    "1.0~rc1-1",
    "1.10-1",
    "1.2.3+dfsg-4",
    "0",
    "2024.05-1~bpo12+1",
];
const STATES: [&str; 6] = [
    "install ok installed",
    "hold ok installed",
    "deinstall ok config-files",
    "install ok unpacked",
    "install ok half-configured",
    "purge ok not-installed",
];

/// A pair of lines as debsecan prints them: CVE and binary package.
type Lines = BTreeSet<(String, String)>;

#[test]
fn made_up_hosts_are_judged_as_debsecan_judges_them() {
    if !Path::new(DEBSECAN).exists() {
        println!("skipped: {DEBSECAN} is not installed");
        return;
    }
    let bench = Bench::new();
    let mut seen = 0;
    for round in 0..ROUNDS {
        let mut random = Random(round + 1);
        let (status, feed) = (bench.dir.path().join("status"), bench.dir.path().join("bookworm"));
        put(&status, status_text(&mut random));
        put(&feed, feed_bytes(&mut random));
        let theirs = debsecan(&feed, &status);
        assert_eq!(ours(&bench, &feed, &status, true), theirs, "round {round}");
        seen += theirs.len();
    }
    assert!(seen > 100, "the made-up hosts had only {seen} lines");
}

#[test]
fn real_hosts_are_judged_as_debsecan_judges_them() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let feed = shared.join("debian/debsecan-release-1-bookworm.zlib");
    let texlive = shared.join("fixtures/dpkg-status-texlive.gz");
    if !Path::new(DEBSECAN).exists() || !feed.exists() || !texlive.exists() {
        println!("skipped: {DEBSECAN} or the shared data is missing");
        return;
    }
    let bench = Bench::new();
    let named = bench.dir.path().join("bookworm");
    std::fs::copy(&feed, &named).unwrap();
    let unpacked = bench.dir.path().join("texlive");
    let mut text = Vec::new();
    let packed = std::fs::File::open(&texlive).unwrap();
    std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut text).unwrap();
    put(&unpacked, text);
    let own = PathBuf::from("/var/lib/dpkg/status");
    for status in [unpacked, own] {
        let theirs = debsecan(&named, &status);
        assert!(theirs.len() > 100, "{} has {} lines", status.display(), theirs.len());
        assert_eq!(ours(&bench, &feed, &status, true), theirs, "{}", status.display());
    }
}

#[test]
fn a_rebuild_that_no_list_names_is_clean_where_debsecan_flags_it() {
    let bench = Bench::new();
    let (status, feed) = (bench.dir.path().join("status"), bench.dir.path().join("bookworm"));
    let names = "CVE-2026-0001,    ,text\n";
    // Fixed in unstable by 2.0-1, in bookworm by 1.0-1+deb12u1; the host has a local rebuild of that.
    let rows = "tool,0,SM F,2.0-1,1.0-1+deb12u1\n";
    put(&feed, zlib(&format!("VERSION 1\n{names}\n{rows}\ntool,tool\n\n")));
    put(&status, stanza("tool", STATES[0], "1.0-1+deb12u1+local1", ""));
    assert_eq!(ours(&bench, &feed, &status, false), Lines::new());
    let line = ("CVE-2026-0001".to_owned(), "tool".to_owned());
    assert_eq!(ours(&bench, &feed, &status, true), Lines::from([line]));
}

/// Returns what `patchwell assess` says.
fn ours(bench: &Bench, feed: &Path, status: &Path, is_compat: bool) -> Lines {
    let (feed, status) = (feed.to_str().unwrap(), status.to_str().unwrap());
    let mut args = vec!["assess", "--status", status, "--stream", "debian:12"];
    args.extend(["--feed", feed, "--json"]);
    if is_compat {
        args.push("--debsecan-compat");
    }
    let done = bench.run(&args);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let told: Assessment = serde_json::from_str(&done.stdout).unwrap();
    let lines = told.exposures.len();
    let set: Lines = told.exposures.into_iter().map(|line| (line.cve, line.package)).collect();
    assert_eq!(set.len(), lines, "a line is told twice");
    set
}

/// Returns what debsecan says: `CVE-2026-0001 tool` per line.
fn debsecan(feed: &Path, status: &Path) -> Lines {
    let source = format!("file://{}/", feed.parent().unwrap().display());
    #[expect(clippy::disallowed_methods, reason = "the other opinion is a program")]
    let mut command = Command::new(DEBSECAN);
    command.args(["--suite", "bookworm", "--format", "simple", "--source"]).arg(source);
    let done = command.arg("--status").arg(status).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout).unwrap();
    let pair = |line: &str| {
        let (cve, package) = line.split_once(' ').unwrap();
        (cve.to_owned(), package.to_owned())
    };
    text.lines().map(pair).collect()
}

fn status_text(random: &mut Random) -> String {
    let mut text = String::new();
    for number in 0..PACKAGES {
        let is_odd = random.below(3) == 0;
        let state = random.one_of(if is_odd { &STATES } else { &STATES[..2] });
        let version = random.one_of(&VERSIONS);
        let source = match random.below(4) {
            0 => format!("src{}", random.below(20)),
            1 => format!("src{} ({})", random.below(20), random.one_of(&VERSIONS)),
            _ => String::new(),
        };
        let name = if random.below(2) == 0 {
            format!("pkg{number}")
        } else {
            format!("src{}-bin{number}", random.below(20))
        };
        text.push_str(&stanza(&name, state, version, &source));
    }
    text
}

fn stanza(name: &str, state: &str, version: &str, source: &str) -> String {
    let source = if source.is_empty() { String::new() } else { format!("Source: {source}\n") };
    format!(
        "Package: {name}\nStatus: {state}\nArchitecture: amd64\n{source}Version: {version}\n\
         Description: made up\n a second line\n\n"
    )
}

fn feed_bytes(random: &mut Random) -> Vec<u8> {
    let mut text = "VERSION 1\n".to_owned();
    for number in 0..40 {
        writeln!(text, "CVE-2026-{:04},    ,text, with commas", 1000 + number).unwrap();
    }
    text.push('\n');
    for _ in 0..160 {
        let package = match random.below(3) {
            0 => format!("pkg{}", random.below(PACKAGES)),
            _ => format!("src{}", random.below(20)),
        };
        let form = if random.below(6) == 0 { "B" } else { "S" };
        let urgency = random.one_of(&[" ", "L", "M", "H"]);
        let remote = random.one_of(&["?", "R", " "]);
        let fix = random.one_of(&["F", " "]);
        let flags = format!("{form}{urgency}{remote}{fix}");
        let unstable = if random.below(5) == 0 { "" } else { random.one_of(&VERSIONS) };
        let others: Vec<&str> = (0..random.below(3)).map(|_| random.one_of(&VERSIONS)).collect();
        let (cve, others) = (random.below(40), others.join(" "));
        writeln!(text, "{package},{cve},{flags},{unstable},{others}").unwrap();
    }
    text.push('\n');
    for number in 0..20 {
        writeln!(text, "src{number},src{number}-bin1 src{number}-bin2").unwrap();
    }
    text.push('\n');
    zlib(&text)
}

fn zlib(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// xorshift64: the same rounds on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_of<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(from.len().try_into().unwrap())).unwrap();
        from[at]
    }
}
