//! A row set as text, one line per thing: what tests compare with. Compiled into tests only.

use model::advisory::{Advisory, Ends, Lifecycle, Row, RowSet, Until};
use std::fmt::Write as _;

/// Returns the whole set, in its own order.
pub(crate) fn set(set: &RowSet) -> String {
    let mut out = format!(
        "{} {:?} of {} {}: {} entries, {} rejected\n",
        set.source,
        set.extent,
        set.content_at.map_or_else(|| "no time".to_owned(), day),
        set.version,
        set.entries,
        set.rejects_total
    );
    for reject in &set.rejects {
        line(&mut out, &format!("reject {}: {}", reject.pointer, reject.reason));
    }
    for advisory in &set.advisories {
        line(&mut out, &self::advisory(advisory));
    }
    for row in &set.rows {
        line(&mut out, &self::row(row));
    }
    for cve in &set.cves {
        let json = serde_json::to_string(cve).unwrap_or_default();
        line(&mut out, &format!("cve {json}"));
    }
    for lifecycle in &set.lifecycles {
        line(&mut out, &self::lifecycle(lifecycle));
    }
    out
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{}", text.trim_end());
}

pub(crate) fn advisory(advisory: &Advisory) -> String {
    let cves: Vec<String> = advisory.cves.iter().map(ToString::to_string).collect();
    let mut out = format!("advisory {} {:?} {:?}", advisory.id, advisory.kind, advisory.label);
    let times = [
        ("of", advisory.published_at),
        ("changed", advisory.modified_at),
        ("withdrawn", advisory.withdrawn_at),
    ];
    for (word, at) in times {
        if let Some(at) = at {
            let _ = write!(out, " {word} {}", day(at));
        }
    }
    let reboot = if advisory.needs_reboot { " reboot" } else { "" };
    let _ = write!(out, "{reboot} {{{}}} {:?}", cves.join(" "), advisory.title);
    if let Some(url) = advisory.urls.first() {
        let _ = write!(out, " {url}");
    }
    out
}

pub(crate) fn row(row: &Row) -> String {
    let cve = row.cve.map_or_else(|| "-".to_owned(), |cve| cve.to_string());
    let mut out = format!("row {} {}", row.stream, row.package);
    for (word, text) in [("module", &row.module), ("arch", &row.arch), ("from", &row.from)] {
        if !text.is_empty() {
            let _ = write!(out, " {word} {text}");
        }
    }
    match &row.until {
        Until::Open => out.push_str(" every version"),
        Until::Fixed(version) => {
            let _ = write!(out, " < {version}");
        }
        Until::Last(version) => {
            let _ = write!(out, " <= {version}");
        }
    }
    let _ = write!(out, " {:?} {cve} by {}", row.state, row.advisory);
    if !row.channel.is_empty() {
        let _ = write!(out, " on {}", row.channel);
    }
    if row.is_foreign {
        out.push_str(" foreign");
    }
    out
}

pub(crate) fn lifecycle(lifecycle: &Lifecycle) -> String {
    let mut out = format!("lifecycle {}", lifecycle.stream);
    for (word, text) in [
        ("package", &lifecycle.package),
        ("last", &lifecycle.last_version),
        ("next", &lifecycle.next),
    ] {
        if !text.is_empty() {
            let _ = write!(out, " {word} {text}");
        }
    }
    for phase in &lifecycle.phases {
        let ends = match &phase.ends {
            Ends::On(day) => day.as_str(),
            Ends::NotKnown => "not known",
            Ends::Ended => "ended",
        };
        let _ = write!(out, ", {} {:?} {ends}", phase.name, phase.kind);
    }
    if !lifecycle.limited.is_empty() {
        let _ = write!(out, ", limited: {}", lifecycle.limited);
    }
    out
}

fn day(at: i64) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|e| e.to_string(), |at| at.to_string())
}
