//! The saved packages: a folder per host name with the distribution's own signed lists, and exactly the
//! files that the pending updates need, new and old. Hosts then check the real signatures, no host ever
//! goes out, and a day's runs are alike. Delete the folder `trees` of the cache to save newer ones.

use crate::base::{self, Base, Release};
use crate::net::{self, BRIDGE, Net};
use crate::process;
use crate::{Say, Settings, files, repository, web};
use anyhow::{Context as _, Result, bail};
use model::Digest;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Raise it when the saving changes: older cached trees are then left aside.
const FORMAT: u32 = 1;
/// One file of the distribution; the largest list has 9 MB.
const FETCH_SECS: u64 = 600;
/// Two dry runs of apt and an update.
const WORKSHOP_SECS: u64 = 300;
/// Files that a mirror may lack; more look like no mirror at all.
const MISSING_MAX: usize = 5;
const WORKSHOP: &str = include_str!("tree/workshop.sh");

/// Saved packages, and what every host has over its base because of them.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Served by name: `deb.debian.org/…`, `repo.lab.invalid/…`.
    pub web: PathBuf,
    /// Overlay layer: sources, keys, package lists.
    pub layer: PathBuf,
}

/// A suite that hosts name in their sources.
struct Suite {
    /// Below `http://deb.debian.org/`.
    archive: &'static str,
    name: String,
}

fn suites(release: Release) -> [Suite; 3] {
    let word = release.word();
    [
        Suite { archive: "debian", name: word.to_owned() },
        Suite { archive: "debian", name: format!("{word}-updates") },
        Suite { archive: "debian-security", name: format!("{word}-security") },
    ]
}

/// Returns the saved packages for `base`, saving them where that was not done yet.
///
/// # Errors
/// The mirror does not answer, a file is not what the signed lists say, or apt failed.
pub fn ensure(settings: &Settings, base: &Base, say: Say<'_>) -> Result<Tree> {
    let key = format!("{}-t{FORMAT}", base.key);
    let folder = settings.cache.join("trees").join(&key);
    let tree = |folder: &Path| Tree { web: folder.join("web"), layer: folder.join("layer") };
    let _alone = base::alone(&settings.cache, &format!("tree-{key}"))?;
    if folder.is_dir() {
        return Ok(tree(&folder));
    }
    say("saving the packages of its pending updates (once)");
    let part = settings.cache.join("trees").join(format!(".{key}.part"));
    files::remove_folder(&part)?;
    let made = tree(&part);
    let arch = process::run_ok("dpkg", &["--print-architecture"], Duration::from_secs(10))?;
    for suite in suites(base.release) {
        say(&format!("  lists of {}", suite.name));
        save_lists(&made.web, &suite, arch.trim())?;
    }
    repository::make(&made)?;
    dress(&made.layer, base.release)?;
    let wanted = ask_apt(base, &made, &part)?;
    say(&format!("  {} package files, new and old", wanted.len()));
    save_files(&wanted, &made, say)?;
    fs::rename(&part, &folder)?;
    Ok(tree(&folder))
}

/// Saves a suite's signed list of lists, and those lists that apt asks for.
fn save_lists(web: &Path, suite: &Suite, arch: &str) -> Result<()> {
    let url = format!("http://deb.debian.org/{}/dists/{}", suite.archive, suite.name);
    let release = fetch(&format!("{url}/InRelease"), web, None)?;
    let text = fs::read_to_string(&release)?;
    let lists = lists_of(&text);
    for stem in [format!("main/binary-{arch}/Packages"), "main/i18n/Translation-en".to_owned()] {
        // Older releases pack translations with bzip2 only.
        let (name, digest) = ["xz", "bz2"]
            .iter()
            .map(|packing| format!("{stem}.{packing}"))
            .find_map(|name| lists.get(&name).map(|digest| (name, *digest)))
            .with_context(|| format!("{url}/InRelease does not name {stem}"))?;
        let saved = fetch(&format!("{url}/{name}"), web, Some(digest))?;
        let by_hash = saved.with_file_name("by-hash").join("SHA256");
        fs::create_dir_all(&by_hash)?;
        fs::hard_link(&saved, by_hash.join(digest.to_string()))?;
    }
    Ok(())
}

/// Returns the SHA-256 part of an `InRelease`. Its signature is checked by the hosts.
fn lists_of(text: &str) -> BTreeMap<String, Digest> {
    let mut lists = BTreeMap::new();
    let mut within = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            within = line.trim_end() == "SHA256:";
        } else if within {
            let mut words = line.split_whitespace();
            let digest = words.next().and_then(|word| word.parse().ok());
            if let (Some(digest), Some(name)) = (digest, words.nth(1)) {
                lists.insert(name.to_owned(), digest);
            }
        }
    }
    lists
}

/// Fetches `url` into the tree with the machine's own apt settings (proxies and the like).
fn fetch(url: &str, web: &Path, digest: Option<Digest>) -> Result<PathBuf> {
    let place = url.strip_prefix("http://").context("only http addresses are saved")?;
    let place = web.join(web::percent_decoded(place).context("an address that is not text")?);
    if place.is_file() {
        return Ok(place);
    }
    fs::create_dir_all(place.parent().context("an address without a path")?)?;
    let target = place.to_str().context("the cache folder's name is not text")?;
    let hash = digest.map(|digest| format!("SHA256:{digest}"));
    let mut args = vec!["-q", "download-file", url, target];
    args.extend(hash.as_deref());
    process::run_ok("/usr/lib/apt/apt-helper", &args, Duration::from_secs(FETCH_SECS))
        .with_context(|| format!("could not fetch {url}"))?;
    Ok(place)
}

/// Saves package files. Some mirrors lack a few that their lists name: those versions are pinned away,
/// so that no host has an update pending that cannot be had.
fn save_files(wanted: &[Wanted], tree: &Tree, say: Say<'_>) -> Result<()> {
    let mut pins = String::new();
    let mut missing = 0;
    for file in wanted {
        let Err(error) = fetch(&file.url, &tree.web, file.sha256) else { continue };
        missing += 1;
        if missing > MISSING_MAX {
            return Err(error);
        }
        let name = file.url.rsplit('/').next().and_then(web::percent_decoded).unwrap_or_default();
        say(&format!("  the mirror lacks {name}: that version stays out"));
        let mut parts = name.split('_');
        if let (Some(package), Some(version)) = (parts.next(), parts.next()) {
            // An epoch is not in the file's name.
            pins += &format!("Package: {package}\nPin: version *{version}\nPin-Priority: -1\n\n");
        }
    }
    if !pins.is_empty() {
        files::put(&tree.layer.join("etc/apt/preferences.d/lacking"), pins)?;
    }
    Ok(())
}

/// Writes what every host of the lab has, whoever it is.
fn dress(layer: &Path, release: Release) -> Result<()> {
    let mut sources = String::new();
    for suite in suites(release) {
        let Suite { archive, name } = suite;
        sources += &format!("deb http://deb.debian.org/{archive} {name} main\n");
    }
    files::put(&layer.join("etc/apt/sources.list"), sources)?;
    files::put(
        &layer.join("etc/apt/apt.conf.d/90saved-packages"),
        "// The saved lists stay what they are; they may be older than their date allows.\n\
         Acquire::Check-Valid-Until \"false\";\n",
    )?;
    files::put(&layer.join("etc/hosts"), hosts_file("workshop"))
}

/// Returns `/etc/hosts` of a host: it finds the package servers at the bridge, and nothing else.
pub fn hosts_file(name: &str) -> String {
    format!(
        "127.0.0.1 localhost\n127.0.1.1 {name}\n\
         {BRIDGE} deb.debian.org {} patchwell.lab.invalid\n",
        repository::HOST
    )
}

/// A file that apt names.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    url: String,
    sha256: Option<Digest>,
}

/// Asks the base's own apt for the pending updates' files and for those that put the old versions back;
/// leaves the package lists in the layer.
fn ask_apt(base: &Base, tree: &Tree, part: &Path) -> Result<Vec<Wanted>> {
    let run = format!("save{}", std::process::id());
    net::remove(&run)?;
    let network = Net::make(&run)?;
    let answer = ask_apt_within(&network, base, tree, part);
    net::remove(&run)?;
    answer
}

fn ask_apt_within(network: &Net, base: &Base, tree: &Tree, part: &Path) -> Result<Vec<Wanted>> {
    let _service = web::serve(network.listen(80)?, &tree.web)?;
    let (work, root) = (part.join("work"), part.join("root"));
    fs::create_dir_all(&work)?;
    fs::create_dir_all(&root)?;
    let args = ["netns", "exec", &network.space, "unshare", "--mount", "sh", "-c", WORKSHOP];
    let mut command = process::command("ip", &args);
    command
        .env("LOWER", &base.root)
        .env("UPPER", &tree.layer)
        .env("WORK", &work)
        .env("ROOT", &root);
    let output = process::finish(command, &[], Duration::from_secs(WORKSHOP_SECS))?;
    if !output.is_ok() {
        bail!("apt of the base failed: {}", process::tail(&output.stderr));
    }
    files::remove_folder(&work)?;
    fs::remove_dir(&root)?;
    let wanted = parse_uris(&output.stdout);
    if wanted.is_empty() {
        bail!("nothing pends in {}: {}", base.key, process::tail(&output.stderr));
    }
    Ok(wanted)
}

/// Reads lines such as `'http://…/x.deb' x.deb 1234 SHA256:…`; others are titles.
fn parse_uris(text: &str) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for line in text.lines() {
        let Some((url, rest)) = line.strip_prefix('\'').and_then(|line| line.split_once('\''))
        else {
            continue;
        };
        // Files of the tree's own second repository are there already.
        if !url.contains(repository::HOST) {
            let sha256 =
                rest.split_whitespace().find_map(|word| word.strip_prefix("SHA256:")?.parse().ok());
            wanted.push(Wanted { url: url.to_owned(), sha256 });
        }
    }
    wanted
}

#[cfg(test)]
mod tests;
