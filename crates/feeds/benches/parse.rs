//! How fast feeds are read: bytes and rows per second of processor time, of synthetic documents in the shapes
//! of real ones, and of files that are named: `cargo bench -p feeds --bench parse [-- FILE...]`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use feeds::{Limits, SetSummary, load};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Read;
use std::time::Duration;

/// Each figure is the best of so many: the machine is shared.
const ROUNDS: u32 = 5;

fn main() {
    println!("feed: MB/s unpacked, rows/s, ns per row, by processor time (best of {ROUNDS})");
    let samples: [(&str, String); 5] = [
        ("osv, one per line", osv(3_000)),
        ("debian tracker", tracker(2_000)),
        ("kev", kev(20_000)),
        ("epss", epss(350_000)),
        ("csaf vex, 3 MB", vex(6_000)),
    ];
    for (name, text) in &samples {
        measure(name, text.as_bytes(), None);
    }
    // `cargo bench` adds a word of its own.
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let packed = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let mut unpacked = Vec::new();
        let is_gz = flate2::read::MultiGzDecoder::new(&*packed).read_to_end(&mut unpacked).is_ok();
        if is_gz {
            measure(&path, &unpacked, None);
            let bytes = unpacked.len();
            measure(&format!("{path} (packed)"), &packed, Some(bytes));
        } else {
            measure(&path, &packed, None);
        }
    }
}

/// `bytes_unpacked` when it is another number than that of `bytes`.
fn measure(name: &str, bytes: &[u8], bytes_unpacked: Option<usize>) {
    let limits = Limits::default();
    let mut best = Duration::MAX;
    let mut rows = 0;
    for _ in 0..ROUNDS {
        let started = spent();
        let sets = load("bench", bytes, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        best = best.min(spent().saturating_sub(started));
        rows = sets.iter().map(|set| SetSummary::of(set).rows).sum();
        black_box(&sets);
    }
    let bytes = u128::try_from(bytes_unpacked.unwrap_or(bytes.len())).unwrap_or(u128::MAX);
    let nanos = best.as_nanos().max(1);
    let per_row = nanos / u128::from(rows.max(1));
    // Bytes per microsecond are megabytes per second.
    let (speed, rows_per_sec) = (bytes * 1000 / nanos, u128::from(rows) * 1_000_000_000 / nanos);
    println!("{name}: {speed} MB/s, {rows_per_sec} rows/s, {per_row} ns ({rows} rows)");
}

/// Processor time of this thread: a busy machine changes it little.
fn spent() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a processor's time is never negative")
}

/// Notices of 12 packages, with the text that real ones have around them.
fn osv(documents: u32) -> String {
    let details = "A flaw was found in the way that x handled y. ".repeat(30);
    let mut text = String::new();
    for n in 0..documents {
        let cve = 1000 + n;
        let _ = write!(
            text,
            r#"{{"id":"ALSA-2026:{n}","summary":"Important: x security update","related":["CVE-2026-{cve}"],"published":"2026-07-01T00:00:00Z","modified":"2026-07-01T19:42:01Z","details":"{details}","affected":["#
        );
        for package in 0..12 {
            let comma = if package == 0 { "" } else { "," };
            let _ = write!(
                text,
                r#"{comma}{{"package":{{"ecosystem":"AlmaLinux:9","name":"package-{package}-of-{n}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"1:2.{n}.{package}-3.el9_4"}}]}}]}}"#
            );
        }
        text.push_str("]}\n");
    }
    text
}

fn tracker(sources: u32) -> String {
    let description = "Buffer overflow in x allows remote attackers to do y. ".repeat(4);
    let mut text = String::from("{");
    for source in 0..sources {
        let comma = if source == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}"source-{source}":{{"#);
        for n in 0..8 {
            let comma = if n == 0 { "" } else { "," };
            let cve = 1000 + source * 8 + n;
            let _ = write!(
                text,
                r#"{comma}"CVE-2025-{cve}":{{"description":"{description}","scope":"remote","releases":{{"#
            );
            for (at, codename) in ["bookworm", "bullseye", "trixie", "sid"].iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                let _ = write!(
                    text,
                    r#"{comma}"{codename}":{{"status":"resolved","repositories":{{"{codename}":"1.{n}-2"}},"fixed_version":"1.{n}-1+deb12u1","urgency":"not yet assigned"}}"#
                );
            }
            text.push_str("}}");
        }
        text.push('}');
    }
    text.push('}');
    text
}

fn kev(entries: u32) -> String {
    let action = "Apply mitigations per vendor instructions or discontinue use. ".repeat(8);
    let mut text = format!(
        r#"{{"title":"x","catalogVersion":"2026.08.07","dateReleased":"2026-08-07T16:45:47.0648Z","count":{entries},"vulnerabilities":["#
    );
    for n in 0..entries {
        let comma = if n == 0 { "" } else { "," };
        let cve = 1000 + n;
        let _ = write!(
            text,
            r#"{comma}{{"cveID":"CVE-2026-{cve}","vendorProject":"x","product":"y","vulnerabilityName":"x y Command Injection Vulnerability","dateAdded":"2026-08-07","shortDescription":"{action}","requiredAction":"{action}","dueDate":"2026-08-10","knownRansomwareCampaignUse":"Unknown","notes":"https://x/","cwes":["CWE-77"]}}"#
        );
    }
    text.push_str("]}");
    text
}

fn epss(lines: u32) -> String {
    let mut text = String::from(
        "#model_version:v2026.06.15,score_date:2026-09-29T12:00:22Z\ncve,epss,percentile\n",
    );
    for n in 0..lines {
        let (score, percentile) = (n % 99_999, n % 99_991);
        let _ = writeln!(text, "CVE-2026-{},0.{score:05},0.{percentile:05}", 1000 + n);
    }
    text
}

/// One document of many packages on four architectures.
fn vex(packages: u32) -> String {
    let platform = "AppStream-9.3.0.Z.MAIN";
    let (mut branches, mut parts, mut fixed) = (String::new(), String::new(), String::new());
    for n in 0..packages {
        let comma = if n == 0 { "" } else { "," };
        let arch = ["x86_64", "aarch64", "s390x", "ppc64le"][usize::try_from(n % 4).unwrap_or(0)];
        let name = format!("package-{}-0:7.76.1-26.el9_3.2.{arch}", n / 4);
        let _ = write!(
            branches,
            r#"{comma}{{"category":"product_version","name":"{name}","product":{{"name":"{name}","product_id":"{name}","product_identification_helper":{{"purl":"pkg:rpm/redhat/package-{}@7.76.1-26.el9_3.2?arch={arch}"}}}}}}"#,
            n / 4
        );
        let _ = write!(
            parts,
            r#"{comma}{{"category":"default_component_of","full_product_name":{{"name":"{name} as a component of Red Hat Enterprise Linux AppStream (v. 9)","product_id":"{platform}:{name}"}},"product_reference":"{name}","relates_to_product_reference":"{platform}"}}"#
        );
        let _ = write!(fixed, r#"{comma}"{platform}:{name}""#);
    }
    format!(
        r#"{{"document":{{"category":"csaf_vex","csaf_version":"2.0","publisher":{{"name":"Red Hat","namespace":"https://www.redhat.com"}},"title":"x","tracking":{{"id":"CVE-2026-1000","current_release_date":"2026-01-01T00:00:00Z","initial_release_date":"2026-01-01T00:00:00Z"}}}},"product_tree":{{"branches":[{{"category":"vendor","name":"x","branches":[{{"category":"product_name","name":"x","product":{{"name":"x","product_id":"{platform}","product_identification_helper":{{"cpe":"cpe:/a:redhat:enterprise_linux:9::appstream"}}}}}},{branches}]}}],"relationships":[{parts}]}},"vulnerabilities":[{{"cve":"CVE-2026-1000","product_status":{{"fixed":[{fixed}]}}}}]}}"#
    )
}
