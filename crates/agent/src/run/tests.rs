use super::entry::{Opened, Past, TxnEnd, TxnRefusal};
use super::recovery::{RunnerSeen, resume};
use super::*;
use expect_test::expect_file;
use model::order::Verb;
use model::{ChangeId, Digest, HostId, OrderId, RunId};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

thread_local! {
    static WALKS_EVERY_PAIR: Cell<bool> = const { Cell::new(false) };
}

/// The walk over all pairs meets the illegal ones on purpose.
pub(super) fn walks_every_pair() -> bool {
    WALKS_EVERY_PAIR.get()
}

const START_BY: i64 = 1_000;

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
        start_by: START_BY,
        at: 10,
    }
}

fn past(phase: Phase) -> Past {
    Past { phase, ..Past::new(opened()) }
}

fn ended(installed: Digest, torn: &[&str]) -> TxnEnd {
    let torn: Vec<String> = torn.iter().map(|name| (*name).to_owned()).collect();
    TxnEnd { refused: None, exit_code: Some(0), installed, not_as_planned: torn.clone(), torn }
}

fn drift() -> BlockReason {
    BlockReason::Drift { expected: before(), found: after() }
}

/// One of each kind of phase.
fn phases() -> Vec<Phase> {
    let end = Ending(RunEnd::Succeeded);
    vec![
        Phase::Assigned,
        Phase::Preflight,
        Phase::Staging,
        Phase::Claiming,
        Phase::Applying(Applying::Baselining),
        Phase::Applying(Applying::Fencing),
        Phase::Applying(Applying::Committed),
        Phase::Applying(Applying::Running),
        Phase::Repairing { tries: 1 },
        Phase::Repairing { tries: REPAIRS_MAX },
        Phase::Verifying,
        Phase::Returning,
        Phase::Unfencing(end.clone()),
        Phase::Concluding(end.clone()),
        Phase::Over(end),
    ]
}

/// One of each kind of thing seen, and each whose content leads elsewhere.
fn seens() -> Vec<Seen> {
    let refused = |refusal| TxnEnd { refused: Some(refusal), ..ended(before(), &[]) };
    let verified = |installed, torn: &[&str], lost: &[&str]| Seen::Verified {
        installed,
        torn: torn.iter().map(|name| (*name).to_owned()).collect(),
        units_lost: lost.iter().map(|name| (*name).to_owned()).collect(),
    };
    vec![
        Seen::Fits,
        Seen::Blocked(drift()),
        Seen::Ready,
        Seen::Staged,
        Seen::NotStaged { file: "a".into(), text: "b".into() },
        Seen::Granted { permit_seq: 1 },
        Seen::Waiting(WaitingOn::Server),
        Seen::Cancelled { by: "ada".into() },
        Seen::Baselined { updaters: vec!["apt-daily.service".into()] },
        Seen::PermitLapsed,
        Seen::Fenced { boot_id: "b".into() },
        Seen::Started { unit: "u".into() },
        Seen::NotStarted { text: "t".into() },
        Seen::RunnerEnded(ended(after(), &[])),
        Seen::RunnerEnded(ended(before(), &["bash"])),
        Seen::RunnerEnded(refused(TxnRefusal::Blocked(drift()))),
        Seen::RunnerEnded(refused(TxnRefusal::LockNotReleased)),
        Seen::RunnerVanished,
        verified(after(), &[], &[]),
        verified(before(), &[], &[]),
        verified(after(), &["bash"], &[]),
        verified(after(), &[], &["nginx.service"]),
        Seen::Unfenced,
        Seen::Concluded,
        Seen::OutOfTime,
    ]
}

type Edge = (&'static str, &'static str, &'static str);

fn edge(from: &Phase, seen: &Seen, to: &Phase) -> Edge {
    (from.word(), seen.word(), to.word())
}

/// Every legal pair, with where it leads.
fn table() -> BTreeSet<Edge> {
    WALKS_EVERY_PAIR.set(true);
    let mut edges = BTreeSet::new();
    for phase in phases() {
        for seen in seens() {
            if let Ok(to) = step(&past(phase.clone()), &seen) {
                edges.insert(edge(&phase, &seen, &to));
            }
        }
    }
    WALKS_EVERY_PAIR.set(false);
    edges
}

/// The function that acts in a phase and sees what leads out of it.
fn function(word: &str) -> (&'static str, &'static str) {
    match word {
        "assigned" => ("root::carry::cold", "check_order"),
        "preflight" => ("root::carry::cold", "check_host"),
        "staging" => ("root::carry::cold", "stage"),
        "claiming" => ("root::carry::cold", "claim"),
        "baselining" => ("root::carry::cold", "baseline"),
        "fencing" => ("root::carry::cold", "fence"),
        "returning" | "unfencing" => ("root::carry::cold", "unfence"),
        "committed" => ("root::carry::hot", "start_runner"),
        "running" => ("root::carry::hot", "await_runner"),
        "repairing" => ("root::carry::hot", "repair"),
        "verifying" => ("root::carry::hot", "verify"),
        "concluding" => ("root::conclude", "conclude"),
        other => panic!("no function acts in {other}"),
    }
}

#[test]
fn the_drawing_shows_exactly_the_transitions_of_the_code() {
    let mut words: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (from, word, to) in table() {
        words.entry((from, to)).or_default().push(word);
    }
    let mut dot = String::from(
        "// The agent's run, drawn from `agent::run::step`. Remake: UPDATE_EXPECT=1 cargo test -p agent run::\n\
         digraph run {\n  rankdir=TB; node [shape=box, style=rounded]; assigned [penwidth=2]; over [penwidth=2];\n",
    );
    for ((from, to), words) in words {
        let (module, name) = function(from);
        let label = words.join(" | ");
        dot.push_str(&format!("  {from} -> {to} [label=\"{label}\\n{module}::{name}\"];\n"));
    }
    dot.push_str("}\n");
    expect_file!["../../../../docs/states/run.dot"].assert_eq(&dot);
}

#[test]
fn the_functions_in_the_drawing_exist() {
    let sources = [
        ("root::carry::cold", include_str!("../root/carry/cold.rs")),
        ("root::carry::hot", include_str!("../root/carry/hot.rs")),
        ("root::conclude", include_str!("../root/conclude.rs")),
    ];
    for (from, _, _) in table() {
        let (module, name) = function(from);
        let source = sources.iter().find(|(path, _)| *path == module).unwrap().1;
        assert!(source.contains(&format!("fn {name}(")), "{module}::{name}");
    }
}

/// Chooses by counting; the same sequence each time.
struct Choice(u64);

impl Choice {
    fn below(&mut self, count: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }
}

/// Walks from the beginning to the end by legal steps, and checks what must hold after each.
fn walk(choice: &mut Choice, taken: &mut BTreeMap<Edge, u32>) {
    let mut entries = vec![Entry::Opened(opened())];
    let mut deeds = Vec::new();
    for now in 20..420 {
        let past = Past::of(&entries).unwrap();
        if matches!(past.phase, Phase::Over(_)) {
            check_end(&entries, &past, &deeds);
            return;
        }
        WALKS_EVERY_PAIR.set(true);
        let legal: Vec<Seen> =
            seens().into_iter().filter(|seen| step(&past, seen).is_ok()).collect();
        WALKS_EVERY_PAIR.set(false);
        // Mostly on, not out: the states behind the point of no return are many steps away.
        let goes_on = |seen: &&Seen| !matches!(stepped(&past, seen), Phase::Unfencing(_));
        let on: Vec<Seen> = legal.iter().filter(goes_on).cloned().collect();
        let legal = if on.is_empty() || choice.below(8) == 0 { legal } else { on };
        // Half of the time what was taken least often, so that the far corners are reached.
        let count = |seen: &Seen| {
            let to = stepped(&past, seen);
            taken.get(&edge(&past.phase, seen, &to)).copied().unwrap_or(0)
        };
        let seen = match choice.below(2) {
            0 => legal[choice.below(legal.len())].clone(),
            _ => legal.iter().min_by_key(|seen| count(seen)).unwrap().clone(),
        };
        let turn = next(&past, seen.clone(), now);
        entries.extend(turn.entries);
        let to = Past::of(&entries).unwrap();
        *taken.entry(edge(&past.phase, &seen, &to.phase)).or_insert(0) += 1;
        check_turn(&to, &turn.deed);
        deeds.push(turn.deed);
    }
    panic!("the walk does not end");
}

fn stepped(past: &Past, seen: &Seen) -> Phase {
    step(past, seen).unwrap()
}

fn check_turn(past: &Past, deed: &Deed) {
    if matches!(deed, Deed::StartRunner | Deed::AwaitRunner | Deed::Repair { .. }) {
        assert!(past.committed_in.is_some(), "{deed:?} without an intent on the disk");
    }
    if let Deed::Fence { units } = deed {
        assert_eq!(&past.fenced, units, "fencing what the journal does not name");
    }
    // Whatever is seen at a start right now: what comes next must be as safe.
    let runners = [
        RunnerSeen::Active,
        RunnerSeen::Ended(ended(after(), &[])),
        RunnerSeen::Vanished,
        RunnerSeen::NeverBegan,
    ];
    for runner in runners {
        let turn = resume(past, &runner, 50);
        assert_ne!(turn.deed, Deed::StartRunner, "a restart starts a second transaction");
        if past.phase.is_cold() {
            let is_safe = matches!(turn.deed, Deed::CheckOrder | Deed::Unfence { .. });
            assert!(is_safe, "{:?} in {}", turn.deed, past.phase.word());
        }
    }
}

fn check_end(entries: &[Entry], past: &Past, deeds: &[Deed]) {
    assert!(past.fenced.is_empty(), "masked units are left behind");
    assert!(past.outcome_sent);
    let count = |is: fn(&Entry) -> bool| entries.iter().filter(|entry| is(entry)).count();
    assert_eq!(count(|e| matches!(e, Entry::OutcomeSent { .. })), 1);
    assert!(count(|e| matches!(e, Entry::RepairTry { .. })) <= 2);
    assert!(count(|e| matches!(e, Entry::CommitIntent { .. })) <= 1);
    let starts = deeds.iter().filter(|deed| **deed == Deed::StartRunner).count();
    assert!(starts <= 1, "two transactions in one run");
}

#[test]
fn walks_take_every_transition_and_hold_what_must_hold() {
    let mut taken = BTreeMap::new();
    let mut choice = Choice(7);
    for _ in 0..1_000 {
        walk(&mut choice, &mut taken);
    }
    let never: Vec<_> = table().into_iter().filter(|edge| !taken.contains_key(edge)).collect();
    assert!(never.is_empty(), "never taken: {never:?}");
}

#[test]
fn a_cold_run_whose_time_is_over_ends_instead_of_starting() {
    for phase in [Phase::Assigned, Phase::Preflight, Phase::Staging, Phase::Claiming] {
        let turn = next(&past(phase), Seen::Granted { permit_seq: 1 }, START_BY + 1);
        assert_eq!(turn.deed, Deed::Unfence { units: vec![] });
    }
}

#[test]
fn time_does_not_end_a_run_after_the_point_of_no_return() {
    let running = past(Phase::Applying(Applying::Running));
    let turn = next(&running, Seen::RunnerEnded(ended(after(), &[])), START_BY + 1);
    assert_eq!(turn.deed, Deed::Verify);
}

#[test]
fn an_illegal_transition_ends_the_run_as_stuck_and_never_changes_an_end() {
    WALKS_EVERY_PAIR.set(true);
    for phase in phases() {
        for seen in seens() {
            let past = past(phase.clone());
            if step(&past, &seen).is_ok() {
                continue;
            }
            let turn = next(&past, seen, 20);
            let to = stuck(&past, illegal(&past.phase, &Seen::Fits));
            match past.end() {
                Some(end) => assert_eq!(to.state(), RunState::Ended { end: end.clone() }),
                None => assert!(matches!(to, Phase::Unfencing(Ending(RunEnd::Stuck { .. })))),
            }
            assert_ne!(turn.deed, Deed::StartRunner);
        }
    }
    WALKS_EVERY_PAIR.set(false);
}

#[test]
fn the_recovery_table_row_by_row() {
    let end = ended(after(), &[]);
    let committed = || Past {
        committed_in: Some("boot".into()),
        fenced: vec!["u".into()],
        ..past(Phase::Applying(Applying::Running))
    };
    let fenced = |phase| Past { fenced: vec!["u".into()], ..past(phase) };
    let units = vec!["u".to_owned()];
    let rows: Vec<(Past, RunnerSeen, Deed)> = vec![
        (past(Phase::Staging), RunnerSeen::NeverBegan, Deed::CheckOrder),
        (past(Phase::Claiming), RunnerSeen::NeverBegan, Deed::CheckOrder),
        (
            fenced(Phase::Applying(Applying::Fencing)),
            RunnerSeen::NeverBegan,
            Deed::Unfence { units: units.clone() },
        ),
        (committed(), RunnerSeen::Active, Deed::AwaitRunner),
        (committed(), RunnerSeen::Ended(end.clone()), Deed::Verify),
        (committed(), RunnerSeen::Vanished, Deed::Repair { tries: 1 }),
        (committed(), RunnerSeen::NeverBegan, Deed::Repair { tries: 1 }),
        (past(Phase::Repairing { tries: 1 }), RunnerSeen::Active, Deed::Repair { tries: 1 }),
        (past(Phase::Repairing { tries: 1 }), RunnerSeen::NeverBegan, Deed::Repair { tries: 1 }),
        (past(Phase::Repairing { tries: 1 }), RunnerSeen::Vanished, Deed::Repair { tries: 2 }),
        (
            past(Phase::Repairing { tries: 2 }),
            RunnerSeen::Vanished,
            Deed::Unfence { units: vec![] },
        ),
        (past(Phase::Repairing { tries: 2 }), RunnerSeen::Ended(end), Deed::Verify),
        (past(Phase::Verifying), RunnerSeen::Vanished, Deed::Verify),
        (
            fenced(Phase::Unfencing(Ending(RunEnd::Succeeded))),
            RunnerSeen::NeverBegan,
            Deed::Unfence { units },
        ),
        (
            past(Phase::Concluding(Ending(RunEnd::Succeeded))),
            RunnerSeen::NeverBegan,
            Deed::Conclude { end: RunEnd::Succeeded },
        ),
        (past(Phase::Over(Ending(RunEnd::Succeeded))), RunnerSeen::NeverBegan, Deed::Rest),
    ];
    for (past, runner, deed) in rows {
        assert_eq!(resume(&past, &runner, 20).deed, deed, "{} {runner:?}", past.phase.word());
    }
}

#[test]
fn a_run_that_is_interrupted_again_and_again_before_anything_was_done_ends() {
    let mut entries = vec![Entry::Opened(opened())];
    for _ in 1..ATTEMPTS_MAX {
        let turn = resume(&Past::of(&entries).unwrap(), &RunnerSeen::NeverBegan, 20);
        assert_eq!(turn.deed, Deed::CheckOrder);
        entries.extend(turn.entries);
    }
    let turn = resume(&Past::of(&entries).unwrap(), &RunnerSeen::NeverBegan, 20);
    assert_eq!(turn.deed, Deed::Unfence { units: vec![] });
}
