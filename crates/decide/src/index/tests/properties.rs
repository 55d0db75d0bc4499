//! After any edits the index is what the tables say, and what a matcher without an index finds.

use crate::index::query::PackageName;
use crate::index::tests::naive::{Line, World};
use crate::index::tests::random::{apply, edit, rebuild};
use crate::index::{Found, Index, Query, Scope, Subject, UNKNOWN_HAZARD_MICRO};
use model::{HostId, TenantId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const CASES: u32 = 200;

fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(8),
        failure_persistence: None,
        ..Config::default()
    })
}

/// Plays edits and hands tables and index to a check.
fn play(check: impl Fn(&World, &Index) -> Result<(), TestCaseError>) {
    let edits = prop::collection::vec(edit(), 1..30);
    let result = runner().run(&edits, |edits| {
        let (mut world, mut index) = (World::default(), Index::new());
        for edit in &edits {
            apply(edit, &mut world, &mut index);
        }
        check(&world, &index)
    });
    result.unwrap();
}

/// Everything that an index says, in the order of names. Numbers of its own are not part of it.
fn dump(index: &Index) -> String {
    let mut out = String::new();
    for tenant in [0, 1].map(TenantId) {
        let scope = Scope::of(tenant);
        for (host, risk) in index.risks(&scope) {
            writeln!(out, "{host} {risk}").unwrap();
            for found in index.exposures_of_host(&scope, host) {
                writeln!(out, "  {found:?}").unwrap();
            }
        }
        for line in index.subjects(&scope, &Query::default()) {
            writeln!(out, "{line:?} {:?}", index.counts(&scope, &line.subject)).unwrap();
            writeln!(out, "{:?}", index.by_class(&scope, &line.subject)).unwrap();
            writeln!(out, "{:?}", index.fixes(&scope, &line.subject)).unwrap();
        }
        let page = index.exposures(&scope, &Query::default(), "", 5);
        writeln!(out, "{page:?} {:?}", index.actions(&scope, 50)).unwrap();
    }
    let mut holdings = BTreeSet::new();
    for holding in index.holdings.ids() {
        let hosts = index.hosts.ids_of(index.holdings.hosts(holding), None, 99);
        let pieces = index.holdings.pieces(holding);
        let mut pieces: Vec<_> =
            pieces.iter().map(|p| (p.role(), index.versions.text(p.ver()))).collect();
        pieces.sort_unstable();
        if !hosts.is_empty() {
            let name = index.packages.name(index.holdings.package(holding));
            let summary = index.holdings.summary(holding).cloned().unwrap_or_default();
            holdings.insert(format!("{name:?} {pieces:?} {hosts:?} {summary:?}"));
        }
    }
    writeln!(out, "{holdings:#?}").unwrap();
    out
}

/// Compares line by line, so that a difference can be read.
fn same(a: &str, b: &str) -> Result<(), TestCaseError> {
    for (a, b) in a.lines().zip(b.lines()) {
        prop_assert_eq!(a, b);
    }
    prop_assert_eq!(a.len(), b.len());
    Ok(())
}

#[test]
fn an_edited_index_equals_one_that_is_built_anew_in_any_order() {
    play(|world, index| {
        let edited = dump(index);
        same(&edited, &dump(&rebuild(world, false)))?;
        same(&edited, &dump(&rebuild(world, true)))?;
        let mut evaluated = rebuild(world, false);
        evaluated.evaluate();
        same(&edited, &dump(&evaluated))?;
        Ok(())
    });
}

fn line(found: &Found) -> Line {
    let PackageName { stream, package, module } = found.package.clone();
    Line {
        package: (stream, package, module),
        subject: match &found.subject {
            Subject::Cve(cve) => cve.to_string(),
            Subject::Advisory(id) => id.clone(),
        },
        installed: found.installed.clone(),
        fixed: found.fixed.clone(),
        reach: found.reach.clone(),
    }
}

#[test]
fn the_index_finds_what_loops_over_hosts_and_rows_find() {
    play(|world, index| {
        for entry in world.hosts.values() {
            let found = index.exposures_of_host(&Scope::of(entry.tenant), entry.host);
            let mut lines: Vec<Line> = found.iter().map(line).collect();
            lines.sort();
            prop_assert_eq!(lines, world.exposures_of(entry), "{:#?}", entry.items);
            let other = Scope::of(TenantId(1 - entry.tenant.0));
            prop_assert!(index.exposures_of_host(&other, entry.host).is_empty());
        }
        Ok(())
    });
}

/// What loops find in one tenant, by host.
fn exposed(world: &World, tenant: TenantId) -> BTreeMap<HostId, Vec<Line>> {
    let hosts = world.hosts.values().filter(|entry| entry.tenant == tenant);
    hosts
        .map(|entry| {
            let mut lines = world.exposures_of(entry);
            lines.retain(|line| line.reach.is_exposed());
            (entry.host, lines)
        })
        .collect()
}

#[test]
fn counts_pages_and_sums_agree_with_the_single_exposures() {
    play(|world, index| {
        for tenant in [0, 1].map(TenantId) {
            let (scope, lines) = (Scope::of(tenant), exposed(world, tenant));
            let total: usize = lines.values().map(Vec::len).sum();
            let page = index.exposures(&scope, &Query::default(), "", usize::MAX - 1);
            prop_assert_eq!(page.total, total as u64);
            prop_assert_eq!(page.found.len(), total);
            prop_assert_eq!(page.hosts, lines.values().filter(|l| !l.is_empty()).count() as u64);
            let pages = all_pages(index, &scope);
            prop_assert_eq!(&pages, &page.found);
            for (host, risk) in index.risks(&scope) {
                let hazard = |line: &Line| {
                    let cve = line.subject.parse().ok();
                    let known = cve.and_then(|cve| world.hazards.get(&cve));
                    known.map_or(u64::from(UNKNOWN_HAZARD_MICRO), |(micro, _)| u64::from(*micro))
                };
                prop_assert_eq!(risk, lines[&host].iter().map(hazard).sum::<u64>());
            }
            let mut by_subject: BTreeMap<&String, BTreeSet<HostId>> = BTreeMap::new();
            for (host, lines) in &lines {
                for line in lines {
                    by_subject.entry(&line.subject).or_default().insert(*host);
                }
            }
            let subjects = index.subjects(&scope, &Query::default());
            prop_assert_eq!(subjects.len(), by_subject.len());
            for line in subjects {
                let name = match &line.subject {
                    Subject::Cve(cve) => cve.to_string(),
                    Subject::Advisory(id) => id.clone(),
                };
                let hosts: Vec<HostId> = by_subject[&name].iter().copied().collect();
                prop_assert_eq!(line.hosts, hosts.len() as u64);
                let query = Query { subject: Some(line.subject.clone()), ..Query::default() };
                prop_assert_eq!(&index.hosts_of(&scope, &query), &hosts);
                let counts = index.counts(&scope, &line.subject);
                prop_assert_eq!(counts.exposed, hosts.len() as u64);
                let by_class = index.by_class(&scope, &line.subject);
                prop_assert_eq!(by_class.iter().map(|(_, n)| n).sum::<u64>(), counts.exposed);
            }
        }
        Ok(())
    });
}

fn all_pages(index: &Index, scope: &Scope) -> Vec<Found> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = index.exposures(scope, &Query::default(), &after, 2);
        all.extend(page.found);
        if page.next.is_empty() {
            return all;
        }
        after = page.next;
    }
}

#[test]
fn filters_narrow_a_page_to_what_they_name() {
    play(|world, index| {
        let scope = Scope::of(TenantId(0));
        let all = index.exposures(&scope, &Query::default(), "", 999).found;
        let check = |query: Query, keep: &dyn Fn(&Found) -> bool| {
            let page = index.exposures(&scope, &query, "", 999);
            let expected: Vec<&Found> = all.iter().filter(|found| keep(found)).collect();
            prop_assert_eq!(page.found.iter().collect::<Vec<_>>(), expected, "{:?}", query);
            prop_assert_eq!(page.total, page.found.len() as u64);
            let hosts: BTreeSet<HostId> = page.found.iter().map(|found| found.host).collect();
            prop_assert_eq!(page.hosts, hosts.len() as u64);
            prop_assert_eq!(index.hosts_of(&scope, &query), Vec::from_iter(hosts));
            Ok(())
        };
        check(Query { is_kev_only: true, ..Query::default() }, &|found| found.is_kev)?;
        let package = Some("a".to_owned());
        check(Query { package, ..Query::default() }, &|found| found.package.package == "a")?;
        let state = Some("no_fix".to_owned());
        check(Query { state, ..Query::default() }, &|found| found.reach.word() == "no_fix")?;
        for entry in world.hosts.values() {
            let query = Query { host: Some(entry.host), ..Query::default() };
            check(query, &|found| found.host == entry.host)?;
        }
        Ok(())
    });
}

#[test]
fn every_action_closes_something_on_its_hosts() {
    play(|_, index| {
        for tenant in [0, 1].map(TenantId) {
            let scope = Scope::of(tenant);
            for act in index.actions(&scope, 99) {
                let hosts = index.action_hosts(&scope, &act.id);
                prop_assert_eq!(hosts.len() as u64, act.hosts, "{:?}", act);
                prop_assert!(act.hosts > 0 && !act.closes.is_empty(), "{:?}", act);
                let mut open = BTreeSet::new();
                for host in &hosts {
                    let found = index.exposures_of_host(&scope, *host);
                    open.extend(found.into_iter().map(|found| found.subject));
                }
                for subject in &act.closes {
                    prop_assert!(open.contains(subject), "{:?} closes {:?}", act, subject);
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_fix_that_is_learned_adds_no_exposure_and_what_is_withdrawn_leaves_no_trace() {
    play(|world, index| {
        let before = dump(index);
        let mut edited = rebuild(world, false);
        let ids: Vec<_> = world.rows.keys().copied().collect();
        edited.remove_rows(&ids);
        for (id, learned) in &world.rows {
            let new = crate::index::NewRow {
                id: *id,
                learned_at: learned.learned_at,
                row: &learned.row,
                advisory: learned.advisory.as_ref(),
            };
            edited.put_rows(&learned.source, &[new]);
        }
        same(&before, &dump(&edited))
    });
}
