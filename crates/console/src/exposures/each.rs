//! Exposures one by one, the nearest deadline first.

use crate::exposure::{Due, Signals, Standing, advisory_names};
use crate::exposures::{ExposureFilter, Head, HeadInput, View};
use crate::quantity::counted;
use crate::shell::{Section, Shell};
use askama::Template;
use model::exposure::{ExposurePage, ExposureView};

/// Exposures of one page.
pub const EXPOSURES_PER_PAGE: u32 = 50;

/// The page `/exposures/each`.
#[derive(Debug, Template)]
#[template(path = "exposures_each.html")]
pub struct EachPage {
    pub shell: Shell,
    head: Head,
    rows: Vec<ExposureRow>,
    total: String,
    hosts: String,
    next: String,
    first: String,
}

/// One exposure as a row.
#[derive(Debug)]
pub(crate) struct ExposureRow {
    pub host: String,
    pub host_name: String,
    /// A CVE, or the advisory's name where it has none.
    pub name: String,
    pub href: String,
    pub advisories: String,
    pub package: String,
    pub binaries: String,
    pub stream: String,
    pub installed: String,
    pub fixed: String,
    pub standing: Standing,
    pub signals: Signals,
    pub due: Due,
    /// How many other clauses set a deadline too.
    pub others: usize,
}

impl EachPage {
    /// Returns one page of the list.
    pub fn new(
        shell: Shell,
        list: &ExposurePage,
        input: &HeadInput<'_>,
        filter: &ExposureFilter,
    ) -> Self {
        let path = View::Each.path();
        let link_to = |after: &str| filter.link(path, after);
        Self {
            head: Head::new(&shell, View::Each, filter, input),
            rows: list.exposures.iter().map(|view| ExposureRow::new(view, &shell)).collect(),
            total: counted(list.total, "exposure"),
            hosts: counted(list.hosts, "host"),
            next: if list.next.is_empty() { String::new() } else { link_to(&list.next) },
            first: if filter.after.is_empty() { String::new() } else { link_to("") },
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Exposure
    }
}

impl ExposureRow {
    pub(crate) fn new(view: &ExposureView, shell: &Shell) -> Self {
        let advisories = advisory_names(&view.advisories);
        let (name, href) = match view.cve {
            Some(cve) => (cve.to_string(), format!("/cves/{cve}")),
            None => (advisories.clone(), String::new()),
        };
        Self {
            host: view.host.to_string(),
            host_name: view.host_name.clone(),
            advisories: if view.cve.is_some() { advisories } else { String::new() },
            name,
            href,
            package: view.package.clone(),
            binaries: view.binaries.join(", "),
            stream: view.stream.clone(),
            installed: view.installed.clone(),
            fixed: view.fixed.clone(),
            standing: Standing::of(&view.reach, &view.fixed),
            signals: Signals::new(
                (view.is_kev, view.is_ransomware),
                view.epss_ppm,
                view.cvss_x10,
                view.label,
            ),
            due: Due::of(view.deadline.as_ref(), shell),
            others: view.deadlines.len(),
        }
    }
}
