//! The package manager's argument list, derived from the plan's typed steps and nothing else. No text
//! of an order ever becomes an argument: names and versions pass the ecosystem's grammar first.

use crate::providers::apt::{is_name, is_version};
use model::order::Verb;
use model::outcome::BlockReason;
use model::plan::{PlanHost, Step};

/// Whether apt only says what it would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Simulate,
    /// For real; progress goes to this inherited descriptor.
    Apply {
        status_fd: i32,
    },
}

/// Folders of one run, as absolute paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Holds the new files, one name per step.
    pub files: String,
    /// An empty folder in place of apt's package lists: what was not staged does not exist.
    pub lists: String,
    /// An empty folder in place of apt's archive.
    pub archives: String,
    /// Preferences: a file with [`pins`], or [`NO_PREFERENCES`].
    pub preferences: String,
}

/// Where an upgrade has its preferences: none.
pub const NO_PREFERENCES: &str = "/dev/null";

/// Environment of the transaction beside the fixed one: other tools hook into apt and would restart
/// services or page changelogs, and dpkg must know that its frontend lock is held by us.
pub const ENVIRONMENT: [(&str, &str); 3] = [
    ("NEEDRESTART_SUSPEND", "1"),
    ("APT_LISTCHANGES_FRONTEND", "none"),
    ("DPKG_FRONTEND_LOCKED", "true"),
];

/// Arguments of `dpkg` that finish what an interruption left.
pub const CONFIGURE: [&str; 4] = ["--force-confdef", "--force-confold", "--configure", "-a"];

/// Settings that hold for each call: nothing but the frozen files and what is installed exists, the
/// administrator's configuration files stay, the lock is already ours.
const SETTINGS: [&str; 11] = [
    "Dir::Etc::sourcelist=/dev/null",
    "Dir::Etc::sourceparts=/dev/null",
    "Dir::Etc::preferencesparts=/dev/null",
    "Dir::Cache::pkgcache=",
    "Dir::Cache::srcpkgcache=",
    "APT::Default-Release=",
    "APT::Sandbox::User=root",
    "Debug::NoLocking=true",
    "Dpkg::Use-Pty=false",
    "Dpkg::Options::=--force-confdef",
    "Dpkg::Options::=--force-confold",
];

/// Returns the arguments of `apt-get` for the plan's exact versions. `--no-download` is not among
/// them: apt 2.6 then refuses files given with `--with-source`, and there is no source to download
/// from. `--no-remove` makes apt refuse where a removal would be needed.
pub fn argv(plan: &PlanHost, verb: Verb, folders: &Folders, mode: Mode) -> Vec<String> {
    let mut argv: Vec<String> =
        ["install", "-y", "--no-remove", "--no-install-recommends"].map(str::to_owned).to_vec();
    match verb {
        Verb::Upgrade => {}
        Verb::Rollback => argv.push("--allow-downgrades".to_owned()),
    }
    argv.extend(settings(folders));
    match mode {
        Mode::Simulate => argv.push("--simulate".to_owned()),
        Mode::Apply { status_fd } => {
            argv.extend(["-o".to_owned(), format!("APT::Status-Fd={status_fd}")]);
        }
    }
    for step in &plan.steps {
        argv.extend(["--with-source".to_owned(), format!("{}/{}", folders.files, file_name(step))]);
    }
    argv.extend(plan.steps.iter().map(target));
    argv
}

/// Returns the options that leave apt nothing but the frozen files and what is installed.
pub fn settings(folders: &Folders) -> Vec<String> {
    let own = [
        format!("Dir::State::Lists={}", folders.lists),
        format!("Dir::Cache::archives={}", folders.archives),
        format!("Dir::Etc::preferences={}", folders.preferences),
    ];
    let all = SETTINGS.iter().map(|setting| (*setting).to_owned()).chain(own);
    all.flat_map(|setting| ["-o".to_owned(), setting]).collect()
}

/// Returns preferences that make the plan's versions apt's own choice. On a way back they are lower ones;
/// a package that an interruption left half unpacked apt completes only with the version of its choice,
/// before it looks at what it was asked for.
pub fn pins(plan: &PlanHost) -> String {
    let pin = |step: &Step| {
        format!("Package: {}\nPin: version {}\nPin-Priority: 1001\n\n", step.name, step.to)
    };
    plan.steps.iter().map(pin).collect()
}

/// Returns `name:arch=version`. With the version, apt takes no name for a pattern, a removal
/// (`name-`) or an addition (`name+`). Architecture `all` is asked for by the plain name.
fn target(step: &Step) -> String {
    match step.arch.as_str() {
        "all" => format!("{}={}", step.name, step.to),
        arch => format!("{}:{arch}={}", step.name, step.to),
    }
}

/// Returns the file name that apt itself would give: `:` of an epoch as `%3a`.
pub fn file_name(step: &Step) -> String {
    format!("{}_{}_{}.deb", step.name, step.to.replace(':', "%3a"), step.arch)
}

/// Checks that the plan's words are package names, versions and architectures, and that it only
/// installs. Signed words are checked too: a person can be fooled into signing them.
///
/// # Errors
/// `BadPlan` naming the step.
pub fn check_words(plan: &PlanHost) -> Result<(), BlockReason> {
    let bad = |step: &Step, text: &str| BlockReason::BadPlan {
        text: format!("{}: {text}", step.name.chars().take(80).collect::<String>()),
    };
    if plan.steps.is_empty() {
        return Err(BlockReason::BadPlan { text: "it has no steps".to_owned() });
    }
    for (index, step) in plan.steps.iter().enumerate() {
        if !is_name(&step.name) || step.name.ends_with('-') {
            return Err(bad(step, "this is not a package name"));
        }
        let is_arch = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if step.arch.is_empty() || !step.arch.bytes().all(is_arch) || step.arch.starts_with('-') {
            return Err(bad(step, "this is not an architecture"));
        }
        if step.to.is_empty() {
            return Err(bad(step, "a run does not remove packages"));
        }
        if !is_version(&step.to) || !(step.from.is_empty() || is_version(&step.from)) {
            return Err(bad(step, "this is not a version"));
        }
        let is_twice = |other: &Step| other.name == step.name && other.arch == step.arch;
        if plan.steps.iter().take(index).any(is_twice) {
            return Err(bad(step, "it appears twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
