//! From rows to slices of a package's order of versions.

use crate::index::precedence::Live;
use crate::index::rows::{End, NONE, RowData};
use crate::index::versions::{UNPARSED, VerId, Versions};

/// What a subject's rows say of a package's versions. Kept by the caller, to be filled again and again.
#[derive(Debug, Default)]
pub(crate) struct Slices {
    /// Ranks that are affected: sorted, without overlap, each with the row that decides.
    pub(crate) all: Vec<Slice>,
    /// Where the first believed row begins, even where no version lies in its slice; `None`: no version can be
    /// affected.
    pub(crate) floor: Option<Floor>,
    pub(crate) has_fix_elsewhere: bool,
    /// Index of the first believed row.
    pub(crate) first: usize,
    live: Live,
    raw: Vec<Slice>,
    holes: Vec<Slice>,
    borders: Vec<u32>,
}

/// Ranks `start..end` and the index of the row that decides there: the one with the latest end, since all of
/// them must be fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) row: usize,
}

/// Where a row begins. The beginning is before every version, known or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Floor {
    Beginning,
    At(u32),
}

/// Where a row ends: at a version, and whether that one is still in; no version: never. Compared by what it
/// says and not by counts of versions, so that what else is known has no say.
type Ceiling = (u32, bool);

/// What slices are made from.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) versions: &'a Versions,
    /// The package's versions in order.
    pub(crate) order: &'a [VerId],
    /// Installed versions with a distribution suffix, and their keys without it.
    pub(crate) suffixed: &'a [(VerId, Box<[u8]>)],
}

impl Slices {
    /// Returns the row that affects a rank.
    pub(crate) fn at(&self, rank: u32) -> Option<usize> {
        if rank == UNPARSED {
            return None;
        }
        self.all.iter().find(|s| s.start <= rank && rank < s.end).map(|slice| slice.row)
    }

    /// Returns whether a row of the subject was believed.
    pub(crate) fn is_live(&self, at: usize) -> bool {
        self.live.affected.contains(&at) || self.live.holes.contains(&at)
    }

    /// Fills itself from the rows of one subject.
    pub(crate) fn fill(
        &mut self,
        ground: &Ground<'_>,
        rows: &[RowData],
        applies: impl Fn(&RowData) -> bool,
    ) {
        self.all.clear();
        self.floor = None;
        self.has_fix_elsewhere = false;
        if let [row] = rows
            && !row.is_foreign
            && !row.is_idle
            && row.state != model::advisory::RowState::NotAffected
            && applies(row)
        {
            let (start, end) = ground.plain(row);
            self.has_fix_elsewhere =
                row.borrowed == Some(crate::stream::Borrowed::OtherMinor) && row.has_fix();
            self.floor = Some(ground.floor(row));
            self.first = 0;
            self.live.affected.clear();
            self.live.holes.clear();
            self.live.affected.push(0);
            if start < end {
                self.all.push(Slice { start, end, row: 0 });
            }
            return;
        }
        self.live.fill(rows, applies);
        self.has_fix_elsewhere = self.live.has_fix_elsewhere;
        self.raw.clear();
        self.holes.clear();
        for at in &self.live.holes {
            ground.push(&mut self.holes, &rows[*at], *at);
        }
        for at in &self.live.affected {
            let row = &rows[*at];
            if !self.live.holes.iter().any(|hole| ground.covers(&rows[*hole], row)) {
                if self.floor.is_none() {
                    self.first = *at;
                }
                let floor = ground.floor(row);
                self.floor = Some(self.floor.map_or(floor, |known| known.min(floor)));
            }
            ground.push(&mut self.raw, row, *at);
        }
        self.unite(ground, rows);
    }

    /// Cuts the slices at every border and keeps for each piece the row that ends last.
    fn unite(&mut self, ground: &Ground<'_>, rows: &[RowData]) {
        self.borders.clear();
        self.borders.extend(self.raw.iter().chain(&self.holes).flat_map(|s| [s.start, s.end]));
        self.borders.sort_unstable();
        self.borders.dedup();
        for piece in self.borders.windows(2) {
            let (start, end) = (piece[0], piece[1]);
            let covers = |slice: &&Slice| slice.start <= start && end <= slice.end;
            if self.holes.iter().any(|hole| covers(&hole)) {
                continue;
            }
            // The first of equals: rows are sorted, the strongest first.
            let Some(best) = self.raw.iter().filter(covers).rev().max_by_key(|slice| {
                let row = &rows[slice.row];
                (!row.has_fix(), ground.ceiling(row))
            }) else {
                continue;
            };
            match self.all.last_mut() {
                Some(last) if last.end == start && last.row == best.row => last.end = end,
                Some(_) | None => self.all.push(Slice { start, end, row: best.row }),
            }
        }
    }
}

impl Ground<'_> {
    /// Returns the slice of a row by plain comparison. A bound that does not parse gives every version.
    pub(crate) fn plain(&self, row: &RowData) -> (u32, u32) {
        if row.is_unreadable {
            return (0, u32::MAX - 1);
        }
        let start = if row.from == NONE { 0 } else { self.versions.rank(VerId(row.from)) };
        let end = match row.end {
            End::Open => u32::MAX - 1,
            End::Fixed => self.versions.rank(VerId(row.until)),
            End::Last => self.versions.rank_after(self.order, VerId(row.until)),
        };
        (start, end)
    }

    fn floor(&self, row: &RowData) -> Floor {
        match row.from {
            from if row.is_unreadable || from == NONE => Floor::Beginning,
            from => Floor::At(self.versions.rank(VerId(from))),
        }
    }

    fn ceiling(&self, row: &RowData) -> Ceiling {
        match row.end {
            End::Fixed | End::Last if row.is_unreadable => (u32::MAX, true),
            End::Open => (u32::MAX, true),
            End::Fixed => (self.versions.rank(VerId(row.until)), false),
            End::Last => (self.versions.rank(VerId(row.until)), true),
        }
    }

    /// Returns whether whatever is within `row` is within `hole`.
    fn covers(&self, hole: &RowData, row: &RowData) -> bool {
        self.floor(hole) <= self.floor(row) && self.ceiling(hole) >= self.ceiling(row)
    }

    /// Appends a row's slices: one, or with the suffix rule as many as there are exceptions.
    fn push(&self, out: &mut Vec<Slice>, row: &RowData, at: usize) {
        let (start, end) = self.plain(row);
        if !row.is_foreign || row.is_unreadable || self.suffixed.is_empty() {
            if start < end {
                out.push(Slice { start, end, row: at });
            }
            return;
        }
        let mut begin = start;
        let mut ranks: Vec<(u32, u32, bool)> = self
            .suffixed
            .iter()
            .map(|(ver, key)| {
                let rank = self.versions.rank(*ver);
                (rank, self.versions.rank_after(self.order, *ver), self.holds(row, key))
            })
            .collect();
        ranks.sort_unstable();
        ranks.dedup();
        for (rank, after, is_in) in ranks {
            let was_in = start <= rank && rank < end;
            if was_in && !is_in {
                if begin < rank {
                    out.push(Slice { start: begin, end: rank, row: at });
                }
                begin = after;
            } else if !was_in && is_in {
                out.push(Slice { start: rank, end: after, row: at });
            }
        }
        if begin < end {
            out.push(Slice { start: begin, end, row: at });
        }
    }

    /// Returns whether a key lies within a row's bounds.
    fn holds(&self, row: &RowData, key: &[u8]) -> bool {
        let bound = |ver: u32| self.versions.key(VerId(ver));
        let is_after = row.from == NONE || bound(row.from) <= key;
        is_after
            && match row.end {
                End::Open => true,
                End::Fixed => key < bound(row.until),
                End::Last => key <= bound(row.until),
            }
    }
}
