//! End of life: releases and packages that nobody repairs any more, or soon not. After it feeds fall silent and
//! a host looks clean, so that it is shown as an exposure of its own.

use crate::error::ApiError;
use crate::exposures::judge::Judge;
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

fn of_packages(_judge: &Judge<'_>) -> Vec<EndOfLifeView> {
    Vec::new()
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
