use super::*;
use crate::render::tests::{NOW, change_view, run_view};
use expect_test::expect;
use model::outcome::StuckReason;

fn change(state: ChangeState, runs: Vec<RunView>) -> ChangeView {
    ChangeView { state, runs, ..change_view() }
}

fn runs() -> Vec<RunView> {
    let mut staging = run_view(1, "web-1", RunState::Staging);
    (staging.done, staging.total) = (1, 3);
    staging.note = "openssl".to_owned();
    let mut silent = run_view(2, "db-long-name", RunState::Ordered);
    silent.waiting_on = Some(WaitingOn::HostSilent { since: NOW - 3 * 3_600 });
    let reason = StuckReason::UnitsLost { units: vec!["nginx.service".to_owned()] };
    vec![
        staging,
        silent,
        run_view(3, "web-3", RunState::Ended { end: RunEnd::Succeeded }),
        run_view(4, "web-4", RunState::Ended { end: RunEnd::Stuck { reason } }),
    ]
}

#[test]
fn the_picture_says_of_every_host_what_it_does_or_waits_for() {
    let change = change(ChangeState::Running, runs());
    let picture = picture(&change, &TimeZone::UTC, NOW);
    expect![[r#"
        change_00000000000000000000000000000abc  security updates
        running  (08:00:00)

        HOST          STATE      FOR   PROGRESS                 NOW
        web-1         staging    1:05  [#####           ]  33%  openssl
        db-long-name  ordered    1:05                           waits for host to come back: it has been silent for 3 hours
        web-3         succeeded  2:15  [################] 100%
        web-4         stuck      2:15                           units that were active before are not: nginx.service"#]].assert_eq(&picture.join("\n"));
}

#[test]
fn plain_output_says_each_thing_once() {
    let mut told = Told::default();
    let mut view = change(ChangeState::Approved, Vec::new());
    let first = told.news(&view, &TimeZone::UTC, NOW);
    assert_eq!(first, ["08:00:00  approved: signed, no host has begun"]);
    assert!(told.news(&view, &TimeZone::UTC, NOW).is_empty());
    view = change(ChangeState::Running, runs());
    expect![[r#"
        08:00:00  running
        08:00:00  web-1  staging
        08:00:00  db-long-name  ordered  (waits for host to come back: it has been silent)
        08:00:00  web-3  succeeded
        08:00:00  web-4  stuck
          units that were active before are not: nginx.service
          hint: read the output, repair on the host, or take the run back with `patchwell undo RUN`"#]].assert_eq(&told.news(&view, &TimeZone::UTC, NOW).join("\n"));
    assert!(told.news(&view, &TimeZone::UTC, NOW + 1).is_empty());
}

#[test]
fn waiting_ends_when_nothing_will_happen_by_itself() {
    let ended = || vec![run_view(3, "web-3", RunState::Ended { end: RunEnd::Succeeded })];
    let at_work = || vec![run_view(1, "web-1", RunState::Applying)];
    let verdict = |state, runs| verdict(&change(state, runs));
    let completed = |succeeded, failed| ChangeState::Completed { succeeded, failed };
    assert_eq!(verdict(completed(1, 0), ended()), Verdict::AllSucceeded);
    assert_eq!(verdict(completed(1, 1), ended()), Verdict::NotAll);
    assert_eq!(verdict(ChangeState::Expired, Vec::new()), Verdict::NotAll);
    assert_eq!(verdict(ChangeState::Running, at_work()), Verdict::GoesOn);
    assert_eq!(verdict(ChangeState::Halted { failures: 1 }, at_work()), Verdict::GoesOn);
    assert_eq!(verdict(ChangeState::Halted { failures: 1 }, ended()), Verdict::NotAll);
    let by = || "ann".to_owned();
    assert_eq!(verdict(ChangeState::Stopped { by: by() }, ended()), Verdict::NotAll);
    assert_eq!(verdict(ChangeState::Stopped { by: by() }, at_work()), Verdict::GoesOn);
}
