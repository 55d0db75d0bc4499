//! Feeds and obligations as text.

use super::count;
use super::exposure::usize_of;
use crate::output::fitting;
use model::clause::Term;
use model::exposure::{FeedView, Freshness, ObligationView};
use model::plan::age;

/// Rejected entries that are shown per source; `--json` has more.
const REJECTS_SHOWN: usize = 3;

/// Renders sources as a table, what is wrong below it.
pub(crate) fn feeds(feeds: &[FeedView], now: i64) -> String {
    let ago = |at: Option<i64>, never: &str| {
        at.map_or_else(|| never.to_owned(), |at| format!("{} ago", age(now - at)))
    };
    let row = |of: &FeedView| {
        vec![
            of.source.clone(),
            freshness(of.freshness).to_owned(),
            ago(of.content_at, "not known"),
            ago(of.fetched_at, "never"),
            of.rows.to_string(),
            of.cves.to_string(),
            of.rejects_total.to_string(),
            of.origin.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = feeds.iter().map(row).collect();
    let head = ["SOURCE", "STATE", "CONTENT OF", "LOADED", "ROWS", "CVES", "UNUSABLE", "FROM"];
    let mut text = vec![fitting(&head, &rows)];
    for of in feeds {
        if !of.trouble.is_empty() {
            text.push(format!("{}: {}; the data before it is kept", of.source, of.trouble));
        }
        let shown = of.rejects.iter().take(REJECTS_SHOWN);
        text.extend(shown.map(|of| format!("  unusable: {}: {}", of.pointer, of.reason)));
        let left = usize_of(of.rejects_total).saturating_sub(of.rejects.len().min(REJECTS_SHOWN));
        if left > 0 && !of.rejects.is_empty() {
            text.push(format!("  and {left} more; the rest of {} is used", of.source));
        }
    }
    text.join("\n")
}

fn freshness(of: Freshness) -> &'static str {
    match of {
        Freshness::Fresh => "fresh",
        Freshness::Ageing => "ageing",
        Freshness::Stale => "out of date",
        Freshness::Absent => "not loaded",
    }
}

/// Renders obligations: which are followed, and what each asks.
pub(crate) fn obligations(all: &[ObligationView]) -> String {
    let row = |of: &ObligationView| {
        vec![
            if of.is_chosen { "followed" } else { "" }.to_owned(),
            of.id.clone(),
            if of.is_guidance { "guidance" } else { "" }.to_owned(),
            count(of.clauses.len(), "clause"),
            shortest(of),
            of.title.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    fitting(&["", "ID", "", "CLAUSES", "SHORTEST TERM", "TITLE"], &rows)
}

fn shortest(of: &ObligationView) -> String {
    let words = |n: u32, unit| count(usize_of(n.into()), unit);
    let hours = |term: Term| match term {
        Term::Hours(n) => Some((u64::from(n), words(n, "hour"))),
        Term::Days(n) => Some((u64::from(n) * 24, words(n, "day"))),
        Term::Months(n) => Some((u64::from(n) * 24 * 30, words(n, "month"))),
        Term::OnUpgrade | Term::KevDue | Term::None => None,
    };
    let terms = of.clauses.iter().filter_map(|clause| hours(clause.term));
    terms.min().map_or_else(|| "no date".to_owned(), |(_, words)| words)
}
