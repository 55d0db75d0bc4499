//! End of life: releases and packages that nobody repairs any more, or soon not. After it feeds fall silent and
//! a host looks clean, so that it is shown as an exposure of its own.

use crate::error::ApiError;
use crate::exposures::judge::Judge;
use decide::index::PackageName;
use model::exposure::EndOfLifeView;
use model::{HostId, TenantId};
use std::collections::BTreeMap;

/// Hosts that a line names; the rest are a number.
const HOSTS_NAMED_MAX: usize = 20;

/// Returns releases first, then packages; each group with the ended first.
pub(crate) fn end_of_life(
    judge: &Judge<'_>,
    tenant: TenantId,
) -> Result<Vec<EndOfLifeView>, ApiError> {
    let mut groups: BTreeMap<(&str, &[String]), Vec<HostId>> = BTreeMap::new();
    for (host, meta) in judge.state.hosts.iter().filter(|(_, meta)| meta.tenant == tenant) {
        groups.entry((&meta.stream, &meta.channels)).or_default().push(*host);
    }
    let mut found = Vec::new();
    for ((stream, channels), hosts) in groups {
        let lifecycles = &judge.state.lifecycles;
        let view = decide::lifecycle::of_release(lifecycles, stream, judge.now, channels);
        found.extend(view.map(|view| with_hosts(judge, view, hosts)));
    }
    sort(&mut found);
    let mut packages = of_packages(judge);
    sort(&mut packages);
    found.extend(packages);
    Ok(found)
}

fn of_packages(judge: &Judge<'_>) -> Vec<EndOfLifeView> {
    let lifecycles = &judge.state.lifecycles;
    if lifecycles.iter().all(|(_, lifecycle)| lifecycle.package.is_empty()) {
        return Vec::new();
    }
    let mut by_stream: BTreeMap<String, Vec<PackageName>> = BTreeMap::new();
    let mut versions: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (name, version) in judge.state.index.installed(&judge.scope) {
        let of_stream = versions.entry(name.stream.clone()).or_default();
        of_stream.push((name.package.clone(), version));
        by_stream.entry(name.stream.clone()).or_default().push(name);
    }
    let mut found = Vec::new();
    for (stream, packages) in versions {
        let names = by_stream.remove(&stream).unwrap_or_default();
        for view in decide::lifecycle::of_packages(lifecycles, &stream, &packages, judge.now) {
            let mut hosts = Vec::new();
            let is_it = |name: &&PackageName| name.package == view.package;
            let mut names: Vec<&PackageName> = names.iter().filter(is_it).collect();
            names.dedup();
            for name in names {
                hosts.extend(judge.state.index.hosts_with(&judge.scope, name, &view.installed));
            }
            hosts.sort_unstable();
            hosts.dedup();
            found.push(with_hosts(judge, view, hosts));
        }
    }
    found
}

fn with_hosts(judge: &Judge<'_>, mut view: EndOfLifeView, hosts: Vec<HostId>) -> EndOfLifeView {
    view.hosts = u64::try_from(hosts.len()).unwrap_or(u64::MAX);
    let mut names: Vec<String> = hosts.into_iter().map(|host| judge.name_of(host)).collect();
    names.sort();
    names.truncate(HOSTS_NAMED_MAX);
    view.host_names = names;
    view
}

fn sort(views: &mut [EndOfLifeView]) {
    let key = |view: &EndOfLifeView| {
        let when = (!view.is_ended, view.days_left.is_none(), view.days_left);
        (when, view.stream.clone(), view.package.clone(), view.installed.clone())
    };
    views.sort_by_cached_key(key);
}
