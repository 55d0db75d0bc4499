//! One CVE, and what concerns single hosts.

use crate::app::{Actor, App};
use crate::error::ApiError;
use crate::exposures::ExposureQuery;
use crate::exposures::judge::Judge;
use crate::exposures::lists::{self, Asked};
use decide::index::Subject;
use model::cve::CveId;
use model::exposure::{CveView, ExposureView, OpenQuestions, ReachCount};
use model::{HostId, TenantId};
use std::collections::BTreeMap;

/// Exposures that a CVE's page shows; the rest are a list of their own.
const EXPOSURES_SHOWN: u32 = 50;

/// Returns one CVE with all that is known of it.
pub(crate) fn cve(judge: &Judge<'_>, tenant: TenantId, cve: CveId) -> Result<CveView, ApiError> {
    if !store::cves::is_known(judge.view, cve)? {
        return Err(ApiError::not_found(&format!("no feed names {cve}"))
            .hint("load a feed that does: `patchwell feeds import PATH`"));
    }
    let subject = Subject::Cve(cve);
    let known = crate::exposures::facts::of(judge.state, judge.view, cve)?;
    let counts = judge.state.index.counts(&judge.scope, &subject);
    let query =
        ExposureQuery { cve: Some(cve), limit: Some(EXPOSURES_SHOWN), ..ExposureQuery::default() };
    let asked = Asked { query: &query, host: None, tenant };
    let exposures = match counts.exposed {
        0 => Vec::new(),
        _ => lists::page(judge, &asked)?.exposures,
    };
    let count = |(state, hosts): (&'static str, u64)| ReachCount { state: state.to_owned(), hosts };
    Ok(CveView {
        facts: known.facts.clone(),
        counts: counts.by_state.into_iter().map(count).collect(),
        hosts_exposed: counts.exposed,
        hosts_total: counts.total,
        fixes: judge.state.index.fixes(&judge.scope, &subject),
        exposures,
    })
}

/// Names the binary packages of a host's exposures.
pub(crate) fn put_binaries(
    app: &App,
    actor: &Actor,
    host: HostId,
    exposures: &mut [ExposureView],
) -> Result<(), ApiError> {
    if exposures.is_empty() {
        return Ok(());
    }
    let packages = app.read(|view| {
        let report = store::reports::get(view, &actor.scope, host)?;
        Ok(crate::hosts::sets(view, &actor.scope, report.as_ref())?.0)
    })?;
    let mut by_source: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages.packages.iter().filter(|package| package.is_installed()) {
        by_source.entry(&package.source).or_default().push(&package.name);
        if package.source != package.name {
            by_source.entry(&package.name).or_default().push(&package.name);
        }
    }
    for exposure in exposures {
        let names = by_source.get(exposure.package.as_str());
        let mut names: Vec<String> =
            names.into_iter().flatten().map(|name| (*name).to_owned()).collect();
        names.sort();
        names.dedup();
        exposure.binaries = names;
    }
    Ok(())
}

/// Returns the hosts with open questions, by name.
pub(crate) fn open_questions(judge: &Judge<'_>, tenant: TenantId) -> Vec<OpenQuestions> {
    let hosts = judge.state.hosts.iter().filter(|(_, meta)| meta.tenant == tenant);
    let mut found: Vec<OpenQuestions> = hosts
        .map(|(host, meta)| OpenQuestions {
            host: *host,
            host_name: meta.name.clone(),
            questions: decide::deadline::to_be_answered(judge.state.answers_of(*host)),
        })
        .filter(|open| !open.questions.is_empty())
        .collect();
    found.sort_by(|a, b| a.host_name.cmp(&b.host_name));
    found
}
