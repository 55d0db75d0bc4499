//! Security updates without any advisory: a version that a security archive offers is one, whatever feeds
//! say. Each becomes a row of a source of its own (`origin`), from the newest bound that some CVE names, so
//! that it speaks only of hosts about whose update nothing better is known.
//!
//! The archive's word comes from a host's verified package lists, and is believed of every host of the
//! same stream: there is one tenant until tenants can be added.

use crate::error::ApiError;
use decide::index::{Index, NewRow, RowId, Source};
use decide::scheme::Scheme;
use model::advisory::{Advisory, AdvisoryKind, Feed, Label, Row, RowState, Until};
use model::package::{PatchKind, Update};
use model::report::PendingSet;
use std::collections::{BTreeMap, BTreeSet};
use store::View;
use store::offers::OfferRow;

/// Ids of these rows have this bit: stored rows never do.
const OFFER_BIT: u64 = 1 << 63;
/// The source that these rows are shown to come from.
const SOURCE: &str = "origin";

/// A version that a security archive offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Offer {
    pub stream: String,
    /// Source package.
    pub package: String,
    /// Source version.
    pub version: String,
    /// The archive's label (`Debian-Security`).
    pub label: String,
}

/// Every offer that is known, with when it was seen first and its place among the rows.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    known: BTreeMap<Offer, Known>,
}

#[derive(Debug)]
struct Known {
    id: RowId,
    first_at: i64,
    /// From where it speaks now; `None`: a CVE's bound is as good, so that it says nothing.
    from: Option<String>,
    is_put: bool,
}

/// Returns what security archives offer to a host that reported `pending`.
pub(crate) fn of_pending(host_stream: &str, pending: &PendingSet) -> BTreeSet<Offer> {
    let is_security = |update: &&Update| decide::kind::of(update) == PatchKind::Security;
    let offer = |update: &Update| {
        let version = match update.candidate_source_version.as_str() {
            "" => update.candidate.clone(),
            version => version.to_owned(),
        };
        Offer {
            stream: decide::stream::of_package(host_stream, &version),
            package: update.source.clone(),
            version,
            label: match update.origin.label.as_str() {
                "" => "security".to_owned(),
                label => label.to_owned(),
            },
        }
    };
    pending.updates.iter().filter(is_security).map(offer).collect()
}

impl Offers {
    /// Returns those of `offers` that are new here.
    pub(crate) fn unknown(&self, offers: &BTreeSet<Offer>) -> Vec<Offer> {
        offers.iter().filter(|offer| !self.known.contains_key(offer)).cloned().collect()
    }

    /// Takes offers in; `refresh` puts them to work.
    pub(crate) fn add(&mut self, offers: impl IntoIterator<Item = (Offer, i64)>) {
        for (offer, first_at) in offers {
            let number = u64::try_from(self.known.len()).unwrap_or(u64::MAX >> 1);
            self.known.entry(offer).or_insert(Known {
                id: RowId(OFFER_BIT | number),
                first_at,
                from: None,
                is_put: false,
            });
        }
    }

    /// Finds out from where each offer speaks, after rows changed. Costs one look-up per offer of a package
    /// that `is_touched`; there are a few hundred in a fleet.
    pub(crate) fn bounds(
        &self,
        view: &View<'_>,
        is_touched: impl Fn(&Offer) -> bool,
        at: i64,
    ) -> Result<Vec<(Offer, Option<String>)>, ApiError> {
        let mut found = Vec::new();
        for (offer, known) in &self.known {
            if !is_touched(offer) && known.is_put {
                continue;
            }
            let bounds =
                store::advisories::fixed_versions(view, (&offer.stream, &offer.package), at)?;
            found.push((offer.clone(), from_of(offer, &bounds)));
        }
        Ok(found)
    }

    /// Puts offers to work from where `bounds` says.
    pub(crate) fn put(&mut self, index: &mut Index, bounds: Vec<(Offer, Option<String>)>) {
        for (offer, from) in bounds {
            let Some(known) = self.known.get_mut(&offer) else { continue };
            if known.is_put && known.from == from {
                continue;
            }
            if known.from.is_some() {
                index.remove_rows(&[known.id]);
            }
            known.from.clone_from(&from);
            known.is_put = true;
            let Some(from) = from else { continue };
            let advisory = advisory(&offer);
            let row = row(&offer, from, &advisory.id);
            let source = Source { name: SOURCE.to_owned(), feed: Feed::Updateinfo };
            let new = NewRow {
                id: known.id,
                learned_at: known.first_at,
                row: &row,
                advisory: Some(&advisory),
            };
            index.put_rows(&source, &[new]);
        }
    }
}

impl Offer {
    /// Returns the offer as it is stored.
    pub(crate) fn into_row(self, first_at: i64) -> OfferRow {
        let Self { stream, package, version, label } = self;
        OfferRow { stream, package, version, label, first_at }
    }
}

impl From<OfferRow> for Offer {
    fn from(row: OfferRow) -> Self {
        Self { stream: row.stream, package: row.package, version: row.version, label: row.label }
    }
}

/// Returns the newest of `bounds` that is not newer than the offer: up to there CVEs speak. `None`: one is
/// the offer itself, or versions do not parse and nothing can be said.
fn from_of(offer: &Offer, bounds: &[String]) -> Option<String> {
    let scheme = Scheme::of_stream(&offer.stream)?;
    let offered = scheme.key(&offer.version).ok()?;
    let mut best = None;
    for bound in bounds {
        let Ok(key) = scheme.key(bound) else { continue };
        if key == offered {
            return None;
        }
        if key < offered && best.as_ref().is_none_or(|(known, _)| key > *known) {
            best = Some((key, bound.clone()));
        }
    }
    Some(best.map(|(_, bound)| bound).unwrap_or_default())
}

fn advisory(offer: &Offer) -> Advisory {
    Advisory {
        id: format!("origin:{}", offer.label),
        kind: AdvisoryKind::Security,
        published_at: None,
        modified_at: None,
        withdrawn_at: None,
        label: Label::NotGiven,
        title: format!("offered by the security archive {}", offer.label),
        cves: Vec::new(),
        urls: Vec::new(),
        needs_reboot: false,
    }
}

fn row(offer: &Offer, from: String, advisory: &str) -> Row {
    Row {
        advisory: advisory.to_owned(),
        cve: None,
        stream: offer.stream.clone(),
        package: offer.package.clone(),
        module: String::new(),
        arch: String::new(),
        from,
        until: Until::Fixed(offer.version.clone()),
        state: RowState::Affected,
        channel: String::new(),
        is_foreign: false,
    }
}
