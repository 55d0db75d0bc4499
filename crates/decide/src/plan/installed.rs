//! What the host's package database must say after the steps. Pure set arithmetic; the agent compares
//! the digest of this with what dpkg says, so that a wrong prediction here never passes as success.

use model::package::{Package, PackageSet};
use model::plan::Step;
use std::collections::BTreeMap;

/// Returns `before` with `steps` carried out. A stepped package ends as `ii`, whatever it was: torn,
/// or with only its configuration left. Sources and origins are not predicted; the digest does not cover
/// them.
pub fn after(before: &PackageSet, steps: &[Step]) -> PackageSet {
    let mut by_name: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in steps {
        by_name.entry(&step.name).or_default().push(step);
    }
    let is_kept = |package: &&Package| {
        let steps = by_name.get(package.name.as_str());
        !steps.is_some_and(|steps| steps.iter().any(|step| is_replaced(package, step)))
    };
    let kept = before.packages.iter().filter(is_kept).cloned();
    PackageSet::new(kept.chain(steps.iter().map(stepped)).collect())
}

fn stepped(step: &Step) -> Package {
    Package {
        name: step.name.clone(),
        arch: step.arch.clone(),
        version: step.to.clone(),
        state: "ii".to_owned(),
        source: String::new(),
        source_version: String::new(),
        origin: None,
    }
}

/// A package can change between an architecture and `all`; both names mean one instance then.
fn is_replaced(package: &Package, step: &Step) -> bool {
    package.name == step.name
        && (package.arch == step.arch || package.arch == "all" || step.arch == "all")
}
