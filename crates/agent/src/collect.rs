//! Looks at the host: the work unit behind every report. Reads, runs tools that only read, and writes
//! nothing outside its own folder; with `--refresh` it fetches package lists into that folder.

mod apt;
mod host;
mod kernel;
mod lists;
mod origins;
mod processes;

use crate::Options;
use crate::config::Config;
use crate::failure::Failure;
use crate::files;
use model::host::ListsAge;
use model::package::PackageSet;
use model::problem::Problem;
use model::report::{Conditions, Sight};
use std::path::Path;

/// Runs the role `collect`: writes what it sees to `--out`, as JSON.
///
/// # Errors
/// `--out` is missing or cannot be written; nothing else stops it, what is unknown becomes a problem.
pub fn start(config: &Config, options: &Options) -> Result<(), Failure> {
    let out = options
        .out
        .as_deref()
        .ok_or_else(|| Failure::new("`collect` needs a file to write to").hint("add --out FILE"))?;
    let sight = collect(&config.root_dir(), options.refresh);
    let bytes = serde_json::to_vec(&sight)
        .map_err(|error| Failure::new("could not encode what was seen").because(error))?;
    files::put(out, &bytes, 0o600).map_err(|error| {
        Failure::new(format!("could not write `{}`", out.display())).because(error)
    })
}

/// Looks at this host now. `root_dir` holds the private package lists.
pub fn collect(root_dir: &Path, refresh: bool) -> Sight {
    let mut problems = Vec::new();
    let look = apt::look(&root_dir.join("apt"), refresh, &mut problems);
    let facts = host::facts(&look.native, &look.packages, &mut problems);
    let reboot = host::reboot(&facts, &look.packages);
    let stale = processes::stale(&mut problems);
    about_lists(&look.lists, &mut problems);
    problems.sort();
    problems.dedup();
    Sight {
        facts,
        packages: PackageSet::new(look.packages),
        pending: look.pending,
        conditions: Conditions { reboot, stale, lists: Some(look.lists), problems },
    }
}

fn about_lists(lists: &ListsAge, problems: &mut Vec<Problem>) {
    use model::problem::Severity::{Error, Warning};
    if lists.refreshed_at.is_none() {
        problems.push(
            Problem::new(Error, "package lists", "there are none, so pending updates are unknown")
                .hint("let the host reach its repositories, then refresh"),
        );
    }
    if !lists.refresh_error.is_empty() {
        let text = format!("could not be refreshed: {}", lists.refresh_error);
        problems.push(
            Problem::new(Warning, "package lists", &text)
                .hint("check the host's way to its repositories and their settings"),
        );
    }
}
