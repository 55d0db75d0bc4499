//! Package lists: which ones to read, how old they are, and fetching new ones into a private folder.
//! Never touches the machine's own lists.

use crate::clock;
use crate::files;
use crate::hands::process;
use crate::providers::apt::{Refreshed, refreshed};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const SYSTEM_LISTS: &str = "/var/lib/apt/lists";
/// Ubuntu's update-notifier and others touch it after every successful refresh.
const SUCCESS_STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";
/// Hooks after a refresh act on the whole machine; indexes beyond packages are not ours to read.
const QUIET: &str = r#"#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
APT::Get::List-Cleanup "true";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Dir::Cache::srcpkgcache "";
Dir::Cache::pkgcache "pkgcache.bin";
"#;

/// Bytes that must be free before lists are fetched: a fetch needs up to 100 MB for Debian's, and on a
/// full disk it would take the place of orders, journals and reports.
const ROOM_BYTES_MIN: u64 = 128 * 1024 * 1024;

/// The folder with private lists, apt's cache file and the settings that point apt there.
#[derive(Debug)]
pub(crate) struct Lists {
    folder: PathBuf,
}

/// The lists that a look reads.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// Settings file for apt's `-c`; empty where even our own folder cannot be written.
    pub(crate) conf: String,
    pub(crate) refreshed_at: Option<i64>,
}

impl Lists {
    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// It cannot be made, or its name cannot stand in a settings file.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let name = folder.to_str().unwrap_or("\"");
        if name.contains(['"', '\n', ';', '\\']) || !folder.is_absolute() {
            return Err(io::Error::other("its name is not plain text"));
        }
        fs::create_dir_all(folder.join("lists/partial"))?;
        fs::create_dir_all(folder.join("cache/archives/partial"))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Returns the newer of the private and the machine's lists.
    ///
    /// # Errors
    /// The settings file cannot be written.
    pub(crate) fn choose(&self) -> io::Result<Chosen> {
        let own = self.stamp();
        let system = age(Path::new(SYSTEM_LISTS));
        let is_own = own.is_some() && own >= system;
        let refreshed_at = if is_own { own } else { system };
        Ok(Chosen { conf: self.conf(is_own)?, refreshed_at })
    }

    /// Fetches new lists into the private folder. Starts from a copy of the machine's, so that what
    /// did not change is not fetched again.
    ///
    /// # Errors
    /// apt cannot be started, the folder cannot be written, or the disk has too little room.
    pub(crate) fn refresh(&self) -> io::Result<Refreshed> {
        self.has_room()?;
        self.seed()?;
        let conf = self.conf(true)?;
        let ran = process::run("apt-get", &["-c", &conf, "update"])?;
        Ok(refreshed(&ran.text(), &ran.stderr_tail, ran.is_ok()))
    }

    /// Notes that the private lists are as new as can be.
    ///
    /// # Errors
    /// The note cannot be written.
    pub(crate) fn mark(&self) -> io::Result<()> {
        files::put(&self.folder.join("refreshed"), clock::now().to_string().as_bytes(), 0o644)
    }

    /// Notes why the last refresh failed, so that looks between two refreshes say it too; an empty
    /// text takes the note away.
    pub(crate) fn note_error(&self, text: &str) {
        let path = self.folder.join("refresh-error");
        let noted = if text.is_empty() {
            fs::remove_file(&path)
        } else {
            files::put(&path, text.as_bytes(), 0o644)
        };
        // The next look tries again; this one still says what it knows.
        drop(noted);
    }

    /// Returns why the last refresh failed, or an empty text.
    pub(crate) fn error(&self) -> String {
        fs::read_to_string(self.folder.join("refresh-error")).unwrap_or_default()
    }

    fn stamp(&self) -> Option<i64> {
        fs::read_to_string(self.folder.join("refreshed")).ok()?.trim().parse().ok()
    }

    fn conf(&self, is_own: bool) -> io::Result<String> {
        let folder = self.folder.display();
        let lists = if is_own {
            format!("Dir::State::Lists \"{folder}/lists/\";\n")
        } else {
            String::new()
        };
        let text = format!("{QUIET}Dir::Cache \"{folder}/cache/\";\n{lists}");
        let path = self.folder.join(if is_own { "own.conf" } else { "system.conf" });
        if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            files::put(&path, text.as_bytes(), 0o644)?;
        }
        Ok(path.display().to_string())
    }

    fn has_room(&self) -> io::Result<()> {
        let found = rustix::fs::statvfs(&self.folder)?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free >= ROOM_BYTES_MIN {
            return Ok(());
        }
        let (free, needed) = (free / 1_000_000, ROOM_BYTES_MIN / 1_000_000);
        Err(io::Error::new(
            io::ErrorKind::StorageFull,
            format!("{} has {free} MB free, {needed} MB are needed", self.folder.display()),
        ))
    }

    fn seed(&self) -> io::Result<()> {
        let to = self.folder.join("lists");
        if age(&to).is_some() {
            return Ok(());
        }
        let Ok(entries) = fs::read_dir(SYSTEM_LISTS) else { return Ok(()) };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let metadata = entry.metadata()?;
            // A list that cannot be read is fetched instead.
            if metadata.is_file()
                && is_list(&name.to_string_lossy())
                && fs::copy(entry.path(), to.join(&name)).is_ok()
            {
                // apt asks the repository only for what changed since the file's time.
                let file = fs::File::options().write(true).open(to.join(&name))?;
                file.set_modified(metadata.modified()?)?;
            }
        }
        Ok(())
    }
}

/// Returns when the newest list in `folder` was made, in seconds since the Unix epoch. apt gives a
/// list the repository's own time, so this can be older than the fetch, never newer.
fn age(folder: &Path) -> Option<i64> {
    let modified = |metadata: fs::Metadata| {
        let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    let newest = fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| is_list(&entry.file_name().to_string_lossy()))
        .filter_map(|entry| modified(entry.metadata().ok()?))
        .max()?;
    let stamp = fs::metadata(SUCCESS_STAMP).ok().and_then(modified);
    Some(stamp.filter(|_| folder == Path::new(SYSTEM_LISTS)).map_or(newest, |at| at.max(newest)))
}

fn is_list(name: &str) -> bool {
    name.ends_with("_InRelease")
        || name.ends_with("_Release")
        || name.ends_with("_Release.gpg")
        || name.contains("_Packages")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_lists_are_read_once_they_are_the_newer_ones() {
        let folder = tempfile::tempdir().unwrap();
        let lists = Lists::open(&folder.path().join("apt")).unwrap();
        assert!(lists.choose().unwrap().conf.ends_with("/system.conf"));
        lists.mark().unwrap();
        let chosen = lists.choose().unwrap();
        assert!(chosen.conf.ends_with("/own.conf"));
        assert!(chosen.refreshed_at.is_some());
        let text = fs::read_to_string(chosen.conf).unwrap();
        assert!(text.contains("#clear APT::Update::Post-Invoke;"), "hooks act on the machine");
        assert!(
            text.contains(&format!(
                "Dir::State::Lists \"{}/apt/lists/\";",
                folder.path().display()
            ))
        );
    }

    #[test]
    fn a_failed_refresh_is_remembered_until_one_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let lists = Lists::open(folder.path()).unwrap();
        assert_eq!(lists.error(), "");
        lists.note_error("no answer");
        assert_eq!(lists.error(), "no answer");
        lists.note_error("");
        assert_eq!(lists.error(), "");
    }

    #[test]
    fn a_folder_whose_name_would_break_the_settings_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Lists::open(&folder.path().join("a\"; Dir \"/")).is_err());
        assert!(Lists::open(Path::new("relative")).is_err());
    }

    #[test]
    fn lists_are_known_by_their_names() {
        assert!(is_list("deb.debian.org_debian_dists_bookworm_InRelease"));
        assert!(is_list("deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4"));
        assert!(!is_list("lock"));
        assert!(!is_list("deb.debian.org_debian_dists_bookworm_main_i18n_Translation-en"));
    }
}
