//! Which units count as "was active before", read from `systemctl show`. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Properties to ask `systemctl show` for.
pub const PROPERTIES: &str =
    "Id,ActiveState,Type,UnitFileState,BusName,TriggeredBy,RemainAfterExit,Transient";
/// Kinds of units that are compared. Scopes, slices, devices and targets follow from others.
pub const TYPES: &str = "service,socket,timer,path,mount";
/// Services of other updaters, masked while a transaction runs.
pub const UPDATERS: [&str; 4] = [
    "apt-daily.service",
    "apt-daily-upgrade.service",
    "unattended-upgrades.service",
    "packagekit.service",
];

/// Their timers. They are not masked, but an upgrade of apt restarts them, which fails while what they
/// start is masked; so they are started again when the masks are gone.
pub const TIMERS: [&str; 2] = ["apt-daily.timer", "apt-daily-upgrade.timer"];

/// Returns the active units that should still be active after a transaction, sorted. `text` is what
/// `systemctl show --property` printed: blocks separated by an empty line.
pub fn active(text: &str) -> BTreeSet<String> {
    text.split("\n\n").filter_map(steady).collect()
}

/// Returns the unit's name when it is active and would stay so by itself. Left out is what comes and
/// goes: what a bus name, a timer or a connection starts, and what no unit file stands behind.
fn steady(block: &str) -> Option<String> {
    let fields: BTreeMap<&str, &str> =
        block.lines().filter_map(|line| line.split_once('=')).collect();
    let field = |name: &str| fields.get(name).copied().unwrap_or_default();
    let id = field("Id");
    if id.is_empty() || field("ActiveState") != "active" || field("Transient") == "yes" {
        return None;
    }
    if id.starts_with("patchwell-") || id.starts_with("run-") || id.starts_with("user@") {
        return None;
    }
    if UPDATERS.contains(&id) || TIMERS.contains(&id) {
        return None;
    }
    let is_passing = match field("UnitFileState") {
        "enabled" | "enabled-runtime" | "generated" | "indirect" | "alias" => false,
        _ => {
            id.contains('@')
                || !field("BusName").is_empty()
                || field("TriggeredBy").split(' ').any(|unit| unit.ends_with(".timer"))
                || id.ends_with(".mount")
        }
    };
    (!is_passing).then(|| id.to_owned())
}

#[cfg(test)]
mod tests;
