//! The whole of AlmaLinux's advisories in the fleet index, beside a loop that compares every row with every
//! package by rpm's direct comparison.

use crate::shared;
use decide::index::{
    Coverage, HostEntry, Index, Item, NewRow, Part, RowId, Scope, Source, Subject,
};
use decide::scheme::Scheme;
use feeds::Limits;
use model::advisory::{Advisory, RowSet, Until};
use model::exposure::{NotKnown, Reach};
use model::{CveId, HostId, TenantId};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

const TENANT: TenantId = TenantId(1);
/// Every how-manieth package a made-up host has, and in which of its known versions.
const HOSTS: [(usize, usize); 4] = [(1, 0), (1, 1), (3, 5), (7, 14)];

/// Package name, CVE, and whether the row only says "some module".
type Line = (String, CveId, bool);

#[test]
fn all_of_almalinux_is_found_as_rpm_compares() {
    let path = "alma-osv/almalinux-osv-2026-08-21.jsonl.gz";
    let Some(bytes) = shared::bytes(path) else { return };
    let sets = feeds::load("almalinux", &bytes[..], &Limits::default()).unwrap();
    let set = &sets[0];
    let (mut plain, mut modular) = (0, 0);
    for (stream, number) in ["alma:8", "alma:9", "alma:10"].into_iter().zip(1..) {
        let hosts: Vec<HostEntry> = (number * 100..)
            .zip(HOSTS)
            .map(|(host, shape)| host_of(set, stream, HostId(host), shape))
            .collect();
        let index = index_of(set, stream, &hosts);
        for host in &hosts {
            let expected = by_hand(set, host);
            assert_eq!(by_index(&index, host), expected, "{stream}, host {}", host.host);
            plain += expected.iter().filter(|line| !line.2).count();
            modular += expected.iter().filter(|line| line.2).count();
        }
    }
    assert!(plain > 10_000 && modular > 1_000, "{plain} plain and {modular} modular lines");
}

fn index_of(set: &RowSet, stream: &str, hosts: &[HostEntry]) -> Index {
    let advisories: BTreeMap<&str, &Advisory> =
        set.advisories.iter().map(|a| (a.id.as_str(), a)).collect();
    let source = Source { name: set.source.clone(), feed: set.feed };
    let numbered = (0..).map(RowId).zip(&set.rows);
    // Rows of other streams cannot match; without them the test is quick.
    let rows: Vec<NewRow<'_>> = numbered
        .filter(|(_, row)| row.stream == stream)
        .map(|(id, row)| {
            let advisory = advisories.get(row.advisory.as_str()).copied();
            NewRow { id, learned_at: 1_000, row, advisory }
        })
        .collect();
    let mut index = Index::new();
    index.put_rows(&source, &rows);
    hosts.iter().for_each(|host| index.put_host(host));
    index
}

fn is_modular(version: &str) -> bool {
    version.contains(".module_el") || version.contains(".module+el")
}

/// Makes a host that has every `step`th package of the stream, each in the `at`th of the versions that
/// advisories name; versions beyond the last are newer than all.
fn host_of(set: &RowSet, stream: &str, host: HostId, (step, at): (usize, usize)) -> HostEntry {
    let mut versions: BTreeMap<(String, bool), BTreeSet<String>> = BTreeMap::new();
    for row in set.rows.iter().filter(|row| row.stream == stream) {
        let Until::Fixed(version) = &row.until else { continue };
        let key = (row.package.clone(), is_modular(version));
        versions.entry(key).or_default().insert(version.clone());
    }
    let mut items = Vec::new();
    for ((package, is_modular), known) in versions.into_iter().step_by(step) {
        let mut known: Vec<String> = known.into_iter().collect();
        known.sort_by(|a, b| Scheme::Rpm.compare(a, b).unwrap());
        let newest = known.last().unwrap().clone() + ".99";
        let module = if is_modular { format!("{package}:1") } else { String::new() };
        items.push(Item {
            stream: stream.to_owned(),
            version: known.get(at).cloned().unwrap_or(newest),
            package,
            module,
            part: Part::Main,
        });
    }
    items.sort();
    HostEntry {
        host,
        tenant: TENANT,
        first_seen_at: 1_000,
        stream: stream.to_owned(),
        items,
        coverage: Coverage::Covered,
        stale: Vec::new(),
        channels: Vec::new(),
        arches: vec!["x86_64".to_owned()],
        is_lists_stale: false,
        is_release_ended: false,
        weight_halves: 2,
        class: 0,
    }
}

fn by_index(index: &Index, entry: &HostEntry) -> BTreeSet<Line> {
    let found = index.exposures_of_host(&Scope::of(TENANT), entry.host);
    let line = |one: &decide::index::Found| match one.subject {
        Subject::Cve(cve) => {
            let is_open = one.reach == Reach::Unknown { why: NotKnown::ModuleStream };
            Some((one.package.package.clone(), cve, is_open))
        }
        Subject::Advisory(_) => None,
    };
    found.iter().filter_map(line).collect()
}

fn by_hand(set: &RowSet, entry: &HostEntry) -> BTreeSet<Line> {
    let mut lines = BTreeSet::new();
    let mut installed: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in &entry.items {
        installed.entry(&item.package).or_default().push(item);
    }
    for row in set.rows.iter().filter(|row| row.stream == entry.stream) {
        let (Some(cve), Until::Fixed(fixed)) = (row.cve, &row.until) else { continue };
        for item in installed.get(row.package.as_str()).into_iter().flatten() {
            let of_one_kind = is_modular(fixed) != item.module.is_empty();
            let is_older = Scheme::Rpm.compare(&item.version, fixed).unwrap() == Ordering::Less;
            if of_one_kind && is_older {
                lines.insert((row.package.clone(), cve, !item.module.is_empty()));
            }
        }
    }
    lines
}
