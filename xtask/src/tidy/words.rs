//! Words: one word per thing, as in `docs/glossary.md`; nothing left for later without an issue; no
//! test that is switched off.

use crate::tidy::{Fault, Source, Tree};

/// Unmistakable words of the glossary's "not called" column, with ours.
const NOT_CALLED: [(&str, &str); 6] = [
    ("campaign", "rollout"),
    ("finding", "exposure"),
    ("endpoint", "host, or route"),
    ("blackout", "freeze"),
    ("waiver", "exception"),
    ("managed node", "host"),
];
/// Where those words may stand: the glossary names them, and this file too.
const GLOSSARY: [&str; 2] = ["docs/glossary.md", "xtask/src/tidy/"];

pub(crate) fn check(tree: &Tree) -> Vec<Fault> {
    tree.files.iter().filter(|file| is_read(file)).flat_map(faults).collect()
}

fn is_read(file: &Source) -> bool {
    let is_text = [".rs", ".md", ".html", ".css", ".js", ".toml", ".sql", ".service", ".sh"];
    is_text.iter().any(|end| file.path.ends_with(end))
        && !GLOSSARY.iter().any(|path| file.path.starts_with(path))
}

fn faults(file: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (line, text) in file.lines() {
        let lower = text.to_lowercase();
        for (word, ours) in NOT_CALLED {
            if has_noun(&lower, word) {
                faults.push(Fault::new(&file.path, line, format!("`{word}`: we say {ours}")));
            }
        }
        if text.contains("FIXME") {
            faults.push(Fault::new(&file.path, line, "repair it now, or write an issue"));
        }
        if text.contains("TODO") && !text.contains("TODO(#") {
            faults.push(Fault::new(&file.path, line, "name the issue: a number in brackets"));
        }
        if file.path.ends_with(".rs") && is_switched_off(text) {
            let text = "assert today's behaviour with a comment, or repair it";
            faults.push(Fault::new(&file.path, line, text));
        }
    }
    faults
}

fn is_switched_off(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("#[ignore") || text.starts_with("#[should_panic")
}

/// The word alone or with a plural s.
fn has_noun(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let rest = &text[at + word.len()..];
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        !is_letter(text[..at].chars().next_back()) && !is_letter(rest.chars().next())
    })
}
