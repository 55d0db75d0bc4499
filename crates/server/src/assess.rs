//! One host's exposures from a status file and feed files, without a server or store. A status file does not
//! say what is offered, what runs and what is mapped: states are told as far as it goes.

use crate::error::ApiError;
use decide::index::{EntryInput, Found, Index, NewRow, RowId, Scope, Source, Subject};
use feeds::{Limits, Loaded, debsecan};
use model::advisory::{Advisory, RowSet};
use model::exposure::{AssessedExposure, Assessment, NotReachable, Reach};
use model::host::{AgentMode, HostFacts};
use model::package::{Package, PackageSet};
use model::problem::Severity;
use model::report::{Conditions, PendingSet};
use model::{HostId, Problem, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The only host and tenant of an assessment.
const HOST: HostId = HostId(1);
const TENANT: TenantId = TenantId(1);
/// Bytes of a status file at most: a desktop with everything has some 10 MB.
const STATUS_BYTES_MAX: u64 = 256 << 20;

/// What is assessed.
#[derive(Debug, Clone)]
pub struct AssessRequest<'a> {
    /// dpkg's status file.
    pub status: &'a Path,
    /// `debian:12`.
    pub stream: String,
    /// Files, folders or archives of feeds.
    pub feeds: &'a [PathBuf],
    /// Judges as debsecan does, its mistakes included.
    pub debsecan_compat: bool,
}

/// Assesses one host. Lines are sorted by CVE and package.
///
/// # Errors
/// `BadInput`: a file cannot be read, is no feed, is beyond a limit, or the stream is none.
pub fn assess(request: &AssessRequest<'_>) -> Result<Assessment, ApiError> {
    let facts = facts(&request.stream)?;
    let (packages, mut problems) = status(request.status)?;
    let exposures = if request.debsecan_compat {
        as_debsecan(&packages, request)?
    } else {
        let mut index = Index::new();
        let mut next_id = 0;
        for path in request.feeds {
            let loaded = loaded(path, &request.stream)?;
            problems.extend(troubles(path, &loaded));
            for set in &loaded.sets {
                put(&mut index, set, &mut next_id);
            }
        }
        found(&mut index, &facts, &packages)
    };
    Ok(Assessment {
        stream: request.stream.clone(),
        packages: u64::try_from(packages.len()).unwrap_or(u64::MAX),
        exposures: exposures.into_iter().collect(),
        problems,
    })
}

fn bad(path: &Path, why: &str) -> ApiError {
    ApiError::bad_input("bad_file", &format!("`{}`: {why}", path.display()))
}

fn status(path: &Path) -> Result<(Vec<Package>, Vec<Problem>), ApiError> {
    let bytes = read(path, STATUS_BYTES_MAX)?;
    let listed = feeds::deb822::status(&bytes, &Limits::default())
        .map_err(|refused| bad(path, &refused.to_string()).hint("name a dpkg status file"))?;
    let about = |reject: model::advisory::Reject| {
        Problem::new(Severity::Warning, &reject.pointer, &reject.reason)
    };
    Ok((listed.items, listed.rejects.into_iter().map(about).collect()))
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, ApiError> {
    use std::io::Read as _;
    let failed = |e: std::io::Error| bad(path, &format!("cannot be read: {e}"));
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bytes_max {
        return Err(bad(path, &format!("is longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// debsecan's own answer, from its own feed.
fn as_debsecan(
    packages: &[Package],
    request: &AssessRequest<'_>,
) -> Result<BTreeSet<AssessedExposure>, ApiError> {
    let limits = Limits::default();
    let mut lines = BTreeSet::new();
    for path in request.feeds {
        let bytes = read(path, limits.unpacked_bytes_max)?;
        let feed = debsecan::read(&bytes, &limits).map_err(|refused| {
            bad(path, &refused.to_string()).hint(
                "debsecan's rules need debsecan's feed; leave `--debsecan-compat` out for others",
            )
        })?;
        for package in packages {
            for entry in feed.compat(package) {
                let Some(name) = feed.names.get(entry.name) else { continue };
                lines.insert(AssessedExposure {
                    cve: name.id.clone(),
                    package: package.name.clone(),
                    source: package.source.clone(),
                    installed: package.version.clone(),
                    fixed: entry.unstable_fixed.clone().unwrap_or_default(),
                    state: if entry.has_fix { "actionable" } else { "no_fix" }.to_owned(),
                });
            }
        }
    }
    // debsecan prints a pair once, whichever architecture it is of.
    let mut seen = BTreeSet::new();
    lines.retain(|line| seen.insert((line.cve.clone(), line.package.clone())));
    Ok(lines)
}

fn loaded(path: &Path, stream: &str) -> Result<Loaded, ApiError> {
    let loaded = feeds::load_path_all(path, stream, &Limits::default())
        .map_err(|refused| bad(path, &refused.to_string()))?;
    if loaded.sets.is_empty() {
        let why = loaded.left_out.first().map(|out| out.why.to_string());
        return Err(bad(path, &why.unwrap_or_else(|| "there is no feed in it".to_owned())));
    }
    Ok(loaded)
}

/// What of a feed could not be used: it may be what would have told of an exposure.
fn troubles(path: &Path, loaded: &Loaded) -> Vec<Problem> {
    let broken = loaded
        .left_out
        .iter()
        .filter(|out| out.is_broken())
        .map(|out| Problem::new(Severity::Error, &out.name, &format!("left out: {}", out.why)));
    let rejected = loaded.sets.iter().filter(|set| set.rejects_total > 0).map(|set| {
        let text = format!("{} of {} entries cannot be used", set.rejects_total, set.entries);
        Problem::new(Severity::Warning, &set.source, &text)
            .hint(&format!("`{}` may be damaged", path.display()))
    });
    broken.chain(rejected).collect()
}

fn put(index: &mut Index, set: &RowSet, next_id: &mut u64) {
    let advisories: BTreeMap<&str, &Advisory> =
        set.advisories.iter().map(|advisory| (advisory.id.as_str(), advisory)).collect();
    let rows: Vec<NewRow<'_>> = set
        .rows
        .iter()
        .map(|row| {
            *next_id += 1;
            let advisory = advisories.get(row.advisory.as_str()).copied();
            NewRow { id: RowId(*next_id), learned_at: 0, row, advisory }
        })
        .collect();
    index.put_rows(&Source { name: set.source.clone(), feed: set.feed }, &rows);
    for statement in set.cves.iter().filter(|statement| statement.is_rejected) {
        index.set_rejected(statement.cve, true);
    }
}

fn found(index: &mut Index, facts: &HostFacts, packages: &[Package]) -> BTreeSet<AssessedExposure> {
    let set = PackageSet::new(packages.to_vec());
    index.put_host(&decide::index::entry(&EntryInput {
        host: HOST,
        tenant: TENANT,
        first_seen_at: 0,
        seen_at: 0,
        facts,
        packages: &set,
        pending: &PendingSet::default(),
        conditions: &Conditions::default(),
    }));
    let mut lines = BTreeSet::new();
    for found in index.exposures_of_host(&Scope::of(TENANT), HOST) {
        lines.extend(assessed(&found, packages));
    }
    lines
}

/// One line for each binary package of the source; the source's own name where none is installed of it.
fn assessed(found: &Found, packages: &[Package]) -> Vec<AssessedExposure> {
    let line = |package: &str, installed: &str| AssessedExposure {
        cve: match &found.subject {
            Subject::Cve(cve) => cve.to_string(),
            Subject::Advisory(id) => id.clone(),
        },
        package: package.to_owned(),
        source: found.package.package.clone(),
        installed: installed.to_owned(),
        fixed: found.fixed.clone(),
        state: state(found).to_owned(),
    };
    let is_of = |package: &&Package| {
        package.is_installed()
            && package.source == found.package.package
            && package.source_version == found.installed
    };
    let binaries: Vec<AssessedExposure> =
        packages.iter().filter(is_of).map(|p| line(&p.name, &p.version)).collect();
    match binaries.is_empty() {
        true => vec![line(&found.package.package, &found.installed)],
        false => binaries,
    }
}

/// A status file knows no offers: where a fix exists, it is taken to be offered.
fn state(found: &Found) -> &'static str {
    let is_only_not_seen = matches!(
        &found.reach,
        Reach::FixNotReachable { why: NotReachable::NotOffered | NotReachable::ArchiveStale }
    );
    if is_only_not_seen && !found.fixed.is_empty() { "actionable" } else { found.reach.word() }
}

/// Facts of a host that is nothing but a release.
fn facts(stream: &str) -> Result<HostFacts, ApiError> {
    let (name, version) = stream.split_once(':').ok_or_else(|| no_stream(stream))?;
    let facts = HostFacts {
        hostname: String::new(),
        os_id: name.to_owned(),
        os_version: version.to_owned(),
        os_codename: String::new(),
        os_pretty: String::new(),
        arch: String::new(),
        kernel_running: String::new(),
        kernel_newest: String::new(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: String::new(),
        booted_at: 0,
        has_systemd: false,
        virtualization: "none".to_owned(),
        agent_mode: AgentMode::Unprivileged,
        agent_version: String::new(),
    };
    match decide::stream::of_host(&facts) {
        Some(found) if found == stream => Ok(facts),
        Some(_) | None => Err(no_stream(stream)),
    }
}

fn no_stream(stream: &str) -> ApiError {
    ApiError::bad_input("bad_stream", &format!("`{stream}` is no release with a status file"))
        .hint("name it like debian:12 or ubuntu:22.04")
}
