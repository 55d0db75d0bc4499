//! A negative case for every field of an order, generated from what an order looks like.

use crate::fixtures::{NOW, World};
use model::order::WindowSpan;
use model::outcome::Refusal;
use serde_json::Value;

/// Every place in the value, as a path; lists go by index.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let path = format!("{path}/{name}");
                found.push(path.clone());
                places(inner, &path, found);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                places(inner, &format!("{path}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Another value of the same type.
fn other(value: &Value) -> Value {
    match value {
        Value::Null => serde_json::json!({"opens_at": 1, "closes_at": 2}),
        Value::Bool(truth) => Value::Bool(!truth),
        Value::Number(number) => Value::from(number.as_i64().unwrap() + 1),
        Value::String(text) if text == "upgrade" => "rollback".into(),
        Value::String(text) => {
            let last = if text.ends_with('0') { '1' } else { '0' };
            format!("{}{last}", &text[..text.len() - 1]).into()
        }
        Value::Array(_) | Value::Object(_) => Value::Null,
    }
}

fn world() -> (World, Value, Vec<String>) {
    let mut world = World::new();
    world.order.window = Some(WindowSpan { opens_at: NOW - 10, closes_at: NOW + 3_600 });
    assert!(world.check().is_ok());
    let value = serde_json::to_value(&world.order).unwrap();
    let mut found = Vec::new();
    places(&value, "", &mut found);
    assert!(found.len() >= 18 + 2 + 3 + 2, "{found:?}");
    (world, value, found)
}

#[test]
fn a_field_altered_after_signing_is_refused() {
    let (world, value, places) = world();
    let signed = world.envelope();
    for place in places {
        let mut altered = value.clone();
        let field = altered.pointer_mut(&place).unwrap();
        *field = other(field);
        let mut envelope = world.sign(&serde_json::to_vec(&altered).unwrap());
        envelope.signatures.clone_from(&signed.signatures);
        assert!(world.check_envelope(&envelope).is_err(), "{place}");
    }
}

#[test]
fn a_field_left_out_nulled_renamed_or_of_another_type_is_refused_even_when_signed() {
    let (world, value, places) = world();
    for place in places {
        let (parent, name) = place.rsplit_once('/').unwrap();
        let with = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
            let mut altered = value.clone();
            change(altered.pointer_mut(parent).unwrap().as_object_mut().unwrap());
            world.check_envelope(&world.sign(&serde_json::to_vec(&altered).unwrap()))
        };
        let missing = with(&|map| drop(map.remove(name)));
        assert!(matches!(missing, Err(Refusal::Malformed { .. })), "{place}: {missing:?}");
        let renamed = with(&|map| {
            let field = map.remove(name).unwrap();
            map.insert(format!("{name}_"), field);
        });
        assert!(renamed.is_err(), "{place}");
        let extra = with(&|map| drop(map.insert(format!("{name}_"), Value::Null)));
        assert!(matches!(extra, Err(Refusal::UnknownField { .. })), "{place}: {extra:?}");
        let other_type = with(&|map| drop(map.insert(name.to_owned(), Value::Bool(true))));
        assert!(matches!(other_type, Err(Refusal::Malformed { .. })), "{place}");
        if place != "/window" {
            let nulled = with(&|map| drop(map.insert(name.to_owned(), Value::Null)));
            assert!(matches!(nulled, Err(Refusal::Malformed { .. })), "{place}: {nulled:?}");
        }
    }
}

#[test]
fn a_field_that_appears_twice_is_refused_even_when_signed() {
    let (world, value, _) = world();
    let text = serde_json::to_string(&value).unwrap();
    for name in value.as_object().unwrap().keys() {
        let again = format!("{{\"{name}\":{},{}", value[name], &text[1..]);
        let refused = world.check_envelope(&world.sign(again.as_bytes()));
        assert!(
            matches!(refused, Err(Refusal::Malformed { text }) if text.contains("twice")),
            "{name}"
        );
    }
}
