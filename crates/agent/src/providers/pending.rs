//! Which updates pend, which files they are, and what each needs. Pure: facts in, decisions of nobody.
//!
//! apt decides what the candidate is; this only reads its answer, and works out from the dependency
//! fields which packages have to move together. The host's dry run before a transaction has the last word.

use crate::providers::apt::{Installed, Policy, Record, Release, without_rebuild};
use crate::providers::debversion::compare;
use crate::providers::relation::{Relation, clauses};
use model::package::{Artifact, Origin, Update};
use model::problem::{Problem, Severity};
use model::report::PendingSet;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// How far additions may need further additions; deeper ones are left to a person.
pub const DEPTH_MAX: usize = 5;

/// All that was read of one host's package manager.
#[derive(Debug, Default)]
pub struct Seen {
    /// dpkg's own architecture.
    pub native: String,
    pub installed: Vec<Installed>,
    pub releases: BTreeMap<String, Release>,
    pub policies: BTreeMap<String, Policy>,
    pub records: Vec<Record>,
    /// Repositories that are named by a list of mirrors, with the first address of each list.
    pub mirrors: BTreeMap<String, String>,
}

/// A version that would be installed: an update's candidate, or an addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    pub arch: String,
    /// Empty for an addition.
    pub current: String,
    pub candidate: String,
    pub is_held: bool,
}

impl Seen {
    /// Returns the key under which apt prints this package.
    pub fn key(&self, name: &str, arch: &str) -> String {
        if arch == "all" || arch == self.native {
            name.to_owned()
        } else {
            format!("{name}:{arch}")
        }
    }

    /// Returns the installed packages with a newer candidate: what `apt list --upgradable` counts.
    pub fn upgradable(&self) -> Vec<Wanted> {
        self.installed
            .iter()
            .map(|one| &one.package)
            .filter(|package| package.is_installed())
            .filter_map(|package| {
                let policy = self.policies.get(&self.key(&package.name, &package.arch))?;
                let is_newer = !policy.candidate.is_empty()
                    && compare(&policy.candidate, &package.version) == Ordering::Greater;
                is_newer.then(|| Wanted {
                    name: package.name.clone(),
                    arch: package.arch.clone(),
                    current: package.version.clone(),
                    candidate: policy.candidate.clone(),
                    is_held: package.is_held(),
                })
            })
            .collect()
    }

    /// Returns the arguments of `apt-cache show` for the candidates, and for the installed versions
    /// that some repository still lists.
    pub fn specs(&self, wanted: &[Wanted]) -> Vec<String> {
        let mut specs = Vec::new();
        for one in wanted {
            let key = self.key(&one.name, &one.arch);
            specs.push(format!("{key}={}", one.candidate));
            let listed = self.policies.get(&key).is_some_and(|policy| {
                !one.current.is_empty() && policy.repositories(&one.current).next().is_some()
            });
            if listed {
                specs.push(format!("{key}={}", one.current));
            }
        }
        specs
    }

    /// Returns the names of packages that are not installed, that some wanted version needs, and whose
    /// policy was not asked yet.
    pub fn unknown(&self, wanted: &[Wanted]) -> BTreeSet<String> {
        let world = World::new(self, wanted);
        let mut names = BTreeSet::new();
        for one in wanted {
            let Some(record) = self.record(one, &one.candidate) else { continue };
            for clause in clauses(&record.depends).filter(|clause| world.needs(clause).is_none()) {
                let asked = clause.iter().map(|relation| relation.name);
                names.extend(
                    asked.filter(|name| !self.policies.contains_key(*name)).map(str::to_owned),
                );
            }
        }
        names
    }

    /// Returns the additions that the wanted versions need directly and that are not wanted yet.
    pub fn additions(&self, wanted: &[Wanted]) -> Vec<Wanted> {
        let world = World::new(self, wanted);
        let mut found: BTreeMap<&str, Wanted> = BTreeMap::new();
        for one in wanted {
            let Some(record) = self.record(one, &one.candidate) else { continue };
            for clause in clauses(&record.depends).filter(|clause| world.needs(clause).is_none()) {
                let Some((name, policy)) = clause.iter().find_map(|relation| {
                    let (name, policy) = self.policies.get_key_value(relation.name)?;
                    let fits = policy.installed.is_empty()
                        && !policy.candidate.is_empty()
                        && relation.admits(&policy.candidate);
                    fits.then_some((name, policy))
                }) else {
                    continue;
                };
                found.entry(name).or_insert_with(|| Wanted {
                    name: name.clone(),
                    arch: self.native.clone(),
                    current: String::new(),
                    candidate: policy.candidate.clone(),
                    is_held: false,
                });
            }
        }
        found.into_values().collect()
    }

    /// Returns the pending set; `wanted` holds every update, and every addition that could be found.
    pub fn pending(&self, wanted: &[Wanted]) -> (PendingSet, Vec<Problem>) {
        let world = World::new(self, wanted);
        let mut set = PendingSet::default();
        let mut problems = Vec::new();
        for one in wanted {
            let update = self.update(one, &world, &mut problems);
            if one.current.is_empty() {
                set.additions.push(update);
            } else {
                set.updates.push(update);
            }
        }
        set.updates.sort();
        set.additions.sort();
        (set, problems)
    }

    fn update(&self, one: &Wanted, world: &World<'_>, problems: &mut Vec<Problem>) -> Update {
        let record = self.record(one, &one.candidate);
        // An addition's architecture is known only from its record (`all` or the native one).
        let arch = match record {
            Some(record) if one.current.is_empty() => record.arch.clone(),
            _ => one.arch.clone(),
        };
        let artifact = self.artifact(one, &one.candidate, &arch);
        if artifact.is_none() {
            let text = format!(
                "the package lists name no file for {} {} ({arch}): shown, but it cannot be planned",
                one.name, one.candidate
            );
            problems.push(Problem::new(Severity::Warning, &one.name, &text));
        }
        let back = Some(&one.current).filter(|current| !current.is_empty());
        Update {
            name: one.name.clone(),
            source: record.map_or_else(|| one.name.clone(), |record| record.source.clone()),
            current: one.current.clone(),
            candidate: one.candidate.clone(),
            candidate_source_version: record.map_or_else(
                || without_rebuild(&one.candidate).to_owned(),
                |record| record.source_version.clone(),
            ),
            origin: self.origin(one, &one.candidate).unwrap_or_else(no_origin),
            is_security: self.is_security(one),
            artifact,
            back: back.and_then(|current| self.artifact(one, current, &arch)),
            requires: world.requires(one, record).into_iter().collect(),
            is_held: one.is_held,
            arch,
        }
    }

    /// Returns the list entry of one version of `one`. Where lists differ in architecture, its own wins.
    fn record(&self, one: &Wanted, version: &str) -> Option<&Record> {
        let fits = |record: &&Record| record.name == one.name && record.version == version;
        let mut all = self.records.iter().filter(fits);
        let is_own = |record: &&Record| record.arch == one.arch;
        all.clone().find(is_own).or_else(|| all.next())
    }

    fn artifact(&self, one: &Wanted, version: &str, arch: &str) -> Option<Artifact> {
        let record = self.record(one, version).filter(|record| record.arch == arch)?;
        let (sha256, size_bytes, path) = record.file.as_ref()?;
        let site = self.origin(one, version)?.site;
        let site = self.mirrors.get(&site).unwrap_or(&site);
        let path = path.trim_start_matches("./");
        Some(Artifact { sha256: *sha256, size_bytes: *size_bytes, uri: format!("{site}/{path}") })
    }

    /// Returns where a version comes from: the first repository that apt names, the one it fetches from.
    fn origin(&self, one: &Wanted, version: &str) -> Option<Origin> {
        let policy = self.policies.get(&self.key(&one.name, &one.arch))?;
        let key = policy.repositories(version).next()?;
        Some(self.release(key).origin_of(key))
    }

    fn release(&self, key: &str) -> Release {
        self.releases.get(key).cloned().unwrap_or_default()
    }

    /// Returns whether the update brings a security repair in: the candidate, or any version passed on
    /// the way to it, is in the distribution's security channel.
    fn is_security(&self, one: &Wanted) -> bool {
        let Some(policy) = self.policies.get(&self.key(&one.name, &one.arch)) else { return false };
        policy
            .versions
            .iter()
            .filter(|listed| {
                compare(&listed.version, &one.current) == Ordering::Greater
                    && compare(&listed.version, &one.candidate) != Ordering::Greater
            })
            .flat_map(|listed| &listed.repositories)
            .any(|key| self.release(key).is_security())
    }

    /// Returns the installed packages with the repository that carries each one's version.
    pub fn packages(&self) -> Vec<model::package::Package> {
        let with_origin = |one: &Installed| {
            let mut package = one.package.clone();
            let key = self.key(&package.name, &package.arch);
            let policy = self.policies.get(&key).filter(|_| package.is_installed());
            let from = policy.and_then(|policy| policy.repositories(&package.version).next());
            package.origin = from.map(|key| self.release(key).origin_of(key));
            package
        };
        self.installed.iter().map(with_origin).collect()
    }
}

/// The installed packages and the wanted ones, ready to be asked what satisfies a relation.
struct World<'a> {
    seen: &'a Seen,
    /// Versions installed now, real and provided (`None`: provided without a version), by name.
    now: BTreeMap<&'a str, Vec<Option<&'a str>>>,
    /// Wanted versions by the names they answer to: whose they are, and the version.
    then: BTreeMap<&'a str, Vec<(&'a str, Option<&'a str>)>>,
    /// For each name, the installed packages whose dependencies name it.
    dependants: BTreeMap<&'a str, Vec<(&'a str, Vec<Relation<'a>>)>>,
}

impl<'a> World<'a> {
    fn new(seen: &'a Seen, wanted: &'a [Wanted]) -> Self {
        let mut world =
            Self { seen, now: BTreeMap::new(), then: BTreeMap::new(), dependants: BTreeMap::new() };
        for one in seen.installed.iter().filter(|one| one.package.is_installed()) {
            let package = &one.package;
            world.now.entry(&package.name).or_default().push(Some(&package.version));
            for relation in clauses(&one.provides).flatten() {
                let version = relation.bound.map(|(_, version)| version);
                world.now.entry(relation.name).or_default().push(version);
            }
            for clause in clauses(&one.depends) {
                for relation in &clause {
                    let list = world.dependants.entry(relation.name).or_default();
                    list.push((&package.name, clause.clone()));
                }
            }
        }
        for one in wanted {
            world.then.entry(&one.name).or_default().push((&one.name, Some(&one.candidate)));
            let Some(record) = seen.record(one, &one.candidate) else { continue };
            for relation in clauses(&record.provides).flatten() {
                let version = relation.bound.map(|(_, version)| version);
                world.then.entry(relation.name).or_default().push((&one.name, version));
            }
        }
        world
    }

    /// Returns the name of the wanted package that a clause needs, or an empty text when the installed
    /// ones satisfy it already; `None` when nothing known does.
    fn needs(&self, clause: &[Relation<'a>]) -> Option<&'a str> {
        let is_met = |relation: &Relation<'_>| {
            let versions = self.now.get(relation.name);
            versions.is_some_and(|all| all.iter().any(|version| admits(relation, *version)))
        };
        if clause.iter().any(is_met) {
            return Some("");
        }
        clause.iter().find_map(|relation| {
            let wanted = self.then.get(relation.name)?;
            wanted.iter().find(|(_, version)| admits(relation, *version)).map(|(name, _)| *name)
        })
    }

    fn requires(&self, one: &Wanted, record: Option<&'a Record>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        if let Some(record) = record {
            for clause in clauses(&record.depends) {
                // A need that nothing meets keeps its first name, so that whoever plans leaves this out.
                let name = self.needs(&clause).unwrap_or(clause[0].name);
                names.insert(name.to_owned());
            }
            let broken = clauses(&record.breaks)
                .flatten()
                .filter(|relation| relation.name != one.name && self.is_installed_as(relation));
            names.extend(broken.map(|relation| relation.name.to_owned()));
        }
        let left_behind = self.dependants.get(one.name.as_str()).into_iter().flatten();
        names.extend(
            left_behind
                .filter(|(name, clause)| *name != one.name && self.would_break(one, clause))
                .map(|(name, _)| (*name).to_owned()),
        );
        names.remove("");
        names.remove(&one.name);
        names
    }

    /// Returns whether a really installed package (not a provided name) is one of these.
    fn is_installed_as(&self, relation: &Relation<'_>) -> bool {
        self.seen.installed.iter().any(|other| {
            other.package.is_installed()
                && other.package.name == relation.name
                && relation.admits(&other.package.version)
        })
    }

    /// Returns whether an installed package's clause holds today only thanks to the version that `one` replaces.
    fn would_break(&self, one: &Wanted, clause: &[Relation<'_>]) -> bool {
        let stays = |relation: &Relation<'_>| {
            if relation.name == one.name {
                return relation.admits(&one.candidate);
            }
            let versions = self.now.get(relation.name);
            versions.is_some_and(|all| all.iter().any(|version| admits(relation, *version)))
        };
        let held_by_current = clause.iter().any(|r| r.name == one.name && r.admits(&one.current));
        held_by_current && !one.current.is_empty() && !clause.iter().any(stays)
    }
}

/// A name that is provided without a version satisfies only relations without a bound.
fn admits(relation: &Relation<'_>, version: Option<&str>) -> bool {
    match version {
        Some(version) => relation.admits(version),
        None => relation.bound.is_none(),
    }
}

fn no_origin() -> Origin {
    let empty = String::new;
    Origin { label: empty(), origin: empty(), suite: empty(), site: empty() }
}

#[cfg(test)]
mod tests;
