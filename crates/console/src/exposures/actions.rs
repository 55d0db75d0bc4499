//! What to do: actions, the nearest deadline first. An action is done once and closes many exposures.

use crate::exposure::{Due, hazard};
use crate::exposures::{ExposureFilter, Head, HeadInput, View, first_names};
use crate::hosts::PageLink;
use crate::mark::{Mark, Tone};
use crate::paging::{self, Paging};
use crate::quantity::{count, counted};
use crate::query::{link, value};
use crate::shell::{Section, Shell};
use askama::Template;
use model::exposure::{Action, ActionVerb, Tier};
use model::order::ORDER_HOSTS_MAX;

/// Actions of one page.
pub const ACTIONS_PER_PAGE: usize = 25;
/// CVEs and hosts that a row names.
const NAMED_MAX: usize = 4;

/// The page `/exposures`.
#[derive(Debug, Template)]
#[template(path = "exposures.html")]
pub struct ActionsPage {
    pub shell: Shell,
    head: Head,
    rows: Vec<ActionRow>,
    paging: Paging,
    pages: Vec<PageLink>,
}

/// One action as a row.
#[derive(Debug)]
pub(crate) struct ActionRow {
    /// A number on the page: ids of actions are free text.
    pub number: usize,
    pub verb: &'static str,
    pub package: String,
    pub to: String,
    pub stream: String,
    pub cves: Vec<(String, String)>,
    pub cves_more: u64,
    pub closes: String,
    pub kev: Option<Mark>,
    pub hosts: String,
    pub hosts_href: String,
    pub host_names: String,
    pub hosts_more: u64,
    pub tier: Option<Mark>,
    pub due: Due,
    pub gain: String,
    pub cost: Vec<String>,
    pub because: Vec<String>,
    pub draft: Option<Draft>,
    /// What a person does where no order can.
    pub by_hand: String,
}

/// A form of one button that drafts a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub title: String,
    pub packages: Vec<String>,
    /// Empty: every exposed host that the other fields match.
    pub host: String,
    pub stream: String,
    pub cve: String,
    pub label: String,
}

impl ActionsPage {
    /// Returns the page of `actions`, which come in their order; `pairs` are the address's.
    pub fn new(
        shell: Shell,
        actions: &[Action],
        input: &HeadInput<'_>,
        pairs: &[(String, String)],
    ) -> Self {
        let filter = ExposureFilter::read(pairs);
        let asked = paging::number(value(pairs, "page"));
        let paging = Paging::new(asked, actions.len(), ACTIONS_PER_PAGE);
        let first = (paging.page - 1) * ACTIONS_PER_PAGE;
        let rows = paging
            .slice(actions)
            .iter()
            .enumerate()
            .map(|(at, action)| ActionRow::new(action, first + at + 1, "", &shell))
            .collect();
        let page_link = |number: usize| PageLink {
            number,
            href: link(&filter.link("/exposures", ""), &[("page", &number.to_string())]),
            is_here: number == paging.page,
        };
        Self {
            head: Head::new(&shell, View::Actions, &filter, input),
            rows,
            pages: paging.numbers().into_iter().map(page_link).collect(),
            paging,
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Exposure
    }
}

impl ActionRow {
    /// `host` is the id of the one host that is looked at, or empty: all hosts of the action.
    pub(crate) fn new(action: &Action, number: usize, host: &str, shell: &Shell) -> Self {
        let cves: Vec<(String, String)> = action
            .closes
            .iter()
            .take(NAMED_MAX)
            .map(|cve| (cve.to_string(), format!("/cves/{cve}")))
            .collect();
        let (host_names, hosts_more) = first_names(&action.host_names, NAMED_MAX, action.hosts);
        let named = u64::try_from(cves.len()).unwrap_or(u64::MAX);
        Self {
            number,
            verb: verb_words(action.verb),
            package: action.package.clone(),
            to: action.to.clone(),
            stream: action.stream.clone(),
            // Without a name there is nothing that more could follow.
            cves_more: if named == 0 { 0 } else { action.closes_total.saturating_sub(named) },
            cves,
            closes: counted(
                action.closes_total,
                if named == 0 { "security update" } else { "CVE" },
            ),
            kev: (action.kev > 0)
                .then(|| Mark::new(Tone::Bad, &format!("{} exploited", count(action.kev)))),
            hosts: count(action.hosts),
            hosts_href: link(
                "/exposures/hosts",
                &[("package", &action.package), ("stream", &action.stream)],
            ),
            host_names,
            hosts_more,
            tier: tier_mark(action.tier),
            due: Due { mark: None, ..Due::new(action.due_at, &action.clause, shell) },
            gain: hazard(action.gain_micro),
            cost: cost(action),
            because: action.because.clone(),
            draft: draft(action, host),
            by_hand: by_hand(action),
        }
    }
}

fn verb_words(verb: ActionVerb) -> &'static str {
    match verb {
        ActionVerb::Upgrade => "Upgrade",
        ActionVerb::Restart => "Restart what runs",
        ActionVerb::Reboot => "Reboot into",
        ActionVerb::RemoveImage => "Remove the old kernel of",
        ActionVerb::EnableChannel => "Enable the channel for",
        ActionVerb::Unhold => "Take the hold off",
        ActionVerb::MoveRelease => "Move to another release:",
        ActionVerb::RemoveOrMitigate => "Remove or mitigate",
    }
}

/// Only an upgrade can be ordered today; for the rest the page says what a person does.
fn draft(action: &Action, host: &str) -> Option<Draft> {
    (action.verb == ActionVerb::Upgrade).then(|| Draft {
        title: format!("{} to {} in {}", action.package, action.to, action.stream),
        packages: vec![action.package.clone()],
        host: host.to_owned(),
        stream: action.stream.clone(),
        cve: String::new(),
        label: draft_label(if host.is_empty() { action.hosts } else { 1 }),
    })
}

/// An order names so many hosts at most, so that more hosts than that are drafted in turns.
pub(crate) fn draft_label(hosts: u64) -> String {
    let most = u64::try_from(ORDER_HOSTS_MAX).unwrap_or(u64::MAX);
    if hosts > most {
        format!("Draft for the first {} of {}", count(most), counted(hosts, "host"))
    } else {
        "Draft a change".to_owned()
    }
}

fn by_hand(action: &Action) -> String {
    let package = &action.package;
    match action.verb {
        ActionVerb::Upgrade => String::new(),
        ActionVerb::Restart if action.restarts.is_empty() => {
            "restart what still runs the old files; the hosts' pages name it".to_owned()
        }
        ActionVerb::Restart => format!("systemctl restart {}", action.restarts.join(" ")),
        ActionVerb::Reboot => "reboot when it suits: nothing has to be fetched".to_owned(),
        ActionVerb::RemoveImage => format!("remove the old images of {package}, or autoremove"),
        ActionVerb::EnableChannel => "enable the channel that has the fix on the hosts".to_owned(),
        ActionVerb::Unhold => "let the package move again (apt-mark unhold), then draft".to_owned(),
        ActionVerb::MoveRelease => match action.to.as_str() {
            "" => "move the hosts to a release that gets repairs".to_owned(),
            to => format!("move the hosts to {to}"),
        },
        ActionVerb::RemoveOrMitigate => {
            format!("no fix exists: remove {package}, mitigate, or accept it with a reason")
        }
    }
}

fn cost(action: &Action) -> Vec<String> {
    let mut cost = Vec::new();
    if action.needs_reboot {
        cost.push("reboot".to_owned());
    }
    match action.restarts.as_slice() {
        [] => {}
        [unit] => cost.push(format!("restart of {unit}")),
        units => cost.push(format!("restart of {} units", units.len())),
    }
    cost
}

fn tier_mark(tier: Tier) -> Option<Mark> {
    let (tone, word) = match tier {
        Tier::Overdue => (Tone::Bad, "overdue"),
        Tier::Within24Hours => (Tone::Bad, "within a day"),
        Tier::Within3Days => (Tone::Warn, "within 3 days"),
        Tier::Within14Days => (Tone::Wait, "within 14 days"),
        Tier::Later | Tier::OnUpgrade | Tier::None => return None,
    };
    Some(Mark::new(tone, word))
}
