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
/// Seconds before a look is tried again that ended with the root half: it is back at once.
const CUT_SHORT_SECS: i64 = 2;
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
        // From its beginning on, a look may miss what happens.
        let at = clock::now();
        match look(&mut root, refresh) {
            Ok(file) => {
                let sight = Looked { file, at };
                schedule = schedule.after(at, refresh, chance());
                // Tried until the next look is due: what arrives must be how the host looks then.
                while let Err(error) = send(net, &sight, &mut last, &mut patience) {
                    if rang_within(rings, patience.after(&error)) {
                        schedule.look_at = clock::now();
                    }
                    if clock::now() >= schedule.look_at {
                        break;
                    }
                }
            }
            Err(secs) => schedule.look_at = clock::now() + secs,
        }
        let left = u64::try_from(schedule.look_at - clock::now()).unwrap_or_default();
        rang_within(rings, Duration::from_secs(left));
    }
}

/// Waits, less long when a run ends meanwhile: the host looks different then. Returns whether one did.
fn rang_within(rings: &Receiver<()>, span: Duration) -> bool {
    match rings.recv_timeout(span) {
        Ok(()) => {
            clock::wait(Duration::from_secs(SETTLE_SECS));
            true
        }
        Err(RecvTimeoutError::Timeout) => false,
        // The other loops are gone; only the schedule is left.
        Err(RecvTimeoutError::Disconnected) => {
            clock::wait(span);
            false
        }
    }
}

/// A sight, not yet read, and when the look at the host began.
struct Looked {
    file: File,
    at: i64,
}

/// Returns the bytes of what the host looks like, or after how many seconds to look again.
fn look(root: &mut RootHalf<'_>, refresh: bool) -> Result<File, i64> {
    match root.ask(&Ask::Collect { refresh }, None) {
        Some((Answer::Sight, Some(file))) => Ok(file),
        Some((Answer::Failed { text }, _)) => {
            say(&format!("the host could not be looked at: {text}"));
            Err(RETRY_SECS)
        }
        Some((Answer::Sight | Answer::Done | Answer::Work(_), _)) => Err(RETRY_SECS),
        None => Err(CUT_SHORT_SECS),
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
