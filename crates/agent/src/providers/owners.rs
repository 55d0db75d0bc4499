//! Which package a file belongs to, by dpkg's lists of files. Pure.

use crate::providers::apt::is_name;
use std::collections::HashMap;

/// Names that a file is looked for by, beside its own, at most.
const STEMS_MAX: usize = 4;

/// Files whose owners are wanted.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Files by each name that they may stand under in a list; better names have lower ranks.
    names: HashMap<String, Vec<(usize, usize)>>,
    /// The best owner so far of each file, with its name's rank.
    owners: Vec<Option<(usize, Owner)>>,
}

/// A package as the name of its list tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    pub name: String,
    /// Only packages that can be there in several architectures say theirs.
    pub arch: Option<String>,
}

impl Wanted {
    /// Asks for one more file; returns the number under which [`Self::owner`] answers.
    pub fn add(&mut self, path: &str) -> usize {
        let file = self.owners.len();
        self.owners.push(None);
        for (rank, name) in names(path).into_iter().enumerate() {
            self.names.entry(name.to_owned()).or_default().push((file, rank));
        }
        file
    }

    /// Reads one package's list. The first package that lists a file owns it: two can only where one
    /// was told to give way.
    pub fn read(&mut self, list: &str, owner: &Owner) {
        for line in list.lines() {
            let Some(files) = self.names.get(common(line)) else { continue };
            for (file, rank) in files {
                let best = &mut self.owners[*file];
                if best.as_ref().is_none_or(|(old, _)| rank < old) {
                    *best = Some((*rank, owner.clone()));
                }
            }
        }
    }

    /// Returns whether every file's owner was found under the file's own name.
    pub fn is_done(&self) -> bool {
        self.owners.iter().all(|owner| matches!(owner, Some((0, _))))
    }

    /// Returns the owner of a file, if one was found.
    pub fn owner(&self, file: usize) -> Option<&Owner> {
        self.owners.get(file)?.as_ref().map(|(_, owner)| owner)
    }
}

/// Returns whose list a file of dpkg's folder is (`libssl3:amd64.list`), or `None` for other files.
pub fn owner_of_list(file_name: &str) -> Option<Owner> {
    let stem = file_name.strip_suffix(".list")?;
    let (name, arch) = match stem.split_once(':') {
        Some((name, arch)) => (name, Some(arch)),
        None => (stem, None),
    };
    is_name(name).then(|| Owner { name: name.to_owned(), arch: arch.map(str::to_owned) })
}

/// Returns the names under which lists may have a file: its own, and for a library the shorter ones that
/// its links have. A newer version may have renamed the file itself (`libxml2.so.2.9.14`), not the link.
fn names(path: &str) -> Vec<&str> {
    let path = path.strip_suffix(".dpkg-new").unwrap_or(path);
    let path = common(path.strip_suffix(".dpkg-tmp").unwrap_or(path));
    let mut all = vec![path];
    let Some(start) = path.rfind(".so.").map(|at| at + ".so.".len()) else { return all };
    let mut rest = path;
    while all.len() < STEMS_MAX
        && let Some((stem, number)) = rest.rsplit_once('.')
        && stem.len() >= start
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        all.push(stem);
        rest = stem;
    }
    all
}

/// `/lib` is `/usr/lib` on merged systems: lists have either name, the kernel always the longer one.
fn common(path: &str) -> &str {
    path.strip_prefix("/usr").unwrap_or(path)
}

#[cfg(test)]
mod tests;
