//! Reading one host's part as a whole: digests, sizes, order of steps, way back.

use crate::lint::{HOST_STEPS_MAX, fatal, note, warning};
use crate::plan::HostInput;
use model::Digest;
use model::plan::{PLAN_SCHEMA, PlanHost, RebootExpectation, WayBack};
use model::problem::Problem;
use model::wire::ENTRY_BYTES_MAX;
use std::collections::BTreeMap;

pub(crate) fn read(
    part: &PlanHost,
    facts: &HostInput<'_>,
    is_undo: bool,
    notes: &mut Vec<Problem>,
) {
    shape(part, notes);
    digests(part, facts, notes);
    way_back(part, notes);
    let stepped = |name: &str| part.steps.iter().any(|step| step.name == name);
    for package in facts.packages.packages.iter().filter(|p| p.is_torn()) {
        if !is_undo || !stepped(&package.name) {
            notes.push(fatal(part, &format!("{} is half installed there", package.name)));
        }
    }
    let asks =
        |name: &str| name.starts_with("linux-image-") || name == "libc6" || name == "systemd";
    if part.reboot == RebootExpectation::None && part.steps.iter().any(|step| asks(&step.name)) {
        notes.push(fatal(part, "changes kernel, libc or systemd, but expects no reboot"));
    }
    if part.reboot == RebootExpectation::Expected {
        notes.push(note(part, "will need a reboot before everything is in effect"));
    }
}

fn shape(part: &PlanHost, notes: &mut Vec<Problem>) {
    if part.schema != PLAN_SCHEMA {
        notes.push(fatal(part, &format!("its part has format version {}", part.schema)));
    }
    if part.steps.is_empty() {
        notes.push(fatal(part, "has nothing to do"));
    }
    if part.steps.len() > HOST_STEPS_MAX {
        let count = part.steps.len();
        notes.push(fatal(part, &format!("has {count} steps, {HOST_STEPS_MAX} are allowed")));
    }
    let bytes = part.to_bytes().len();
    if bytes > ENTRY_BYTES_MAX {
        let text = format!("its part is {bytes} bytes, {ENTRY_BYTES_MAX} can travel");
        notes.push(fatal(part, &text).hint("plan fewer packages at once"));
    }
    for pair in part.steps.windows(2) {
        match (&pair[0].name, &pair[0].arch).cmp(&(&pair[1].name, &pair[1].arch)) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => {
                notes.push(fatal(part, &format!("{} is stepped twice", pair[0].name)));
            }
            std::cmp::Ordering::Greater => notes.push(fatal(part, "its steps are not sorted")),
        }
    }
    // Saturating: a sum that overflows is wrong, not a panic.
    let staging = part.steps.iter().fold(0_u64, |sum, step| {
        let back = step.back.as_ref().map_or(0, |back| back.size_bytes);
        sum.saturating_add(step.artifact.size_bytes).saturating_add(back)
    });
    if staging != part.staging_bytes {
        let text = format!("stages {staging} bytes, the plan says {}", part.staging_bytes);
        notes.push(fatal(part, &text));
    }
}

/// Computes both digests anew, from lines instead of packages.
fn digests(part: &PlanHost, facts: &HostInput<'_>, notes: &mut Vec<Problem>) {
    let mut lines: BTreeMap<(&str, &str), (&str, &str)> = facts
        .packages
        .packages
        .iter()
        .map(|p| ((p.name.as_str(), p.arch.as_str()), (p.version.as_str(), p.state.as_str())))
        .collect();
    if lines.len() != facts.packages.packages.len() {
        notes.push(fatal(part, "reports one package twice"));
    }
    if digest(&lines) != part.installed_before {
        notes.push(fatal(part, "the plan starts from other packages than are installed"));
    }
    for step in &part.steps {
        let (name, arch) = (step.name.as_str(), step.arch.as_str());
        lines.remove(&(name, "all"));
        if arch == "all" {
            lines.retain(|(other, _), _| *other != name);
        }
        lines.insert((name, arch), (&step.to, "ii"));
    }
    if digest(&lines) != part.installed_after {
        notes.push(fatal(part, "the plan does not end with what its steps install"));
    }
}

fn digest(lines: &BTreeMap<(&str, &str), (&str, &str)>) -> Digest {
    let mut text: Vec<String> = lines
        .iter()
        .map(|((name, arch), (version, state))| format!("{name} {arch} {version} {state}\n"))
        .collect();
    text.sort_unstable();
    Digest::of(text.concat().as_bytes())
}

/// Law 4: no way back, no automatic patching, unless a person says so by name and with a reason.
fn way_back(part: &PlanHost, notes: &mut Vec<Problem>) {
    let missing: Vec<&str> = part
        .steps
        .iter()
        .filter(|step| !step.from.is_empty() && step.back.is_none())
        .map(|step| step.name.as_str())
        .collect();
    match &part.way_back {
        WayBack::Packages => {
            for name in missing {
                notes.push(fatal(part, &format!("{name} has no way back and nobody waived it")));
            }
        }
        WayBack::Waived { by, reason, missing: named } => {
            if by.trim().is_empty() || reason.trim().is_empty() {
                notes.push(fatal(part, "the way back is waived without a name or a reason"));
            }
            if missing.is_empty() || *named != missing {
                notes.push(fatal(part, "the waived packages are not those without a way back"));
            }
            let names = named.join(", ");
            notes.push(
                warning(part, &format!("no way back for {names}: waived by {by} ({reason})"))
                    .hint("an undo leaves these packages at their new version"),
            );
        }
    }
}
