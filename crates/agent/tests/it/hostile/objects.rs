//! Files that are not what the plan names, while a run waits for them. The runs are in a cage.

use super::people::Draft;
use super::victim::{Cage, Victim, can_cage, names};
use agent::halves::{Answer, Ask, body_of};
use agent::hands::packages;
use agent::run::Phase;
use agent::run::entry::{Entry, Past};
use model::Digest;
use model::outcome::{AbortReason, RunEnd};
use std::fs::File;
use std::os::fd::OwnedFd;

/// Returns a draft for what is installed here: only its file keeps it from going on.
pub(crate) fn fitting(id: u128) -> Draft {
    let mut draft = Draft::new(id);
    draft.entry.installed_before = packages::installed().unwrap().installed_digest();
    draft.aim();
    draft
}

/// Returns where the order's run stands.
pub(crate) fn phase(victim: &Victim, draft: &Draft) -> Option<Phase> {
    Past::of(&victim.journal(draft.order.order_id)).ok().map(|past| past.phase)
}

#[test]
fn files_with_other_bytes_than_planned_are_never_kept_and_end_the_run_cold() {
    if !can_cage() {
        println!("skipped: needs root and a mount namespace of its own");
        return;
    }
    let mut victim = Victim::with(Cage::Closed, "");
    let draft = fitting(victim.id());
    let wanted = draft.entry.steps[0].artifact.sha256;
    let (pipe, _writer) = std::io::pipe().unwrap();
    let bodies: [(&str, File); 5] = [
        ("other bytes of the right size", body_of(&[0x22; 64]).unwrap()),
        ("nothing", body_of(b"").unwrap()),
        ("more than planned", body_of(&[0x22; 65]).unwrap()),
        ("bytes without end", File::open("/dev/zero").unwrap()),
        ("a pipe", File::from(OwnedFd::from(pipe))),
    ];
    let cache = victim.root_dir("cache");
    victim.deliver(&draft.answer());
    for (name, body) in &bodies {
        victim.wait_until("a file is asked for", |v| v.fetches.pop() == Some(wanted));
        // What was not asked for is not taken either, nor what comes without a file.
        let ask = Ask::Fetched { sha256: Digest([0x22; 32]) };
        let other = body_of(&[0x22; 64]).unwrap();
        assert!(matches!(victim.ask(&ask, Some(&other)), Ok(Answer::Failed { .. })));
        let ask = Ask::Fetched { sha256: wanted };
        assert!(matches!(victim.ask(&ask, None), Ok(Answer::Failed { .. })));
        let answer = victim.ask(&ask, Some(body)).unwrap();
        assert!(matches!(answer, Answer::Failed { .. }), "{name} was taken");
        assert_eq!(names(&cache), Vec::<String>::new(), "{name} was kept");
        victim.assert_nothing_done();
    }
    victim.wait_until("the run is over", |v| !v.outcomes.is_empty());
    let end = &victim.outcomes[0].end;
    assert!(matches!(end, RunEnd::Aborted { reason: AbortReason::Staging { .. } }), "{end:?}");
    victim.assert_nothing_done();
    let states = victim.journal(draft.order.order_id);
    let is_claiming = |entry: &Entry| {
        matches!(entry, Entry::State { phase: Phase::Claiming | Phase::Applying(_), .. })
    };
    assert!(!states.iter().any(is_claiming), "{states:?}");
}

/// What lies in the cache counts by its content, not by its name.
#[test]
fn a_run_that_waits_for_its_file_survives_a_sudden_end_and_still_takes_no_other() {
    if !can_cage() {
        println!("skipped: needs root and a mount namespace of its own");
        return;
    }
    let mut victim = Victim::with(Cage::Closed, "");
    let draft = fitting(victim.id());
    let wanted = draft.entry.steps[0].artifact.sha256;
    victim.deliver(&draft.answer());
    for _ in 0..2 {
        victim.wait_until("a file is asked for", |v| v.fetches.pop() == Some(wanted));
        let body = body_of(&[0x22; 64]).unwrap();
        let answer = victim.ask(&Ask::Fetched { sha256: wanted }, Some(&body)).unwrap();
        assert!(matches!(answer, Answer::Failed { .. }));
        assert_eq!(phase(&victim, &draft), Some(Phase::Staging));
        victim.restart();
    }
    victim.assert_nothing_done();
    assert_eq!(names(&victim.root_dir("cache")), Vec::<String>::new());
}
