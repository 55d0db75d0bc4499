//! The lists of exposures: one by one, by CVE and by host, each cut from the timeline.

use crate::error::ApiError;
use crate::exposures::ExposureQuery;
use crate::exposures::class::ClassId;
use crate::exposures::judge::{Judge, cve_of, side_of};
use crate::exposures::timeline::{self, Line, Timeline};
use decide::index::{Found, Query, Subject};
use model::exposure::{
    CveLine, CveListPage, ExposurePage, ExposureView, HostLine, HostListPage, Reach, ReachCount,
};
use model::{HostId, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DAY_SECS: i64 = 86_400;
/// Lines of a page where the caller names no number, and at most.
const LINES_DEFAULT: usize = 50;
const LINES_MAX: usize = 1_000;
/// Exposures of one host to one subject: one for each package that has the hole.
const PER_HOST_AND_SUBJECT_MAX: usize = 100;

/// A query with its host looked up.
pub(crate) struct Asked<'a> {
    pub query: &'a ExposureQuery,
    pub host: Option<HostId>,
    pub tenant: TenantId,
}

impl Asked<'_> {
    /// Returns what the index is asked.
    pub(crate) fn of_index(&self) -> Query {
        Query {
            subject: self.query.cve.map(Subject::Cve),
            host: self.host,
            package: self.query.package.clone(),
            is_kev_only: self.query.kev_only,
            state: self.query.state.clone(),
        }
    }

    /// Returns the moment until which deadlines are wanted.
    fn due_until(&self, judge: &Judge<'_>) -> Option<i64> {
        self.query.due_days.map(|days| judge.now.saturating_add(i64::from(days) * DAY_SECS))
    }

    fn limit(&self) -> usize {
        let wanted = self.query.limit.and_then(|limit| usize::try_from(limit).ok());
        wanted.unwrap_or(LINES_DEFAULT).clamp(1, LINES_MAX)
    }

    fn wants_stream(&self, stream: &str) -> bool {
        self.query.stream.as_deref().is_none_or(|wanted| wanted == stream)
    }

    fn wants_line(&self, line: &Line) -> bool {
        let names = || line.packages.iter();
        let is_package = |wanted: &String| names().any(|name| name.package == *wanted);
        (!self.query.kev_only || line.is_kev)
            && self.query.cve.is_none_or(|cve| line.subject == Subject::Cve(cve))
            && self.query.package.as_ref().is_none_or(is_package)
            && names().any(|name| self.wants_stream(&name.stream))
    }

    fn is_due(due_at: Option<i64>, until: Option<i64>) -> bool {
        until.is_none_or(|until| due_at.is_some_and(|due_at| due_at <= until))
    }

    /// Returns whether some state is asked for that the timeline does not hold.
    fn is_beyond_timeline(&self) -> bool {
        matches!(self.query.state.as_deref(), Some("carried" | "stale_image"))
    }

    /// Returns the lines that may match.
    pub(crate) fn timeline(&self, judge: &Judge<'_>) -> Result<Arc<Timeline>, ApiError> {
        if self.query.cve.is_some() || self.is_beyond_timeline() {
            return timeline::make(judge, &self.of_index()).map(Arc::new);
        }
        judge.state.timelines.get(judge, self.tenant)
    }
}

/// Where a page begins: after this host of this subject and class.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cursor {
    due_at: Option<i64>,
    class: ClassId,
    host: HostId,
    subject: String,
}

impl Cursor {
    fn text(&self) -> String {
        let due = self.due_at.map_or(String::new(), |due_at| due_at.to_string());
        format!("{due}~{}~{}~{}", self.class, self.host, self.subject)
    }

    fn read(text: &str) -> Result<Self, ApiError> {
        let bad = || {
            ApiError::bad_input("bad_cursor", &format!("`{text}` is no place in this list"))
                .hint("pass `next` of the page before as it stands")
        };
        let mut parts = text.splitn(4, '~');
        let mut part = || parts.next().ok_or_else(bad);
        let due = part()?;
        let due_at = if due.is_empty() { None } else { Some(due.parse().map_err(|_| bad())?) };
        Ok(Self {
            due_at,
            class: part()?.parse().map_err(|_| bad())?,
            host: part()?.parse().map_err(|_| bad())?,
            subject: part()?.to_owned(),
        })
    }
}

/// Returns the text that names a subject in cursors and lists.
pub(crate) fn subject_text(subject: &Subject) -> String {
    match subject {
        Subject::Cve(cve) => cve.to_string(),
        Subject::Advisory(id) => id.clone(),
    }
}

/// One page of exposures, earliest deadline first.
pub(crate) fn page(judge: &Judge<'_>, asked: &Asked<'_>) -> Result<ExposurePage, ApiError> {
    if let Some(host) = asked.host {
        return page_of_host(judge, asked, host);
    }
    let timeline = asked.timeline(judge)?;
    let until = asked.due_until(judge);
    let mut places = Vec::new();
    for line in timeline.lines.iter().filter(|line| asked.wants_line(line)) {
        for due in line.classes.iter().filter(|due| Asked::is_due(due.due_at, until)) {
            places.push((due.due_at.is_none(), due.due_at, line, due));
        }
    }
    // Lines stand in the order that holds within one deadline; a stable sort keeps it.
    places.sort_by_key(|(is_dateless, due_at, _, _)| (*is_dateless, *due_at));
    let mut page = totals(judge, asked, &timeline, until)?;
    let after = asked.query.after.as_deref().filter(|text| !text.is_empty());
    let mut after = after.map(Cursor::read).transpose()?;
    if let Some(cursor) = &after {
        let is_it = |(_, _, line, due): &(bool, Option<i64>, &Line, &timeline::ClassDue)| {
            due.class == cursor.class && subject_text(&line.subject) == cursor.subject
        };
        let is_later = |place: &(bool, Option<i64>, &Line, &timeline::ClassDue)| {
            (place.0, place.1) > (cursor.due_at.is_none(), cursor.due_at)
        };
        let start = places.iter().position(is_it);
        let start = start.or_else(|| places.iter().position(is_later)).unwrap_or(places.len());
        places.drain(..start);
    }
    let mut hosts_of: (Option<&Subject>, Vec<HostId>) = (None, Vec::new());
    for (_, _, line, due) in places {
        if hosts_of.0 != Some(&line.subject) {
            hosts_of = (Some(&line.subject), matching_hosts(judge, asked, line));
        }
        let from = after.take().filter(|cursor| {
            cursor.class == due.class && cursor.subject == subject_text(&line.subject)
        });
        let of_class = hosts_of.1.iter().copied().filter(|host| {
            let is_class = judge.state.hosts.get(host).is_some_and(|m| m.class == due.class);
            is_class && from.as_ref().is_none_or(|cursor| *host > cursor.host)
        });
        for host in of_class {
            if page.exposures.len() >= asked.limit() {
                return Ok(page);
            }
            page.exposures.extend(of_host_and_line(judge, asked, line, host)?);
            page.next = Cursor {
                due_at: due.due_at,
                class: due.class,
                host,
                subject: subject_text(&line.subject),
            }
            .text();
        }
    }
    page.next = String::new();
    Ok(page)
}

/// Returns the numbers that stand above a page.
fn totals(
    judge: &Judge<'_>,
    asked: &Asked<'_>,
    timeline: &Timeline,
    until: Option<i64>,
) -> Result<ExposurePage, ApiError> {
    let is_nothing = !timeline.lines.iter().any(|line| asked.wants_line(line));
    if is_nothing && !asked.is_beyond_timeline() {
        return Ok(ExposurePage::default());
    }
    if until.is_none() && asked.query.stream.is_none() {
        let all = judge.state.index.exposures(&judge.scope, &asked.of_index(), "", 0);
        return Ok(ExposurePage { total: all.total, hosts: all.hosts, ..ExposurePage::default() });
    }
    let lines: Vec<(&Line, Vec<ClassId>)> = timeline
        .lines
        .iter()
        .filter(|line| asked.wants_line(line))
        .map(|line| {
            let due = line.classes.iter().filter(|due| Asked::is_due(due.due_at, until));
            (line, due.map(|due| due.class).collect())
        })
        .filter(|(_, classes): &(_, Vec<_>)| !classes.is_empty())
        .collect();
    let is_plain = asked.query.stream.is_none()
        && asked.query.package.is_none()
        && asked.query.state.is_none();
    if is_plain {
        let pairs = lines.iter().map(|(line, classes)| (&line.subject, classes.as_slice()));
        let hosts = judge.state.index.count_any(&judge.scope, pairs);
        let of_class = |(line, classes): &(&Line, Vec<ClassId>)| -> u64 {
            let due = line.classes.iter().filter(|due| classes.contains(&due.class));
            due.map(|due| due.hosts).sum()
        };
        let total = lines.iter().map(of_class).sum();
        return Ok(ExposurePage { total, hosts, ..ExposurePage::default() });
    }
    let mut hosts: BTreeSet<HostId> = BTreeSet::new();
    let mut total = 0;
    for (line, classes) in lines {
        for host in matching_hosts(judge, asked, line) {
            if judge.state.hosts.get(&host).is_some_and(|meta| classes.contains(&meta.class)) {
                total += 1;
                hosts.insert(host);
            }
        }
    }
    let hosts = u64::try_from(hosts.len()).unwrap_or(u64::MAX);
    Ok(ExposurePage { total, hosts, ..ExposurePage::default() })
}

/// Returns the hosts of a line that match, sorted.
pub(crate) fn matching_hosts(judge: &Judge<'_>, asked: &Asked<'_>, line: &Line) -> Vec<HostId> {
    let query = Query { subject: Some(line.subject.clone()), ..asked.of_index() };
    let mut hosts = judge.state.index.hosts_of(&judge.scope, &query);
    if let Some(stream) = &asked.query.stream {
        // A backport's stream is none of a host: its exposures are looked at one by one.
        let is_of_hosts = !stream.ends_with("-backports");
        hosts.retain(|host| {
            let meta = judge.state.hosts.get(host);
            !is_of_hosts || meta.is_some_and(|meta| meta.stream == *stream)
        });
    }
    hosts
}

fn of_host_and_line(
    judge: &Judge<'_>,
    asked: &Asked<'_>,
    line: &Line,
    host: HostId,
) -> Result<Vec<ExposureView>, ApiError> {
    let query = Query { subject: Some(line.subject.clone()), host: Some(host), ..asked.of_index() };
    let found =
        judge.state.index.exposures(&judge.scope, &query, "", PER_HOST_AND_SUBJECT_MAX).found;
    let found = found.into_iter().filter(|found| asked.wants_stream(&found.package.stream));
    found.map(|found| judge.shown(found)).collect()
}

/// Returns whether an exposure of a host matches.
fn matches(asked: &Asked<'_>, found: &Found) -> bool {
    let query = asked.query;
    let is_state = match query.state.as_deref() {
        Some(word) => found.reach.word() == word,
        None => found.reach.is_exposed(),
    };
    is_state
        && (!query.kev_only || found.is_kev)
        && query.cve.is_none_or(|cve| found.subject == Subject::Cve(cve))
        && query.package.as_ref().is_none_or(|package| found.package.package == *package)
        && asked.wants_stream(&found.package.stream)
}

/// Of one host everything is at hand: it is sorted as a whole, and pages are cut by number.
fn page_of_host(
    judge: &Judge<'_>,
    asked: &Asked<'_>,
    host: HostId,
) -> Result<ExposurePage, ApiError> {
    let until = asked.due_until(judge);
    let mut views = Vec::new();
    for found in judge.state.index.exposures_of_host(&judge.scope, host) {
        if !matches(asked, &found) {
            continue;
        }
        let view = judge.shown(found)?;
        let due_at = view.deadline.as_ref().and_then(|deadline| deadline.due_at);
        if Asked::is_due(due_at, until) {
            views.push((due_at.is_none(), due_at, view));
        }
    }
    views.sort_by(|(a_late, a_due, a), (b_late, b_due, b)| {
        let key = |v: &ExposureView| {
            (
                std::cmp::Reverse((v.is_ransomware, v.is_kev, v.hazard_micro)),
                v.cve,
                v.package.clone(),
                v.advisories.clone(),
            )
        };
        (a_late, a_due).cmp(&(b_late, b_due)).then_with(|| key(a).cmp(&key(b)))
    });
    let total = views.len();
    let after = asked.query.after.as_deref().filter(|text| !text.is_empty());
    let start: usize = match after {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            ApiError::bad_input("bad_cursor", &format!("`{text}` is no place in this list"))
        })?,
    };
    let end = start.saturating_add(asked.limit());
    let exposures: Vec<ExposureView> =
        views.into_iter().map(|(_, _, view)| view).skip(start).take(asked.limit()).collect();
    Ok(ExposurePage {
        total: u64::try_from(total).unwrap_or(u64::MAX),
        hosts: u64::from(total > 0),
        exposures,
        next: if end < total { end.to_string() } else { String::new() },
    })
}

/// One page of the list by CVE. Advisories without a CVE are in the list of exposures only.
pub(crate) fn cves(judge: &Judge<'_>, asked: &Asked<'_>) -> Result<CveListPage, ApiError> {
    let query = asked.of_index();
    // A host, a state or a package changes whose hosts are counted: those are asked anew.
    let is_narrow = query.host.is_some() || query.state.is_some() || query.package.is_some();
    let timeline =
        if is_narrow { Arc::new(timeline::make(judge, &query)?) } else { asked.timeline(judge)? };
    let until = asked.due_until(judge);
    let wanted: Vec<&Line> = timeline
        .lines
        .iter()
        .filter(|line| cve_of(&line.subject).is_some() && asked.wants_line(line))
        .filter(|line| Asked::is_due(line.first().0, until))
        .collect();
    let after = asked.query.after.as_deref().unwrap_or("");
    let known = wanted.iter().position(|line| subject_text(&line.subject) == after);
    let start = known.map_or(0, |at| at + 1);
    let shown: Vec<&Line> = wanted.iter().copied().skip(start).take(asked.limit()).collect();
    let is_last = start + shown.len() >= wanted.len();
    let next = shown.last().filter(|_| !is_last).map(|line| subject_text(&line.subject));
    Ok(CveListPage {
        total: u64::try_from(wanted.len()).unwrap_or(u64::MAX),
        cves: shown.into_iter().map(|line| cve_line(judge, line)).collect::<Result<_, _>>()?,
        next: next.unwrap_or_default(),
    })
}

fn cve_line(judge: &Judge<'_>, line: &Line) -> Result<CveLine, ApiError> {
    let known = judge.known(&line.subject)?;
    let facts = known.as_ref().map(|known| &known.facts);
    let mut packages: Vec<String> = line.packages.iter().map(|name| name.package.clone()).collect();
    packages.sort();
    packages.dedup();
    let kev = facts.and_then(|facts| facts.kev.as_ref());
    let (due_at, clause) = line.first();
    Ok(CveLine {
        cve: cve_of(&line.subject).expect("the caller kept lines with CVEs only"),
        title: facts.map_or(String::new(), |facts| facts.title.clone()),
        label: line.label,
        is_kev: line.is_kev,
        is_ransomware: kev.is_some_and(|kev| kev.is_ransomware),
        epss_ppm: facts.and_then(|facts| facts.epss).map(|epss| epss.score_ppm),
        cvss_x10: facts.and_then(|facts| facts.scores.first()).map(|score| score.x10),
        packages,
        hosts: line.hosts,
        actionable: line.actionable,
        due_at,
        clause: clause.to_owned(),
    })
}

/// One page of the list by host. Hosts are taken from the earliest deadlines on until the page is full.
pub(crate) fn hosts(judge: &Judge<'_>, asked: &Asked<'_>) -> Result<HostListPage, ApiError> {
    let until = asked.due_until(judge);
    let timeline = asked.timeline(judge)?;
    let all = totals(judge, asked, &timeline, until)?;
    let start: usize = match asked.query.after.as_deref().unwrap_or("") {
        "" => 0,
        text => text.parse().map_err(|_| {
            ApiError::bad_input("bad_cursor", &format!("`{text}` is no place in this list"))
        })?,
    };
    let end = start.saturating_add(asked.limit());
    let ranked = match asked.host {
        Some(host) => vec![host],
        None => first_hosts(judge, asked, until, end)?,
    };
    let mut lines = Vec::new();
    for host in ranked.into_iter().skip(start).take(asked.limit()) {
        lines.extend(host_line(judge, asked, host)?);
    }
    let is_last = u64::try_from(end).unwrap_or(u64::MAX) >= all.hosts;
    Ok(HostListPage {
        total: all.hosts,
        hosts: lines,
        next: if is_last { String::new() } else { end.to_string() },
    })
}

/// Returns the first `count` hosts by their earliest deadline, then by id.
fn first_hosts(
    judge: &Judge<'_>,
    asked: &Asked<'_>,
    until: Option<i64>,
    count: usize,
) -> Result<Vec<HostId>, ApiError> {
    let timeline = asked.timeline(judge)?;
    let mut places = Vec::new();
    for line in timeline.lines.iter().filter(|line| asked.wants_line(line)) {
        for due in line.classes.iter().filter(|due| Asked::is_due(due.due_at, until)) {
            places.push((due.due_at.is_none(), due.due_at, line, due.class));
        }
    }
    places.sort_by_key(|(is_dateless, due_at, _, _)| (*is_dateless, *due_at));
    let mut seen: BTreeSet<HostId> = BTreeSet::new();
    let mut ranked = Vec::new();
    let mut kept: BTreeMap<&Subject, Vec<HostId>> = BTreeMap::new();
    for (_, _, line, class) in places {
        if ranked.len() >= count {
            break;
        }
        let hosts = kept.entry(&line.subject).or_insert_with(|| matching_hosts(judge, asked, line));
        for host in hosts.iter() {
            let is_class = judge.state.hosts.get(host).is_some_and(|meta| meta.class == class);
            if is_class && seen.insert(*host) {
                ranked.push(*host);
            }
        }
    }
    Ok(ranked)
}

fn host_line(
    judge: &Judge<'_>,
    asked: &Asked<'_>,
    host: HostId,
) -> Result<Option<HostLine>, ApiError> {
    let Some(meta) = judge.state.hosts.get(&host) else { return Ok(None) };
    let class = judge.state.classes.get(meta.class);
    let mut counts: BTreeMap<Reach, u64> = BTreeMap::new();
    let mut line = HostLine {
        host,
        host_name: meta.name.clone(),
        stream: meta.stream.clone(),
        exposures: 0,
        kev: 0,
        overdue: 0,
        counts: Vec::new(),
        due_at: None,
        clause: String::new(),
        hazard_micro: 0,
        open_questions: 0,
    };
    for found in judge.state.index.exposures_of_host(&judge.scope, host) {
        if !matches(asked, &found) {
            continue;
        }
        line.exposures += 1;
        line.kev += u64::from(found.is_kev);
        line.hazard_micro += u64::from(found.hazard_micro);
        if let Some((due_at, clause)) = judge.due(&side_of(&found), class)? {
            line.overdue += u64::from(due_at.is_some_and(|due_at| due_at <= judge.now));
            let is_first = line.clause.is_empty();
            if is_first || (due_at.is_none(), due_at) < (line.due_at.is_none(), line.due_at) {
                line.due_at = due_at;
                clause.clone_into(&mut line.clause);
            }
        }
        *counts.entry(found.reach).or_default() += 1;
    }
    let mut by_word: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (reach, count) in counts {
        *by_word.entry(reach.word()).or_default() += count;
    }
    line.counts = by_word
        .into_iter()
        .map(|(state, hosts)| ReachCount { state: state.to_owned(), hosts })
        .collect();
    let open = decide::deadline::to_be_answered(&class.answers);
    line.open_questions = u32::try_from(open.len()).unwrap_or(u32::MAX);
    Ok(Some(line))
}
