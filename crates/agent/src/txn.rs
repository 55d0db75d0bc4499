//! The runner: carries out one frozen package transaction, in a process tree of its own that nobody
//! ends. It holds the package manager's lock from before it looks until after it has looked again.
//!
//! It decides nothing: what is installed must be what the plan began with, what apt would do must be
//! what the plan says; otherwise it leaves without having acted. Its last word is a file.

use crate::clock;
use crate::failure::{Failure, say};
use crate::hands::runner::{Folder, Task};
use crate::hands::{locks, packages, process, staging};
use crate::run::entry::{TxnEnd, TxnRefusal};
use crate::run::simulation;
use crate::run::transaction::{self, CONFIGURE, ENVIRONMENT, Folders, Mode, NO_PREFERENCES};
use model::order::Verb;
use model::outcome::BlockReason;
use model::package::PackageSet;
use model::plan::{PlanHost, Step};
use rustix::fs::{Mode as FileMode, OFlags};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::time::Duration;

/// Between two looks at a lock that another program holds.
const LOCK_POLL: Duration = Duration::from_millis(500);
/// apt's preferences on a way back, in the run's folder.
const PREFERENCES: &str = "preferences";
/// Tries to take our own lock; the root half's look at it is over in an instant.
const OWN_LOCK_TRIES: u32 = 20;

/// Everything that one transaction needs.
struct Txn {
    folder: Folder,
    plan: PlanHost,
    task: Task,
    log: File,
}

/// Carries out the task in `folder`.
///
/// # Errors
/// The folder is not a run's, or another runner works there. An end of the transaction, good or bad, is
/// no error: it stands in the folder.
pub fn start(folder: &Path) -> Result<(), Failure> {
    let folder = Folder(folder.to_owned());
    let act = |error: io::Error| Failure::new("could not run the transaction").because(error);
    let lock = own_lock(&folder).map_err(act)?;
    let Some(_lock) = lock else {
        return Err(Failure::new("another runner works in this folder"));
    };
    let task = folder.read_task().map_err(act)?;
    if folder.ended(task.tries).exists() {
        return Ok(());
    }
    let plan = folder.read_plan().map_err(act)?;
    let log = append(&folder.log(), OFlags::CLOEXEC).map_err(act)?;
    crate::files::put(&folder.began(task.tries), b"", 0o600).map_err(act)?;
    let mut txn = Txn { folder, plan, task, log };
    let end = txn.carry_out().map_err(act)?;
    txn.folder.write_end(txn.task.tries, &end).map_err(act)
}

fn own_lock(folder: &Folder) -> io::Result<Option<File>> {
    for _ in 0..OWN_LOCK_TRIES {
        if let Some(lock) = locks::try_transaction(&folder.lock())? {
            return Ok(Some(lock));
        }
        clock::wait(LOCK_POLL / 5);
    }
    Ok(None)
}

fn append(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | flags;
    Ok(File::from(rustix::fs::open(path, flags, FileMode::from_raw_mode(0o600))?))
}

impl Txn {
    fn carry_out(&mut self) -> io::Result<TxnEnd> {
        let Some(_lock) = self.wait_for_lock()? else {
            return self.refused(TxnRefusal::LockNotReleased);
        };
        let before = if self.is_repair() {
            let configured = self.run_logged("dpkg", &CONFIGURE)?;
            self.note(&format!("dpkg --configure -a: {configured:?}"));
            packages::installed()?
        } else {
            let before = packages::installed()?;
            if let Some(reason) = self.differs(&before)? {
                return self.refused(TxnRefusal::Blocked(reason));
            }
            before
        };
        self.write_pins()?;
        if let Some(reason) = self.not_intact()? {
            return self.refused_or_torn(reason);
        }
        if let Err(reason) = self.simulate()? {
            return self.refused_or_torn(reason);
        }
        let automatic = self.automatic(&before)?;
        let exit_code = self.apply()?;
        let restored = self
            .lost_marks(&automatic)
            .and_then(|lost| packages::mark_auto(&lost, &transaction::settings(&self.folders()?)));
        if let Err(error) = restored {
            self.note(&format!("could not restore apt's automatic marks: {error}"));
        }
        self.observe(exit_code)
    }

    fn is_repair(&self) -> bool {
        self.task.tries > 0
    }

    /// Takes dpkg's frontend lock. Another program's is waited for, never broken.
    fn wait_for_lock(&mut self) -> io::Result<Option<File>> {
        let path = Path::new(locks::DPKG_FRONTEND);
        loop {
            if let Some(lock) = locks::try_dpkg(path)? {
                drop(std::fs::remove_file(self.folder.waiting()));
                return Ok(Some(lock));
            }
            if !self.is_repair() && clock::now() > self.task.lock_until {
                return Ok(None);
            }
            if !self.folder.waiting().exists() {
                crate::files::put(&self.folder.waiting(), b"", 0o600)?;
            }
            clock::wait(LOCK_POLL);
        }
    }

    /// Under the lock: is the host still what the plan began with?
    fn differs(&self, before: &PackageSet) -> io::Result<Option<BlockReason>> {
        let found = before.installed_digest();
        if found != self.plan.installed_before {
            let expected = self.plan.installed_before;
            return Ok(Some(BlockReason::Drift { expected, found }));
        }
        // apt looks for this itself, but not under a lock that is ours.
        if packages::has_interrupted_dpkg() {
            match self.task.verb {
                Verb::Upgrade => {
                    let packages = vec!["(an interrupted dpkg)".to_owned()];
                    return Ok(Some(BlockReason::TornDatabase { packages }));
                }
                Verb::Rollback => {
                    self.run_logged("dpkg", &CONFIGURE)?;
                }
            }
        }
        Ok(None)
    }

    fn write_pins(&self) -> io::Result<()> {
        match self.task.verb {
            Verb::Upgrade => Ok(()),
            Verb::Rollback => {
                let pins = transaction::pins(&self.plan);
                crate::files::put(&self.folder.0.join(PREFERENCES), pins.as_bytes(), 0o600)
            }
        }
    }

    fn not_intact(&self) -> io::Result<Option<BlockReason>> {
        for step in &self.plan.steps {
            if !staging::is_intact(&self.task.cache, step.artifact.sha256)? {
                let text = format!("the staged file of {} is not what it was", step.name);
                return Ok(Some(BlockReason::OtherThanPlanned { text }));
            }
        }
        Ok(None)
    }

    fn simulate(&mut self) -> io::Result<Result<(), BlockReason>> {
        let argv = self.argv(Mode::Simulate)?;
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let ran = process::run_with("apt-get", &argv, &ENVIRONMENT)?;
        self.log.write_all(&ran.stdout)?;
        if !ran.is_ok() {
            self.note(&ran.stderr_tail);
            let text = ran.stderr_tail.lines().last().unwrap_or_default().to_owned();
            return Ok(Err(BlockReason::OtherThanPlanned { text }));
        }
        let moves = simulation::moves(&ran.text());
        Ok(simulation::compare(&self.plan, &moves, self.is_repair()))
    }

    /// Returns the packages to mark as automatic afterwards: those of the plan that were, and those
    /// that it brings in for others.
    fn automatic(&self, before: &PackageSet) -> io::Result<Vec<String>> {
        let saved = self.folder.0.join("automatic.json");
        if let Ok(names) = crate::hands::runner::read_json(&saved) {
            return Ok(names);
        }
        let marked = packages::auto_marked()?;
        let was_there =
            |name: &str| before.packages.iter().any(|p| p.name == name && p.is_installed());
        let names: Vec<String> = self
            .plan
            .steps
            .iter()
            .filter(|s| marked.has(&s.name, &s.arch) || !was_there(&s.name))
            .map(named)
            .collect();
        crate::hands::runner::put_json(&saved, &names)?;
        Ok(names)
    }

    /// Returns those of `automatic` that do not have the mark any more.
    fn lost_marks(&self, automatic: &[String]) -> io::Result<Vec<String>> {
        let marked = packages::auto_marked()?;
        let is_lost =
            |step: &&Step| automatic.contains(&named(step)) && !marked.has(&step.name, &step.arch);
        Ok(self.plan.steps.iter().filter(is_lost).map(named).collect())
    }

    fn apply(&self) -> io::Result<Option<i32>> {
        let status = append(&self.folder.status(), OFlags::empty())?;
        let argv = self.argv(Mode::Apply { status_fd: status.as_raw_fd() })?;
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        self.run_logged("apt-get", &argv)
    }

    fn run_logged(&self, program: &str, args: &[&str]) -> io::Result<Option<i32>> {
        process::run_transaction(program, args, &ENVIRONMENT, &self.log)
    }

    fn argv(&self, mode: Mode) -> io::Result<Vec<String>> {
        Ok(transaction::argv(&self.plan, self.task.verb, &self.folders()?, mode))
    }

    fn folders(&self) -> io::Result<Folders> {
        let text = |name: &str| {
            let path = self.folder.0.join(name);
            path.to_str()
                .map(str::to_owned)
                .ok_or_else(|| io::Error::other("the state folder's path is not UTF-8"))
        };
        let preferences = match self.task.verb {
            Verb::Upgrade => NO_PREFERENCES.to_owned(),
            Verb::Rollback => text(PREFERENCES)?,
        };
        let (files, lists, archives) = (text("files")?, text("lists")?, text("archives")?);
        Ok(Folders { files, lists, archives, preferences })
    }

    /// Looks at the package database: this, not the exit code, is what happened.
    fn observe(&self, exit_code: Option<i32>) -> io::Result<TxnEnd> {
        let set = packages::installed()?;
        let torn = packages::torn(&set)?;
        let mut not_as_planned = torn.clone();
        for step in &self.plan.steps {
            let is_there = set
                .packages
                .iter()
                .any(|p| p.name == step.name && p.arch == step.arch && p.version == step.to);
            if !is_there && !not_as_planned.contains(&step.name) {
                not_as_planned.push(step.name.clone());
            }
        }
        let installed = set.installed_digest();
        Ok(TxnEnd { refused: None, exit_code, installed, torn, not_as_planned })
    }

    /// In a first try nothing was done yet; in a repair the host is as the interruption left it.
    fn refused_or_torn(&mut self, reason: BlockReason) -> io::Result<TxnEnd> {
        self.note(&reason.to_string());
        if self.is_repair() {
            return self.observe(None);
        }
        self.refused(TxnRefusal::Blocked(reason))
    }

    fn refused(&self, refusal: TxnRefusal) -> io::Result<TxnEnd> {
        let end = self.observe(None)?;
        Ok(TxnEnd { refused: Some(refusal), ..end })
    }

    /// Adds a line to the log; a full disk must not stop the transaction for it.
    fn note(&mut self, text: &str) {
        if writeln!(self.log, "patchwell: {text}").is_err() {
            say(text);
        }
    }
}

/// Returns the name by which apt's tools know a step's package.
fn named(step: &Step) -> String {
    if step.arch == "all" { step.name.clone() } else { format!("{}:{}", step.name, step.arch) }
}
