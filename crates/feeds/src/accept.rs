//! Whether a new row set may replace the old one. What looks like a cut-off file, an emptied database or
//! yesterday's copy does not, unless a person accepts it by name: a fleet must not look clean by mistake.

use crate::limits::Refused;
use jiff::Timestamp;
use model::advisory::{Extent, RowSet};

/// Entries per rejected entry below which a set is not trusted: 1 %.
const ENTRIES_PER_REJECT_MIN: u64 = 100;

/// What is remembered of the last set of a source that was taken. `Default`: there was none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetSummary {
    /// `RowSet::entries`.
    pub entries: u64,
    /// Rows, statements about CVEs and lifecycles together: each feed brings one of them.
    pub rows: u64,
    /// `RowSet::content_at`.
    pub content_at: Option<i64>,
}

impl SetSummary {
    /// Returns what is to be remembered of a set.
    pub fn of(set: &RowSet) -> Self {
        let rows = set.rows.len() + set.cves.len() + set.lifecycles.len();
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        Self { entries: set.entries, rows, content_at: set.content_at }
    }
}

/// Refuses a set that has other entries than it counts, of which more than 1 % cannot be used, that has fewer
/// than 80 % of the old rows, or whose content is older than what is here. Single documents may be few and
/// old: for them only the first two hold.
///
/// # Errors
/// Why it is refused; `Refused::may_be_accepted` is true of all of them.
pub fn accept(old: &SetSummary, new: &RowSet) -> Result<(), Refused> {
    if let Some(stated) = new.entries_stated.filter(|stated| *stated != new.entries) {
        let (source_name, found) = (new.source.clone(), new.entries);
        return Err(Refused::Count { source_name, stated, found });
    }
    let (rejects, entries) = (new.rejects_total, new.entries);
    if rejects.saturating_mul(ENTRIES_PER_REJECT_MIN) > entries {
        return Err(Refused::TooManyRejects { rejects, entries });
    }
    match new.extent {
        Extent::Documents => Ok(()),
        Extent::Whole => whole(old, &SetSummary::of(new)),
    }
}

fn whole(old: &SetSummary, new: &SetSummary) -> Result<(), Refused> {
    if u128::from(new.rows) * 5 < u128::from(old.rows) * 4 {
        return Err(Refused::Shrunk { old: old.rows, new: new.rows });
    }
    match (old.content_at, new.content_at) {
        (Some(old), Some(new)) if new < old => {
            Err(Refused::Backwards { old: shown(old), new: shown(new) })
        }
        _ => Ok(()),
    }
}

fn shown(at: i64) -> String {
    Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests;
