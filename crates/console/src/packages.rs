//! Every installed package of a host, filtered by text and state.

use crate::host::origin_text;
use crate::hosts::PageLink;
use crate::paging::{self, Paging};
use crate::quantity::counted;
use crate::query::{link, value};
use crate::shell::{Section, Shell};
use askama::Template;
use model::host::HostView;
use model::package::{Package, PackageSet};

/// Rows of one page.
const PACKAGES_PER_PAGE: usize = 200;

/// The page `/hosts/{id}/packages`.
#[derive(Debug, Template)]
#[template(path = "packages.html")]
pub struct PackagesPage {
    pub shell: Shell,
    host: HostView,
    text: String,
    show: &'static str,
    rows: Vec<PackageRow>,
    paging: Paging,
    pages: Vec<PageLink>,
    total: String,
}

/// One package as a row.
#[derive(Debug)]
struct PackageRow {
    name: String,
    arch: String,
    version: String,
    source: String,
    origin: String,
    state: Option<String>,
}

/// Packages that can be asked for.
const SHOWS: [(&str, &str); 5] = [
    ("", "all"),
    ("held", "held"),
    ("torn", "half-installed"),
    ("left", "removed, configuration left"),
    ("foreign", "in no repository"),
];

impl PackagesPage {
    /// Returns the page of the packages in `set` that the address asks for.
    pub fn new(shell: Shell, host: HostView, set: &PackageSet, pairs: &[(String, String)]) -> Self {
        let text = value(pairs, "q").trim().to_lowercase();
        let asked = value(pairs, "show");
        let show = SHOWS.iter().find(|(word, _)| *word == asked).map_or("", |(word, _)| word);
        let found: Vec<&Package> = set
            .packages
            .iter()
            .filter(|package| shows(package, show) && contains(package, &text))
            .collect();
        let paging =
            Paging::new(paging::number(value(pairs, "page")), found.len(), PACKAGES_PER_PAGE);
        let base = format!("/hosts/{}/packages", host.id);
        let page_link = |number: usize| PageLink {
            number,
            href: link(&base, &[("q", &text), ("show", show), ("page", &number.to_string())]),
            is_here: number == paging.page,
        };
        Self {
            rows: paging.slice(&found).iter().map(|package| PackageRow::new(package)).collect(),
            pages: paging.numbers().into_iter().map(page_link).collect(),
            total: counted(crate::quantity::length(&set.packages), "package"),
            host,
            text,
            show,
            paging,
            shell,
        }
    }

    fn shows(&self) -> &'static [(&'static str, &'static str)] {
        &SHOWS
    }

    fn section(&self) -> Section {
        Section::Hosts
    }
}

fn shows(package: &Package, show: &str) -> bool {
    match show {
        "held" => package.is_held(),
        "torn" => package.is_torn(),
        "left" => !package.is_installed(),
        "foreign" => package.is_installed() && package.origin.is_none(),
        _ => true,
    }
}

fn contains(package: &Package, text: &str) -> bool {
    text.is_empty()
        || package.name.contains(text)
        || package.source.contains(text)
        || package.version.contains(text)
}

impl PackageRow {
    fn new(package: &Package) -> Self {
        let state = if package.is_torn() {
            Some(format!("half-installed ({})", package.state))
        } else if package.is_held() {
            Some("held".to_owned())
        } else if !package.is_installed() {
            Some("configuration left".to_owned())
        } else {
            None
        };
        let source = match (package.source == package.name, &package.source_version) {
            (true, version) if *version == package.version => String::new(),
            (true, version) => version.clone(),
            (false, version) => format!("{} {version}", package.source),
        };
        Self {
            name: package.name.clone(),
            arch: package.arch.clone(),
            version: package.version.clone(),
            source,
            origin: package
                .origin
                .as_ref()
                .map_or_else(|| "in no repository".to_owned(), origin_text),
            state,
        }
    }
}
