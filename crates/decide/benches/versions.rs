//! What numbers cost: keys of versions, comparing them, scores, facts and hazards of CVEs. Synthetic versions of the
//! shapes that distributions have, so that it runs anywhere: `cargo bench -p decide --bench versions`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use decide::scheme::Scheme;
use decide::{cve, cvss, hazard, lifecycle};
use model::advisory::{Ends, Feed, Lifecycle, Phase, PhaseKind};
use model::cve::{CveId, CveStatement, Epss, Exploitation, Vector};
use model::exposure::SourcedStatement;
use std::hint::black_box;
use std::time::Duration;

/// Repetitions over all versions; one run takes about two seconds.
const ROUNDS: u32 = 20;
const VERSIONS: u32 = 10_000;

/// Makes the version of a number.
type Shape = fn(u32) -> String;

fn main() {
    let shapes: [(&str, Scheme, Shape); 4] = [
        ("dpkg", Scheme::Dpkg, |n| {
            format!("1:{}.{}.{n}+dfsg-{}+deb12u{}", n % 9, n % 70, n % 5, n % 4)
        }),
        ("rpm", Scheme::Rpm, |n| format!("{}.{}.{n}-{}.el9_{}", n % 9, n % 70, n % 200, n % 4)),
        ("apk", Scheme::Apk, |n| format!("{}.{}.{n}_p{}-r{}", n % 9, n % 70, n % 5, n % 4)),
        ("semver", Scheme::Semver, |n| format!("{}.{}.{n}-rc.{}", n % 9, n % 70, n % 5)),
    ];
    for (name, scheme, shape) in shapes {
        // A step that has no common factor with their number: neighbours are no neighbours in order.
        let versions: Vec<String> =
            (0..VERSIONS).map(|n| shape(n.wrapping_mul(7919) % VERSIONS)).collect();
        let encode = per_item(versions.len(), || {
            for version in &versions {
                black_box(scheme.key(version).is_ok());
            }
        });
        let keys: Vec<_> = versions.iter().filter_map(|v| scheme.key(v).ok()).collect();
        assert_eq!(keys.len(), versions.len(), "{name}: every version of the shape is readable");
        let compare = per_item(keys.len() - 1, || {
            for pair in keys.windows(2) {
                black_box(pair[0] < pair[1]);
            }
        });
        let direct = per_item(versions.len() - 1, || {
            for pair in versions.windows(2) {
                black_box(scheme.compare(&pair[0], &pair[1]).is_ok());
            }
        });
        let bytes: usize = keys.iter().map(|key| key.as_bytes().len()).sum();
        let bytes = bytes / keys.len();
        println!(
            "{name}: key {encode} ns ({bytes} bytes), compare keys {compare} ns, directly {direct} ns"
        );
    }
    scores();
    ends();
}

/// How a release stands, among as many lifecycles as all pages of endoflife.date bring.
fn ends() {
    let lifecycles: Vec<(String, Lifecycle)> = (0..5_000)
        .map(|n| {
            let ends = Ends::On("2028-06-30".to_owned());
            let phase = Phase { name: "eol".to_owned(), kind: PhaseKind::Full, ends };
            let lifecycle = Lifecycle {
                stream: format!("debian:{n}"),
                package: String::new(),
                last_version: String::new(),
                phases: vec![phase],
                limited: String::new(),
                next: String::new(),
            };
            ("endoflife".to_owned(), lifecycle)
        })
        .collect();
    let cost = per_item(100, || {
        for _ in 0..100 {
            black_box(lifecycle::standing(black_box(&lifecycles), "debian:12", 0, &[]).is_some());
        }
    });
    println!("standing of a release among {} lifecycles: {cost} ns", lifecycles.len());
}

fn scores() {
    let v31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N";
    let v4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:L/SI:L/SA:N";
    for vector in [v31, v4] {
        let cost = per_item(1000, || {
            for _ in 0..1000 {
                black_box(cvss::score(black_box(vector)).is_ok());
            }
        });
        println!("score of {vector}: {cost} ns");
    }
    let id = CveId { year: 2026, number: 1234 };
    let sourced = |feed, statement| {
        let source = "bench".to_owned();
        SourcedStatement { feed, source, learned_at: 1, gone_at: None, statement }
    };
    let mut scored = CveStatement::of(id);
    scored.epss = Some(Epss { score_ppm: 1000, percentile_ppm: 1000 });
    let mut record = CveStatement::of(id);
    record.exploitation = Some(Exploitation::PublicPoc);
    record.vectors =
        vec![Vector { source: "cna".to_owned(), text: v31.to_owned(), printed_x10: Some(91) }];
    let both = [sourced(Feed::Epss, scored.clone()), sourced(Feed::CveRecord, record)];
    for (name, statements) in [("EPSS alone", &both[..1]), ("EPSS and a record", &both[..])] {
        let merge = per_item(1000, || {
            for _ in 0..1000 {
                black_box(cve::merge(id, black_box(statements), 2).scores.len());
            }
        });
        let facts = cve::merge(id, statements, 2);
        let weigh = per_item(1000, || {
            for _ in 0..1000 {
                black_box(hazard::of(black_box(&facts)).micro);
            }
        });
        println!("facts from {name}: {merge} ns; hazard {weigh} ns");
    }
}

/// Returns the least time of one item over the rounds, in whole nanoseconds.
fn per_item(items: usize, run: impl Fn()) -> u128 {
    let least = (0..ROUNDS).map(|_| timed(&run)).min().unwrap_or_default();
    least.as_nanos() / u128::try_from(items.max(1)).unwrap_or(1)
}

fn timed(run: impl Fn()) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    let started = std::time::Instant::now();
    run();
    started.elapsed()
}
