//! Which of a host's pending updates go together. Three rules, until nothing changes any more: what a
//! chosen update requires comes too; updates built from one source move together, because their
//! versions are often tied; and what needs something that cannot come is left out with it.

use crate::kind;
use crate::plan::{AGENT_PACKAGE, HostInput, one, whole};
use crate::version;
use model::package::{Artifact, PatchKind, Update};
use model::plan::{LeftOut, LeftOutReason, Step};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What is done on one host, and what of the asked is not.
pub(crate) struct Choice {
    pub(crate) steps: Vec<Step>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// Name and architecture: what dpkg keeps apart.
type Key<'a> = (&'a str, &'a str);
type Updates<'a> = BTreeMap<Key<'a>, &'a Update>;

/// Chooses the host's updates of `kinds` and `packages` (empty: all) with everything they pull in.
pub(crate) fn choose(
    host: &HostInput<'_>,
    kinds: &BTreeSet<PatchKind>,
    packages: &BTreeSet<&str>,
    is_waived: bool,
) -> Choice {
    let nothing = |reason| Choice { steps: Vec::new(), left_out: vec![whole(host, reason)] };
    let updates = newest(&host.pending.updates);
    if updates.is_empty() {
        return nothing(LeftOutReason::NothingPending);
    }
    let asked: BTreeSet<Key<'_>> = updates
        .iter()
        .filter(|(_, update)| is_asked(update, kinds, packages))
        .map(|(key, _)| *key)
        .collect();
    if asked.is_empty() {
        return nothing(LeftOutReason::NothingMatches);
    }
    let mut all = newest(&host.pending.additions);
    all.extend(updates);
    let chosen = close(&all, asked);
    let refused = refuse(host, &all, &chosen, is_waived);

    let mut left_out: Vec<LeftOut> =
        refused.iter().map(|((name, _), reason)| one(host, name, reason.clone())).collect();
    left_out.extend(unmatched(host, &all, packages));
    let steps = chosen
        .iter()
        .filter(|key| !refused.contains_key(*key))
        .filter_map(|key| step(host, all[key]))
        .collect();
    Choice { steps, left_out }
}

/// Returns updates by key. Where metadata names a package twice, the newest candidate counts.
fn newest(updates: &[Update]) -> Updates<'_> {
    let mut found: Updates<'_> = BTreeMap::new();
    for update in updates {
        let kept = found.entry((&update.name, &update.arch)).or_insert(update);
        let order = version::compare(&update.candidate, &kept.candidate);
        if order.then_with(|| update.cmp(kept)) == Ordering::Greater {
            *kept = update;
        }
    }
    found
}

fn is_asked(update: &Update, kinds: &BTreeSet<PatchKind>, packages: &BTreeSet<&str>) -> bool {
    (kinds.is_empty() || kinds.contains(&kind::of(update)))
        && (packages.is_empty()
            || packages.contains(update.name.as_str())
            || packages.contains(update.source.as_str()))
}

/// Returns `chosen` with all that it requires and all updates of the same sources.
fn close<'a>(all: &Updates<'a>, mut chosen: BTreeSet<Key<'a>>) -> BTreeSet<Key<'a>> {
    let mut queue: Vec<Key<'a>> = chosen.iter().copied().collect();
    while let Some(key) = queue.pop() {
        let update = all[&key];
        for (other, candidate) in all {
            if pulls(update, candidate) && chosen.insert(*other) {
                queue.push(*other);
            }
        }
    }
    chosen
}

/// An addition comes only when it is required: nobody asked for more packages.
fn pulls(update: &Update, other: &Update) -> bool {
    update.requires.contains(&other.name) || (is_tied(update, other) && !other.current.is_empty())
}

fn is_tied(update: &Update, other: &Update) -> bool {
    !update.source.is_empty() && update.source == other.source
}

/// Returns what of `chosen` cannot come, with the reason; one that needs a refused one is refused too.
fn refuse<'a>(
    host: &HostInput<'_>,
    all: &Updates<'a>,
    chosen: &BTreeSet<Key<'a>>,
    is_waived: bool,
) -> BTreeMap<Key<'a>, LeftOutReason> {
    let packages = &host.packages.packages;
    let held = packages.iter().filter(|p| p.is_held()).map(|p| p.name.as_str()).collect();
    let mut refused: BTreeMap<Key<'a>, LeftOutReason> = chosen
        .iter()
        .filter_map(|key| Some((*key, obstacle(host, all[key], &held, is_waived)?)))
        .collect();
    loop {
        let more: Vec<_> = chosen
            .iter()
            .filter(|key| !refused.contains_key(*key))
            .filter_map(|key| {
                let package = missing(all[key], all, &refused)?;
                Some((*key, LeftOutReason::NeedsLeftOut { package }))
            })
            .collect();
        if more.is_empty() {
            return refused;
        }
        refused.extend(more);
    }
}

/// Returns why this one update cannot come, whatever the others do.
fn obstacle(
    host: &HostInput<'_>,
    update: &Update,
    held: &BTreeSet<&str>,
    is_waived: bool,
) -> Option<LeftOutReason> {
    let is_held = update.is_held || held.contains(update.name.as_str());
    if update.name == AGENT_PACKAGE {
        Some(LeftOutReason::OwnAgent)
    } else if is_held {
        Some(LeftOutReason::Held)
    } else if !update.current.is_empty()
        && version::compare(&update.candidate, &update.current) != Ordering::Greater
    {
        Some(LeftOutReason::NotNewer { candidate: update.candidate.clone() })
    } else if update.artifact.is_none() {
        Some(LeftOutReason::NoArtifact)
    } else if !update.current.is_empty() && way_back(host, update).is_none() && !is_waived {
        Some(LeftOutReason::NoWayBack { version: update.current.clone() })
    } else {
        None
    }
}

/// Returns the package that `update` needs and that does not come: refused, or known to nobody.
fn missing(
    update: &Update,
    all: &Updates<'_>,
    refused: &BTreeMap<Key<'_>, LeftOutReason>,
) -> Option<String> {
    let is_refused = |name: &str| refused.keys().any(|(refused, _)| *refused == name);
    let is_known = |name: &str| all.keys().any(|(known, _)| *known == name);
    let required = update.requires.iter().find(|name| is_refused(name) || !is_known(name));
    let tied = refused.keys().find(|key| is_tied(update, all[*key])).map(|(name, _)| *name);
    required.map(String::as_str).or(tied).map(str::to_owned)
}

/// Returns the file that puts the installed version back: the vault's, or one that is still listed.
fn way_back(host: &HostInput<'_>, update: &Update) -> Option<Artifact> {
    let key = (update.name.clone(), update.arch.clone(), update.current.clone());
    let kept = host.known.get(&key).filter(|artifact| host.vault.contains(&artifact.sha256));
    kept.or(update.back.as_ref()).cloned()
}

fn step(host: &HostInput<'_>, update: &Update) -> Option<Step> {
    Some(Step {
        name: update.name.clone(),
        arch: update.arch.clone(),
        from: update.current.clone(),
        to: update.candidate.clone(),
        kind: kind::of(update),
        artifact: update.artifact.clone()?,
        back: if update.current.is_empty() { None } else { way_back(host, update) },
    })
}

/// Returns the asked packages for which nothing is pending here.
fn unmatched(host: &HostInput<'_>, all: &Updates<'_>, packages: &BTreeSet<&str>) -> Vec<LeftOut> {
    packages
        .iter()
        .filter(|asked| !all.values().any(|u| u.name == **asked || u.source == **asked))
        .map(|asked| one(host, asked, LeftOutReason::NothingPending))
        .collect()
}
