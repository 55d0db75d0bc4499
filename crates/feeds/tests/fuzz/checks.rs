//! What has to hold for every input, however broken.

use feeds::{Limits, Refused};
use model::advisory::{REJECTS_KEPT_MAX, RowSet, Until};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Limits that small inputs can reach.
pub(crate) fn limits() -> Limits {
    Limits {
        unpacked_bytes_max: 1 << 20,
        bundle_bytes_max: 4 << 20,
        depth_max: 64,
        string_bytes_max: 32 << 10,
        rows_max: 3000,
        files_max: 200,
        ..Limits::default()
    }
}

/// The longest message: what is wrong may be hostile, what is said of it is for people.
const MESSAGE_BYTES_MAX: usize = 1024;
/// The longest name of a stream or package that is believed.
const NAME_BYTES_MAX: usize = 32 << 10;

thread_local! {
    /// Row sets and lists that held something: inputs that got behind the grammar.
    static USED: Cell<u64> = const { Cell::new(0) };
}

/// Notes that an input was of use.
pub(crate) fn used() {
    USED.set(USED.get() + 1);
}

/// Returns how many inputs of this thread were.
pub(crate) fn used_so_far() -> u64 {
    USED.get()
}

/// A parser of the common form.
pub(crate) type Parse = fn(&[u8], &Limits) -> Result<RowSet, Refused>;

/// Parses twice: nothing of a result may hang on chance or on what was read before.
pub(crate) fn feed(parse: Parse, bytes: &[u8]) -> Result<(), String> {
    let limits = limits();
    let first = parse(bytes, &limits);
    let second = parse(bytes, &limits);
    match (first, second) {
        (Ok(first), Ok(second)) => {
            if first != second {
                return Err("two runs differ".to_owned());
            }
            set(&first, &limits)
        }
        (Err(first), Err(second)) => {
            let (first, second) = (first.to_string(), second.to_string());
            if first != second {
                return Err(format!("two runs differ: {first} / {second}"));
            }
            message("a refusal", &first)
        }
        (first, second) => {
            Err(format!("one of two runs was refused: {:?} {:?}", first.err(), second.err()))
        }
    }
}

pub(crate) fn refused(refused: &Refused) -> Result<(), String> {
    message("a refusal", &refused.to_string())
}

/// Checks a row set on its own.
pub(crate) fn set(set: &RowSet, limits: &Limits) -> Result<(), String> {
    let counts =
        [("rows", set.rows.len()), ("cves", set.cves.len()), ("lifecycles", set.lifecycles.len())];
    if counts.iter().any(|(_, count)| *count > 0) {
        used();
    }
    for (what, count) in counts {
        if count > limits.rows_max {
            return Err(format!("{count} {what} are above the limit"));
        }
    }
    rejects(set)?;
    if set.source.is_empty() {
        return Err("it has no source".to_owned());
    }
    let ids: BTreeSet<&str> = set.advisories.iter().map(|advisory| advisory.id.as_str()).collect();
    for advisory in &set.advisories {
        name("the id of an advisory", &advisory.id)?;
        for url in &advisory.urls {
            // Pages make links of them.
            if !url.starts_with("https://") && !url.starts_with("http://") {
                return Err(format!("an address that is no web page: {url:?}"));
            }
        }
    }
    for row in &set.rows {
        if !ids.contains(row.advisory.as_str()) {
            return Err(format!("a row of advisory {:?}, which is not there", row.advisory));
        }
        name("a stream", &row.stream)?;
        name("a package", &row.package)?;
        match &row.until {
            Until::Open => {}
            Until::Fixed(version) | Until::Last(version) => name("a version", version)?,
        }
    }
    for lifecycle in &set.lifecycles {
        name("a stream", &lifecycle.stream)?;
    }
    let json = serde_json::to_string(set).map_err(|e| e.to_string())?;
    let back: RowSet = serde_json::from_str(&json).map_err(|e| format!("not its own form: {e}"))?;
    if back != *set {
        return Err("it does not come back from its own form".to_owned());
    }
    Ok(())
}

fn rejects(set: &RowSet) -> Result<(), String> {
    let kept = u64::try_from(set.rejects.len()).unwrap_or(u64::MAX);
    let kept_max = u64::try_from(REJECTS_KEPT_MAX).unwrap_or(u64::MAX);
    if kept != set.rejects_total.min(kept_max) {
        return Err(format!("{} rejects, {kept} of them kept", set.rejects_total));
    }
    if set.rejects_total > set.entries {
        return Err(format!("{} rejects of {} entries", set.rejects_total, set.entries));
    }
    for reject in &set.rejects {
        if reject.reason.is_empty() {
            return Err("a reject without a reason".to_owned());
        }
        message("the reason of a reject", &reject.reason)?;
        message("the place of a reject", &reject.pointer)?;
    }
    Ok(())
}

fn name(what: &str, text: &str) -> Result<(), String> {
    let is_apart = |c: char| c.is_whitespace() || c.is_control();
    if text.is_empty() || text.len() > NAME_BYTES_MAX || text.contains(is_apart) {
        return Err(format!("{what} is none: {:?}", text.chars().take(80).collect::<String>()));
    }
    Ok(())
}

fn message(what: &str, text: &str) -> Result<(), String> {
    if text.len() > MESSAGE_BYTES_MAX {
        return Err(format!("{what} is {} bytes long", text.len()));
    }
    Ok(())
}
