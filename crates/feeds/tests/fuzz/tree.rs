//! Changes JSON documents that stay JSON: a value of another type, a key less, a name twice, a list within a
//! list, an absurd number.

use crate::random::Random;
use serde_json::{Map, Value, json};

/// Levels that are added at once: more than any limit, less than what a stack could not drop.
const LEVELS: usize = 90;

/// Returns the document with some of its values changed, or `None` where it is no JSON.
pub(crate) fn changed(random: &mut Random, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(bytes).ok()?;
    for _ in 0..=random.below(3) {
        let count = values(&document);
        let mut at = random.below(count);
        let other = nth(&document, &mut random.below(count)).cloned().unwrap_or_default();
        change(random, &mut document, &mut at, &other);
    }
    serde_json::to_vec(&document).ok()
}

/// Returns a small document of the same shape: of every list only its first entries.
pub(crate) fn shortened(value: &mut Value, list_max: usize) {
    match value {
        Value::Array(list) => {
            list.truncate(list_max);
            list.iter_mut().for_each(|value| shortened(value, list_max));
        }
        Value::Object(members) => {
            let many: Vec<String> = members.keys().skip(24).cloned().collect();
            for key in many {
                members.remove(&key);
            }
            members.values_mut().for_each(|value| shortened(value, list_max));
        }
        Value::String(text) => {
            if text.len() > 400 {
                *text = text.chars().take(100).collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn values(value: &Value) -> usize {
    1 + children(value).map(values).sum::<usize>()
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter()),
        Value::Object(members) => Box::new(members.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Box::new(std::iter::empty())
        }
    }
}

fn nth<'a>(value: &'a Value, at: &mut usize) -> Option<&'a Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    children(value).find_map(|child| nth(child, at))
}

/// Walks to the value at `at` and changes it; returns whether it was reached.
fn change(random: &mut Random, value: &mut Value, at: &mut usize, other: &Value) -> bool {
    if *at == 0 {
        *value = replacement(random, value, other);
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(list) => list.iter_mut().any(|child| change(random, child, at, other)),
        Value::Object(members) => {
            members.values_mut().any(|child| change(random, child, at, other))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn replacement(random: &mut Random, value: &Value, other: &Value) -> Value {
    match random.below(16) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => random
            .one(&[&json!(-1), &json!(0), &json!(u64::MAX), &json!(1e308), &json!(0.5)])
            .clone(),
        3 => text(random, value),
        4 => json!([]),
        5 => json!({}),
        6 => Value::Array(vec![value.clone()]),
        7 => json!({ "id": value }),
        8 => (0..1 + random.below(LEVELS)).fold(value.clone(), |inner, _| json!([inner])),
        9 | 10 => other.clone(),
        11 => fewer(random, value),
        12 => more(random, value, other),
        13 => json!("x".repeat(random.length(70_000))),
        _ => text(random, value),
    }
}

fn text(random: &mut Random, value: &Value) -> Value {
    const TEXTS: [&str; 22] = [
        "",
        " ",
        "0",
        "-",
        "CVE-2024-3094",
        "CVE-2024-99999999999",
        "not a CVE",
        "javascript:alert(1)",
        "\u{0}",
        "\u{202e}",
        "Debian:12",
        "Ubuntu:Pro:16.04:LTS",
        "AlmaLinux:9",
        "Debian",
        "pkg:deb/ubuntu/a@1?distro=jammy",
        "cpe:/o:redhat:enterprise_linux:9",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "AppStream:a:b:c-1:2-3.x",
        "2024-13-40T25:61:61Z",
        "-262144-01-01T00:00:00Z",
        "9999-12-31T23:59:59+24:00",
        "1.0~~^::--",
    ];
    match value.as_str() {
        Some(own) if random.below(2) == 0 && !own.is_empty() => {
            let at = random.below(own.chars().count());
            let mut chars: Vec<char> = own.chars().collect();
            match random.below(3) {
                0 => chars.truncate(at),
                1 => chars.insert(
                    at,
                    random.one(&["0", ":", "-", "~", " ", "\n"]).chars().next().unwrap_or(' '),
                ),
                _ => {
                    chars.remove(at);
                }
            }
            Value::String(chars.into_iter().collect())
        }
        Some(_) | None => json!(random.one(&TEXTS)),
    }
}

fn fewer(random: &mut Random, value: &Value) -> Value {
    match value.clone() {
        Value::Array(mut list) => {
            if !list.is_empty() {
                list.remove(random.below(list.len()));
            }
            Value::Array(list)
        }
        Value::Object(members) => {
            let gone = random.below(members.len());
            let rest = members.into_iter().enumerate().filter(|(at, _)| *at != gone);
            Value::Object(rest.map(|(_, member)| member).collect::<Map<_, _>>())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

fn more(random: &mut Random, value: &Value, other: &Value) -> Value {
    match value.clone() {
        Value::Array(mut list) => {
            let piece = list.first().unwrap_or(other).clone();
            // Large pieces many times would be large inputs, not new ones.
            let times = if values(&piece) < 50 { random.length(300) } else { 2 };
            list.extend(std::iter::repeat_n(piece, times));
            Value::Array(list)
        }
        Value::Object(mut members) => {
            let key = members.keys().nth(random.below(members.len())).cloned().unwrap_or_default();
            members.insert(format!("{key}x"), other.clone());
            Value::Object(members)
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            json!([plain, other])
        }
    }
}
