//! Exposure by CVE.

use crate::exposure::{Due, Signals};
use crate::exposures::{ExposureFilter, Head, HeadInput, View};
use crate::quantity::{count, counted};
use crate::query::link;
use crate::shell::{Section, Shell};
use askama::Template;
use model::exposure::{CveLine, CveListPage};

/// CVEs of one page.
pub const CVES_PER_PAGE: u32 = 50;
/// Packages that a row names.
const PACKAGES_MAX: usize = 3;

/// The page `/exposures/cves`.
#[derive(Debug, Template)]
#[template(path = "exposures_cves.html")]
pub struct CvesPage {
    pub shell: Shell,
    head: Head,
    rows: Vec<CveRow>,
    total: String,
    next: String,
    first: String,
}

/// One CVE as a row.
#[derive(Debug)]
struct CveRow {
    cve: String,
    title: String,
    signals: Signals,
    packages: String,
    packages_more: usize,
    hosts: String,
    hosts_href: String,
    actionable: String,
    due: Due,
}

impl CvesPage {
    /// Returns one page of the list.
    pub fn new(
        shell: Shell,
        list: &CveListPage,
        input: &HeadInput<'_>,
        filter: &ExposureFilter,
    ) -> Self {
        let path = View::Cves.path();
        let link_to = |after: &str| filter.link(path, after);
        Self {
            head: Head::new(&shell, View::Cves, filter, input),
            rows: list.cves.iter().map(|line| CveRow::new(line, &shell)).collect(),
            total: counted(list.total, "CVE"),
            next: if list.next.is_empty() { String::new() } else { link_to(&list.next) },
            first: if filter.after.is_empty() { String::new() } else { link_to("") },
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Exposure
    }
}

impl CveRow {
    fn new(line: &CveLine, shell: &Shell) -> Self {
        let cve = line.cve.to_string();
        Self {
            title: line.title.clone(),
            signals: Signals::new(
                (line.is_kev, line.is_ransomware),
                line.epss_ppm,
                line.cvss_x10,
                line.label,
            ),
            packages: line
                .packages
                .iter()
                .take(PACKAGES_MAX)
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
            packages_more: line.packages.len().saturating_sub(PACKAGES_MAX),
            hosts: count(line.hosts),
            hosts_href: link("/exposures/hosts", &[("cve", &cve)]),
            actionable: count(line.actionable),
            due: Due::new(line.due_at, &line.clause, shell),
            cve,
        }
    }
}
