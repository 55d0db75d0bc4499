//! Long tables in pages: which rows are shown, and links to the rest.

use crate::quantity::count;

/// A page of a table. Numbers start at 1; a number past the end shows the last page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    pub page: usize,
    pub pages: usize,
    pub rows: usize,
    pub per_page: usize,
}

impl Paging {
    /// Returns the page that was asked for, brought into range.
    pub fn new(asked: usize, rows: usize, per_page: usize) -> Self {
        let pages = rows.div_ceil(per_page).max(1);
        Self { page: asked.clamp(1, pages), pages, rows, per_page }
    }

    /// Returns the shown part of `all`.
    pub fn slice<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let start = ((self.page - 1) * self.per_page).min(all.len());
        let end = (start + self.per_page).min(all.len());
        &all[start..end]
    }

    /// Returns `1–50 of 1,234`.
    pub fn words(&self) -> String {
        if self.rows == 0 {
            return "none".to_owned();
        }
        let number = |n: usize| count(u64::try_from(n).unwrap_or(u64::MAX));
        let start = (self.page - 1) * self.per_page + 1;
        let end = (start + self.per_page - 1).min(self.rows);
        if self.pages == 1 {
            return number(self.rows);
        }
        format!("{}\u{2013}{} of {}", number(start), number(end), number(self.rows))
    }

    /// Returns the numbers that get a link: first, last and those around the present one; 0 stands
    /// for a gap.
    pub fn numbers(&self) -> Vec<usize> {
        let mut out = Vec::new();
        let mut before = 0;
        for number in 1..=self.pages {
            let is_near = number.abs_diff(self.page) <= 1;
            if !(is_near || number == 1 || number == self.pages) {
                continue;
            }
            if number > before + 1 {
                out.push(0);
            }
            out.push(number);
            before = number;
        }
        out
    }
}

/// Reads a page number from an address; anything else is the first page.
pub(crate) fn number(text: &str) -> usize {
    text.parse().unwrap_or(1)
}

#[cfg(test)]
mod tests;
