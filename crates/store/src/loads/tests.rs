//! Loads on a real store: what is written, what stays, what an interruption leaves.

use super::*;
use crate::advisories::{self, NOW};
use crate::{Store, TenantScope, cves, events, reports, tenants};
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::cve::{CveId, CveStatement, Epss};
use model::{HostId, TenantId};

const DAY: i64 = 86_400;
const START: i64 = 1_800_000_000;

struct Bench {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("data")).unwrap();
        Self { store, _folder: folder }
    }

    fn diff(&self, set: &RowSet) -> Difference {
        self.store
            .read(|view| {
                let known = feeds::source(view, set.feed, &set.source)?;
                diff(view, known.map(|source| source.source_id), set)
            })
            .unwrap()
    }

    /// Loads a set; returns what it changed.
    fn load(&self, set: &RowSet, at: i64) -> Difference {
        let difference = self.diff(set);
        let load = self.begin(set, at);
        self.write(load, &difference);
        let source = source(set);
        self.store
            .write(move |tx| -> Result<_, StoreError> {
                finish(&tx, &load, &source)?;
                tx.commit_without_event(())
            })
            .unwrap();
        difference
    }

    fn begin(&self, set: &RowSet, at: i64) -> Load {
        let source = source(set);
        self.store
            .write(move |tx| -> Result<_, StoreError> {
                let load = begin(&tx, &source, at)?;
                tx.commit_without_event(load)
            })
            .unwrap()
    }

    fn write(&self, load: Load, difference: &Difference) {
        for chunk in chunks(difference) {
            let difference = difference.clone();
            self.store
                .write(move |tx| -> Result<_, StoreError> {
                    write(&tx, &load, &difference, &chunk)?;
                    tx.commit_without_event(())
                })
                .unwrap();
        }
    }

    fn rows(&self, at: i64) -> Vec<advisories::StoredRow> {
        let mut found = Vec::new();
        let each = |view: &View<'_>| advisories::each_row(view, at, |row| found.push(row));
        self.store.read(each).unwrap();
        found
    }
}

fn source(set: &RowSet) -> SourceRow {
    SourceRow {
        source_id: 0,
        feed: set.feed,
        source: set.source.clone(),
        origin: "test".to_owned(),
        fetched_at: Some(START),
        content_at: set.content_at,
        version: String::new(),
        sha256: String::new(),
        entries: set.entries,
        rows: 0,
        cves: 0,
        lifecycles: 0,
        rejects_total: 0,
        rejects: Vec::new(),
        trouble: String::new(),
    }
}

fn row(advisory: &str, package: &str, fixed: &str) -> Row {
    Row {
        advisory: advisory.to_owned(),
        cve: Some(CveId { year: 2026, number: 1_234_567 }),
        stream: "debian:12".to_owned(),
        package: package.to_owned(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until: Until::Fixed(fixed.to_owned()),
        state: RowState::Affected,
        channel: String::new(),
        is_foreign: false,
    }
}

fn advisory(id: &str) -> Advisory {
    Advisory {
        id: id.to_owned(),
        kind: AdvisoryKind::Security,
        published_at: Some(START),
        modified_at: None,
        withdrawn_at: None,
        label: Label::High,
        title: String::new(),
        cves: Vec::new(),
        urls: Vec::new(),
        needs_reboot: false,
    }
}

fn set(extent: Extent, rows: &[(&str, &str, &str)]) -> RowSet {
    let mut set = RowSet::new(Feed::DebianTracker, "debian-tracker", extent);
    for (name, package, fixed) in rows {
        set.rows.push(row(name, package, fixed));
        set.advisories.push(advisory(name));
    }
    set
}

#[test]
fn an_equal_set_in_another_order_changes_nothing() {
    let bench = Bench::new();
    let first = set(Extent::Whole, &[("A", "bash", "5.2"), ("B", "less", "590")]);
    assert_eq!(bench.load(&first, START).rows_in.len(), 2);
    let again =
        set(Extent::Whole, &[("B", "less", "590"), ("A", "bash", "5.2"), ("A", "bash", "5.2")]);
    assert!(bench.diff(&again).is_empty());
}

#[test]
fn a_corrected_bound_keeps_the_first_time_and_the_past_keeps_the_old_bound() {
    let bench = Bench::new();
    bench.load(&set(Extent::Whole, &[("A", "bash", "5.2")]), START);
    bench.load(&set(Extent::Whole, &[("A", "bash", "5.3")]), START + DAY);
    bench.load(&set(Extent::Whole, &[]), START + 2 * DAY);
    bench.load(&set(Extent::Whole, &[("A", "bash", "5.4")]), START + 3 * DAY);
    let bounds = |at| -> Vec<_> {
        let rows = bench.rows(at).into_iter();
        rows.map(|r| (r.row.until, (r.learned_at - START) / DAY, (r.first_at - START) / DAY))
            .collect()
    };
    let fixed =
        |version: &str, learned, first| vec![(Until::Fixed(version.to_owned()), learned, first)];
    assert_eq!(bounds(START - 1), vec![]);
    assert_eq!(bounds(START), fixed("5.2", 0, 0));
    assert_eq!(bounds(START + DAY), fixed("5.3", 1, 0));
    assert_eq!(bounds(START + 2 * DAY), vec![]);
    assert_eq!(bounds(NOW), fixed("5.4", 3, 0));
}

#[test]
fn documents_replace_themselves_and_leave_others() {
    let bench = Bench::new();
    bench.load(&set(Extent::Documents, &[("A", "bash", "5.2"), ("B", "less", "590")]), START);
    let changed = bench.load(&set(Extent::Documents, &[("A", "bash", "5.3")]), START + DAY);
    assert_eq!((changed.rows_in.len(), changed.rows_out.len()), (1, 1));
    let names: Vec<_> = bench.rows(NOW).into_iter().map(|r| r.row.advisory).collect();
    assert_eq!(names, ["B", "A"]);
}

#[test]
fn an_interrupted_load_is_as_if_it_had_never_begun() {
    let bench = Bench::new();
    let first = set(Extent::Whole, &[("A", "bash", "5.2")]);
    bench.load(&first, START);
    let second = set(Extent::Whole, &[("B", "less", "590")]);
    let difference = bench.diff(&second);
    let load = bench.begin(&second, START + DAY);
    bench.write(load, &difference);
    let is_first =
        |rows: Vec<advisories::StoredRow>| rows.len() == 1 && rows[0].row == first.rows[0];
    assert!(is_first(bench.rows(NOW)), "it does not count before its end");
    let swept = bench.store.write(|tx| -> Result<_, StoreError> {
        let swept = sweep(&tx)?;
        tx.commit_without_event(swept)
    });
    assert!(swept.unwrap() && is_first(bench.rows(NOW)));
    assert!(!bench.store.read(has_open).unwrap());
    assert!(bench.diff(&first).is_empty());
}

#[test]
fn a_statement_that_ends_leaves_a_trace_and_a_score_does_not() {
    let bench = Bench::new();
    let cve = CveId { year: 2026, number: 4 };
    let mut kev = RowSet::new(Feed::Kev, "kev", Extent::Whole);
    kev.cves.push(CveStatement::of(cve));
    bench.load(&kev, START);
    kev.cves.clear();
    bench.load(&kev, START + DAY);
    let mut epss = RowSet::new(Feed::Epss, "epss", Extent::Whole);
    let mut score = CveStatement::of(cve);
    score.epss = Some(Epss { score_ppm: 9, percentile_ppm: 10 });
    epss.cves.push(score.clone());
    bench.load(&epss, START + DAY);
    let gone = |at| -> Vec<_> {
        let found = bench.store.read(|view| cves::of(view, cve, at)).unwrap();
        found.into_iter().filter(|s| s.statement.epss.is_none()).map(|s| s.gone_at).collect()
    };
    assert_eq!(
        (gone(START - 1), gone(START), gone(NOW)),
        (vec![], vec![None], vec![Some(START + DAY)])
    );
    score.epss = Some(Epss { score_ppm: 11, percentile_ppm: 12 });
    epss.cves[0] = score.clone();
    bench.load(&epss, START + 2 * DAY);
    let now = bench.store.read(|view| cves::of(view, cve, NOW)).unwrap();
    assert_eq!(
        now.iter().filter_map(|s| s.statement.epss).collect::<Vec<_>>(),
        [score.epss.unwrap()]
    );
    epss.cves.clear();
    assert_eq!(bench.load(&epss, START + 3 * DAY).epss_out, [cve]);
}

#[test]
fn many_chunks_are_one_load() {
    let bench = Bench::new();
    let names: Vec<String> = (0..2 * CHUNK_LINES + 7).map(|n| format!("A-{n:06}")).collect();
    let rows: Vec<_> = names.iter().map(|name| (name.as_str(), "bash", "5.2")).collect();
    let all = set(Extent::Whole, &rows);
    let difference = bench.load(&all, START);
    assert_eq!(chunks(&difference).len(), 6);
    let found = bench.rows(NOW);
    assert!(found.iter().map(|r| &r.row).eq(all.rows.iter()));
    assert!(found.iter().zip(1..).all(|(r, id)| r.row_id == id));
}

#[test]
fn a_database_of_the_first_schema_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let scope = TenantScope::of(TenantId(1));
    let host = HostId(7);
    {
        let conn = rusqlite::Connection::open(data.join(crate::DATABASE_FILE)).unwrap();
        conn.execute_batch(include_str!("../../migrations/0001_first.sql")).unwrap();
        conn.execute_batch("PRAGMA user_version = 1; PRAGMA application_id = 0x5057656c;").unwrap();
        let digest = model::Digest::of(b"x").to_string();
        let (tenant, host) = (scope.key(), host.to_string());
        conn.execute(
            "INSERT INTO tenants (tenant, name, created_at) VALUES (?, 'a', 1)",
            [&tenant],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO hosts (host, tenant, name, hostname, host_key, enrolled_at, seen_at)
             VALUES (?, ?, 'a', 'a', 'k', 1, 1)",
            [&host, &tenant],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO report_history (host, stored_at, tenant, packages, pending)
             VALUES (?1, 5, ?2, ?3, ?3)",
            [&host, &tenant, &digest],
        )
        .unwrap();
    }
    let store = Store::open(&data).unwrap();
    let past = store.read(|view| reports::list_as_of(view, &scope, 9)).unwrap();
    assert_eq!((past.len(), past[0].host, past[0].facts.clone()), (1, host, None));
    assert_eq!(store.read(|view| reports::firsts(view, &scope)).unwrap(), [(host, 5)]);
    assert_eq!(store.read(tenants::all_for_start).unwrap(), [scope]);
    assert!(store.read(|view| events::leaves(view, &scope, 0, 9)).unwrap().is_empty());
}
