//! OSV documents in the dialects of distributions: Debian, Ubuntu, `AlmaLinux`, Rocky Linux, Alpine. One
//! document each; libraries of programming languages are passed over, because no host's packages are of them.

mod dialect;
mod ranges;

use crate::dates;
use crate::json::{self, Text};
use crate::limits::{Limits, Refused};
use crate::lines;
use crate::release;
use dialect::Dialect;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState};
use model::cve::{CveId, CveStatement, Vector};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

const WHAT: &str = "OSV document";

#[derive(Deserialize)]
struct Document<'a> {
    id: String,
    modified: Option<String>,
    published: Option<String>,
    withdrawn: Option<String>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    aliases: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    upstream: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    related: Vec<Text<'a>>,
    #[serde(borrow, default)]
    summary: Option<Text<'a>>,
    #[serde(borrow, default)]
    details: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    severity: Vec<Severity<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    affected: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    references: Vec<Reference<'a>>,
}

#[derive(Deserialize)]
struct Severity<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    score: Text<'a>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
struct Affected<'a> {
    #[serde(borrow)]
    package: Package<'a>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    ranges: Vec<ranges::Range<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    versions: Vec<Text<'a>>,
    #[serde(borrow, default)]
    ecosystem_specific: Option<Ecosystem<'a>>,
    #[serde(borrow, default)]
    database_specific: Option<Database<'a>>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    ecosystem: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    purl: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Ecosystem<'a> {
    /// Ubuntu: whether the fix takes a subscription.
    #[serde(borrow, default)]
    availability: Option<Text<'a>>,
    /// Debian.
    #[serde(borrow, default)]
    urgency: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Database<'a> {
    /// Ubuntu's notices: which CVEs this source has, of all that the notice is about.
    #[serde(borrow, default)]
    cves_map: Option<CvesMap<'a>>,
}

#[derive(Deserialize)]
struct CvesMap<'a> {
    #[serde(borrow, default, deserialize_with = "json::list")]
    cves: Vec<MappedCve<'a>>,
}

#[derive(Deserialize)]
struct MappedCve<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    severity: Vec<Severity<'a>>,
}

/// Rows of one affected package: its spans times the document's CVEs. Kernels have 2,000.
const ROWS_PER_ENTRY_MAX: usize = 200_000;
/// Vectors of one CVE in one document: real ones have two.
const VECTORS_MAX: usize = 32;

/// Reads a document. An entry is one of its affected packages; a document without any counts as one.
///
/// # Errors
/// It is no OSV document, of no distribution that is known here, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let document: Document<'_> = limits.json(bytes, WHAT)?;
    if !lines::is_name(&document.id) {
        return Err(Refused::form(WHAT, "its id is none"));
    }
    let mut reader = Reader::new(&document, limits);
    for (at, raw) in document.affected.iter().enumerate() {
        let pointer = || format!("{} /affected/{at}", document.id);
        let affected = match json::entry::<Affected<'_>>(raw) {
            Ok(affected) => affected,
            Err(reason) => {
                reader.reject(&pointer(), &reason);
                continue;
            }
        };
        if !release::is_distribution(affected.package.ecosystem.as_str()) {
            continue;
        }
        match reader.affected(&affected) {
            Ok(rows) => {
                limits.room_for_rows(reader.set.rows.len(), rows.len())?;
                reader.set.entries += 1;
                reader.set.rows.extend(rows);
            }
            Err(reason) => reader.reject(&pointer(), &reason),
        }
    }
    reader.finish(&document)
}

struct Reader<'a> {
    document: &'a Document<'a>,
    dialect: Option<Dialect>,
    /// Those of the document as a whole.
    cves: Vec<CveId>,
    label: Label,
    statements: BTreeMap<CveId, CveStatement>,
    set: RowSet,
}

impl<'a> Reader<'a> {
    fn new(document: &'a Document<'a>, limits: &Limits) -> Self {
        let cves = cves(document);
        let mut set = RowSet::new(Feed::Osv, "", Extent::Documents);
        set.rows.reserve(document.affected.len().min(limits.rows_max));
        let mut reader = Self {
            document,
            dialect: Dialect::of_id(&document.id),
            cves,
            label: Label::NotGiven,
            statements: BTreeMap::new(),
            set,
        };
        // Only a document of one CVE says whose severity it is.
        let single = match reader.cves.as_slice() {
            [cve] => Some(*cve),
            _ => None,
        };
        reader.severity(single, &document.severity);
        reader
    }

    fn reject(&mut self, pointer: &str, reason: &str) {
        self.set.entries += 1;
        self.set.reject(pointer, reason);
    }

    fn severity(&mut self, cve: Option<CveId>, all: &[Severity<'_>]) {
        for severity in all {
            let score = severity.score.as_str();
            if severity.kind.as_str() == "Ubuntu" {
                self.label = self.label.max(dialect::label(score));
            } else if let Some(cve) = cve.filter(|_| severity.kind.as_str().starts_with("CVSS")) {
                let statement = self.statements.entry(cve).or_insert_with(|| CveStatement::of(cve));
                let source = self.dialect.map_or("OSV", Dialect::word).to_owned();
                let vector = Vector { source, text: score.to_owned(), printed_x10: None };
                if statement.vectors.len() < VECTORS_MAX && !statement.vectors.contains(&vector) {
                    statement.vectors.push(vector);
                }
            }
        }
    }

    fn affected(&mut self, affected: &Affected<'_>) -> Result<Vec<Row>, String> {
        let ecosystem = affected.package.ecosystem.as_str();
        self.dialect = self.dialect.or_else(|| Dialect::of_ecosystem(ecosystem));
        if dialect::is_apart(ecosystem) {
            return Ok(Vec::new());
        }
        let (stream, is_pro) = release::of_ecosystem(ecosystem)
            .ok_or_else(|| format!("`{ecosystem}` names no release: it would hold everywhere"))?;
        let cves = self.cves_of(affected);
        let purl = affected.package.purl.as_ref().map_or("", |purl| purl.as_str());
        let ecosystem = affected.ecosystem_specific.as_ref();
        let availability = ecosystem.and_then(|e| e.availability.as_ref());
        let channel = match is_pro {
            true => dialect::channel(purl, availability.map_or("", Text::as_str)),
            false => String::new(),
        };
        let urgency = ecosystem.and_then(|e| e.urgency.as_ref()).map_or("", Text::as_str);
        self.label = self.label.max(dialect::urgency(urgency));
        let spans = ranges::spans(&stream, &affected.ranges, &affected.versions)?;
        if !lines::is_name(affected.package.name.as_str()) {
            return Err("its package has no name".to_owned());
        }
        // Both lists are the document's: their product is checked before it is built.
        let count = spans.len().saturating_mul(cves.len());
        if count > ROWS_PER_ENTRY_MAX {
            return Err("it has more rows than any real one".to_owned());
        }
        let mut rows = Vec::with_capacity(count);
        for span in &spans {
            for cve in &cves {
                rows.push(Row {
                    advisory: self.document.id.clone(),
                    cve: *cve,
                    stream: stream.clone(),
                    package: affected.package.name.0.clone().into_owned(),
                    module: dialect::module(&span.until).to_owned(),
                    arch: String::new(),
                    from: span.from.clone(),
                    until: span.until.clone(),
                    state: state(urgency, &span.until),
                    channel: channel.clone(),
                    is_foreign: false,
                });
            }
        }
        Ok(rows)
    }

    /// The CVEs that this package has. A notice is about several sources, and not each has each CVE.
    fn cves_of(&mut self, affected: &Affected<'_>) -> Vec<Option<CveId>> {
        let map = affected.database_specific.as_ref().and_then(|d| d.cves_map.as_ref());
        let Some(map) = map else {
            let all: Vec<Option<CveId>> = self.cves.iter().copied().map(Some).collect();
            return if all.is_empty() { vec![None] } else { all };
        };
        let mut mapped = Vec::new();
        for item in &map.cves {
            if let Some(cve) = cve_of(item.id.as_str()) {
                mapped.push(Some(cve));
                self.severity(Some(cve), &item.severity);
            }
        }
        mapped.sort_unstable();
        mapped.dedup();
        if mapped.is_empty() { vec![None] } else { mapped }
    }

    fn finish(mut self, document: &Document<'_>) -> Result<RowSet, Refused> {
        let Some(dialect) = self.dialect else {
            return Err(Refused::form(WHAT, "it is of no distribution that is known here"));
        };
        self.set.source = format!("osv/{}", dialect.word());
        self.set.entries = self.set.entries.max(1);
        let moment = |text: &Option<String>| text.as_deref().and_then(dates::moment);
        let modified_at = moment(&document.modified);
        self.set.content_at = modified_at;
        let title = document.summary.as_ref().or(document.details.as_ref());
        let title = json::one_line(title.map_or("", Text::as_str));
        let mut cves = self.cves;
        cves.extend(self.set.rows.iter().filter_map(|row| row.cve));
        cves.sort_unstable();
        cves.dedup();
        let published_at = moment(&document.published);
        if let Some(statement) = cve_of(&document.id).and_then(|cve| self.statements.get_mut(&cve))
        {
            statement.published_at = published_at;
            statement.title.clone_from(&title);
        }
        self.set.cves = self.statements.into_values().collect();
        self.set.advisories.push(Advisory {
            id: document.id.clone(),
            kind: match dialect::is_maintenance(&document.id) && cves.is_empty() {
                true => AdvisoryKind::Maintenance,
                false => AdvisoryKind::Security,
            },
            published_at,
            modified_at,
            withdrawn_at: moment(&document.withdrawn),
            label: self.label.max(dialect.label_of(&document.id, &title)),
            title,
            cves,
            urls: urls(document),
            needs_reboot: false,
        });
        Ok(self.set)
    }
}

fn state(urgency: &str, until: &model::advisory::Until) -> RowState {
    let is_open = matches!(until, model::advisory::Until::Open);
    if is_open && urgency.trim_end_matches('*') == "end-of-life" {
        return RowState::EndOfLife;
    }
    RowState::Affected
}

/// The CVEs of a document: its own name, else what it was made from, else what it is about. (Ubuntu's records
/// of a CVE have notices in `related`, Alma's and Rocky's notices have CVEs there.)
fn cves(document: &Document<'_>) -> Vec<CveId> {
    if let Some(cve) = cve_of(&document.id) {
        return vec![cve];
    }
    let of = |texts: &[Text<'_>]| texts.iter().filter_map(|text| cve_of(text.as_str())).collect();
    let mut cves: Vec<CveId> = of(&document.upstream);
    cves.extend::<Vec<CveId>>(of(&document.aliases));
    if cves.is_empty() {
        cves = of(&document.related);
    }
    cves.sort_unstable();
    cves.dedup();
    cves
}

/// `CVE-2024-1`, `UBUNTU-CVE-2024-1`, `DEBIAN-CVE-2024-1`.
fn cve_of(text: &str) -> Option<CveId> {
    let text =
        text.strip_prefix("UBUNTU-").or_else(|| text.strip_prefix("DEBIAN-")).unwrap_or(text);
    text.parse().ok()
}

/// The publisher's page of this very document first: Red Hat's page of what was rebuilt is not the rebuilder's.
fn urls(document: &Document<'_>) -> Vec<String> {
    /// A kernel's notice links hundreds of reports.
    const URLS_MAX: usize = 8;
    // Some write `ALSA-2024-2433` in addresses for `ALSA-2024:2433`.
    let dashed = document.id.replace(':', "-");
    let mut urls: Vec<((bool, bool), &str)> = document
        .references
        .iter()
        .map(|reference| {
            let kind = reference.kind.as_ref().map_or("", Text::as_str);
            let url = reference.url.as_str();
            let is_own = url.contains(&document.id) || url.contains(&dashed);
            ((!is_own, kind != "ADVISORY"), url)
        })
        .filter(|(_, url)| url.starts_with("https://") || url.starts_with("http://"))
        .collect();
    urls.sort_by_key(|(order, _)| *order);
    urls.into_iter().take(URLS_MAX).map(|(_, url)| url.to_owned()).collect()
}

#[cfg(test)]
mod tests;
