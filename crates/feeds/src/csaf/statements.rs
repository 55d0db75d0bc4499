//! What a document states of each package in each stream, as rows. Architectures are folded: they share one
//! version, and a package that one of them lacks is not installed there.

use super::products::{Component, Found, Products};
use super::{Remediation, Vulnerability};
use crate::json::Text;
use crate::lines;
use decide::scheme::Scheme;
use model::CveId;
use model::advisory::{Row, RowSet, RowState, Until};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Stream, channel, package, module.
type Key = (String, &'static str, String, String);

#[derive(Default)]
struct Stated {
    fixed: BTreeSet<String>,
    /// Of the source package only.
    fixed_source: BTreeSet<String>,
    affected: Option<RowState>,
    is_not_affected: bool,
    is_investigated: bool,
}

/// Everything about one CVE.
pub(super) struct Statements {
    all: BTreeMap<Key, Stated>,
}

impl Statements {
    /// Sorts what `cve` states; names that nothing explains and versions that are none go to the rejects.
    pub(super) fn of(
        cve: &Vulnerability<'_>,
        products: &Products<'_>,
        document: &str,
        set: &mut RowSet,
    ) -> Self {
        let mut statements = Self { all: BTreeMap::new() };
        let status = &cve.product_status;
        let plans = plans(&cve.remediations);
        let mut each =
            |ids: &[Text<'_>], take: &mut dyn FnMut(&mut Stated, &Component<'_>, &str)| {
                for id in ids.iter().map(Text::as_str) {
                    match checked(products.find(id)) {
                        Ok(None) => {}
                        Ok(Some(component)) => {
                            set.entries += 1;
                            for key in keys(&component) {
                                take(statements.all.entry(key).or_default(), &component, id);
                            }
                        }
                        Err(reason) => {
                            set.entries += 1;
                            set.reject(&format!("{document} {id}"), &reason);
                        }
                    }
                }
            };
        let mut fixed = |stated: &mut Stated, component: &Component<'_>, _: &str| {
            let versions =
                if component.is_source { &mut stated.fixed_source } else { &mut stated.fixed };
            // A fix without a version is a repair of something that is no package.
            if !component.evr.is_empty() {
                versions.insert(component.evr.to_owned());
            }
        };
        each(&status.fixed, &mut fixed);
        each(&status.recommended, &mut fixed);
        each(&status.known_affected, &mut |stated, _, id| {
            let plan = plans.get(id).copied().unwrap_or(RowState::Affected);
            stated.affected = stated.affected.max(Some(plan));
        });
        each(&status.known_not_affected, &mut |stated, _, _| stated.is_not_affected = true);
        each(&status.under_investigation, &mut |stated, _, _| stated.is_investigated = true);
        statements
    }

    /// Returns the rows. A package with a repair has no other row in that stream: that its older versions are
    /// affected is what the repair says.
    pub(super) fn rows(&self, advisory: &str, cve: Option<CveId>) -> Vec<Row> {
        let mut rows = Vec::new();
        let built = self.built();
        for (key, stated) in &self.all {
            let mut fixed: Vec<&String> = stated.fixed.iter().collect();
            if fixed.is_empty() {
                // Binaries are what hosts have; some documents of 2026 name sources alone, and then the
                // source's name is better than nothing.
                let (stream, channel, _, module) = key;
                let is_alone = |version: &&String| {
                    !built.contains(&(stream.as_str(), *channel, module.as_str(), version.as_str()))
                };
                fixed = stated.fixed_source.iter().filter(is_alone).collect();
            }
            let mut row = |until: Until, state: RowState| {
                let (stream, channel, package, module) = key;
                rows.push(Row {
                    advisory: advisory.to_owned(),
                    cve,
                    stream: stream.clone(),
                    package: package.clone(),
                    module: module.clone(),
                    arch: String::new(),
                    from: String::new(),
                    until,
                    state,
                    channel: (*channel).to_owned(),
                    is_foreign: false,
                });
            };
            if !fixed.is_empty() {
                for version in fixed {
                    row(Until::Fixed(version.clone()), RowState::Affected);
                }
            } else if let Some(state) = stated.affected {
                row(Until::Open, state);
            } else if stated.is_not_affected {
                row(Until::Open, RowState::NotAffected);
            } else if stated.is_investigated {
                row(Until::Open, RowState::UnderInvestigation);
            }
        }
        rows
    }

    /// Stream, channel, module and version of every repair that has a binary package.
    fn built(&self) -> BTreeSet<(&str, &str, &str, &str)> {
        let all = self.all.iter().flat_map(|((stream, channel, _, module), stated)| {
            let of = move |version| (stream.as_str(), *channel, module.as_str(), version);
            stated.fixed.iter().map(String::as_str).map(of)
        });
        all.collect()
    }
}

fn checked(found: Found<'_>) -> Result<Option<Component<'_>>, String> {
    match found {
        Found::Elsewhere => Ok(None),
        Found::Nowhere => Err("the document does not say what this product is".to_owned()),
        Found::Package(component) => {
            if !lines::is_name(component.name) {
                return Err("this product's package is no name".to_owned());
            }
            if !component.evr.is_empty() {
                if !lines::is_name(component.evr) {
                    return Err("this product's version is none".to_owned());
                }
                Scheme::Rpm.key(component.evr).map_err(|e| e.to_string())?;
            }
            Ok(Some(component))
        }
    }
}

fn keys(component: &Component<'_>) -> Vec<Key> {
    let key = |(stream, channel): &(String, &'static str)| {
        (stream.clone(), *channel, component.name.to_owned(), component.module.clone())
    };
    component.streams.iter().map(key).collect()
}

/// What is planned for products without a repair. Details are compared whole: they are Red Hat's own set of
/// states, which CSAF's categories fold into two.
fn plans<'a>(remediations: &'a [Remediation<'_>]) -> HashMap<&'a str, RowState> {
    let mut plans = HashMap::new();
    for remediation in remediations {
        let details = remediation.details.as_ref().map_or("", Text::as_str).trim();
        let plan = match (remediation.category.as_str(), details) {
            ("no_fix_planned", "Out of support scope") => RowState::EndOfLife,
            ("no_fix_planned", _) => RowState::WillNotFix,
            ("none_available", "Fix deferred") => RowState::Deferred,
            ("none_available", _) => RowState::Affected,
            _ => continue,
        };
        for id in &remediation.product_ids {
            plans.insert(id.as_str(), plan);
        }
    }
    plans
}
