//! Random fleets and random edits, small enough that everything meets everything.

use crate::index::tests::naive::{Learned, World};
use crate::index::{Coverage, HostEntry, Index, Item, NewRow, Part, RowId, Source, StaleUnits};
use model::advisory::{Advisory, AdvisoryKind, Feed, Label, Row, RowState, Until};
use model::{CveId, HostId, TenantId};
use proptest::prelude::*;
use proptest::sample::select;

/// One edit of a fleet or of what is said of it.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Put(HostEntry),
    Gone(HostId),
    Learn(Vec<(RowId, Learned)>),
    Forget(Vec<RowId>),
    Hazard(CveId, u32, bool),
    Reject(CveId, bool),
}

const STREAMS: [&str; 7] = [
    "debian:12",
    "debian:12-backports",
    "debian:13",
    "alma:9",
    "rhel:9",
    "rhel:9.0+eus",
    "other:1",
];
const PACKAGES: [&str; 3] = ["a", "b", "linux"];
const VERSIONS: [&str; 13] = [
    "1.0-1",
    "1.0-2",
    "1.0-2~deb12u1",
    "1.0-2~bpo12+1",
    "1.0-2+deb12u1~bpo12+1",
    "1.1-1",
    "1.1-01",
    "1.1-1.el9",
    "1:0.5-1",
    "0:1.0-2",
    "2.0-1",
    "not a version",
    "",
];
const SOURCES: [(&str, Feed); 8] = [
    ("debian-tracker", Feed::DebianTracker),
    ("debian-list/DSA", Feed::DebianList),
    ("osv/Debian", Feed::Osv),
    ("osv/Ubuntu", Feed::Osv),
    ("openvex/ubuntu", Feed::OpenVex),
    ("debsecan", Feed::Debsecan),
    ("updateinfo/base", Feed::Updateinfo),
    ("nvd", Feed::Nvd),
];
const STATES: [RowState; 6] = [
    RowState::Affected,
    RowState::NotAffected,
    RowState::UnderInvestigation,
    RowState::Deferred,
    RowState::WillNotFix,
    RowState::EndOfLife,
];

pub(super) fn cve(number: u32) -> CveId {
    CveId { year: 2026, number: 1_000 + number }
}

fn owned(all: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(all).prop_map(str::to_owned)
}

fn module() -> impl Strategy<Value = String> {
    prop_oneof![8 => Just(""), 1 => Just("x:1"), 1 => Just("x:2"), 1 => Just("?")]
        .prop_map(str::to_owned)
}

/// A host is of one release; Debian's may have backports.
fn item(stream: &'static str) -> impl Strategy<Value = Item> {
    let part = prop_oneof![
        6 => Just(Part::Main),
        1 => select(&Part::ALL[..]),
        1 => Just(Part::Offered),
    ];
    (any::<bool>(), owned(&PACKAGES), module(), owned(&VERSIONS), part).prop_map(
        move |(is_backport, package, module, version, part)| {
            let is_backport = is_backport && stream == "debian:12";
            let stream = if is_backport { "debian:12-backports" } else { stream };
            Item { stream: stream.to_owned(), package, module, version, part }
        },
    )
}

fn items() -> impl Strategy<Value = (&'static str, Vec<Item>)> {
    let bases = ["debian:12", "debian:13", "alma:9", "rhel:9", "rhel:9.0+eus", "other:1"];
    select(bases.to_vec()).prop_flat_map(|base| {
        prop::collection::vec(item(base), 0..9).prop_map(move |items| (base, items))
    })
}

fn entry() -> impl Strategy<Value = HostEntry> {
    let flags = (any::<[bool; 4]>(), select(&[1_u32, 2, 2, 8][..]), 0_u32..3);
    (0_u128..6, 0_u128..2, items(), flags).prop_map(
        |(host, tenant, items, ([stale, lists, ended, attached], weight_halves, class))| {
            let (stream, mut items) = items;
            items.sort();
            items.dedup();
            let mapped: Option<Item> = items.iter().find(|i| i.part == Part::Mapped).cloned();
            let units = mapped.map(|item| StaleUnits {
                stream: item.stream,
                package: item.package,
                module: item.module,
                units: vec!["u.service".to_owned()],
                needs_reboot: stale,
            });
            let arches: &[&str] = if lists { &["amd64"] } else { &["amd64", "i386"] };
            HostEntry {
                host: HostId(host),
                tenant: TenantId(tenant),
                first_seen_at: i64::from(class) * 1_000,
                stream: stream.to_owned(),
                items,
                coverage: Coverage::Covered,
                stale: units.into_iter().collect(),
                channels: if attached { vec!["esm".to_owned()] } else { Vec::new() },
                arches: arches.iter().map(|arch| (*arch).to_owned()).collect(),
                is_lists_stale: lists,
                is_release_ended: ended,
                weight_halves,
                class,
            }
        },
    )
}

fn until() -> impl Strategy<Value = Until> {
    prop_oneof![
        2 => Just(Until::Open),
        5 => owned(&VERSIONS).prop_map(Until::Fixed),
        1 => owned(&VERSIONS).prop_map(Until::Last),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let place = (owned(&STREAMS), owned(&PACKAGES), module());
    let bounds = (prop_oneof![4 => Just(String::new()), 1 => owned(&VERSIONS)], until());
    let kind = (
        prop_oneof![4 => Just(RowState::Affected), 3 => select(&STATES[..])],
        prop_oneof![3 => Just(""), 1 => Just("esm")],
        prop_oneof![4 => Just(""), 1 => Just("amd64"), 1 => Just("i386")],
        any::<bool>(),
    );
    (place, bounds, kind, prop::option::of(0_u32..2), select(&[0, 0, 1, 1, 2, 3][..])).prop_map(
        |(
            (stream, package, module),
            (from, until),
            (state, channel, arch, foreign),
            number,
            id,
        )| {
            Row {
                advisory: format!("ADV-{id}"),
                cve: number.map(cve),
                stream,
                package,
                module,
                arch: arch.to_owned(),
                from,
                until,
                state,
                channel: channel.to_owned(),
                is_foreign: foreign,
            }
        },
    )
}

fn advisory(id: &str, kind: AdvisoryKind, withdrawn_at: Option<i64>) -> Advisory {
    Advisory {
        id: id.to_owned(),
        kind,
        published_at: Some(5),
        modified_at: None,
        withdrawn_at,
        label: Label::High,
        title: String::new(),
        cves: Vec::new(),
        urls: Vec::new(),
        needs_reboot: false,
    }
}

/// A document says the same in each of its rows, so that its name tells what it is.
fn document(id: &str) -> Option<Advisory> {
    match id {
        "ADV-0" => None,
        "ADV-2" => Some(advisory(id, AdvisoryKind::Maintenance, None)),
        "ADV-3" => Some(advisory(id, AdvisoryKind::Security, Some(9))),
        _ => Some(advisory(id, AdvisoryKind::Security, None)),
    }
}

fn learned() -> impl Strategy<Value = (RowId, Learned)> {
    (0_u64..12, select(&SOURCES[..]), row(), 0_i64..3_000).prop_map(
        |(id, (name, feed), row, learned_at)| {
            let advisory = document(&row.advisory);
            let source = Source { name: name.to_owned(), feed };
            (RowId(id), Learned { source, learned_at, row, advisory })
        },
    )
}

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => entry().prop_map(Edit::Put),
        1 => (0_u128..6).prop_map(|id| Edit::Gone(HostId(id))),
        8 => prop::collection::vec(learned(), 1..4).prop_map(Edit::Learn),
        2 => prop::collection::vec((0_u64..12).prop_map(RowId), 1..3).prop_map(Edit::Forget),
        2 => (0_u32..2, 0_u32..5_000_000, any::<bool>())
            .prop_map(|(n, micro, is_kev)| Edit::Hazard(cve(n), micro, is_kev)),
        1 => (0_u32..2, any::<bool>()).prop_map(|(n, is_in)| Edit::Reject(cve(n), is_in)),
    ]
}

/// Applies an edit to the plain tables and to the index.
pub(super) fn apply(edit: &Edit, world: &mut World, index: &mut Index) {
    match edit {
        Edit::Put(entry) => {
            world.hosts.insert(entry.host, entry.clone());
            index.put_host(entry);
        }
        Edit::Gone(host) => {
            world.hosts.remove(host);
            index.remove_host(*host);
        }
        Edit::Learn(rows) => {
            for (id, learned) in rows {
                world.rows.insert(*id, learned.clone());
                let new = NewRow {
                    id: *id,
                    learned_at: learned.learned_at,
                    row: &learned.row,
                    advisory: learned.advisory.as_ref(),
                };
                index.put_rows(&learned.source, &[new]);
            }
        }
        Edit::Forget(rows) => {
            for id in rows {
                world.rows.remove(id);
            }
            index.remove_rows(rows);
        }
        Edit::Hazard(cve, micro, is_kev) => {
            world.hazards.insert(*cve, (*micro, *is_kev));
            index.set_hazard(*cve, *micro, *is_kev);
        }
        Edit::Reject(cve, is_in) => {
            if *is_in {
                world.rejected.insert(*cve);
            } else {
                world.rejected.remove(cve);
            }
            index.set_rejected(*cve, *is_in);
        }
    }
}

/// Builds an index from the plain tables. `is_rows_first` takes the other order.
pub(super) fn rebuild(world: &World, is_rows_first: bool) -> Index {
    let mut index = Index::new();
    if !is_rows_first {
        world.hosts.values().for_each(|entry| index.put_host(entry));
    }
    let mut sources: Vec<&Source> = world.rows.values().map(|row| &row.source).collect();
    sources.sort();
    sources.dedup();
    for source in sources {
        let rows = world.rows.iter().filter(|(_, row)| row.source == *source);
        let mut new: Vec<NewRow<'_>> = rows
            .map(|(id, learned)| NewRow {
                id: *id,
                learned_at: learned.learned_at,
                row: &learned.row,
                advisory: learned.advisory.as_ref(),
            })
            .collect();
        if is_rows_first {
            new.reverse();
        }
        index.put_rows(source, &new);
    }
    for (cve, (micro, is_kev)) in &world.hazards {
        index.set_hazard(*cve, *micro, *is_kev);
    }
    for cve in &world.rejected {
        index.set_rejected(*cve, true);
    }
    if is_rows_first {
        world.hosts.values().rev().for_each(|entry| index.put_host(entry));
    }
    index
}
