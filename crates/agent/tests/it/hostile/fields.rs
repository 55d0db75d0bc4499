//! Each field of what is signed, generated from the nouns themselves: altered by a server, and missing,
//! doubled, unknown or of another kind under a genuine signature. A new field has its cases by itself.

use super::people::{
    Draft, HOST, ROOT, entry, order_signature, public, root_statement, roster_envelope, signature,
};
use super::victim::{Victim, word};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::{Order, Target, WindowSpan};
use model::plan::{PlanHost, Step};
use model::roster::{ROOT_NAMESPACE, ROOT_TYPE, Roster};
use model::wire::{Envelope, OrdersAnswer};
use serde_json::{Value, json};

/// A change to the text of a JSON object.
struct Change {
    name: String,
    text: String,
}

/// Returns the addresses of all fields, those of objects in lists included (the first of each list).
fn fields(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    visit(value, "", &mut all);
    all
}

fn visit(value: &Value, at: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let path = format!("{at}/{name}");
                all.push(path.clone());
                visit(inner, &path, all);
            }
        }
        Value::Array(list) => {
            if let Some(first) = list.first() {
                visit(first, &format!("{at}/0"), all);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns another value that the field could have.
fn other(value: &Value) -> Value {
    match value {
        Value::Null => json!({"opens_at": 0, "closes_at": i64::MAX}),
        Value::Bool(is_so) => json!(!is_so),
        Value::Number(number) => json!(number.as_i64().map_or(0, |n| n ^ 1)),
        Value::String(text) => json!(other_text(text)),
        Value::Array(list) => Value::Array(list.iter().skip(1).cloned().collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, inner)| (name.clone(), other(inner))).collect())
        }
    }
}

/// Ids and digests stay ids and digests: their last digit changes.
fn other_text(text: &str) -> String {
    match text {
        "upgrade" => "rollback".to_owned(),
        "security" => "maintenance".to_owned(),
        "none" => "expected".to_owned(),
        other => match other.strip_suffix(|c: char| c.is_ascii_hexdigit()) {
            Some(head) if other.ends_with('1') => format!("{head}2"),
            Some(head) => format!("{head}1"),
            None => format!("{other}x"),
        },
    }
}

fn altered(value: &Value) -> Vec<Change> {
    fields(value)
        .into_iter()
        .map(|path| {
            let mut whole = value.clone();
            let field = whole.pointer_mut(&path).unwrap();
            *field = other(field);
            Change { name: path, text: whole.to_string() }
        })
        .collect()
}

/// Returns every way to write each field that no strict reader takes.
fn misshapen(value: &Value) -> Vec<Change> {
    let mut all = Vec::new();
    for path in fields(value) {
        let (holder, name) = path.rsplit_once('/').unwrap();
        let mut add = |what: &str, text: String| {
            all.push(Change { name: format!("{path} {what}"), text });
        };
        let object =
            |whole: &mut Value| whole.pointer_mut(holder).unwrap().as_object_mut().unwrap().clone();
        let put = |map: serde_json::Map<String, Value>| {
            let mut whole = value.clone();
            *whole.pointer_mut(holder).unwrap() = Value::Object(map);
            whole
        };
        let before = object(&mut value.clone());
        let mut missing = before.clone();
        let field = missing.remove(name).unwrap();
        add("missing", put(missing.clone()).to_string());
        let mut unknown = before.clone();
        unknown.insert("zz".into(), json!(0));
        add("beside an unknown field", put(unknown).to_string());
        let mut renamed = missing.clone();
        renamed.insert(name.to_uppercase(), field.clone());
        add("in capitals", put(renamed).to_string());
        let mut doubled = before.clone();
        doubled.insert("zz-twice".into(), field.clone());
        add("twice", put(doubled).to_string().replace("zz-twice", name));
        for wrong in
            [json!(null), json!(true), json!(0.5), json!([[]]), json!({"a": 1}), json!(1e300)]
        {
            // An absent window is written as null, and so is a missing way back or revocation.
            let is_optional = wrong.is_null() && matches!(name, "window" | "back" | "revoked_at");
            let is_same_kind = field.is_boolean() && wrong.is_boolean();
            if !is_optional && !is_same_kind {
                let mut spoilt = before.clone();
                spoilt.insert(name.to_owned(), wrong.clone());
                add(&format!("as {wrong}"), put(spoilt).to_string());
            }
        }
    }
    // An unknown field is the same beside each of its siblings.
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|change: &Change| seen.insert(change.text.clone()));
    all
}

/// An order with nothing left out, so that each field of each part is there.
fn full(id: u128) -> Draft {
    let mut draft = Draft::new(id);
    let (opens_at, closes_at) = (draft.now - 10, draft.now + 600);
    draft.order.window = Some(WindowSpan { opens_at, closes_at });
    draft
}

fn full_step() -> Step {
    let mut step = super::people::step();
    step.from = "1".into();
    step.back = Some(step.artifact.clone());
    step
}

fn value<T: serde::Serialize>(noun: &T) -> Value {
    serde_json::to_value(noun).unwrap()
}

#[test]
fn a_server_cannot_alter_any_field_of_an_order() {
    let mut victim = Victim::new();
    let draft = full(victim.id());
    let signed = draft.answer();
    let changes = altered(&value(&draft.order));
    assert!(changes.len() >= 25, "{}", changes.len());
    for change in changes {
        let mut answer = signed.clone();
        answer.orders[0].envelope.payload = STANDARD.encode(&change.text);
        let refusal = victim.refused(&change.name, &answer);
        // What is wrong under any signature is said first.
        let reason = match change.name.as_str() {
            "/schema" => "wrong_type",
            "/tenant_root_hash" => "wrong_tenant_root",
            // The other host is a target already.
            "/reboot" | "/targets/0/host" => "malformed",
            _ => "bad_signature",
        };
        assert_eq!(word(&refusal), reason, "{}: {refusal}", change.name);
    }
    victim.assert_nothing_done();
}

#[test]
fn no_signature_makes_a_misshapen_order_right() {
    let mut victim = Victim::new();
    let draft = full(victim.id());
    let changes = misshapen(&value(&draft.order));
    assert!(changes.len() >= 220, "{}", changes.len());
    for change in changes {
        assert!(serde_json::from_str::<Value>(&change.text).is_ok(), "{}", change.text);
        let answer = draft.answer_with(change.text.as_bytes(), &draft.entry.to_bytes());
        let refusal = victim.refused(&change.name, &answer);
        let is_right = matches!(word(&refusal), "malformed" | "unknown_field");
        assert!(is_right, "{}: {refusal}", change.name);
    }
    victim.assert_nothing_done();
    let draft = full(victim.id());
    victim.obeys(&draft.answer());
}

#[test]
fn a_server_cannot_alter_any_field_of_a_hosts_plan() {
    let mut victim = Victim::new();
    let plan = PlanHost { steps: vec![full_step()], ..entry(HOST) };
    let changes = altered(&value(&plan));
    assert!(changes.len() >= 24, "{}", changes.len());
    for change in changes {
        let mut draft = Draft::new(victim.id());
        draft.entry = plan.clone();
        draft.aim();
        let answer = draft.answer_with(&draft.payload(), change.text.as_bytes());
        let refusal = victim.refused(&change.name, &answer);
        assert_eq!(word(&refusal), "wrong_entry", "{}", change.name);
    }
    victim.assert_nothing_done();
}

#[test]
fn no_signature_makes_a_misshapen_plan_right() {
    let mut victim = Victim::new();
    let plan = PlanHost { steps: vec![full_step()], ..entry(HOST) };
    for change in misshapen(&value(&plan)) {
        let mut draft = Draft::new(victim.id());
        draft.order.targets =
            vec![Target { host: HOST, entry: model::Digest::of(change.text.as_bytes()) }];
        let answer = draft.answer_with(&draft.payload(), change.text.as_bytes());
        let refusal = victim.refused(&change.name, &answer);
        let is_right = matches!(word(&refusal), "malformed" | "unknown_field");
        assert!(is_right, "{}: {refusal}", change.name);
    }
    victim.assert_nothing_done();
}

#[test]
fn a_server_cannot_alter_any_field_of_a_roster_and_no_root_makes_a_misshapen_one_right() {
    let mut victim = Victim::new();
    let roster: Roster = super::people::roster();
    let whole = value(&roster);
    for change in altered(&whole) {
        let mut answer = Draft::new(victim.id()).answer();
        answer.roster.as_mut().unwrap().payload = STANDARD.encode(&change.text);
        let refusal = victim.refused(&change.name, &answer);
        assert_eq!(word(&refusal), "roster_broken", "{}", change.name);
    }
    for change in misshapen(&whole) {
        let mut answer = Draft::new(victim.id()).answer();
        answer.roster = Some(roster_envelope(ROOT, change.text.as_bytes()));
        let refusal = victim.refused(&change.name, &answer);
        assert_eq!(word(&refusal), "roster_broken", "{}: {refusal}", change.name);
    }
    victim.assert_nothing_done();
    assert_eq!(victim.floors().roster_serial, 0);
}

#[test]
fn a_server_cannot_alter_any_field_of_the_root_statement_even_with_its_key() {
    let mut victim = Victim::new();
    let mut statement = root_statement(ROOT);
    statement.keys.push(public(super::people::STRANGER));
    let whole = value(&statement);
    for change in altered(&whole).into_iter().chain(misshapen(&whole)) {
        let mut answer = Draft::new(victim.id()).answer();
        let signed = signature(ROOT, ROOT_TYPE, ROOT_NAMESPACE, change.text.as_bytes());
        let root = trust::envelope::seal(ROOT_TYPE, change.text.as_bytes(), vec![signed]);
        answer.root = Some(root);
        let refusal = victim.refused(&change.name, &answer);
        assert_eq!(word(&refusal), "wrong_tenant_root", "{}", change.name);
    }
    victim.assert_nothing_done();
}

/// The envelope's own fields: altered ones are refused; misshapen ones are not even read.
#[test]
fn a_server_cannot_alter_or_misshape_any_field_of_an_envelope() {
    let mut victim = Victim::new();
    let places: [fn(&mut OrdersAnswer) -> &mut Envelope; 3] = [
        |answer| &mut answer.orders[0].envelope,
        |answer| answer.roster.as_mut().unwrap(),
        |answer| answer.root.as_mut().unwrap(),
    ];
    for place in places {
        let count = altered(&value(place(&mut full(0).answer()))).len();
        for index in 0..count {
            // Each has another payload: the same one is refused once.
            let mut answer = full(victim.id()).answer();
            let envelope = place(&mut answer);
            let change = &altered(&value(envelope))[index];
            match serde_json::from_str(&change.text) {
                Ok(parsed) => *envelope = parsed,
                // Another word for the form: the host cannot read it.
                Err(_) => continue,
            }
            victim.refused(&change.name, &answer);
        }
        let before = victim.look();
        let mut answer = full(victim.id()).answer();
        let envelope = serde_json::to_string(place(&mut answer)).unwrap();
        let whole = serde_json::to_string(&answer).unwrap();
        for change in misshapen(&value(place(&mut answer))) {
            let body = whole.replace(&envelope, &change.text);
            assert!(body.contains(&change.text));
            assert!(!victim.deliver_bytes(body.as_bytes()), "{}", change.name);
        }
        victim.settle(0);
        assert_eq!(victim.look(), before);
    }
    victim.assert_nothing_done();
}

/// Signatures of one order on each other order of the same people.
#[test]
fn a_signature_counts_for_its_own_bytes_only() {
    let mut victim = Victim::new();
    let drafts: Vec<Draft> = (0..6).map(|_| Draft::new(victim.id())).collect();
    for (index, mine) in drafts.iter().enumerate() {
        for foreign in drafts.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, d)| d) {
            let mut order: Order = mine.order.clone();
            order.order_id = model::OrderId(victim.id());
            let payload = serde_json::to_vec(&order).unwrap();
            let mut answer = mine.answer_with(&payload, &mine.entry.to_bytes());
            answer.orders[0].envelope.signatures =
                vec![order_signature(super::people::ANN, &foreign.payload())];
            let refusal = victim.refused("another order's signature", &answer);
            assert_eq!(word(&refusal), "bad_signature");
        }
    }
    victim.assert_nothing_done();
}
