//! What the host's package database must say after the steps. Pure set arithmetic; the agent compares
//! the digest of this with what dpkg says, so that a wrong prediction here never passes as success.

use model::package::{Package, PackageSet};
use model::plan::Step;

/// Returns `before` with `steps` carried out. A stepped package ends as `ii`, whatever it was: torn,
/// or with only its configuration left. Source versions and origins are not predicted; the digest
/// does not cover them.
pub fn after(before: &PackageSet, steps: &[Step]) -> PackageSet {
    let mut packages = before.packages.clone();
    for step in steps {
        let source = packages.iter().find(|p| is_replaced(p, step)).map(|p| p.source.clone());
        packages.retain(|p| !is_replaced(p, step));
        packages.push(Package {
            name: step.name.clone(),
            arch: step.arch.clone(),
            version: step.to.clone(),
            state: "ii".to_owned(),
            source: source.unwrap_or_else(|| step.name.clone()),
            source_version: String::new(),
            origin: None,
        });
    }
    PackageSet::new(packages)
}

/// A package can change between an architecture and `all`; both names mean one instance then.
fn is_replaced(package: &Package, step: &Step) -> bool {
    package.name == step.name
        && (package.arch == step.arch || package.arch == "all" || step.arch == "all")
}
