//! Which of several rows about one subject and package is believed: the vendor before others, what states
//! everything before what lists fixes, an explicit "not affected" before any range.

use crate::index::Source;
use crate::index::rows::RowData;
use model::advisory::{Feed, RowState};

/// States of every CVE by the vendor itself.
const VENDOR_VEX: u8 = 0;
/// The vendor's lists of fixes.
const VENDOR_ADVISORY: u8 = 1;
/// The vendor in OSV's form.
pub(crate) const VENDOR_OSV: u8 = 2;
/// Others about the vendor's packages.
const OTHERS: u8 = 3;
/// What fixed packages say of themselves: never of open holes.
const ARCHIVE: u8 = 4;
/// A second-hand list of versions without ranges.
const FALLBACK: u8 = 5;
/// Records that know products and no packages.
const GENERIC: u8 = 6;

/// OSV sources that the vendor publishes itself.
const VENDORS_ON_OSV: [&str; 3] = ["ubuntu", "almalinux", "rocky"];

/// Returns how strong a source is; smaller is stronger.
pub(crate) fn class(source: &Source) -> u8 {
    match source.feed {
        Feed::DebianTracker | Feed::OpenVex | Feed::CsafVex => VENDOR_VEX,
        Feed::Csaf
        | Feed::Hydra
        | Feed::Updateinfo
        | Feed::Oval
        | Feed::DebianList
        | Feed::Secdb
        | Feed::Msrc
        | Feed::DebianSupport => VENDOR_ADVISORY,
        Feed::Osv => {
            let name = source.name.to_ascii_lowercase();
            let is_vendor = VENDORS_ON_OSV.iter().any(|vendor| name.contains(vendor));
            if is_vendor { VENDOR_OSV } else { OTHERS }
        }
        Feed::Changelog => ARCHIVE,
        Feed::Debsecan => FALLBACK,
        Feed::CveRecord
        | Feed::Nvd
        | Feed::Kev
        | Feed::Epss
        | Feed::DistroInfo
        | Feed::Endoflife => GENERIC,
    }
}

/// Returns whether a source says what is affected without saying since when it is fixed: Ubuntu's VEX names the
/// archive's version of that day. Its state holds; others know the version.
pub(crate) fn is_state_only(source: &Source) -> bool {
    source.feed == Feed::OpenVex
}

/// Returns whether rows of a feed may apply to a distribution's package at all. CPE ranges never do: a
/// distribution's version says nothing about upstream's.
pub(crate) fn may_match(source: &Source) -> bool {
    !matches!(source.feed, Feed::Nvd | Feed::CveRecord)
}

/// The rows of one subject and package that are believed. Kept by the caller, to be filled again and again.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Indices of rows whose versions are affected.
    pub(crate) affected: Vec<usize>,
    /// Indices of rows whose versions are not, whatever others say.
    pub(crate) holes: Vec<usize>,
    /// A fix exists in another minor release's channel.
    pub(crate) has_fix_elsewhere: bool,
}

impl Live {
    /// Fills itself from `rows`, which are of one subject and one package. `applies` leaves out rows
    /// of another architecture.
    pub(crate) fn fill(&mut self, rows: &[RowData], applies: impl Fn(&RowData) -> bool) {
        self.affected.clear();
        self.holes.clear();
        let usable = |row: &RowData| !row.is_idle && applies(row);
        let is_hole = |row: &RowData| row.state == RowState::NotAffected;
        let has_own = rows.iter().any(|row| usable(row) && row.borrowed.is_none());
        let counts = |row: &RowData| usable(row) && (row.borrowed.is_none() || !has_own);
        self.has_fix_elsewhere = rows.iter().any(|row| {
            usable(row)
                && row.borrowed == Some(crate::stream::Borrowed::OtherMinor)
                && row.has_fix()
        });
        // What only states that it is affected or fixed by now is no better bound than an advisory's.
        let has_bound = rows.iter().any(|row| {
            counts(row)
                && row.has_fix()
                && row.class <= VENDOR_OSV
                && !is_hole(row)
                && !row.is_state_only
        });
        let is_bounding =
            |row: &RowData| counts(row) && !is_hole(row) && !(has_bound && row.is_state_only);
        let best = rows.iter().filter(|row| is_bounding(row)).map(|row| row.class).min();
        let of_best = |row: &RowData| is_bounding(row) && Some(row.class) == best;
        // Where the plain archive has a fix, that one decides; else the one for subscribers.
        let has_plain_fix = rows.iter().any(|r| of_best(r) && r.channel == 0 && r.has_fix());
        let has_channel_fix = rows.iter().any(|r| of_best(r) && r.channel != 0 && r.has_fix());
        for (at, row) in rows.iter().enumerate() {
            let is_strong = row.class <= VENDOR_OSV || best.is_none_or(|best| row.class <= best);
            if is_hole(row) {
                if counts(row) && is_strong {
                    self.holes.push(at);
                }
            } else if of_best(row) {
                let is_overruled = match row.channel {
                    0 => !has_plain_fix && has_channel_fix,
                    _ => has_plain_fix,
                };
                if !is_overruled {
                    self.affected.push(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
