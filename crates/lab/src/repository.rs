//! The second repository: made-up packages, signed by a key of this tree, for what Debian does not ship
//! on purpose (maintainer scripts that fail, services that do not start).

use crate::files;
use crate::process;
use crate::tree::Tree;
use anyhow::{Context as _, Result};
use model::Digest;
use std::fs;
use std::path::Path;
use std::time::Duration;

mod packages;

/// Name of the repository's host.
pub const HOST: &str = "repo.lab.invalid";
const TOOL_SECS: u64 = 60;
const KEYRING: &str = "usr/share/keyrings/lab-archive-keyring.gpg";

/// A made-up package in one version.
#[derive(Debug, Clone, Default)]
struct Package {
    name: &'static str,
    version: &'static str,
    /// Path without the first slash, mode, content.
    files: Vec<(&'static str, u32, String)>,
    /// Name (`postinst` …) and body of each maintainer script.
    scripts: Vec<(&'static str, String)>,
    conffiles: Vec<&'static str>,
}

/// Builds all packages into the tree, signs their list, and names repository and key in the layer.
///
/// # Errors
/// `dpkg-deb` or `gpg` is missing or failed.
pub fn make(tree: &Tree) -> Result<()> {
    let top = tree.web.join(HOST);
    let mut list = String::new();
    for package in packages::all() {
        list += &build(&package, &top)?;
    }
    let dist = top.join("dists/stable");
    // One list per architecture that hosts here can have; all packages are for all of them.
    let mut sums = String::new();
    for arch in ["amd64", "arm64"] {
        let name = format!("main/binary-{arch}/Packages");
        files::put(&dist.join(&name), &list)?;
        sums += &format!(" {} {} {name}\n", Digest::of(list.as_bytes()), list.len());
    }
    let date = process::run_ok("date", &["-u", "-R"], Duration::from_secs(TOOL_SECS))?;
    let date = date.trim().replace("+0000", "UTC");
    let release = format!(
        "Origin: Lab\nLabel: Lab\nSuite: stable\nCodename: stable\nDate: {date}\n\
         Architectures: amd64 arm64\nComponents: main\nDescription: Made-up packages\n\
         SHA256:\n{sums}"
    );
    files::put(&dist.join("Release"), release)?;
    sign(&dist, &tree.layer.join(KEYRING))?;
    files::put(
        &tree.layer.join("etc/apt/sources.list.d/lab.list"),
        format!("deb [signed-by=/{KEYRING}] http://{HOST}/ stable main\n"),
    )
}

/// Builds one package; returns its part of `Packages`.
fn build(package: &Package, top: &Path) -> Result<String> {
    let Package { name, version, .. } = package;
    let folder = top.join(format!(".{name}-{version}"));
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Lab <lab@lab.invalid>\n\
         Section: misc\nPriority: optional\nDescription: made-up package of the lab\n"
    );
    files::put(&folder.join("DEBIAN/control"), &control)?;
    for (path, mode, content) in &package.files {
        files::put_with_mode(&folder.join(path), content.as_bytes(), *mode)?;
    }
    for (script, body) in &package.scripts {
        let body = format!("#!/bin/sh\nset -e\n{body}\n");
        files::put_with_mode(&folder.join("DEBIAN").join(script), body.as_bytes(), 0o755)?;
    }
    if !package.conffiles.is_empty() {
        let list: String = package.conffiles.iter().map(|path| format!("/{path}\n")).collect();
        files::put(&folder.join("DEBIAN/conffiles"), list)?;
    }
    let place = format!("pool/{name}_{version}_all.deb");
    let deb = top.join(&place);
    fs::create_dir_all(top.join("pool"))?;
    let (from, to) = (text(&folder)?, text(&deb)?);
    let args = ["--root-owner-group", "-Zxz", "--build", from, to];
    process::run_ok("dpkg-deb", &args, Duration::from_secs(TOOL_SECS))?;
    files::remove_folder(&folder)?;
    let bytes = fs::read(&deb)?;
    let digest = Digest::of(&bytes);
    Ok(format!("{control}Filename: {place}\nSize: {}\nSHA256: {digest}\n\n", bytes.len()))
}

/// Makes a key that lives as long as this call, signs `Release` with it, and leaves its public half.
fn sign(dist: &Path, keyring: &Path) -> Result<()> {
    let limit = Duration::from_secs(TOOL_SECS);
    // A short path: the agent's socket lies in it, and socket paths end after 107 bytes.
    let home = process::run_ok("mktemp", &["-d", "/tmp/lab-key.XXXXXX"], limit)?;
    let home = home.trim();
    let gpg = |args: &[&str]| {
        let mut all = vec!["--homedir", home, "--batch", "--quiet", "--passphrase", ""];
        all.extend(args);
        process::run_ok("gpg", &all, limit)
    };
    let signed = || -> Result<()> {
        gpg(&["--quick-generate-key", "Lab <lab@lab.invalid>", "rsa2048", "sign", "never"])?;
        let (plain, clear) = (dist.join("Release"), dist.join("InRelease"));
        gpg(&["--output", text(&clear)?, "--clearsign", text(&plain)?])?;
        fs::create_dir_all(keyring.parent().context("a keyring without a folder")?)?;
        gpg(&["--output", text(keyring)?, "--export"]).map(drop)
    }();
    process::run("gpgconf", &["--homedir", home, "--kill", "gpg-agent"], limit)?;
    files::remove_folder(Path::new(home))?;
    signed
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the cache folder's name is not text")
}
