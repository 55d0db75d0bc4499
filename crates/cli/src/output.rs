//! The only file that prints. Results go to standard output, everything else to standard error.
//!
//! Colour appears on terminals only, and never carries meaning alone.

use crate::config;
use crate::error::Failure;
use serde::Serialize;
use std::io::{IsTerminal as _, Write as _};

/// Prints one piece of the result. A reader that went away (`| head`) is no failure of ours.
pub(crate) fn say(text: &str) {
    let _closed = writeln!(std::io::stdout().lock(), "{}", harmless(text));
}

/// Returns whether a terminal shows this character as itself: hosts and servers choose names and
/// notes, and one that moves the cursor or turns the writing round could hide what is shown.
pub(crate) fn is_showable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn harmless(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || is_showable(c) { c } else { '\u{fffd}' }).collect()
}

/// Prints a value for programs.
pub(crate) fn json<T: Serialize>(value: &T) {
    say(&serde_json::to_string_pretty(value).expect("nouns have string keys; they always encode"));
}

/// Prints progress or a remark to standard error.
pub(crate) fn note(text: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{}", harmless(text));
}

/// Prints a failure: the message, then what to do.
pub(crate) fn failure(failure: &Failure) {
    let is_coloured = std::io::stderr().is_terminal() && config::wants_colour();
    let (on, off) = if is_coloured { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
    let _closed = write!(std::io::stderr().lock(), "{on}error{off}: ");
    note(&failure.message);
    for hint in &failure.hints {
        note(&format!("hint: {hint}"));
    }
}

/// Returns whether standard output is a terminal.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Asks a question that only `y` answers with yes. Without a terminal nobody is there to ask.
pub(crate) fn ask(question: &str) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let mut err = std::io::stderr().lock();
    let _closed = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    let mut answer = String::new();
    let _read = std::io::stdin().read_line(&mut answer);
    matches!(answer.trim(), "y" | "Y" | "yes")
}

/// A block of lines that is drawn again in its place.
#[derive(Debug, Default)]
pub(crate) struct Live {
    lines: usize,
}

impl Live {
    /// Replaces what was drawn before.
    pub(crate) fn draw(&mut self, lines: &[String]) {
        let width = width();
        let up = if self.lines == 0 { String::new() } else { format!("\u{1b}[{}A", self.lines) };
        let body: String =
            lines.iter().map(|line| format!("{}\u{1b}[K\n", cut(line, width))).collect();
        let mut out = std::io::stdout().lock();
        let _closed = write!(out, "{up}\r{body}\u{1b}[J").and_then(|()| out.flush());
        self.lines = lines.len();
    }
}

fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.map_or(100, |size| usize::from(size.ws_col)).max(20)
}

fn cut(line: &str, width: usize) -> String {
    harmless(line).chars().take(width).collect()
}

/// Returns `rows` as a table where it fits the terminal, else one block per row: a table that is folded by
/// the terminal cannot be read. What is no terminal gets the table.
pub(crate) fn fitting(head: &[&str], rows: &[Vec<String>]) -> String {
    let table = table(head, rows);
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    if is_terminal() && widest > width() { blocks(head, rows) } else { table }
}

fn blocks(head: &[&str], rows: &[Vec<String>]) -> String {
    let label = head.iter().skip(1).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for row in rows {
        lines.extend(row.first().cloned());
        let cells = head.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
        lines.extend(cells.map(|(name, cell)| format!("  {:label$}  {cell}", name.to_lowercase())));
    }
    lines.join("\n")
}

/// Returns `rows` as a table: columns aligned, two spaces apart, no trailing spaces.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
