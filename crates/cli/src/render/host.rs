//! Hosts as tables and pages.

use super::{count, problems};
use crate::output::table;
use crate::signing::local;
use jiff::tz::TimeZone;
use model::exposure::{Answer, Question};
use model::host::{AgentMode, HostFacts, HostView, ListsAge, RebootReason, StaleProcess};
use model::plan::age;

/// Package lists older than this are said to be old: a day and a half, so that a nightly refresh
/// that came late is no alarm.
const OLD_LISTS_SECS: i64 = 36 * 3_600;

/// Renders all hosts as a table.
pub(crate) fn hosts(hosts: &[HostView], now: i64) -> String {
    let rows: Vec<Vec<String>> = hosts
        .iter()
        .map(|host| {
            let facts = host.facts.as_ref();
            vec![
                host.name.clone(),
                facts.map_or_else(|| "not reported yet".to_owned(), |f| f.os_pretty.clone()),
                host.pending.total().to_string(),
                host.pending.security.to_string(),
                if host.reboot.is_empty() { "no" } else { "yes" }.to_owned(),
                format!("{} ago", age(now - host.seen_at)),
                host.tags.join(","),
            ]
        })
        .collect();
    table(&["HOST", "SYSTEM", "PENDING", "SECURITY", "REBOOT", "SEEN", "TAGS"], &rows)
}

/// Renders everything that is known of one host; `exposure` is the line about it, or empty.
pub(crate) fn host(host: &HostView, exposure: &str, zone: &TimeZone, now: i64) -> String {
    let mut text = vec![format!("{}  {}", host.name, host.id)];
    match &host.facts {
        Some(facts) => text.extend(self::facts(facts, host)),
        None => text.push("  nothing reported yet".to_owned()),
    }
    text.push(format!("  packages  {} installed", host.packages_total));
    text.push(format!("  pending   {}", pending(host)));
    if !exposure.is_empty() {
        text.push(format!("  exposure  {exposure}"));
    }
    text.push(format!("  lists     {}", lists(host.lists.as_ref(), now)));
    text.push(format!("  reboot    {}", reboot(&host.reboot)));
    if !host.held.is_empty() {
        text.push(format!("  held      {}", host.held.join(", ")));
    }
    if !host.torn.is_empty() {
        text.push(format!("  half-installed  {}", host.torn.join(", ")));
    }
    text.extend(stale(&host.stale));
    if !host.tags.is_empty() {
        text.push(format!("  tags      {}", host.tags.join(", ")));
    }
    let seen = format!("{} ({} ago)", local(host.seen_at, zone), age(now - host.seen_at));
    text.push(format!("  seen      {seen}"));
    if let Some(at) = host.reported_at {
        text.push(format!("  reported  {} ({} ago)", local(at, zone), age(now - at)));
    }
    text.push(format!("  enrolled  {}", local(host.enrolled_at, zone)));
    text.push(String::new());
    text.extend(problems("Problems", &host.problems));
    text.join("\n").trim_end().to_owned()
}

/// Renders what people answered about a host, and what nobody did.
pub(crate) fn answers(name: &str, answers: &[Answer], zone: &TimeZone) -> String {
    let line = |question: &Question| {
        let given = answers.iter().find(|answer| answer.question == *question);
        match given {
            Some(of) => format!(
                "  {:16}  {}, by {} at {}",
                question.word(),
                of.value,
                of.by,
                local(of.at, zone)
            ),
            None => format!(
                "  {:16}  not answered: for deadlines the strictest counts",
                question.word()
            ),
        }
    };
    let lines = Question::ALL.iter().map(line);
    std::iter::once(name.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

fn facts(facts: &HostFacts, host: &HostView) -> Vec<String> {
    let support = match &host.support {
        Some(support) => support.text.clone(),
        None => "not known".to_owned(),
    };
    let kernel = match facts.kernel_newest.as_str() {
        "" => format!("{} (no kernel package installed)", facts.kernel_running),
        newest if newest == facts.kernel_running => format!("{newest}, the newest installed"),
        newest => format!("{} runs, {newest} is installed", facts.kernel_running),
    };
    let mode = match facts.agent_mode {
        AgentMode::Systemd => "carries out signed orders",
        AgentMode::Processes => "carries out signed orders, without systemd",
        AgentMode::Unprivileged => "without root: it only looks and refuses every order",
    };
    vec![
        format!("  system    {} ({}, {})", facts.os_pretty, facts.arch, place(facts)),
        format!("  support   {support}"),
        format!("  kernel    {kernel}"),
        format!("  agent     {}, {mode}", facts.agent_version),
    ]
}

fn place(facts: &HostFacts) -> String {
    match facts.virtualization.as_str() {
        "none" | "" => "no virtualisation seen".to_owned(),
        kind => kind.to_owned(),
    }
}

fn pending(host: &HostView) -> String {
    let pending = host.pending;
    let kinds = [
        (pending.security, "security"),
        (pending.maintenance, "maintenance"),
        (pending.application, "application"),
        (pending.firmware, "firmware"),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    let total = usize::try_from(pending.total()).unwrap_or(usize::MAX);
    if kinds.is_empty() { "none".to_owned() } else { format!("{total}: {}", kinds.join(", ")) }
}

/// "0 updates" on old lists is no news, so the age is always said.
fn lists(lists: Option<&ListsAge>, now: i64) -> String {
    let Some(lists) = lists else { return "age not known yet".to_owned() };
    let mut text = match lists.refreshed_at {
        None => "there are none: pending updates cannot be known".to_owned(),
        Some(at) if now - at > OLD_LISTS_SECS => {
            format!("package lists are {} old: newer updates are not seen", age(now - at))
        }
        Some(at) => format!("package lists are {} old", age(now - at)),
    };
    if !lists.refresh_error.is_empty() {
        text = format!("{text}; refresh failed: {}", lists.refresh_error);
    }
    text
}

fn reboot(reasons: &[RebootReason]) -> String {
    if reasons.is_empty() {
        return "not needed".to_owned();
    }
    let reasons: Vec<String> = reasons
        .iter()
        .map(|reason| match reason {
            RebootReason::Kernel { running, newest } => {
                format!("kernel {newest} is installed, {running} runs")
            }
            RebootReason::Package { name } => format!("{name} asked for it"),
            RebootReason::Unnamed => "a package asked for it".to_owned(),
        })
        .collect();
    format!("needed: {}", reasons.join("; "))
}

/// Patched on the disk, but not in effect.
fn stale(stale: &[StaleProcess]) -> Vec<String> {
    if stale.is_empty() {
        return Vec::new();
    }
    let mut text = vec![format!(
        "  in use    {} with files that were replaced",
        count(stale.len(), "process")
    )];
    text.extend(stale.iter().map(|process| {
        let unit =
            if process.unit.is_empty() { String::new() } else { format!(", {}", process.unit) };
        let files = process.files.join(", ");
        format!("    {} (pid {}{unit}): {files}", process.name, process.pid)
    }));
    text
}
