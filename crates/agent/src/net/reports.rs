//! Reports out: looks at the host by the schedule and after each run, and sends what is new.

use crate::clock;
use crate::failure::say;
use crate::files;
use crate::halves::{Answer, Ask, read_body};
use crate::link::LinkError;
use crate::link::backoff::chance;
use crate::net::plan::{self, Acked, Schedule};
use crate::net::{Net, Patience, RootHalf};
use model::Digest;
use model::report::{Report, ReportAnswer, Sight};
use model::wire::REPORT_BYTES_MAX;
use std::fs::{self, File};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Seconds before a look that failed is tried again.
const RETRY_SECS: i64 = 60;
/// Turns until the server must have all that it lacked: one for what it asks, one for a diff whose
/// base it lost in between.
const TURNS_MAX: u32 = 3;
/// Seconds that a look waits after a run's end, so that several outcomes share one look.
const SETTLE_SECS: u64 = 2;

/// Reports for ever.
pub(crate) fn run(net: &Net, rings: &Receiver<()>) {
    let mut root = RootHalf::new(net);
    let mut patience = Patience::default();
    let mut schedule = Schedule::first(clock::now());
    let mut last = None;
    loop {
        let refresh = schedule.is_refresh_due(clock::now());
        match look(&mut root, refresh) {
            Some(file) => {
                let sight = Looked { file, at: clock::now() };
                schedule = schedule.after(sight.at, refresh, chance());
                // Tried until the next look is due: what arrives must be how the host looks then.
                while let Err(error) = send(net, &sight, &mut last, &mut patience) {
                    clock::wait(patience.after(&error));
                    if clock::now() >= schedule.look_at {
                        break;
                    }
                }
            }
            None => schedule.look_at = clock::now() + RETRY_SECS,
        }
        let left = u64::try_from(schedule.look_at - clock::now()).unwrap_or_default();
        match rings.recv_timeout(Duration::from_secs(left)) {
            Ok(()) => clock::wait(Duration::from_secs(SETTLE_SECS)),
            Err(RecvTimeoutError::Timeout) => {}
            // The other loops are gone; only the schedule is left.
            Err(RecvTimeoutError::Disconnected) => clock::wait(Duration::from_secs(left)),
        }
    }
}

/// A sight, not yet read, and when the host was looked at.
struct Looked {
    file: File,
    at: i64,
}

/// Returns the bytes of what the host looks like.
fn look(root: &mut RootHalf<'_>, refresh: bool) -> Option<File> {
    match root.ask(&Ask::Collect { refresh }, None)? {
        (Answer::Sight, Some(file)) => Some(file),
        (Answer::Failed { text }, _) => {
            say(&format!("the host could not be looked at: {text}"));
            None
        }
        (Answer::Sight | Answer::Done | Answer::Work(_), _) => None,
    }
}

/// The last report that the server stored, without bodies, and the digest of the sight behind it.
type Last = Option<(Digest, Report)>;

fn send(
    net: &Net,
    looked: &Looked,
    last: &mut Last,
    patience: &mut Patience,
) -> Result<(), LinkError> {
    let malformed = |text: String| LinkError::Malformed { text };
    let mut file = &looked.file;
    std::io::Seek::rewind(&mut file).map_err(|error| malformed(error.to_string()))?;
    let bytes = read_body(file, REPORT_BYTES_MAX).map_err(|error| malformed(error.to_string()))?;
    let digest = Digest::of(&bytes);
    if let Some((_, report)) = last.as_mut().filter(|(seen, _)| *seen == digest) {
        report.seen_at = looked.at;
        let report = with_skew(report.clone(), net.clock_ahead_secs());
        if net.gateway().report(&report)?.stored {
            patience.heard();
            return Ok(());
        }
        // It lost what it had: begin again with everything at hand.
    }
    let sight: Sight =
        serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    drop(bytes);
    let report = deliver(net, &sight, looked.at)?;
    *last = Some((digest, report));
    patience.heard();
    Ok(())
}

/// Sends until the server has all of it. Returns the report without its bodies.
fn deliver(net: &Net, sight: &Sight, looked_at: i64) -> Result<Report, LinkError> {
    let path = net.net_dir().join("acked.json");
    let acked: Acked = fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let mut wanted: Option<ReportAnswer> = None;
    for _ in 0..TURNS_MAX {
        let report = plan::report(sight, &acked, wanted.as_ref(), looked_at);
        let answer = net.gateway().report(&with_skew(report.clone(), net.clock_ahead_secs()))?;
        if answer.stored {
            let now = Acked { packages: sight.packages.clone(), pending: Some(report.pending) };
            if now != acked {
                keep(&path, &now);
            }
            let packages_body = model::report::PackagesBody::Known;
            return Ok(Report { packages_body, pending_body: None, ..report });
        }
        wanted = Some(answer);
    }
    Err(LinkError::Malformed { text: format!("it stored no report after {TURNS_MAX} turns") })
}

/// Keeps what diffs build on. Without it the next report is only larger.
fn keep(path: &std::path::Path, acked: &Acked) {
    let bytes = serde_json::to_vec(acked).unwrap_or_default();
    if let Err(error) = files::put(path, &bytes, 0o600) {
        say(&format!("could not write `{}`: {error}", path.display()));
    }
}

fn with_skew(mut report: Report, ahead_secs: i64) -> Report {
    report.conditions.problems.extend(plan::skew(ahead_secs));
    report
}
