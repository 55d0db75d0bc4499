//! The overview: how many hosts, what pends, what waits and why, what needs a person.

use crate::condition::Condition;
use crate::events::{EventRow, Names};
use crate::mark::{KINDS, KindBadge, Mark, Tone, kind_word};
use crate::moment::Moment;
use crate::prose::Prose;
use crate::quantity::{count, counted, length};
use crate::query::link;
use crate::shell::{Section, Shell};
use askama::Template;
use model::change::{ChangeLine, ChangeState, ChangeView};
use model::event::Event;
use model::host::HostView;
use model::outcome::RunEnd;
use model::package::PatchKind;
use model::run::{RunState, RunView};

/// Rows of one list on the overview; the rest is behind a link.
const LIST_ROWS_MAX: usize = 12;
/// Changes that are not over and shown with their progress.
pub const OPEN_CHANGES_MAX: usize = 10;

/// What the overview is made of.
#[derive(Debug)]
pub struct OverviewInput<'a> {
    pub hosts: &'a [HostView],
    /// Newest first.
    pub changes: &'a [ChangeLine],
    /// The changes that are not over, at most `OPEN_CHANGES_MAX`.
    pub open: &'a [ChangeView],
    /// Newest first.
    pub events: &'a [Event],
}

/// The page `/`.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub struct OverviewPage {
    pub shell: Shell,
    tiles: Vec<Tile>,
    kinds: Vec<KindLine>,
    waits: Vec<Wait>,
    waits_more: usize,
    needs: Vec<Need>,
    open: Vec<OpenChange>,
    events: Vec<EventRow>,
    is_first: bool,
}

/// A number with its link.
#[derive(Debug)]
struct Tile {
    number: String,
    label: &'static str,
    href: String,
    tone: Tone,
    note: String,
}

/// One patch kind: updates, hosts, link.
#[derive(Debug)]
struct KindLine {
    badge: KindBadge,
    updates: u64,
    updates_text: String,
    hosts_text: String,
    href: String,
}

/// Something that waits, for what, since when.
#[derive(Debug)]
struct Wait {
    what: String,
    href: String,
    mark: Mark,
    waits_for: String,
    since: Moment,
}

/// Something that a person should look at.
#[derive(Debug)]
struct Need {
    mark: Mark,
    text: String,
    href: String,
    hint: Prose,
}

/// A change that is not over.
#[derive(Debug)]
struct OpenChange {
    title: String,
    href: String,
    mark: Mark,
    over: usize,
    total: usize,
    words: String,
}

impl OverviewPage {
    /// Returns the page for what the server knows at `shell.now`.
    pub fn new(shell: Shell, input: &OverviewInput<'_>) -> Self {
        let now = shell.now;
        let names = Names::new(input.hosts);
        let mut waits = waits(&shell, input.open);
        let waits_more = waits.len().saturating_sub(LIST_ROWS_MAX);
        waits.truncate(LIST_ROWS_MAX);
        Self {
            tiles: tiles(input, now),
            kinds: KINDS.iter().map(|kind| kind_line(*kind, input.hosts)).collect(),
            waits,
            waits_more,
            needs: needs(input, now),
            open: input.open.iter().filter(|c| is_at_work(&c.state)).map(open_change).collect(),
            events: input.events.iter().map(|event| EventRow::new(event, now, &names)).collect(),
            is_first: input.hosts.len() <= 1 && input.changes.is_empty(),
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Overview
    }
}

fn is_at_work(state: &ChangeState) -> bool {
    matches!(state, ChangeState::Approved | ChangeState::Running | ChangeState::Halted { .. })
}

fn tiles(input: &OverviewInput<'_>, now: i64) -> Vec<Tile> {
    let hosts = input.hosts;
    let holding = |condition: Condition| -> u64 {
        length(&hosts.iter().filter(|h| condition.holds(h, now)).collect::<Vec<_>>())
    };
    let condition_tile = |condition: Condition, label, tone, note: &str| {
        let number = holding(condition);
        Tile {
            number: count(number),
            label,
            href: link("/hosts", &[("state", condition.word())]),
            tone: if number == 0 { Tone::Good } else { tone },
            note: if number == 0 { String::new() } else { note.to_owned() },
        }
    };
    let exposed = length(&hosts.iter().filter(|h| h.pending.security > 0).collect::<Vec<_>>());
    let running =
        length(&input.changes.iter().filter(|c| is_at_work(&c.state)).collect::<Vec<_>>());
    vec![
        Tile {
            number: count(length(hosts)),
            label: if hosts.len() == 1 { "host" } else { "hosts" },
            href: "/hosts".to_owned(),
            tone: Tone::Calm,
            note: match holding(Condition::Silent) {
                0 => "all heard lately".to_owned(),
                silent => format!("{} silent", count(silent)),
            },
        },
        Tile {
            number: count(exposed),
            label: "with security updates pending",
            href: link("/hosts", &[("kind", "security")]),
            tone: if exposed == 0 { Tone::Good } else { Tone::Bad },
            note: String::new(),
        },
        condition_tile(Condition::NeedsReboot, "reboot needed", Tone::Warn, ""),
        condition_tile(Condition::NotInEffect, "patched, not in effect", Tone::Warn, ""),
        condition_tile(Condition::StaleData, "with stale data", Tone::Warn, "cannot be believed"),
        Tile {
            number: count(running),
            label: "changes at work",
            href: "/changes".to_owned(),
            tone: if running == 0 { Tone::Calm } else { Tone::Busy },
            note: String::new(),
        },
    ]
}

fn kind_line(kind: PatchKind, hosts: &[HostView]) -> KindLine {
    let pending = |host: &HostView| match kind {
        PatchKind::Security => host.pending.security,
        PatchKind::Maintenance => host.pending.maintenance,
        PatchKind::Application => host.pending.application,
        PatchKind::Firmware => host.pending.firmware,
    };
    let updates = hosts.iter().map(|host| u64::from(pending(host))).sum();
    let with = length(&hosts.iter().filter(|host| pending(host) > 0).collect::<Vec<_>>());
    KindLine {
        badge: KindBadge::new(kind),
        updates,
        updates_text: count(updates),
        hosts_text: counted(with, "host"),
        href: link("/hosts", &[("kind", kind_word(kind))]),
    }
}

fn waits(shell: &Shell, open: &[ChangeView]) -> Vec<Wait> {
    let mut waits = Vec::new();
    for change in open {
        let href = format!("/changes/{}", change.id);
        if let ChangeState::Planned { have, need } = change.state {
            waits.push(Wait {
                what: change.title.clone(),
                href: href.clone(),
                mark: Mark::change(&change.state),
                waits_for: format!("approval: {have} of {need} signed"),
                since: shell.moment(change.created_at),
            });
        }
        for run in change.runs.iter().filter(|run| !run.state.is_over()) {
            let Some(waiting_on) = &run.waiting_on else { continue };
            waits.push(Wait {
                what: run.host_name.clone(),
                href: format!("/runs/{}", run.run),
                mark: Mark::run(&run.state),
                waits_for: waiting_on.to_string(),
                since: shell.moment(run.since),
            });
        }
    }
    waits
}

fn needs(input: &OverviewInput<'_>, now: i64) -> Vec<Need> {
    let mut needs = Vec::new();
    for change in input.open {
        if let ChangeState::Halted { failures } = change.state {
            needs.push(Need {
                mark: Mark::change(&change.state),
                text: format!("{}: {} failed", change.title, counted(failures.into(), "host")),
                href: format!("/changes/{}", change.id),
                hint: "nothing new starts until a person decides".into(),
            });
        }
        needs.extend(change.runs.iter().filter_map(run_need));
    }
    for (condition, tone, hint) in [
        (Condition::HalfInstalled, Tone::Bad, "repair on the host: `dpkg --configure -a`"),
        (Condition::Unsupported, Tone::Bad, "no security updates come any more"),
        (Condition::Problems, Tone::Warn, "see the host's page"),
        (Condition::Silent, Tone::Warn, "their state is not known"),
    ] {
        let number = length(
            &input.hosts.iter().filter(|host| condition.holds(host, now)).collect::<Vec<_>>(),
        );
        if number > 0 {
            needs.push(Need {
                mark: Mark::new(tone, condition.label()),
                text: counted(number, "host"),
                href: link("/hosts", &[("state", condition.word())]),
                hint: hint.into(),
            });
        }
    }
    needs.truncate(LIST_ROWS_MAX);
    needs
}

fn run_need(run: &RunView) -> Option<Need> {
    let (why, hint) = match &run.state {
        RunState::Ended { end: end @ RunEnd::Stuck { .. } } => (end.why(), end.remedy()),
        RunState::Refused { refusal } => (refusal.to_string(), ""),
        RunState::Lost => ("no sign of life since work began".to_owned(), "look at the host"),
        RunState::Ordered
        | RunState::Assigned
        | RunState::Preflight
        | RunState::Staging
        | RunState::Claiming
        | RunState::Applying
        | RunState::Repairing
        | RunState::Verifying
        | RunState::Ended { .. } => return None,
    };
    Some(Need {
        mark: Mark::run(&run.state),
        text: format!("{}: {why}", run.host_name),
        href: format!("/runs/{}", run.run),
        hint: hint.into(),
    })
}

fn open_change(change: &ChangeView) -> OpenChange {
    let total = change.plan.hosts.len().max(change.runs.len());
    let over = change.runs.iter().filter(|run| run.state.is_over()).count();
    OpenChange {
        title: change.title.clone(),
        href: format!("/changes/{}", change.id),
        mark: Mark::change(&change.state),
        over,
        total,
        words: format!("{over} of {total} over"),
    }
}
