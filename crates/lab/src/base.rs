//! Root file systems of the hosts: made once from Debian's packages, then kept.
//!
//! A base is the release *without* its security and update suites, so that real updates pend as soon as
//! those are added (`tree.rs` does that).

use crate::process;
use crate::{Say, Settings, files};
use anyhow::{Context as _, Result, bail};
use model::Digest;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Raise it when the making changes: older cached ones are then left aside.
const FORMAT: u32 = 1;
/// About 30 s here, five minutes behind a slow mirror.
const MAKE_SECS: u64 = 1_800;
/// What a plain server has, beside what is essential.
const PACKAGES: [&str; 21] = [
    "systemd-sysv",
    "dbus",
    "libpam-systemd",
    "openssh-server",
    "nginx-light",
    "needrestart",
    "python3-minimal",
    "curl",
    "wget",
    "sudo",
    "procps",
    "ca-certificates",
    "iproute2",
    "iputils-ping",
    "less",
    "vim-tiny",
    "cron",
    "gnupg",
    "openssl",
    "rsync",
    "bind9-dnsutils",
];

/// A Debian release that hosts can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    Bookworm,
    Bullseye,
}

impl Release {
    pub fn word(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Bullseye => "bullseye",
        }
    }
}

impl FromStr for Release {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "bookworm" => Ok(Self::Bookworm),
            "bullseye" => Ok(Self::Bullseye),
            _ => bail!("there are no hosts of release `{text}`; try bookworm or bullseye"),
        }
    }
}

/// A root file system that nothing writes to: hosts lay their own changes over it.
#[derive(Debug, Clone)]
pub struct Base {
    pub release: Release,
    /// Names the release, the packages and the format.
    pub key: String,
    pub root: PathBuf,
}

/// Returns the base of `release` with `extra` packages, making it where there is none yet.
///
/// # Errors
/// `mmdebstrap` is missing or failed, the disk is full, or the mirror does not answer.
pub fn ensure(
    settings: &Settings,
    release: Release,
    extra: &[String],
    say: Say<'_>,
) -> Result<Base> {
    let mut packages: Vec<&str> = PACKAGES.to_vec();
    packages.extend(extra.iter().map(String::as_str));
    packages.sort_unstable();
    packages.dedup();
    let list = packages.join(",");
    let digest = Digest::of(format!("{FORMAT} {list}").as_bytes()).short();
    let key = format!("{}-{digest}", release.word());
    let folder = settings.cache.join("bases").join(&key);
    let base = Base { release, key, root: folder.join("root") };
    let _alone = alone(&settings.cache, &base.key)?;
    if base.root.is_dir() {
        return Ok(base);
    }
    say(&format!("making the root file system {} (once; about a minute)", base.key));
    let part = settings.cache.join("bases").join(format!(".{}.part", base.key));
    files::remove_folder(&part)?;
    fs::create_dir_all(&part).with_context(|| format!("could not make `{}`", part.display()))?;
    make(release, &list, &part.join("root"), say)?;
    files::remove_folder(&folder)?;
    fs::rename(&part, &folder)?;
    Ok(base)
}

fn make(release: Release, list: &str, root: &Path, say: Say<'_>) -> Result<()> {
    let suite = release.word();
    let include = format!("--include={list}");
    let source = format!("deb http://deb.debian.org/debian {suite} main");
    let root = root.to_str().context("the cache folder's name is not text")?;
    let args = ["--mode=root", "--variant=minbase", &include, suite, root, &source];
    process::run_saying("mmdebstrap", &args, Duration::from_secs(MAKE_SECS), say)
        .context("could not make a root file system (is mmdebstrap installed, and are you root?)")
}

/// Keeps others from making the same thing at the same time; ends when dropped.
pub(crate) fn alone(cache: &Path, key: &str) -> Result<File> {
    fs::create_dir_all(cache).with_context(|| format!("could not make `{}`", cache.display()))?;
    let lock = File::create(cache.join(format!("{key}.lock")))?;
    flock(&lock, FlockOperation::LockExclusive)?;
    Ok(lock)
}
