//! Crashes at every journal write, against a modelled host: the real machine, the real journal on a
//! disk, and a package manager that is a value. The runner outlives the agent, as on real hosts.

use agent::hands::journal::{Journal, encode};
use agent::run::entry::{Entry, Opened, Past, TxnEnd};
use agent::run::recovery::{RunnerSeen, resume};
use agent::run::{self, Deed, Seen, Turn};
use model::order::Verb;
use model::outcome::RunEnd;
use model::{ChangeId, Digest, HostId, OrderId, RunId};
use std::collections::BTreeMap;
use std::path::Path;

const NOW: i64 = 100;

fn before() -> Digest {
    Digest::of(b"before")
}

fn after() -> Digest {
    Digest::of(b"after")
}

fn opened() -> Opened {
    Opened {
        run: RunId(1),
        order: OrderId(2),
        host: HostId(3),
        rollout: ChangeId(4),
        generation: 1,
        verb: Verb::Upgrade,
        entry: Digest::of(b"entry"),
        installed_before: before(),
        installed_after: after(),
        not_before: 0,
        start_by: 1_000,
        at: 10,
    }
}

/// What becomes of a runner while the agent is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It goes on to its end, as it does when only the agent is killed.
    Finishes,
    /// It is still working when the agent is back.
    Works,
    /// A power cut tore it apart.
    Torn,
}

/// A host as a value.
#[derive(Debug)]
struct Host {
    installed: Digest,
    is_torn: bool,
    masked: Vec<String>,
    runners: BTreeMap<u32, RunnerSeen>,
    transactions: u32,
    outcomes: Vec<RunEnd>,
}

impl Host {
    fn new() -> Self {
        Self {
            installed: before(),
            is_torn: false,
            masked: Vec::new(),
            runners: BTreeMap::new(),
            transactions: 0,
            outcomes: Vec::new(),
        }
    }

    fn torn(&self) -> Vec<String> {
        if self.is_torn { vec!["bash".into()] } else { Vec::new() }
    }

    fn end(&self) -> TxnEnd {
        TxnEnd {
            refused: None,
            exit_code: Some(0),
            installed: self.installed,
            torn: self.torn(),
            not_as_planned: self.torn(),
        }
    }

    fn finish(&mut self, tries: u32) {
        self.installed = after();
        self.is_torn = false;
        let end = self.end();
        self.runners.insert(tries, RunnerSeen::Ended(end));
    }

    /// The agent died; this is what it finds when it is back.
    fn meanwhile(&mut self, fate: Fate) {
        let active: Vec<u32> = self
            .runners
            .iter()
            .filter(|(_, seen)| **seen == RunnerSeen::Active)
            .map(|(tries, _)| *tries)
            .collect();
        for tries in active {
            match fate {
                Fate::Finishes => self.finish(tries),
                Fate::Works => {}
                Fate::Torn => {
                    self.is_torn = true;
                    self.runners.insert(tries, RunnerSeen::Vanished);
                }
            }
        }
        if fate == Fate::Torn {
            // Runtime masks vanish at boot.
            self.masked.clear();
        }
    }

    fn look(&self, tries: u32) -> RunnerSeen {
        self.runners.get(&tries).cloned().unwrap_or(RunnerSeen::NeverBegan)
    }

    fn start(&mut self, tries: u32) {
        if self.look(tries) == RunnerSeen::NeverBegan {
            self.runners.insert(tries, RunnerSeen::Active);
            self.transactions += u32::from(tries == 0);
        }
    }

    fn wait(&mut self, tries: u32) -> Seen {
        match self.look(tries) {
            RunnerSeen::Active => {
                self.finish(tries);
                Seen::RunnerEnded(self.end())
            }
            RunnerSeen::Ended(end) => Seen::RunnerEnded(end),
            RunnerSeen::Vanished | RunnerSeen::NeverBegan => Seen::RunnerVanished,
        }
    }

    fn perform(&mut self, deed: &Deed) -> Seen {
        match deed {
            Deed::CheckOrder => {
                assert_eq!(self.installed, before(), "a cold start on a changed host");
                Seen::Fits
            }
            Deed::CheckHost => Seen::Ready,
            Deed::Stage => Seen::Staged,
            Deed::Claim => Seen::Granted { permit_seq: 1 },
            Deed::Baseline => Seen::Baselined { updaters: vec!["apt-daily.service".into()] },
            Deed::Fence { units } => {
                self.masked.clone_from(units);
                Seen::Fenced { boot_id: "boot".into() }
            }
            Deed::StartRunner => {
                self.start(0);
                Seen::Started { unit: "u".into() }
            }
            Deed::AwaitRunner => self.wait(0),
            Deed::Repair { tries } => {
                self.start(*tries);
                self.wait(*tries)
            }
            Deed::Verify => Seen::Verified {
                installed: self.installed,
                torn: self.torn(),
                units_lost: Vec::new(),
            },
            Deed::Unfence { units } => {
                self.masked.retain(|unit| !units.contains(unit));
                Seen::Unfenced
            }
            Deed::Conclude { end } => {
                // Written once: a second time posts the same bytes.
                if self.outcomes.last() != Some(end) {
                    self.outcomes.push(end.clone());
                }
                Seen::Concluded
            }
            Deed::Rest => panic!("nothing is to be done"),
        }
    }
}

/// When the agent dies: before write `at` is on the disk, with so many bytes of it there.
#[derive(Debug, Clone, Copy)]
struct Crash {
    at: usize,
    bytes: usize,
}

/// One life of the agent. Returns the number of writes, or `None` when it crashed.
fn live(path: &Path, host: &mut Host, crash: Option<Crash>) -> Option<usize> {
    let (mut journal, entries) = Journal::open(path).unwrap();
    let mut past = Past::of(&entries).unwrap();
    let mut writes = 0;
    let mut turn = if entries.len() == 1 {
        Turn { entries: Vec::new(), deed: Deed::CheckOrder }
    } else {
        resume(&past, &host.look(past.tries()), NOW)
    };
    loop {
        for entry in &turn.entries {
            writes += 1;
            if let Some(crash) = crash.filter(|crash| crash.at == writes) {
                drop(journal);
                tear(path, entry, crash.bytes);
                return None;
            }
            journal.write(entry).unwrap();
            past.apply(entry).unwrap();
        }
        if turn.deed == Deed::Rest {
            return Some(writes);
        }
        let seen = host.perform(&turn.deed);
        turn = run::next(&past, seen, NOW);
    }
}

/// Leaves the first bytes of a record, as a power cut does.
fn tear(path: &Path, entry: &Entry, bytes: usize) {
    let mut content = std::fs::read(path).unwrap();
    let record = encode(entry).unwrap();
    content.extend(&record[..bytes.min(record.len())]);
    agent::files::put(path, &content, 0o600).unwrap();
}

fn begin(path: &Path) {
    let mut journal = Journal::create(path).unwrap();
    journal.write(&Entry::Opened(opened())).unwrap();
}

fn check(host: &Host, what: &str) {
    assert_eq!(host.outcomes, [RunEnd::Succeeded], "{what}");
    assert_eq!(host.installed, after(), "{what}");
    assert!(host.masked.is_empty(), "{what}: still masked");
    assert_eq!(host.transactions, 1, "{what}: transactions");
}

#[test]
fn a_run_that_nothing_interrupts_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    begin(&path);
    let mut host = Host::new();
    assert!(live(&path, &mut host, None).unwrap() > 15);
    check(&host, "no crash");
}

#[test]
fn a_crash_at_every_journal_write_ends_truthfully_with_one_transaction() {
    for fate in [Fate::Finishes, Fate::Works, Fate::Torn] {
        for bytes in [0, 3, 9, 12, usize::MAX] {
            let mut at = 1;
            loop {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("journal");
                begin(&path);
                let mut host = Host::new();
                let has_crashed = live(&path, &mut host, Some(Crash { at, bytes })).is_none();
                if !has_crashed {
                    break;
                }
                host.meanwhile(fate);
                live(&path, &mut host, None).unwrap();
                let what = format!("write {at}, {bytes} bytes, {fate:?}");
                let is_late_start = host.transactions == 0;
                if is_late_start {
                    // Died between the intent and the start: the repair was the transaction.
                    host.transactions += 1;
                    assert!(host.runners.contains_key(&1), "{what}");
                }
                check(&host, &what);
                at += 1;
            }
            assert!(at > 15, "only {at} writes");
        }
    }
}

#[test]
fn two_crashes_in_a_row_end_truthfully_too() {
    for first in 1..25 {
        for second in 1..12 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("journal");
            begin(&path);
            let mut host = Host::new();
            live(&path, &mut host, Some(Crash { at: first, bytes: 0 }));
            host.meanwhile(Fate::Torn);
            live(&path, &mut host, Some(Crash { at: second, bytes: 5 }));
            host.meanwhile(Fate::Torn);
            live(&path, &mut host, None);
            host.transactions = host.transactions.max(1);
            check(&host, &format!("writes {first} and {second}"));
        }
    }
}
