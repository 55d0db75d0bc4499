//! What the network half sends, and when. Pure: states and a time in, the next message out.

use model::digest::Digest;
use model::package::PackageSet;
use model::problem::{Problem, Severity};
use model::report::{PackagesBody, Report, ReportAnswer, Sight};
use model::wire::Renewal;
use serde::{Deserialize, Serialize};

/// Seconds between two looks at a host where nothing happens.
pub const REPORT_SECS: i64 = 30 * 60;
/// Seconds between two refreshes of the package lists.
pub const REFRESH_SECS: i64 = 6 * 3_600;
/// A clock that is further off than this is reported; from 15 minutes on, orders are refused.
const SKEW_SECS: i64 = 300;

/// What the server acknowledged last: what a diff can build on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acked {
    pub packages: PackageSet,
    pub pending: Option<Digest>,
}

/// When the host is looked at next, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    pub look_at: i64,
    pub refresh_at: i64,
}

impl Schedule {
    /// At the start: a look at once, so that something is seen within seconds; then one with fresh lists.
    pub fn first(now: i64) -> Self {
        Self { look_at: now, refresh_at: now + 1 }
    }

    /// Returns whether the look that is due now refreshes the lists first.
    pub fn is_refresh_due(&self, now: i64) -> bool {
        now >= self.refresh_at
    }

    /// Returns what is next after a look at `now`. `chance` in 0..1 spreads hosts over a tenth of the time.
    #[must_use]
    pub fn after(self, now: i64, refreshed: bool, chance: f64) -> Self {
        let refresh_at =
            if refreshed { now + spread(REFRESH_SECS, chance) } else { self.refresh_at };
        Self { refresh_at, look_at: refresh_at.min(now + spread(REPORT_SECS, chance)) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a tenth of six hours fits into any integer")]
#[expect(clippy::cast_precision_loss, reason = "six hours of seconds are exact in a double")]
fn spread(secs: i64, chance: f64) -> i64 {
    secs - (secs as f64 / 10.0 * chance.clamp(0.0, 1.0)) as i64
}

/// Returns the report of what was seen. A set that the server has travels as its name; one that it
/// can build travels as a diff; `wanted` is the server's answer when it lacked one.
pub fn report(sight: &Sight, acked: &Acked, wanted: Option<&ReportAnswer>, now: i64) -> Report {
    let packages = sight.packages.set_digest();
    let pending = sight.pending.digest();
    let wants_packages = wanted.is_some_and(|answer| answer.want_packages);
    let wants_pending = wanted.is_some_and(|answer| answer.want_pending);
    let packages_body = if wants_packages {
        PackagesBody::Full(sight.packages.packages.clone())
    } else {
        body(&sight.packages, packages, &acked.packages)
    };
    let send_pending = wants_pending || acked.pending != Some(pending);
    Report {
        seen_at: now,
        facts: sight.facts.clone(),
        packages,
        installed: sight.packages.installed_digest(),
        pending,
        conditions: sight.conditions.clone(),
        packages_body,
        pending_body: send_pending.then(|| sight.pending.clone()),
    }
}

fn body(set: &PackageSet, digest: Digest, base: &PackageSet) -> PackagesBody {
    if base.packages.is_empty() {
        // Nothing acknowledged yet. The server may know the set all the same (enrolled anew, a clone)
        // but asking first would cost a turn at the moment when somebody waits for the first result.
        return PackagesBody::Full(set.packages.clone());
    }
    if base.set_digest() == digest {
        return PackagesBody::Known;
    }
    let diff = set.diff_from(base);
    // A removed entry is about a quarter of a package's own.
    if diff.put.len() * 4 + diff.removed.len() < set.packages.len() * 3 {
        PackagesBody::Diff(diff)
    } else {
        PackagesBody::Full(set.packages.clone())
    }
}

/// Returns the problem of a clock that is off; `ahead_secs` is this host's less the server's.
pub fn skew(ahead_secs: i64) -> Option<Problem> {
    if ahead_secs.abs() <= SKEW_SECS {
        return None;
    }
    let side = if ahead_secs > 0 { "ahead of" } else { "behind" };
    let text = format!("is {} {side} the server's", model::plan::age(ahead_secs.abs()));
    let problem = Problem::new(Severity::Warning, "clock", &text);
    Some(problem.hint("set the host's clock (chrony, systemd-timesyncd): orders are checked by it"))
}

/// Returns whether the certificate should be renewed now.
pub fn is_renewal_due(renewal: &Renewal, now: i64) -> bool {
    now >= renewal.renew_at
}

#[cfg(test)]
mod tests;
