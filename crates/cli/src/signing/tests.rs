use super::*;
use crate::render::tests::{NOW, change_view, draft, proposal};
use model::wire::{Signature, SignatureForm};

const WISH: Wish = Wish { window: None, valid_hours: 24 };

fn refused(change: &ChangeView, draft: &OrderDraft, wish: Wish) -> Failure {
    propose(change, draft, wish, (OrderId(1), NOW)).unwrap_err()
}

#[test]
fn the_order_names_every_host_of_the_plan_by_its_bytes() {
    let proposal = proposal(None);
    let order: Order = trust::envelope::strict(&proposal.payload).unwrap();
    assert_eq!(order, proposal.order);
    assert_eq!(order.targets.len(), 3);
    for (target, host) in order.targets.iter().zip(&proposal.plan.hosts) {
        assert_eq!(target.entry, Digest::of(&host.to_bytes()));
    }
    assert_eq!(order.plan, Digest::of(&proposal.plan.to_bytes()));
    assert_eq!((order.not_before, order.not_after), (NOW - 300, NOW + 86_400));
    assert_eq!((order.verb, order.serial, order.max_hosts), (Verb::Upgrade, 12, 3));
    assert_eq!(order.waves, [WaveStart { ring: 0, wave: 0, start_at: NOW - 300 }]);
}

#[test]
fn a_window_moves_the_start_of_the_waves_and_ends_the_order() {
    let span = WindowSpan { opens_at: NOW + 100, closes_at: NOW + 200 };
    let order = proposal(Some(span)).order;
    assert_eq!((order.window, order.not_after), (Some(span), NOW + 200));
    assert_eq!(order.waves[0].start_at, NOW + 100);
}

#[test]
fn other_bytes_than_those_shown_are_never_signed() {
    let change = change_view();
    let mut other = change.clone();
    other.plan.hosts[0].steps[0].to = "6.6.6".to_owned();
    let failure = refused(&change, &draft(&other), WISH);
    assert_eq!(failure.kind, Kind::Refused);
    assert!(failure.message.contains("not those of the change"), "{}", failure.message);
}

#[test]
fn a_plan_without_hosts_is_not_signed() {
    let mut change = change_view();
    change.plan.hosts.clear();
    change.plan_digest = Digest::of(&change.plan.to_bytes());
    let failure = refused(&change, &draft(&change), WISH);
    assert_eq!(failure.kind, Kind::User);
    assert!(failure.message.contains("nothing to sign"));
}

#[test]
fn an_order_lives_for_14_days_at_most_and_does_not_end_in_the_past() {
    let change = change_view();
    let with = |wish| refused(&change, &draft(&change), wish).message;
    assert!(with(Wish { window: None, valid_hours: 0 }).contains("before it begins"));
    assert!(with(Wish { window: None, valid_hours: 24 * 14 }).contains("14 days"));
    let past = WindowSpan { opens_at: NOW - 20, closes_at: NOW - 10 };
    assert!(with(Wish { window: Some(past), valid_hours: 24 }).contains("before it begins"));
}

#[test]
fn the_second_person_signs_the_same_bytes_or_nothing() {
    let change = change_view();
    let first = proposal(None);
    let (key_id, blob) = ("SHA256:a".to_owned(), "AAAA".to_owned());
    let signature = Signature { key_id, form: SignatureForm::Sshsig, blob };
    let mut draft = draft(&change);
    draft.envelope = Some(trust::envelope::seal(ORDER_TYPE, &first.payload, vec![signature]));
    let second = propose(&change, &draft, WISH, (OrderId(2), NOW + 50)).unwrap();
    assert_eq!(second.payload, first.payload);
    assert_eq!(second.order.order_id, OrderId(1));
    let mut wider = first.order;
    wider.targets.pop();
    let payload = serde_json::to_vec(&wider).unwrap();
    draft.envelope = Some(trust::envelope::seal(ORDER_TYPE, &payload, Vec::new()));
    let failure = refused(&change, &draft, WISH);
    assert!(failure.message.contains("something else than this plan"), "{}", failure.message);
}

#[test]
fn windows_are_read_with_their_zones() {
    let span = window("2026-03-07T02:00[Europe/Berlin]..2026-03-07T05:00:00Z").unwrap();
    assert_eq!(span.closes_at - span.opens_at, 4 * 3_600);
    for (text, said) in [
        ("2026-03-07T02:00Z", "START..END"),
        ("2026-03-07T02:00..2026-03-07T05:00", "zone"),
        ("2026-03-07T05:00Z..2026-03-07T02:00Z", "before it begins"),
    ] {
        let error = window(text).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn text_that_a_terminal_would_not_show_as_it_is_is_not_signed() {
    for title in ["a\u{1b}[2Jb", "a\nb", "a\rb", "\u{202e}abc", "a\u{7f}"] {
        let mut change = change_view();
        change.title = title.to_owned();
        let failure = refused(&change, &draft(&change), WISH);
        assert!(failure.message.contains("does not show"), "{title:?}: {}", failure.message);
        let mut change = change_view();
        change.plan.hosts[0].name = title.to_owned();
        change.plan_digest = Digest::of(&change.plan.to_bytes());
        let failure = refused(&change, &draft(&change), WISH);
        assert!(failure.message.contains("does not show"), "{title:?}: {}", failure.message);
    }
    let mut change = change_view();
    change.title = "Übersicht für Zürich, 東京".to_owned();
    assert!(propose(&change, &draft(&change), WISH, (OrderId(1), NOW)).is_ok());
}
