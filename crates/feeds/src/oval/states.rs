//! Tests, objects and states: what one criterion says of a host.

use crate::lines;
use crate::xml::Element;
use std::collections::BTreeMap;

/// All of a document's, by id.
#[derive(Default)]
pub(super) struct Tests {
    tests: BTreeMap<String, Test>,
    objects: BTreeMap<String, String>,
    states: BTreeMap<String, State>,
}

struct Test {
    /// The module whose stream is enabled, for a test of a text file.
    module: Option<String>,
    object: String,
    states: Vec<String>,
}

/// One state: each part with its operation.
#[derive(Default)]
struct State {
    evr: Option<(String, String)>,
    version: Option<(String, String)>,
    arch: Option<(String, String)>,
    is_signature: bool,
    /// It has a part that is not known here.
    is_strange: bool,
}

/// What one criterion says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Release(Release),
    /// One of these architectures.
    Arch(Vec<String>),
    /// `name:stream` is enabled.
    Module(String),
    /// The package carries the vendor's signature: the package manager's business.
    Signed,
    Package {
        name: String,
        bound: Bound,
        arches: Option<Vec<String>>,
    },
}

/// A product that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    /// `None`: a product that is no distribution of ours.
    pub(super) stream: Option<String>,
    /// Empty for everybody.
    pub(super) channel: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    Less(String),
    AtLeast(String),
    Equal(String),
    /// Every version is affected: there is no fix.
    Any,
    NotAffected,
}

impl Tests {
    pub(super) fn add(&mut self, entry: &Element) {
        let id = entry.attribute("id").to_owned();
        match entry.name.as_str() {
            "rpminfo_test" => {
                let object = entry.first("object").map_or("", |o| o.attribute("object_ref"));
                let states = entry.all("state").map(|s| s.attribute("state_ref").to_owned());
                let states = states.collect();
                self.tests.insert(id, Test { module: None, object: object.to_owned(), states });
            }
            "textfilecontent54_test" => {
                let module = enabled(entry.attribute("comment"));
                let test = Test { module, object: String::new(), states: Vec::new() };
                self.tests.insert(id, test);
            }
            "rpminfo_object" => {
                self.objects.insert(id, entry.text_of("name").to_owned());
            }
            "rpminfo_state" => {
                self.states.insert(id, state(entry));
            }
            _ => {}
        }
    }

    /// Returns what a criterion says. Its comment decides only where a state alone is not clear.
    pub(super) fn condition(&self, test: &str, comment: &str) -> Result<Condition, String> {
        let own = self.tests.get(test).ok_or_else(|| format!("test `{test}` is not there"))?;
        if own.object.is_empty() {
            let module = own.module.clone().or_else(|| enabled(comment));
            return module.map(Condition::Module).ok_or_else(|| strange(test));
        }
        let missing = |id: &str| format!("`{id}` is not there");
        let name = self.objects.get(&own.object).ok_or_else(|| missing(&own.object))?;
        let [state] = own.states.as_slice() else { return Err(strange(test)) };
        let state = self.states.get(state).ok_or_else(|| missing(state))?;
        if !lines::is_name(name) || state.is_strange {
            return Err(strange(test));
        }
        state.condition(name, comment).ok_or_else(|| strange(test))
    }
}

fn strange(test: &str) -> String {
    format!("test `{test}` has a shape that is not read")
}

/// `Module postgresql:12 is enabled`.
fn enabled(comment: &str) -> Option<String> {
    let module = comment.strip_prefix("Module ")?.strip_suffix(" is enabled")?.trim();
    (module.contains(':') && !module.contains(' ')).then(|| module.to_owned())
}

fn state(entry: &Element) -> State {
    let mut state = State::default();
    for part in &entry.children {
        let own = Some((part.attribute("operation").to_owned(), part.text().to_owned()));
        match part.name.as_str() {
            "evr" => state.evr = own,
            "version" => state.version = own,
            "arch" => state.arch = own,
            "signature_keyid" => state.is_signature = true,
            _ => state.is_strange = true,
        }
    }
    state
}

impl State {
    fn condition(&self, name: &str, comment: &str) -> Option<Condition> {
        let arches = match &self.arch {
            Some((operation, text)) => Some(alternatives(operation, text)?),
            None => None,
        };
        match (&self.evr, &self.version) {
            (None, None) => {
                if self.is_signature {
                    return Some(Condition::Signed);
                }
                arches.map(Condition::Arch)
            }
            (None, Some((operation, text))) => {
                if text == "0" && operation == "equals" {
                    // No package has version 0: SUSE's way to write that it never was affected.
                    let bound = not_affected(comment)?;
                    return Some(Condition::Package { name: name.to_owned(), bound, arches });
                }
                release(name, (operation, text), comment).map(Condition::Release)
            }
            (Some((operation, text)), None) => {
                let bound = bound(operation, text, comment)?;
                Some(Condition::Package { name: name.to_owned(), bound, arches })
            }
            (Some(_), Some(_)) => None,
        }
    }
}

fn not_affected(comment: &str) -> Option<Bound> {
    comment.ends_with("is not affected").then_some(Bound::NotAffected)
}

/// Operations are words. Documents that went through a Go program have its numbers instead: 6 is "less
/// than", and the comment of such a test says the same (`krb5 is <1.15.2-4.25`).
fn bound(operation: &str, evr: &str, comment: &str) -> Option<Bound> {
    if let Some(bound) = not_affected(comment) {
        return Some(bound);
    }
    let version = evr.strip_prefix("0:").unwrap_or(evr);
    if !lines::is_name(version) {
        return None;
    }
    match operation {
        "less than" | "6" => Some(Bound::Less(version.to_owned())),
        // From the very beginning on: SUSE's way to write that there is no fix.
        "greater than" | "greater than or equal" if matches!(version, "0" | "0-0") => {
            Some(Bound::Any)
        }
        "greater than or equal" => Some(Bound::AtLeast(version.to_owned())),
        "equals" | "" => Some(Bound::Equal(version.to_owned())),
        _ => None,
    }
}

/// A product is told by the package that holds its release file.
fn release(name: &str, (operation, text): (&str, &str), comment: &str) -> Option<Release> {
    let product = name.strip_suffix("-release")?.to_ascii_lowercase();
    let version = match operation {
        "equals" => text,
        // Oracle: `^8`.
        "pattern match" => text.strip_prefix('^')?.trim_end_matches(['$', '.', '\\']),
        _ => return None,
    };
    let is_number = |b: u8| b.is_ascii_digit() || b == b'.';
    if version.is_empty() || !version.bytes().all(is_number) {
        return None;
    }
    let family = match product.as_str() {
        "oraclelinux" => Some("oracle"),
        "opensuse" | "leap" => Some("opensuse"),
        other if other.starts_with("sle") => Some("suse"),
        _ => None,
    };
    let upper = comment.to_ascii_uppercase();
    let channel = match product.as_str() {
        _ if product.contains("ltss") || upper.contains("LTSS") => "ltss",
        _ if upper.contains("-BCL") => "bcl",
        _ if upper.contains("-ESPOS") => "espos",
        "sles_sap" => "sap",
        _ => "",
    };
    Some(Release { stream: family.map(|family| format!("{family}:{version}")), channel })
}

/// `x86_64`, or `(aarch64|x86_64)` as a pattern.
fn alternatives(operation: &str, text: &str) -> Option<Vec<String>> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let words: Vec<String> = match operation {
        "equals" | "" => vec![text.to_owned()],
        "pattern match" => {
            let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            let inner = inner.unwrap_or(text).trim_start_matches('^').trim_end_matches('$');
            inner.split('|').map(str::to_owned).collect()
        }
        _ => return None,
    };
    words.iter().all(|word| is_word(word)).then_some(words)
}
