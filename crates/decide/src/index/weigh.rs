//! Summaries of holdings: what each is exposed to. Kept with every edit, as the difference that one
//! subject makes.

use crate::action::KeptSums;
use crate::index::Index;
use crate::index::holdings::{HoldingId, Share, Summary};
use crate::index::packages::Package;
use crate::index::rows::{Names, RowData};
use crate::index::slices::Slices;
use crate::index::versions::{PkgId, Versions};
use crate::reach::{Case, Stand, Stood, stand};

/// How the arches of hosts and rows meet.
pub(crate) fn applies(arch_sets: &Names<Vec<u16>>, set: u16, row: &RowData) -> bool {
    row.arch == 0 || arch_sets.get(set).contains(&row.arch)
}

/// Judges holdings of one package by the rows of one subject. Slices are made once, or once for each set of
/// architectures where rows name some.
pub(crate) struct Judge<'a> {
    versions: &'a Versions,
    arch_sets: &'a Names<Vec<u16>>,
    package: &'a Package,
    rows: &'a [RowData],
    slices: &'a mut Slices,
    /// The architectures that the slices are for; `None`: rows name none.
    arches: Option<u16>,
    is_filled: bool,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(
        (versions, arch_sets): (&'a Versions, &'a Names<Vec<u16>>),
        package: &'a Package,
        rows: &'a [RowData],
        slices: &'a mut Slices,
    ) -> Self {
        Self { versions, arch_sets, package, rows, slices, arches: None, is_filled: false }
    }

    /// Returns where the subject stands for hosts with these architectures and pieces.
    pub(crate) fn stand(
        &mut self,
        arches: u16,
        pieces: &[crate::index::holdings::Piece],
    ) -> Option<Stood> {
        let is_other = self.arches.is_some_and(|known| known != arches);
        if !self.is_filled || is_other {
            let arch_sets = self.arch_sets;
            self.slices.fill(&self.package.ground(self.versions), self.rows, |row| {
                applies(arch_sets, arches, row)
            });
            self.arches = self.rows.iter().any(|row| row.arch != 0).then_some(arches);
            self.is_filled = true;
        }
        let case = Case {
            versions: self.versions,
            slices: self.slices,
            rows: self.rows,
            is_of_unknown_module: self.package.is_of_unknown_module(),
        };
        stand(&case, pieces)
    }
}

impl Index {
    /// Adds to the summaries of a package's holdings what one subject makes, or takes it away. Called
    /// before and after each change of the subject's rows or hazard.
    pub(crate) fn weigh(&mut self, pkg: PkgId, subject: u32, is_added: bool) {
        let package = self.packages.get(pkg);
        let known = self.subjects.get(subject);
        if package.holdings.is_empty() || known.is_rejected {
            return;
        }
        let rows = package.group(subject);
        if rows.is_empty() {
            return;
        }
        let weight = (known.hazard_micro, known.is_kev);
        let tables = (&self.versions, &self.arch_sets);
        let mut judge = Judge::new(tables, package, rows, &mut self.scratch);
        self.kept_sums.forget(pkg);
        for holding in &package.holdings {
            let arches = self.holdings.arches(*holding);
            let stood = judge.stand(arches, self.holdings.pieces(*holding));
            if let Some(stood) = stood.filter(|stood| stood.stand != Stand::Carried) {
                self.holdings.summary_mut(*holding).apply(stood.stand, weight, is_added);
            }
        }
    }

    /// Makes the summary of a new holding.
    pub(crate) fn weigh_holding(&mut self, holding: HoldingId) {
        let package = self.packages.get(self.holdings.package(holding));
        let arches = self.holdings.arches(holding);
        let mut summary = Summary::default();
        let tables = (&self.versions, &self.arch_sets);
        for rows in package.rows.chunk_by(|a, b| a.subject == b.subject) {
            let known = self.subjects.get(rows[0].subject);
            if known.is_rejected {
                continue;
            }
            let mut judge = Judge::new(tables, package, rows, &mut self.scratch);
            if let Some(stood) = judge.stand(arches, self.holdings.pieces(holding)) {
                summary.apply(stood.stand, (known.hazard_micro, known.is_kev), true);
            }
        }
        if summary != Summary::default() {
            *self.holdings.summary_mut(holding) = summary;
        }
    }

    /// Makes every summary anew: what a start without an image costs, and the proof that edits kept them.
    pub fn evaluate(&mut self) {
        self.kept_sums = KeptSums::default();
        for holding in self.holdings.ids() {
            if self.holdings.summary(holding).is_some() {
                *self.holdings.summary_mut(holding) = Summary::default();
            }
        }
        for pkg in self.packages.ids() {
            let package = self.packages.get(pkg);
            if package.holdings.is_empty() {
                continue;
            }
            let tables = (&self.versions, &self.arch_sets);
            for rows in package.rows.chunk_by(|a, b| a.subject == b.subject) {
                let known = self.subjects.get(rows[0].subject);
                if known.is_rejected {
                    continue;
                }
                let weight = (known.hazard_micro, known.is_kev);
                let mut judge = Judge::new(tables, package, rows, &mut self.scratch);
                for holding in &package.holdings {
                    let arches = self.holdings.arches(*holding);
                    let stood = judge.stand(arches, self.holdings.pieces(*holding));
                    if let Some(stood) = stood.filter(|stood| stood.stand != Stand::Carried) {
                        self.holdings.summary_mut(*holding).apply(stood.stand, weight, true);
                    }
                }
            }
        }
    }
}

impl Summary {
    /// Adds one subject, or takes it away.
    fn apply(&mut self, stand: Stand, (hazard_micro, is_kev): (u32, bool), is_added: bool) {
        match stand {
            Stand::Carried => return,
            Stand::StaleImage => return step(&mut self.stale, true, is_added),
            Stand::Offered { .. }
            | Stand::Held
            | Stand::NotOffered
            | Stand::OtherMinor
            | Stand::NoFix
            | Stand::NeedsReboot
            | Stand::NeedsRestart
            | Stand::BootsVulnerable
            | Stand::Unknown { .. } => {}
        }
        let mut whole =
            Share { exposed: self.exposed, kev: self.kev, hazard_micro: self.hazard_micro };
        whole.apply(hazard_micro, is_kev, is_added);
        (self.exposed, self.kev, self.hazard_micro) =
            (whole.exposed, whole.kev, whole.hazard_micro);
        if let Some(bucket) = stand.bucket() {
            self.by_bucket[bucket.index()].apply(hazard_micro, is_kev, is_added);
        }
    }
}

impl Share {
    fn apply(&mut self, hazard_micro: u32, is_kev: bool, is_added: bool) {
        step(&mut self.exposed, true, is_added);
        step(&mut self.kev, is_kev, is_added);
        let hazard = u64::from(hazard_micro);
        self.hazard_micro =
            if is_added { self.hazard_micro + hazard } else { self.hazard_micro - hazard };
    }
}

fn step(number: &mut u32, is_one: bool, is_added: bool) {
    if is_added {
        *number += u32::from(is_one);
    } else {
        *number -= u32::from(is_one);
    }
}
