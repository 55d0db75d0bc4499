//! One host: its facts, what pends, what is not in effect, and its runs.

use crate::condition::{Condition, stale_text};
use crate::host_exposure::{HostExposure, HostExposureInput};
use crate::mark::{KINDS, KindBadge, Mark, kind_word};
use crate::moment::Moment;
use crate::prose::Prose;
use crate::quantity::{bytes, counted, length};
use crate::run::RunLine;
use crate::shell::{Section, Shell};
use askama::Template;
use model::host::{AgentMode, HostView, RebootReason, StaleProcess};
use model::package::{Origin, UpdateView};
use model::problem::Problem;
use model::run::RunView;

/// The page `/hosts/{id}`.
#[derive(Debug, Template)]
#[template(path = "host.html")]
pub struct HostPage {
    pub shell: Shell,
    host: HostView,
    marks: Vec<Mark>,
    facts: Vec<Fact>,
    problems: Vec<ProblemRow>,
    updates: Vec<UpdateGroup>,
    updates_bytes: String,
    reboot: Vec<String>,
    stale: Vec<StaleRow>,
    /// Why the list of updates cannot be believed, or empty.
    stale_data: String,
    lists: Option<Moment>,
    runs: Vec<RunLine>,
    packages: String,
    exposure: HostExposure,
}

/// One line of facts.
#[derive(Debug)]
struct Fact {
    label: &'static str,
    value: String,
    mark: Option<Mark>,
    when: Option<Moment>,
}

/// One problem as pages show it.
#[derive(Debug)]
pub(crate) struct ProblemRow {
    pub mark: Mark,
    pub subject: String,
    pub text: Prose,
    pub hint: Prose,
}

/// Updates of these many and more are folded by kind, with only the most urgent kind open.
const UPDATES_FOLDED_MIN: usize = 30;

/// The pending updates of one kind.
#[derive(Debug)]
struct UpdateGroup {
    word: &'static str,
    badge: KindBadge,
    number: String,
    is_open: bool,
    rows: Vec<UpdateRow>,
}

/// One pending update as a row.
#[derive(Debug)]
struct UpdateRow {
    name: String,
    arch: String,
    source: String,
    current: String,
    candidate: String,
    origin: String,
    origin_title: String,
    size: String,
    notes: Vec<&'static str>,
}

/// The installed version is listed nowhere; the vault may still have it.
const NO_WAY_BACK: &str = "no way back listed";

/// A process that still runs replaced files.
#[derive(Debug)]
struct StaleRow {
    name: String,
    pid: u32,
    unit: String,
    files: Vec<String>,
}

impl HostPage {
    /// Returns the page of `host`; `runs` come newest first.
    pub fn new(
        shell: Shell,
        host: HostView,
        updates: &[UpdateView],
        runs: &[RunView],
        exposure: &HostExposureInput<'_>,
    ) -> Self {
        let now = shell.now;
        let size =
            |update: &UpdateView| update.update.artifact.as_ref().map_or(0, |a| a.size_bytes);
        Self {
            marks: Condition::marks(&host, now),
            facts: facts(&host, &shell),
            problems: ProblemRow::all(&host.problems),
            updates: groups(updates),
            updates_bytes: bytes(updates.iter().map(size).sum()),
            reboot: host.reboot.iter().map(reboot_text).collect(),
            stale: host.stale.iter().map(StaleRow::new).collect(),
            stale_data: stale_text(&host, now).unwrap_or_default(),
            lists: host.lists.as_ref().and_then(|l| l.refreshed_at).map(|at| shell.moment(at)),
            runs: runs.iter().map(|run| RunLine::new(run, &shell)).collect(),
            packages: counted(host.packages_total.into(), "package"),
            exposure: HostExposure::new(&host.id.to_string(), exposure, &shell),
            host,
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Hosts
    }
}

fn groups(updates: &[UpdateView]) -> Vec<UpdateGroup> {
    let mut groups: Vec<UpdateGroup> = Vec::new();
    for kind in KINDS {
        let mut of_kind: Vec<_> = updates.iter().filter(|update| update.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        of_kind.sort_by(|a, b| a.update.name.cmp(&b.update.name));
        groups.push(UpdateGroup {
            word: kind_word(kind),
            badge: KindBadge::new(kind),
            number: counted(length(&of_kind), "update"),
            is_open: groups.is_empty() || updates.len() < UPDATES_FOLDED_MIN,
            rows: of_kind.into_iter().map(UpdateRow::new).collect(),
        });
    }
    groups
}

fn facts(host: &HostView, shell: &Shell) -> Vec<Fact> {
    let mut rows = Vec::new();
    let mut row = |label, value: &str| {
        rows.push(Fact { label, value: value.to_owned(), mark: None, when: None });
    };
    if let Some(facts) = &host.facts {
        row("Distribution", &facts.os_pretty);
        row("Support", host.support.as_ref().map_or("not known", |support| &support.text));
        row("Kernel running", &facts.kernel_running);
        row(
            "Newest installed",
            match facts.kernel_newest.as_str() {
                "" => "none installed: the machine's kernel is used",
                newest => newest,
            },
        );
        row("Architecture", &facts.arch);
        row(
            "Runs on",
            match facts.virtualization.as_str() {
                "" | "none" => "bare metal",
                virtualization => virtualization,
            },
        );
        row("Host name", &facts.hostname);
        row("Agent", &format!("{} ({})", facts.agent_version, mode_text(facts.agent_mode)));
    }
    let mut when = |label, at: Option<i64>| {
        rows.push(Fact {
            label,
            value: if at.is_none() { "never".to_owned() } else { String::new() },
            mark: None,
            when: at.map(|at| shell.moment(at)),
        });
    };
    if let Some(facts) = &host.facts {
        when("Booted", Some(facts.booted_at));
    }
    when("Last report", host.reported_at);
    when("Last heard", Some(host.seen_at));
    when("Enrolled", Some(host.enrolled_at));
    if let Some(support) = &host.support
        && let Some(row) = rows.iter_mut().find(|row| row.label == "Support")
    {
        row.mark = Some(Mark::support(support.status));
    }
    rows
}

fn mode_text(mode: AgentMode) -> &'static str {
    match mode {
        AgentMode::Systemd => "carries out orders; systemd units",
        AgentMode::Processes => "carries out orders; no systemd here",
        AgentMode::Unprivileged => "only looks: runs without root",
    }
}

fn reboot_text(reason: &RebootReason) -> String {
    match reason {
        RebootReason::Kernel { running, newest } => {
            format!("kernel {newest} is installed, {running} runs")
        }
        RebootReason::Package { name } => format!("{name} asks for it"),
        RebootReason::Unnamed => "the host asks for it and names no package".to_owned(),
    }
}

impl ProblemRow {
    /// Returns the rows of `problems`, worst first.
    pub(crate) fn all(problems: &[Problem]) -> Vec<Self> {
        let mut order: Vec<&Problem> = problems.iter().collect();
        order.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.subject.cmp(&b.subject)));
        let row = |problem: &&Problem| Self {
            mark: Mark::severity(problem.severity),
            subject: problem.subject.clone(),
            text: Prose(problem.text.clone()),
            hint: Prose(problem.hint.clone()),
        };
        order.iter().map(row).collect()
    }
}

impl UpdateRow {
    fn new(view: &UpdateView) -> Self {
        let update = &view.update;
        let mut notes = Vec::new();
        if update.is_held {
            notes.push("held");
        }
        if update.artifact.is_none() {
            notes.push("no file named: shown, not planned");
        }
        if update.back.is_none() && !update.current.is_empty() {
            notes.push(NO_WAY_BACK);
        }
        let origin = &update.origin;
        Self {
            name: update.name.clone(),
            arch: update.arch.clone(),
            source: if update.source == update.name {
                String::new()
            } else {
                update.source.clone()
            },
            current: update.current.clone(),
            candidate: update.candidate.clone(),
            origin: origin_text(origin),
            origin_title: format!("{} {}", origin.label, origin.site),
            size: update.artifact.as_ref().map(|a| bytes(a.size_bytes)).unwrap_or_default(),
            notes,
        }
    }
}

/// A distribution's suite says it all; a third party's suite says little without its name.
pub(crate) fn origin_text(origin: &Origin) -> String {
    let is_distribution = matches!(origin.origin.as_str(), "Debian" | "Ubuntu");
    match (origin.label.as_str(), origin.suite.as_str()) {
        (label, suite) if is_distribution && !label.is_empty() => suite.to_owned(),
        ("", suite) => suite.to_owned(),
        (label, suite) => format!("{label} {suite}"),
    }
}

impl StaleRow {
    fn new(process: &StaleProcess) -> Self {
        Self {
            name: process.name.clone(),
            pid: process.pid,
            unit: process.unit.clone(),
            files: process.files.clone(),
        }
    }
}
