//! Each reason for which a host refuses, given by the real root half.

use super::people::{
    ANN, BOB, CAREFUL, Draft, HOST, LEFT, OTHER_HOST, ROOT, STRANGER, TOUCH, entry,
    hardware_signature, key_id, newcomer, order_signature, root_envelope, roster_envelope,
    signature,
};
use super::victim::{Victim, word};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::{ORDER_NAMESPACE, ORDER_TYPE, Verb, WindowSpan};
use model::outcome::{BlockReason, RunEnd};
use model::roster::{ROSTER_NAMESPACE, ROSTER_TYPE};
use model::wire::{OrdersAnswer, SignatureForm};
use model::{Digest, HostId, OrderId};

/// Name, reason, and what is different.
type Case<T> = (&'static str, &'static str, fn(&mut T));

/// What people sign that they should not have, or not for now.
const SIGNED: &[Case<Draft>] = &[
    ("another schema", "wrong_type", |d| d.order.schema = 2),
    ("another tenant", "wrong_tenant_root", |d| d.order.tenant_root_hash = Digest::of(b"x")),
    ("signed by nobody", "too_few_persons", |d| d.signers.clear()),
    ("signed by a stranger", "unknown_key", |d| d.signers = vec![STRANGER]),
    ("signed by the tenant root", "unknown_key", |d| d.signers = vec![ROOT]),
    ("signed by Ann and a stranger", "unknown_key", |d| d.signers.push(STRANGER)),
    ("signed by one who left", "revoked_key", |d| d.signers = vec![LEFT]),
    ("user not verified", "no_verification", |d| d.signers = vec![CAREFUL]),
    ("verb not allowed to Bob", "not_allowed", |d| {
        d.signers = vec![BOB];
        d.order.verb = Verb::Rollback;
    }),
    ("more hosts than Bob may", "not_allowed", |d| {
        d.signers = vec![BOB];
        d.widen();
    }),
    ("two persons wanted", "too_few_persons", |d| d.roster.thresholds.default = 2),
    ("two persons wanted, one signs twice", "too_few_persons", |d| {
        d.roster.thresholds.default = 2;
        d.signers = vec![ANN, ANN];
    }),
    ("two persons wanted to go back", "too_few_persons", |d| {
        d.roster.thresholds.rollback = 2;
        d.order.verb = Verb::Rollback;
    }),
    ("two persons wanted for many hosts", "too_few_persons", |d| {
        d.roster.thresholds.wide = 2;
        d.widen();
    }),
    ("wide because nobody knows how many", "too_few_persons", |d| {
        d.roster.thresholds.wide = 2;
        d.roster.hosts_total = 0;
    }),
    ("the author alone for many hosts", "author_alone", |d| {
        d.order.author = "ann".into();
        d.widen();
    }),
    ("not for this host", "not_for_me", |d| {
        d.order.targets.remove(0);
    }),
    ("for nobody", "not_for_me", |d| d.order.targets.clear()),
    ("another plan for this host", "wrong_entry", |d| d.order.targets[0].entry = Digest::of(b"x")),
    ("this host's plan is another's", "wrong_entry", |d| {
        d.entry = entry(OTHER_HOST);
        d.aim();
    }),
    ("more hosts than it allows itself", "too_many_hosts", |d| d.order.max_hosts = 1),
    ("1,001 hosts", "too_many_hosts", |d| {
        let more = (1_000..1_999).map(|id| target(HostId(id)));
        d.order.targets.extend(more);
        d.order.max_hosts = u32::MAX;
        d.roster.persons[0].hosts_max = u32::MAX;
    }),
    ("a host twice", "malformed", |d| d.order.targets.push(target(HOST))),
    ("a wave twice", "malformed", |d| d.order.waves.push(d.order.waves[0].clone())),
    ("no start for this host's wave", "malformed", |d| d.order.waves[0].wave = 1),
    ("a plan of another schema", "wrong_type", |d| {
        d.entry.schema = 2;
        d.aim();
    }),
    ("expired", "expired", |d| d.order.not_after = d.now - 1),
    ("lives for ever", "expired", |d| d.order.not_after = i64::MAX),
    ("lives longer than 14 days", "expired", |d| d.order.not_after = d.now + 14 * 86_400 + 60),
    ("its window is over", "expired", |d| {
        d.order.window = Some(WindowSpan { opens_at: d.now - 60, closes_at: d.now - 1 });
    }),
    ("an old serial", "old_serial", |d| d.order.serial = 39),
    ("a roster of another schema", "roster_broken", |d| d.roster.schema = 2),
    ("a roster for another tenant", "wrong_tenant_root", |d| {
        d.roster.tenant_root_hash = Digest::of(b"x");
    }),
    ("an expired roster", "roster_expired", |d| {
        d.roster.issued_at = d.now - 100;
        d.roster.expires_at = d.now - 1;
    }),
    ("a roster that lives too long", "roster_broken", |d| {
        d.roster.expires_at = d.roster.issued_at + 366 * 86_400;
    }),
    ("a roster that wants nobody", "roster_broken", |d| d.roster.thresholds.default = 0),
    ("a roster with a person twice", "roster_broken", |d| {
        d.roster.persons.push(d.roster.persons[0].clone());
    }),
    ("a roster with a misnamed key", "roster_broken", |d| {
        d.roster.persons[0].keys[0].key_id = key_id(STRANGER);
    }),
];

fn target(host: HostId) -> model::order::Target {
    model::order::Target { host, entry: Digest::of(b"") }
}

/// What a server does to a good delivery that it cannot sign itself.
const ALTERED: &[Case<OrdersAnswer>] = &[
    ("no signature", "too_few_persons", |a| a.orders[0].envelope.signatures.clear()),
    ("another type", "wrong_type", |a| a.orders[0].envelope.kind = "patch-order/v2".into()),
    ("the signature of another order", "bad_signature", |a| {
        a.orders[0].envelope.signatures = vec![order_signature(ANN, b"another order")];
    }),
    ("a stranger's signature under Ann's name", "bad_signature", |a| {
        let payload = payload(a);
        let mut own = order_signature(STRANGER, &payload);
        own.key_id = key_id(ANN);
        a.orders[0].envelope.signatures = vec![own];
    }),
    ("Ann's signature under Bob's name", "bad_signature", |a| {
        a.orders[0].envelope.signatures[0].key_id = key_id(BOB);
    }),
    ("signed for git", "wrong_namespace", |a| {
        let signed = signature(ANN, ORDER_TYPE, "git", &payload(a));
        a.orders[0].envelope.signatures = vec![signed];
    }),
    ("signed as a roster", "wrong_namespace", |a| {
        let signed = signature(ANN, ORDER_TYPE, ROSTER_NAMESPACE, &payload(a));
        a.orders[0].envelope.signatures = vec![signed];
    }),
    ("signed as another type", "bad_signature", |a| {
        let signed = signature(ANN, ROSTER_TYPE, ORDER_NAMESPACE, &payload(a));
        a.orders[0].envelope.signatures = vec![signed];
    }),
    ("a host's form", "wrong_form", |a| {
        a.orders[0].envelope.signatures[0].form = SignatureForm::Host;
    }),
    ("a signature that is no signature", "wrong_form", |a| {
        a.orders[0].envelope.signatures[0].blob = STANDARD.encode("SSHSIG\0\0\0\x09");
    }),
    ("an untouched hardware key", "no_presence", |a| {
        let signed = hardware_signature(TOUCH, &payload(a), 0);
        a.orders[0].envelope.signatures = vec![signed];
    }),
    ("17 signatures", "too_big", |a| {
        let one = a.orders[0].envelope.signatures[0].clone();
        a.orders[0].envelope.signatures = vec![one; 17];
    }),
    ("a huge signature", "too_big", |a| {
        a.orders[0].envelope.signatures[0].blob = "A".repeat(300_000);
    }),
    ("a huge type", "too_big", |a| a.orders[0].envelope.kind = "x".repeat(300_000)),
    ("another plan", "wrong_entry", |a| a.orders[0].entry = plan(&entry(HOST).to_bytes()[1..])),
    ("the plan of another host", "wrong_entry", |a| {
        a.orders[0].entry = plan(&entry(OTHER_HOST).to_bytes());
    }),
    ("no plan", "wrong_entry", |a| a.orders[0].entry = String::new()),
    ("a plan that is no base64", "malformed", |a| a.orders[0].entry = "%".into()),
    ("a huge plan", "too_big", |a| a.orders[0].entry = "A".repeat(3_000_000)),
    ("the server's clock is ahead", "clock_skewed", |a| a.server_time += 1_000),
    ("the server's clock is behind", "clock_skewed", |a| a.server_time -= 1_000),
    ("the server's clock is nonsense", "clock_skewed", |a| a.server_time = i64::MIN),
    ("no root", "roster_broken", |a| a.root = None),
    ("no roster", "roster_broken", |a| a.roster = None),
    ("a root of the server's own", "wrong_tenant_root", |a| {
        a.root = Some(root_envelope(STRANGER));
    }),
    ("root and roster of the server's own", "wrong_tenant_root", |a| {
        let roster = STANDARD.decode(&a.roster.as_ref().unwrap().payload).unwrap();
        a.root = Some(root_envelope(STRANGER));
        a.roster = Some(roster_envelope(STRANGER, &roster));
    }),
    ("a roster of the server's own", "roster_broken", |a| {
        let roster = STANDARD.decode(&a.roster.as_ref().unwrap().payload).unwrap();
        a.roster = Some(roster_envelope(STRANGER, &roster));
    }),
    ("an altered roster", "roster_broken", |a| {
        let roster = a.roster.as_mut().unwrap();
        let text = STANDARD.decode(&roster.payload).unwrap();
        let text = String::from_utf8(text).unwrap().replace("\"bob\"", "\"eve\"");
        roster.payload = STANDARD.encode(text);
    }),
    ("an unsigned roster", "roster_broken", |a| a.roster.as_mut().unwrap().signatures.clear()),
    ("an unsigned root", "roster_broken", |a| a.root.as_mut().unwrap().signatures.clear()),
    ("the root as roster", "roster_broken", |a| a.roster = a.root.clone()),
    ("the order as roster", "roster_broken", |a| a.roster = Some(a.orders[0].envelope.clone())),
    ("a roster of a huge type", "too_big", |a| {
        a.roster.as_mut().unwrap().kind = "x".repeat(300_000);
    }),
    ("a root of a huge type", "too_big", |a| a.root.as_mut().unwrap().kind = "x".repeat(300_000)),
    ("a roster of a long type", "roster_broken", |a| {
        a.roster.as_mut().unwrap().kind = "\u{1}".repeat(100_000);
    }),
];

fn payload(answer: &OrdersAnswer) -> Vec<u8> {
    STANDARD.decode(&answer.orders[0].envelope.payload).unwrap()
}

fn plan(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[test]
fn what_people_signed_wrongly_is_refused_with_its_reason() {
    let mut victim = Victim::new();
    for (name, reason, change) in SIGNED {
        let mut draft = Draft::new(victim.id());
        change(&mut draft);
        let refusal = victim.refused(name, &draft.answer());
        assert_eq!(word(&refusal), *reason, "{name}: {refusal}");
    }
    victim.assert_nothing_done();
    control(&mut victim);
}

#[test]
fn what_a_server_altered_is_refused_with_its_reason() {
    let mut victim = Victim::new();
    for (name, reason, change) in ALTERED {
        let mut answer = Draft::new(victim.id()).answer();
        change(&mut answer);
        let refusal = victim.refused(name, &answer);
        assert_eq!(word(&refusal), *reason, "{name}: {refusal}");
    }
    victim.assert_nothing_done();
    control(&mut victim);
}

/// An order in order is taken up, and ends because the host is not what the plan began with.
fn control(victim: &mut Victim) {
    let draft = Draft::new(victim.id());
    let outcome = victim.obeys(&draft.answer());
    let RunEnd::Blocked { reason: BlockReason::Drift { expected, .. } } = outcome.end else {
        panic!("{:?}", outcome.end)
    };
    assert_eq!(expected, draft.entry.installed_before);
    assert_eq!(outcome.order, draft.order.order_id);
    assert_eq!(outcome.before, expected);
    assert!(outcome.changes.is_empty());
    victim.assert_nothing_done();
}

#[test]
fn a_touched_hardware_key_counts() {
    let mut victim = Victim::new();
    let draft = Draft::new(victim.id());
    let mut answer = draft.answer();
    answer.orders[0].envelope.signatures = vec![hardware_signature(TOUCH, &draft.payload(), 1)];
    assert_eq!(victim.obeys(&answer).order, draft.order.order_id);
}

#[test]
fn payloads_that_nobody_could_mean_are_refused_with_their_reason() {
    let mut victim = Victim::new();
    let deep = format!("{}0{}", "[".repeat(17), "]".repeat(17));
    let very_deep = "[".repeat(100_000);
    let huge = format!("{{\"schema\":\"{}\"}}", "A".repeat(150_000));
    let huge_verb = |draft: &Draft| {
        let text = String::from_utf8(draft.payload()).unwrap();
        text.replace("\"upgrade\"", &format!("\"{}\"", "\u{1F980}".repeat(30_000)))
    };
    let unknown = |draft: &Draft| {
        let text = String::from_utf8(draft.payload()).unwrap();
        text.replacen('{', "{\"script\":\"rm -rf /\",", 1)
    };
    for signers in [vec![], vec![STRANGER], vec![ANN]] {
        let draft = Draft { signers, ..Draft::new(victim.id()) };
        let cases = [
            ("nested 17 deep", "too_deep", deep.clone()),
            ("nested 100,000 deep", "too_deep", very_deep.clone()),
            ("empty", "malformed", String::new()),
            ("no JSON", "malformed", "order".to_owned()),
            ("null", "malformed", "null".to_owned()),
            ("a number", "malformed", "1e400".to_owned()),
            ("a huge value", "malformed", huge.clone()),
            ("a huge verb", "malformed", huge_verb(&draft)),
            ("an unknown field", "unknown_field", unknown(&draft)),
            ("something behind it", "malformed", format!("{deep}{deep}").replace('[', "")),
            ("200 KB of nothing", "too_big", " ".repeat(200_000)),
        ];
        for (name, reason, text) in cases {
            // The same payload is refused once: each gets a tail of its own.
            let tail = " ".repeat(usize::try_from(victim.id()).unwrap());
            let text = format!("{text}{tail}");
            let answer = draft.answer_with(text.as_bytes(), &draft.entry.to_bytes());
            let refusal = victim.refused(name, &answer);
            assert_eq!(word(&refusal), reason, "{name}: {refusal}");
            assert!(refusal.to_string().len() < 1_024, "{name}: the host repeats it all");
        }
    }
    victim.assert_nothing_done();
    control(&mut victim);
}

#[test]
fn an_order_for_later_waits_and_is_done_by_nobody() {
    let mut victim = Victim::new();
    let before = victim.look();
    let mut early = Draft::new(victim.id());
    early.order.not_before = early.now + 600;
    victim.deliver(&early.answer());
    for _ in 0..3 {
        // Each makes the host look at all that waits.
        let mut other = Draft::new(victim.id());
        other.signers = vec![STRANGER];
        victim.deliver(&other.answer());
        victim.settle(1);
    }
    assert_eq!(victim.look(), before);
    assert_eq!(victim.refusals.len(), 3);
    victim.restart();
    control(&mut victim);
    assert!(victim.journal(early.order.order_id).is_empty());
}

#[test]
fn keys_that_came_later_cannot_approve_wide_orders_at_once() {
    let mut victim = Victim::new();
    control(&mut victim);
    let mut draft = Draft::new(victim.id());
    draft.roster.serial += 1;
    draft.roster.persons.push(newcomer());
    draft.signers = vec![super::people::NEW];
    let mut narrow = draft.clone();
    draft.widen();
    let refusal = victim.refused("a cooling key", &draft.answer());
    assert_eq!(word(&refusal), "cooling_key");
    narrow.order.order_id = OrderId(victim.id());
    assert_eq!(victim.obeys(&narrow.answer()).order, narrow.order.order_id);
}

#[test]
fn a_clock_that_went_back_obeys_nobody() {
    let mut victim = Victim::new();
    let mut draft = Draft::new(victim.id());
    draft.roster.issued_at = draft.now + 1_000;
    let refusal = victim.refused("a signed time that is to come", &draft.answer());
    assert_eq!(word(&refusal), "clock_went_back");
    let later = Draft::new(victim.id());
    let refusal = victim.refused("and from then on", &later.answer());
    assert_eq!(word(&refusal), "clock_went_back");
}
