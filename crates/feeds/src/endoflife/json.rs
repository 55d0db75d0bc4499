//! API v1 (`/products/full`, `/products/NAME`) and release data (`{"releases": {"9": {...}}}`).

use super::{Cycle, Product, ends, is_name};
use crate::limits::{Limits, Refused};
use model::advisory::Ends;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

const WHAT: &str = super::WHAT;

/// Any of the documents; a field that is not there is another document's.
#[derive(Deserialize)]
struct Document<'a> {
    /// API v1: one product, or a list of them.
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    name: Option<String>,
    #[serde(borrow)]
    releases: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct JsonProduct<'a> {
    name: String,
    #[serde(borrow)]
    releases: Vec<&'a RawValue>,
}

/// A release of API v1, or of release data: the names of their fields differ.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonCycle {
    name: String,
    is_eol: Option<bool>,
    eol_from: Option<String>,
    is_eoas: Option<bool>,
    eoas_from: Option<String>,
    is_eoes: Option<bool>,
    eoes_from: Option<String>,
    eol: Option<Value>,
    eoas: Option<Value>,
    eoes: Option<Value>,
}

pub(super) fn products(bytes: &[u8], name: &str, limits: &Limits) -> Result<Vec<Product>, Refused> {
    let document: Document<'_> = limits.json(bytes, WHAT)?;
    let wrong = || Refused::form(WHAT, "it has neither `result` nor `releases`");
    if let Some(result) = document.result {
        let text = result.get();
        let list: Result<Vec<JsonProduct<'_>>, _> = if text.starts_with('[') {
            serde_json::from_str(text)
        } else {
            serde_json::from_str(text).map(|one| vec![one])
        };
        let list = list.map_err(|e| Refused::form(WHAT, &e.to_string()))?;
        return list.into_iter().map(|own| product(own.name, own.releases, limits)).collect();
    }
    let releases = document.releases.ok_or_else(wrong)?.get();
    let name = document.name.unwrap_or_else(|| name.to_owned());
    if name.is_empty() {
        return Err(Refused::form(WHAT, "it does not name its product, nor does its file"));
    }
    if releases.starts_with('[') {
        let list =
            serde_json::from_str(releases).map_err(|e| Refused::form(WHAT, &e.to_string()))?;
        return Ok(vec![product(name, list, limits)?]);
    }
    let by_name: std::collections::BTreeMap<String, &RawValue> =
        serde_json::from_str(releases).map_err(|e| Refused::form(WHAT, &e.to_string()))?;
    let mut data = product(name, by_name.into_values().collect(), limits)?;
    data.is_data = true;
    // Release data has no order of its own, and lists what its robots found: many without any end.
    data.cycles.sort_by(|a, b| number(&b.name).cmp(&number(&a.name)).then(b.name.cmp(&a.name)));
    Ok(vec![data])
}

/// Numbers of a cycle's name, so that 10 comes after 9.
fn number(name: &str) -> Vec<u64> {
    name.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

fn product(name: String, releases: Vec<&RawValue>, limits: &Limits) -> Result<Product, Refused> {
    if !is_name(&name) {
        return Err(Refused::form(WHAT, "it does not name its product"));
    }
    let mut product = Product { name, ..Product::default() };
    for (at, raw) in releases.into_iter().enumerate() {
        limits.room_for_row(at)?;
        let read = serde_json::from_str::<JsonCycle>(raw.get())
            .map_err(|e| e.to_string())
            .and_then(JsonCycle::into_cycle);
        match read {
            Ok(cycle) => product.cycles.push(cycle),
            Err(reason) => product.faults.push((format!("/releases/{at}"), reason)),
        }
    }
    Ok(product)
}

impl JsonCycle {
    fn into_cycle(self) -> Result<Cycle, String> {
        if !is_name(&self.name) {
            return Err("it has no name".to_owned());
        }
        Ok(Cycle {
            name: self.name,
            eoas: either(self.eoas.as_ref(), self.is_eoas, self.eoas_from.as_deref())?,
            eol: either(self.eol.as_ref(), self.is_eol, self.eol_from.as_deref())?,
            eoes: either(self.eoes.as_ref(), self.is_eoes, self.eoes_from.as_deref())?,
        })
    }
}

/// One end: `eol` is a date or yes or no; `isEol` with `eolFrom` say the same in two fields.
fn either(
    column: Option<&Value>,
    is_over: Option<bool>,
    from: Option<&str>,
) -> Result<Option<Ends>, String> {
    if let Some(from) = from {
        return ends(from).map(Some);
    }
    match column {
        Some(Value::Bool(is_over)) => ends(if *is_over { "true" } else { "false" }).map(Some),
        Some(Value::String(day)) => ends(day).map(Some),
        Some(Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err("an end is neither a date nor yes or no".to_owned())
        }
        Some(Value::Null) | None => {
            Ok(is_over.map(|is_over| if is_over { Ends::Ended } else { Ends::NotKnown }))
        }
    }
}
