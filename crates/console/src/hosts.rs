//! The list of hosts: filter, order and page come from the address, so that each view is a link.

use crate::condition::Condition;
use crate::mark::{KINDS, Mark, Tone, kind_from, kind_word};
use crate::moment::Moment;
use crate::paging::{self, Paging};
use crate::quantity::{count, length};
use crate::query::{link, value};
use crate::shell::{Section, Shell};
use askama::Template;
use model::host::{HostView, Pending};
use model::package::PatchKind;
use std::cmp::Ordering;

/// Rows of one page.
pub const HOSTS_PER_PAGE: usize = 50;

/// Filter, order and page, as the address says them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsQuery {
    /// Words that name, distribution, kernel or a tag contain.
    pub text: String,
    pub tag: String,
    pub kind: Option<PatchKind>,
    pub condition: Option<Condition>,
    pub sort: Sort,
    pub descending: bool,
    pub page: usize,
}

/// Columns that order the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Name,
    Distribution,
    Security,
    Pending,
    Reported,
}

impl Sort {
    const ALL: [Self; 5] =
        [Self::Name, Self::Distribution, Self::Security, Self::Pending, Self::Reported];

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Distribution => "distribution",
            Self::Security => "security",
            Self::Pending => "pending",
            Self::Reported => "reported",
        }
    }

    /// Counts are wanted largest first, everything else smallest first.
    fn starts_descending(self) -> bool {
        matches!(self, Self::Security | Self::Pending)
    }

    fn compare(self, a: &HostView, b: &HostView) -> Ordering {
        match self {
            Self::Name => Ordering::Equal,
            Self::Distribution => distribution(a).cmp(distribution(b)),
            Self::Security => a.pending.security.cmp(&b.pending.security),
            Self::Pending => a.pending.total().cmp(&b.pending.total()),
            Self::Reported => a.reported_at.cmp(&b.reported_at),
        }
    }
}

impl HostsQuery {
    /// Reads the decoded pairs of an address. What it does not know is passed over: an old link
    /// still shows the list.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let sorted = value(pairs, "sort");
        let (descending, word) = match sorted.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, sorted),
        };
        let sort = Sort::ALL.into_iter().find(|sort| sort.word() == word);
        Self {
            text: value(pairs, "q").trim().to_owned(),
            tag: value(pairs, "tag").to_owned(),
            kind: kind_from(value(pairs, "kind")),
            condition: Condition::from_word(value(pairs, "state")),
            sort: sort.unwrap_or(Sort::Name),
            descending: descending && sort.is_some(),
            page: paging::number(value(pairs, "page")),
        }
    }

    /// Returns the hosts that match, in order; ties by name.
    pub fn matching<'a>(&self, hosts: &'a [HostView], now: i64) -> Vec<&'a HostView> {
        let words: Vec<String> = self.text.split_whitespace().map(str::to_lowercase).collect();
        let mut found: Vec<&HostView> =
            hosts.iter().filter(|host| self.matches(host, &words, now)).collect();
        found.sort_by(|a, b| {
            let order = self.sort.compare(a, b);
            let by_name = a.name.cmp(&b.name);
            match (self.descending, self.sort) {
                (true, Sort::Name) => by_name.reverse(),
                (true, _) => order.reverse().then(by_name),
                (false, _) => order.then(by_name),
            }
        });
        found
    }

    fn matches(&self, host: &HostView, words: &[String], now: i64) -> bool {
        (self.tag.is_empty() || host.tags.contains(&self.tag))
            && self.kind.is_none_or(|kind| pending_of(&host.pending, kind) > 0)
            && self.condition.is_none_or(|condition| condition.holds(host, now))
            && words.iter().all(|word| contains(host, word))
    }

    /// Returns the address of this view with another order and page.
    fn link(&self, sort: Sort, descending: bool, page: usize) -> String {
        let sorted = match (sort, descending) {
            (Sort::Name, false) => String::new(),
            (sort, false) => sort.word().to_owned(),
            (sort, true) => format!("-{}", sort.word()),
        };
        let page = if page <= 1 { String::new() } else { page.to_string() };
        link(
            "/hosts",
            &[
                ("q", &self.text),
                ("tag", &self.tag),
                ("kind", self.kind.map_or("", kind_word)),
                ("state", self.condition.map_or("", Condition::word)),
                ("sort", &sorted),
                ("page", &page),
            ],
        )
    }
}

fn contains(host: &HostView, word: &str) -> bool {
    host.name.to_lowercase().contains(word)
        || host.tags.iter().any(|tag| tag.to_lowercase().contains(word))
        || host.facts.as_ref().is_some_and(|facts| {
            facts.os_pretty.to_lowercase().contains(word)
                || facts.os_codename.contains(word)
                || facts.kernel_running.contains(word)
                || facts.hostname.to_lowercase().contains(word)
        })
}

fn distribution(host: &HostView) -> &str {
    host.facts.as_ref().map_or("", |facts| &facts.os_pretty)
}

/// Returns the count of one kind.
pub(crate) fn pending_of(pending: &Pending, kind: PatchKind) -> u32 {
    match kind {
        PatchKind::Security => pending.security,
        PatchKind::Maintenance => pending.maintenance,
        PatchKind::Application => pending.application,
        PatchKind::Firmware => pending.firmware,
    }
}

/// The page `/hosts`.
#[derive(Debug, Template)]
#[template(path = "hosts.html")]
pub struct HostsPage {
    pub shell: Shell,
    query: HostsQuery,
    /// The filter without its page, for the form that drafts a change for all that match.
    filter: String,
    columns: Vec<Column>,
    rows: Vec<HostRow>,
    paging: Paging,
    pages: Vec<PageLink>,
    total: String,
    tags: Vec<String>,
    kinds: Vec<Choice>,
    conditions: Vec<Choice>,
}

/// A column's heading.
#[derive(Debug)]
struct Column {
    label: &'static str,
    href: String,
    /// `ascending`, `descending`, or empty when the list is ordered by another column.
    sorted: &'static str,
    class: &'static str,
}

/// One entry of a drop-down list.
#[derive(Debug)]
pub(crate) struct Choice {
    pub word: &'static str,
    pub label: &'static str,
    pub is_chosen: bool,
}

/// A link to another page of the list.
#[derive(Debug)]
pub(crate) struct PageLink {
    /// 0 stands for a gap.
    pub number: usize,
    pub href: String,
    pub is_here: bool,
}

/// One host as a row.
#[derive(Debug)]
struct HostRow {
    id: String,
    name: String,
    tags: Vec<String>,
    distribution: String,
    support: Option<Mark>,
    /// `None` while the host has never reported: not zero, not known.
    pending: Option<(String, String)>,
    kinds: Vec<(u32, &'static str)>,
    marks: Vec<Mark>,
    reported: Option<Moment>,
}

impl HostsPage {
    /// Returns the page of `hosts` that `query` asks for.
    pub fn new(shell: Shell, hosts: &[HostView], query: HostsQuery) -> Self {
        let found = query.matching(hosts, shell.now);
        let paging = Paging::new(query.page, found.len(), HOSTS_PER_PAGE);
        let rows = paging.slice(&found).iter().map(|host| HostRow::new(host, &shell)).collect();
        let mut tags: Vec<String> = hosts.iter().flat_map(|host| host.tags.clone()).collect();
        tags.sort_unstable();
        tags.dedup();
        let page_link = |number| PageLink {
            number,
            href: query.link(query.sort, query.descending, number),
            is_here: number == paging.page,
        };
        Self {
            filter: query.link(query.sort, query.descending, 1),
            columns: columns(&query),
            rows,
            pages: paging.numbers().into_iter().map(page_link).collect(),
            total: count(length(hosts)),
            tags,
            kinds: KINDS
                .iter()
                .map(|kind| Choice {
                    word: kind_word(*kind),
                    label: kind_word(*kind),
                    is_chosen: query.kind == Some(*kind),
                })
                .collect(),
            conditions: Condition::ALL
                .iter()
                .map(|condition| Choice {
                    word: condition.word(),
                    label: condition.label(),
                    is_chosen: query.condition == Some(*condition),
                })
                .collect(),
            paging,
            query,
            shell,
        }
    }

    fn is_filtered(&self) -> bool {
        let query = &self.query;
        !query.text.is_empty()
            || !query.tag.is_empty()
            || query.kind.is_some()
            || query.condition.is_some()
    }

    /// Returns the order as the address says it, for the filter form to keep.
    fn sort_word(&self) -> String {
        format!("{}{}", if self.query.descending { "-" } else { "" }, self.query.sort.word())
    }

    fn section(&self) -> Section {
        Section::Hosts
    }
}

fn columns(query: &HostsQuery) -> Vec<Column> {
    let column = |label, sort: Sort, class| {
        let is_here = query.sort == sort;
        let descending = if is_here { !query.descending } else { sort.starts_descending() };
        Column {
            label,
            href: query.link(sort, descending, 1),
            sorted: match (is_here, query.descending) {
                (false, _) => "",
                (true, false) => "ascending",
                (true, true) => "descending",
            },
            class,
        }
    };
    vec![
        column("Name", Sort::Name, ""),
        column("Distribution", Sort::Distribution, ""),
        column("Security", Sort::Security, "number"),
        column("All pending", Sort::Pending, "number"),
        Column { label: "Attention", href: String::new(), sorted: "", class: "" },
        column("Last report", Sort::Reported, ""),
    ]
}

impl HostRow {
    fn new(host: &HostView, shell: &Shell) -> Self {
        let support = host.support.as_ref().map(|support| Mark::support(support.status));
        Self {
            id: host.id.to_string(),
            name: host.name.clone(),
            tags: host.tags.clone(),
            // Every row of a Debian estate would say it; the host's page has the whole name.
            distribution: distribution(host).replace("GNU/Linux ", ""),
            support: support.filter(|mark| mark.tone != Tone::Good),
            pending: host
                .reported_at
                .map(|_| (count(host.pending.security.into()), count(host.pending.total().into()))),
            kinds: KINDS
                .iter()
                .map(|kind| (pending_of(&host.pending, *kind), kind_word(*kind)))
                .filter(|(number, _)| *number > 0)
                .collect(),
            marks: Condition::marks(host, shell.now)
                .into_iter()
                .filter(|mark| mark.word != Condition::Unsupported.label())
                .collect(),
            reported: host.reported_at.map(|at| shell.moment(at)),
        }
    }
}
