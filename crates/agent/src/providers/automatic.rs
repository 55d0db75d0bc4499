//! Which packages apt installed only because others needed them, from its `extended_states`. Pure.

use std::collections::BTreeSet;

/// Entries read at most: ten times what a big workstation has.
const ENTRIES_MAX: usize = 50_000;

/// Packages with the mark, by name and architecture. Packages for all architectures are listed under the
/// host's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Automatic {
    /// An empty architecture stands for the host's own.
    marked: BTreeSet<(String, String)>,
}

impl Automatic {
    /// Reads what `apt-mark showauto` printed: `name`, or `name:arch` for another architecture.
    pub fn printed(text: &str) -> Self {
        let line = |line: &str| {
            let (name, arch) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
            (name.to_owned(), arch.to_owned())
        };
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Self { marked: lines.take(ENTRIES_MAX).map(line).collect() }
    }

    /// Returns whether the package has the mark.
    pub fn has(&self, name: &str, arch: &str) -> bool {
        let key = |arch: &str| (name.to_owned(), arch.to_owned());
        if arch == "all" {
            return self.marked.range(key("")..).next().is_some_and(|(found, _)| found == name);
        }
        self.marked.contains(&key(arch)) || self.marked.contains(&key(""))
    }
}

/// Reads `extended_states`: stanzas of `Package`, `Architecture` and `Auto-Installed: 1`.
pub fn automatic(text: &str) -> Automatic {
    let mut all = Automatic::default();
    for stanza in text.split("\n\n").take(ENTRIES_MAX) {
        let field = |wanted: &str| {
            let fields = stanza.lines().filter_map(|line| line.split_once(':'));
            let mut values = fields.filter(|(name, _)| *name == wanted).map(|(_, value)| value);
            values.next().map(str::trim).unwrap_or_default()
        };
        if field("Auto-Installed") == "1" && !field("Package").is_empty() {
            let key = (field("Package").to_owned(), field("Architecture").to_owned());
            all.marked.insert(key);
        }
    }
    all
}

#[cfg(test)]
mod tests;
