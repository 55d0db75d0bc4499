//! The outcome: what the host's package database and units said, signed by the host, written once.

use crate::clock;
use crate::failure::say;
use crate::hands::packages;
use crate::hands::runner::{Folder, put_json, read_json, tail};
use crate::root::home::{Home, Parcel, entries};
use crate::run::entry::Past;
use model::Digest;
use model::outcome::{
    OUTCOME_SCHEMA, OUTCOME_TYPE, OUTPUT_TAIL_BYTES_MAX, Outcome, RunEnd, StuckReason,
    VersionChange,
};
use model::package::PackageSet;
use model::plan::PlanHost;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// Names kept in an outcome's lists at most: an envelope holds 256 KiB.
const NAMES_MAX: usize = 500;

/// Writes the outcome and lays it into the outbox. The first one stands: a second call posts the same
/// bytes again. Returns its id.
///
/// # Errors
/// The disk is full or broken.
pub fn conclude(home: &Home, folder: &Folder, past: &Past, end: &RunEnd) -> io::Result<Digest> {
    if past.committed_in.is_none() {
        // Nothing was done and nothing will be: the files go first, because the disk that they filled
        // has to hold the outcome.
        clean(home, folder);
    }
    let kept = folder.0.join("outcome.json");
    let parcel: Parcel = match read_json(&kept) {
        Ok(parcel) => parcel,
        Err(_) => {
            let outcome = outcome(home, folder, past, end);
            let parcel =
                home.sign(OUTCOME_TYPE, &serde_json::to_vec(&outcome).map_err(io::Error::other)?)?;
            put_json(&kept, &parcel)?;
            parcel
        }
    };
    home.post(&parcel)?;
    clean(home, folder);
    Ok(parcel.id)
}

/// Ends a run whose journal cannot be read: look, report, touch nothing else.
///
/// # Errors
/// The disk is full or broken, or nothing of the run can be read.
pub fn damaged(home: &Home, folder: &Folder, reason: StuckReason) -> io::Result<()> {
    let kept = folder.0.join("outcome.json");
    if kept.exists() {
        return Ok(());
    }
    say(&format!("{}: {reason}", folder.0.display()));
    let plan = folder.read_plan()?;
    let item: crate::root::inbox::Item = read_json(&folder.order())?;
    let (_, order) = crate::root::inbox::named(&item.delivery.envelope);
    let order = order.ok_or_else(|| io::Error::other("the order cannot be read"))?;
    // The masks that the journal would name; unmasking what is not masked changes nothing.
    if let Err(error) =
        crate::hands::units::updaters().and_then(|u| crate::hands::units::unfence(&u))
    {
        say(&format!("could not unmask: {error}"));
    }
    let set = packages::installed().unwrap_or_default();
    let now = clock::now();
    let outcome = Outcome {
        schema: OUTCOME_SCHEMA,
        run: model::RunId::of(order, home.identity.host),
        order,
        host: home.identity.host,
        attempt: 1,
        end: RunEnd::Stuck { reason },
        started_at: item.came_at,
        ended_at: now,
        before: plan.installed_before,
        after: set.installed_digest(),
        changes: changes(&before(folder), &set),
        units_lost: Vec::new(),
        conffiles_kept: Vec::new(),
        exit_code: None,
        output_tail: output_tail(folder),
    };
    let parcel =
        home.sign(OUTCOME_TYPE, &serde_json::to_vec(&outcome).map_err(io::Error::other)?)?;
    put_json(&kept, &parcel)?;
    home.post(&parcel)
}

fn outcome(home: &Home, folder: &Folder, past: &Past, end: &RunEnd) -> Outcome {
    let opened = &past.opened;
    let set = packages::installed().unwrap_or_default();
    let units_lost = match end {
        RunEnd::Stuck { reason: StuckReason::UnitsLost { units } } => units.clone(),
        RunEnd::Stuck { .. }
        | RunEnd::Succeeded
        | RunEnd::Blocked { .. }
        | RunEnd::Aborted { .. }
        | RunEnd::Cancelled { .. } => Vec::new(),
    };
    let has_acted = past.committed_in.is_some();
    let changes = if has_acted { changes(&before(folder), &set) } else { Vec::new() };
    let conffiles_kept = if has_acted { conffiles_kept(folder, opened.at) } else { Vec::new() };
    Outcome {
        schema: OUTCOME_SCHEMA,
        run: opened.run,
        order: opened.order,
        host: home.identity.host,
        attempt: past.attempt,
        end: end.clone(),
        started_at: opened.at,
        ended_at: clock::now(),
        before: opened.installed_before,
        after: set.installed_digest(),
        changes,
        units_lost,
        conffiles_kept,
        exit_code: past.runner_end.as_ref().and_then(|end| end.exit_code),
        output_tail: output_tail(folder),
    }
}

fn before(folder: &Folder) -> PackageSet {
    read_json(&folder.0.join("before.json")).unwrap_or_default()
}

/// Returns what is another version, or another state, than before.
fn changes(before: &PackageSet, after: &PackageSet) -> Vec<VersionChange> {
    let versions = |set: &PackageSet| -> BTreeMap<(String, String), String> {
        let installed = set.packages.iter().filter(|p| p.is_installed());
        installed.map(|p| ((p.name.clone(), p.arch.clone()), p.version.clone())).collect()
    };
    let (old, new) = (versions(before), versions(after));
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let version =
        |set: &BTreeMap<(String, String), String>, key| set.get(key).cloned().unwrap_or_default();
    keys.into_iter()
        .filter(|key| old.get(*key) != new.get(*key))
        .take(NAMES_MAX)
        .map(|key| VersionChange {
            name: key.0.clone(),
            arch: key.1.clone(),
            before: version(&old, key),
            after: version(&new, key),
        })
        .collect()
}

/// Returns the configuration files beside which dpkg laid the new version since the run began.
fn conffiles_kept(folder: &Folder, since: i64) -> Vec<String> {
    let Ok(plan) = folder.read_plan() else { return Vec::new() };
    let names = |plan: &PlanHost| -> Vec<String> {
        plan.steps
            .iter()
            .map(
                |s| if s.arch == "all" { s.name.clone() } else { format!("{}:{}", s.name, s.arch) },
            )
            .collect()
    };
    let is_kept = |path: &String| {
        // dpkg gives the file the package's times, so only the change of its entry tells when.
        std::fs::symlink_metadata(format!("{path}.dpkg-dist")).is_ok_and(|f| f.ctime() >= since)
    };
    let all = packages::conffiles(&names(&plan)).unwrap_or_default();
    all.into_iter().filter(is_kept).take(NAMES_MAX).collect()
}

fn output_tail(folder: &Folder) -> String {
    let bytes = u64::try_from(OUTPUT_TAIL_BYTES_MAX).unwrap_or_default();
    let mut text = tail(&folder.log(), bytes).unwrap_or_default();
    // Replaced bytes are longer than what they replace.
    let surplus = text.len().saturating_sub(OUTPUT_TAIL_BYTES_MAX);
    let start = (surplus..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.drain(..start);
    text
}

/// Staged files are not needed any more; one host has one run at a time. Failing to clean is no
/// failure of the run.
fn clean(home: &Home, folder: &Folder) {
    for name in ["files", "lists", "archives"] {
        drop(std::fs::remove_dir_all(folder.0.join(name)));
    }
    for path in entries(&home.cache()) {
        drop(std::fs::remove_file(path));
    }
}
