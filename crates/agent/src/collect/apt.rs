//! Asks dpkg and apt, and puts their answers together. A tool that fails costs its part of the sight.

use crate::collect::lists::Lists;
use crate::hands::process;
use crate::providers::apt::{self as parse, Refreshed};
use crate::providers::pending::{DEPTH_MAX, Seen, Wanted};
use crate::providers::sources;
use model::host::ListsAge;
use model::package::Package;
use model::problem::{Problem, Severity};
use model::report::PendingSet;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Names per call at most: an argument list of 5,000 names is about 150 KB, far below the kernel's limit.
const NAMES_MAX: usize = 5_000;

/// Packages, updates and lists of this host.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) native: String,
    pub(crate) packages: Vec<Package>,
    pub(crate) pending: PendingSet,
    pub(crate) lists: ListsAge,
}

/// Looks. `folder` is ours alone: lists, cache and settings for apt.
pub(crate) fn look(folder: &Path, refresh: bool, problems: &mut Vec<Problem>) -> Look {
    let lists = Lists::open(folder).map_err(|error| {
        let subject = folder.display().to_string();
        let text = format!("the folder for package lists cannot be used: {error}");
        problems.push(Problem::new(Severity::Warning, &subject, &text));
    });
    let lists = lists.ok();
    let outcome = match &lists {
        Some(lists) if refresh => refreshed(lists),
        _ => Refreshed::default(),
    };
    let mut chosen = lists.as_ref().and_then(|lists| lists.choose().ok());
    let mut tools = Tools { conf: chosen.as_ref().map(|c| c.conf.clone()), problems };
    let mut seen =
        Seen { native: tools.lines("dpkg", &["--print-architecture"]), ..Seen::default() };
    seen.installed = tools.installed();
    seen.releases = parse::releases(&tools.text("apt-cache", &["policy"]));
    if refresh && outcome.is_good_enough(&seen.releases) {
        // The note first, then the lists that it speaks of: until now the machine's own may have been read.
        let marked = lists.as_ref().is_some_and(|lists| lists.mark().is_ok());
        chosen = lists.as_ref().filter(|_| marked).and_then(|lists| lists.choose().ok());
        tools.conf = chosen.as_ref().map(|c| c.conf.clone());
        seen.releases = parse::releases(&tools.text("apt-cache", &["policy"]));
    }
    seen.mirrors = mirrors(&seen.releases);
    let wanted = tools.wanted(&mut seen);
    let (pending, mut found) = seen.pending(&wanted);
    found.extend(weak_sources(&tools));
    problems.extend(found);
    let refreshed_at = chosen.and_then(|chosen| chosen.refreshed_at);
    let refresh_error = match &lists {
        Some(lists) if refresh => {
            lists.note_error(&outcome.error());
            outcome.error()
        }
        Some(lists) => lists.error(),
        None => outcome.error(),
    };
    Look {
        packages: seen.packages(),
        native: seen.native,
        pending,
        lists: ListsAge { refreshed_at, refresh_error },
    }
}

fn refreshed(lists: &Lists) -> Refreshed {
    lists.refresh().unwrap_or_else(|error| Refreshed {
        error_text: format!("apt-get update: {error}"),
        ..Refreshed::default()
    })
}

struct Tools<'a> {
    conf: Option<String>,
    problems: &'a mut Vec<Problem>,
}

impl Tools<'_> {
    /// Returns what a tool printed; a failure becomes a problem and an empty text.
    fn text(&mut self, program: &str, args: &[&str]) -> String {
        let mut all: Vec<&str> = Vec::with_capacity(args.len() + 2);
        if let (Some(conf), true) = (&self.conf, program.starts_with("apt")) {
            all.extend(["-c", conf]);
        }
        all.extend(args);
        let failed = |text: String| Problem::new(Severity::Error, program, &text);
        match process::run(program, &all) {
            Ok(ran) => {
                // apt-cache ends with 100 when one of many names is unknown, and still tells of the others.
                if !ran.is_ok() && ran.stdout.is_empty() {
                    let first = args.first().copied().unwrap_or_default();
                    self.problems.push(failed(format!("`{first}` failed: {}", ran.stderr_tail)));
                }
                ran.text()
            }
            Err(error) => {
                self.problems.push(failed(format!("could not be started: {error}")));
                String::new()
            }
        }
    }

    fn lines(&mut self, program: &str, args: &[&str]) -> String {
        self.text(program, args).trim().to_owned()
    }

    fn installed(&mut self) -> Vec<parse::Installed> {
        let text = self.text("dpkg-query", &["-W", "-f", parse::INSTALLED_FORMAT]);
        let (installed, problems) = parse::installed(&text);
        self.problems.extend(problems);
        installed
    }

    /// Returns every update, and every addition that updates need.
    fn wanted(&mut self, seen: &mut Seen) -> Vec<Wanted> {
        let packages = seen.installed.iter().map(|one| &one.package);
        let names: BTreeSet<String> = packages
            .filter(|package| package.is_installed())
            .map(|package| seen.key(&package.name, &package.arch))
            .collect();
        seen.policies = self.policies(&names);
        let mut wanted = seen.upgradable();
        let mut fresh = wanted.clone();
        for _ in 0..=DEPTH_MAX {
            self.read_records(seen, &fresh);
            let unknown = seen.unknown(&wanted);
            // A name that apt does not know stays known as such, so that it is not asked for again.
            seen.policies.extend(unknown.iter().map(|name| (name.clone(), <_>::default())));
            let found = self.policies(&unknown);
            seen.policies.extend(found);
            fresh = seen.additions(&wanted);
            if fresh.is_empty() {
                break;
            }
            wanted.extend(fresh.iter().cloned());
        }
        wanted
    }

    fn policies(&mut self, names: &BTreeSet<String>) -> BTreeMap<String, parse::Policy> {
        let names: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| parse::is_name(name.split(':').next().unwrap_or_default()))
            .collect();
        let mut all = BTreeMap::new();
        for some in names.chunks(NAMES_MAX) {
            let args: Vec<&str> = std::iter::once("policy").chain(some.iter().copied()).collect();
            all.extend(parse::policies(&self.text("apt-cache", &args)));
        }
        all
    }

    fn read_records(&mut self, seen: &mut Seen, wanted: &[Wanted]) {
        for some in seen.specs(wanted).chunks(NAMES_MAX) {
            let specs = some.iter().map(String::as_str);
            let args: Vec<&str> = std::iter::once("show").chain(specs).collect();
            let (records, problems) = parse::records(&self.text("apt-cache", &args));
            self.problems.extend(problems);
            seen.records.extend(records);
        }
    }
}

/// Returns the first address of each mirror list that a repository names: cloud images use them.
fn mirrors(releases: &BTreeMap<String, parse::Release>) -> BTreeMap<String, String> {
    let site = |key: &String| key.split(' ').next().unwrap_or_default().to_owned();
    releases
        .keys()
        .map(site)
        .filter_map(|site| {
            let text = fs::read_to_string(site.strip_prefix("mirror+file:")?).ok()?;
            let first = text.split_ascii_whitespace().find(|word| word.starts_with("http"))?;
            Some((site, first.trim_end_matches('/').to_owned()))
        })
        .collect()
}

fn weak_sources(tools: &Tools<'_>) -> Vec<Problem> {
    let mut found = Vec::new();
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten();
    let parts = parts.filter_map(Result::ok).map(|entry| entry.path());
    for path in parts.chain(["/etc/apt/sources.list".into()]) {
        let name = path.display().to_string();
        let is_source = [".list", ".sources"].iter().any(|end| name.ends_with(end));
        if let (true, Ok(text)) = (is_source, fs::read_to_string(&path)) {
            found.extend(sources::weak(&name, &text));
        }
    }
    let conf = tools.conf.as_deref().map_or(vec![], |conf| vec!["-c", conf]);
    let args: Vec<&str> = conf.into_iter().chain(["dump"]).collect();
    if let Ok(ran) = process::run("apt-config", &args) {
        found.extend(sources::weak_settings(&ran.text()));
    }
    found
}
