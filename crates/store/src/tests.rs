//! The store on real files: what survives, what is refused, what two cannot do at once.

use crate::hosts::HostRow;
use crate::tokens::JoinToken;
use crate::{DATABASE_FILE, NewEvent, Store, StoreError, TenantScope, events, schema, tenants};
use model::{Digest, HostId, TenantId};
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

const NOW: i64 = 1_800_000_000;

fn scope() -> TenantScope {
    TenantScope::of(TenantId(1))
}

fn event(object: &str) -> NewEvent {
    NewEvent {
        at: NOW,
        actor: "test".to_owned(),
        action: "test.done",
        object: object.to_owned(),
        detail: serde_json::json!({ "n": 1 }),
    }
}

fn with_tenant(folder: &Path) -> Store {
    let store = Store::open(folder).unwrap();
    store
        .write(|tx| -> Result<_, StoreError> {
            tenants::insert(&tx, &scope(), "test", NOW)?;
            tx.record(&scope(), &event("tenant"))?.commit(())
        })
        .unwrap();
    store
}

fn record(store: &Store, object: &str) -> Result<(), StoreError> {
    let event = event(object);
    store.write(move |tx| tx.record(&scope(), &event)?.commit(()))
}

fn host(number: u128) -> HostRow {
    HostRow {
        host: HostId(number),
        name: format!("web-{number}"),
        hostname: "web".to_owned(),
        host_key: "ssh-ed25519 AAAA".to_owned(),
        enrolled_at: NOW,
        seen_at: NOW,
        reported_at: None,
        locked_at: None,
        tags: vec!["web".to_owned(), "eu".to_owned()],
    }
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    store
        .write(|tx| -> Result<_, StoreError> {
            crate::hosts::insert(&tx, &scope(), &host(7))?;
            tx.record(&scope(), &event("host"))?.commit(())
        })
        .unwrap();
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    let found = store.read(|view| crate::hosts::get(view, &scope(), HostId(7))).unwrap();
    let sorted = HostRow { tags: vec!["eu".to_owned(), "web".to_owned()], ..host(7) };
    assert_eq!(found, sorted);
}

#[test]
fn another_tenant_sees_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    store
        .write(|tx| -> Result<_, StoreError> {
            crate::hosts::insert(&tx, &scope(), &host(7))?;
            tx.record(&scope(), &event("host"))?.commit(())
        })
        .unwrap();
    let other = TenantScope::of(TenantId(2));
    let found = store.read(|view| crate::hosts::get(view, &other, HostId(7)));
    assert_eq!(found, Err(StoreError::NotFound { what: "host" }));
    assert!(store.read(|view| crate::hosts::list(view, &other)).unwrap().is_empty());
    assert!(store.read(|view| events::list(view, &other, 0, 10)).unwrap().is_empty());
}

#[test]
fn a_second_store_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = with_tenant(folder.path());
    let Err(second) = Store::open(folder.path()) else { panic!("it was opened twice") };
    let folder = folder.path().display().to_string();
    assert_eq!(second, StoreError::Busy { folder });
    assert!(second.hint().contains("--data"));
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_tenant(folder.path()));
    let conn = rusqlite::Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let Err(refused) = Store::open(folder.path()) else { panic!("a newer schema was opened") };
    assert_eq!(refused, StoreError::NewerSchema { found: 99, known: 2 });
}

#[test]
fn a_damaged_database_and_a_foreign_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_tenant(folder.path()));
    let path = folder.path().join(DATABASE_FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(4_096).take(8_192) {
        *byte = 0xaa;
    }
    put(&path, &bytes);
    let Err(refused) = Store::open(folder.path()) else { panic!("damage went unnoticed") };
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");

    let foreign = tempfile::tempdir().unwrap();
    put(&foreign.path().join("thesis.odt"), b"years of work");
    let Err(refused) = Store::open(foreign.path()) else { panic!("took over a foreign folder") };
    assert!(matches!(refused, StoreError::NotOurs { .. }), "{refused}");
    assert_eq!(std::fs::read_dir(foreign.path()).unwrap().count(), 1);
}

#[expect(clippy::disallowed_methods, reason = "tests make damage on purpose")]
fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn only_sqlite_versions_without_the_wal_reset_race_are_allowed() {
    for good in [3_051_003, 3_053_002, 3_054_001, 3_050_007, 3_044_006] {
        assert!(schema::is_safe(good), "{good}");
    }
    for bad in [3_007_000, 3_040_001, 3_044_005, 3_046_000, 3_050_006, 3_051_002] {
        assert!(!schema::is_safe(bad), "{bad}");
    }
    assert!(schema::is_safe(rusqlite::version_number()));
}

#[test]
fn a_failed_write_leaves_no_trace_and_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    let barrier = Barrier::new(20);
    std::thread::scope(|threads| {
        for number in 0..20_u128 {
            let (store, barrier) = (&store, &barrier);
            threads.spawn(move || {
                barrier.wait();
                let written = store.write(move |tx| -> Result<_, StoreError> {
                    crate::hosts::insert(&tx, &scope(), &host(number))?;
                    if number % 4 == 0 {
                        return Err(StoreError::Conflict { text: "on purpose".to_owned() });
                    }
                    assert!(number % 4 != 1, "a panic on purpose");
                    tx.record(&scope(), &event("host"))?.commit(())
                });
                assert_eq!(written.is_ok(), number % 4 > 1, "{number}");
            });
        }
    });
    let hosts = store.read(|view| crate::hosts::list(view, &scope())).unwrap();
    assert_eq!(hosts.len(), 10);
    let leaves = store.read(|view| events::leaves(view, &scope(), 0, 100)).unwrap();
    assert_eq!(leaves.len(), 11);
}

#[test]
fn the_record_is_one_unbroken_chain_under_parallel_writers() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    std::thread::scope(|threads| {
        for number in 0..8 {
            let store = &store;
            threads.spawn(move || {
                for turn in 0..25 {
                    record(store, &format!("{number}.{turn}")).unwrap();
                }
            });
        }
    });
    let leaves = store.read(|view| events::leaves(view, &scope(), 0, 1_000)).unwrap();
    let count = trust::record::verify_chain(leaves.iter().map(|(bytes, _)| bytes)).unwrap();
    assert_eq!(count, 201);
    let (last, head) = store.read(|view| events::head(view, &scope())).unwrap();
    assert_eq!((last, Some(head)), (201, leaves.last().map(|(_, leaf)| *leaf)));
}

#[test]
fn writes_that_queue_together_share_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    let before = store.flushes();
    let barrier = Barrier::new(64);
    std::thread::scope(|threads| {
        for number in 0..64 {
            let (store, barrier) = (&store, &barrier);
            threads.spawn(move || {
                barrier.wait();
                record(store, &number.to_string()).unwrap();
            });
        }
    });
    let flushes = store.flushes() - before;
    assert!(flushes < 40, "64 writes took {flushes} flushes");
}

#[test]
fn a_single_use_token_is_used_once_under_a_hundred_parallel_tries() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    let token = JoinToken {
        token_hash: Digest::of(b"token"),
        uses: 1,
        expires_at: NOW + 60,
        tags: Vec::new(),
        made_by: "anna".to_owned(),
        made_at: NOW,
    };
    store
        .write(move |tx| -> Result<_, StoreError> {
            crate::tokens::put_join(&tx, &scope(), &token)?;
            tx.record(&scope(), &event("token"))?.commit(())
        })
        .unwrap();
    let wins = AtomicU32::new(0);
    std::thread::scope(|threads| {
        for _ in 0..100 {
            threads.spawn(|| {
                let used = store.write(|tx| -> Result<_, StoreError> {
                    let used = crate::tokens::use_join(&tx, Digest::of(b"token"), NOW)?;
                    tx.record(&scope(), &event("use"))?.commit(used.is_some())
                });
                wins.fetch_add(u32::from(used.unwrap()), Ordering::SeqCst);
            });
        }
    });
    assert_eq!(wins.load(Ordering::SeqCst), 1);
}

#[test]
fn an_expired_token_is_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    let used = store
        .write(|tx| -> Result<_, StoreError> {
            let token = JoinToken {
                token_hash: Digest::of(b"token"),
                uses: 5,
                expires_at: NOW,
                tags: Vec::new(),
                made_by: "anna".to_owned(),
                made_at: NOW - 60,
            };
            crate::tokens::put_join(&tx, &scope(), &token)?;
            let used = crate::tokens::use_join(&tx, Digest::of(b"token"), NOW)?;
            tx.record(&scope(), &event("use"))?.commit(used)
        })
        .unwrap();
    assert_eq!(used, None);
}

#[test]
fn a_closed_store_refuses_writes_instead_of_losing_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    store.close();
    let refused = record(&store, "late").unwrap_err();
    assert!(matches!(refused, StoreError::Failed { .. }), "{refused}");
}

#[test]
fn a_database_that_another_program_locks_is_told_and_works_again_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_tenant(folder.path());
    let other = rusqlite::Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = record(&store, "locked").unwrap_err();
    assert_eq!(refused, StoreError::Locked);
    assert!(refused.hint().contains("close"));
    other.execute_batch("ROLLBACK").unwrap();
    record(&store, "free").unwrap();
}

/// Set for the child of the kill test: the folder that it writes to until it is killed.
const CHILD_FOLDER: &str = "STORE_KILL_TEST_FOLDER";

/// What the child does; nothing when the tests run normally.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent tells its child where to write")]
fn child_of_the_kill_test() {
    let Ok(folder) = std::env::var(CHILD_FOLDER) else { return };
    let store = Store::open(Path::new(&folder)).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                loop {
                    record(&store, "kill").unwrap();
                    println!("acknowledged");
                }
            });
        }
    });
}

#[test]
fn what_was_acknowledged_survives_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_tenant(folder.path()));
    let mut acknowledged = 1;
    for turn in 0..8_usize {
        acknowledged += kill_after(folder.path(), 5 + turn * 7);
        let store = Store::open(folder.path()).unwrap();
        let leaves = store.read(|view| events::leaves(view, &scope(), 0, 100_000)).unwrap();
        trust::record::verify_chain(leaves.iter().map(|(bytes, _)| bytes)).unwrap();
        assert!(leaves.len() >= acknowledged, "{} < {acknowledged}", leaves.len());
        // Four threads had at most one write each that was durable and not yet acknowledged.
        assert!(leaves.len() <= acknowledged + 4, "{} > {acknowledged} + 4", leaves.len());
        acknowledged = leaves.len();
    }
}

/// Lets a child write until `lines` writes were acknowledged, kills it, returns how many there were.
#[expect(clippy::disallowed_methods, reason = "a process to kill has to be started")]
fn kill_after(folder: &Path, lines: usize) -> usize {
    use std::io::BufRead as _;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["tests::child_of_the_kill_test", "--exact", "--nocapture"])
        .env(CHILD_FOLDER, folder)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let is_one = |line: &std::io::Result<String>| {
        line.as_ref().is_ok_and(|line| line.ends_with("acknowledged"))
    };
    let before = output.by_ref().filter(is_one).take(lines).count();
    child.kill().unwrap();
    child.wait().unwrap();
    before + output.filter(is_one).count()
}

/// Needs the right to mount; elsewhere the test says so and proves nothing.
#[test]
fn a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_small) = SmallDisk::mount(folder.path()) else {
        eprintln!("skipped: no right to mount a small file system");
        return;
    };
    let data = folder.path().join("data");
    let store = with_tenant(&data);
    let mut acknowledged = 1;
    let refused: StoreError = loop {
        let mut big = event("big");
        big.detail = serde_json::json!({ "text": "x".repeat(100_000) });
        match store.write(move |tx| tx.record(&scope(), &big)?.commit(())) {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 200, "the disk never filled up");
    };
    assert_eq!(refused, StoreError::DiskFull);
    let count = |store: &Store| {
        store.read(|view| events::leaves(view, &scope(), 0, 1_000)).map(|leaves| leaves.len())
    };
    assert_eq!(count(&store).unwrap(), acknowledged);
    drop(store);
    assert_eq!(count(&Store::open(&data).unwrap()).unwrap(), acknowledged);
}

/// Four megabytes of memory as a disk; unmounted when dropped.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        run("mount", &["-t", "tmpfs", "-o", "size=4m", "tmpfs", &at.display().to_string()])
            .then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["-l", &self.0.display().to_string()]);
    }
}

#[expect(clippy::disallowed_methods, reason = "mounting needs the system's own program")]
fn run(program: &str, args: &[&str]) -> bool {
    std::process::Command::new(program).args(args).output().is_ok_and(|o| o.status.success())
}
