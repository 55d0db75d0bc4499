//! The package behind the running kernel, and the kernel of the next boot. Reads the package database and
//! what the boot loader reads; nothing here asks a boot loader's own programs.

use crate::collect::origins::{find_owners, read, version_at};
use crate::providers::boot::{
    LoaderChoice, grub_image, loader_entry, loader_release, release_of_image,
};
use crate::providers::owners::Wanted;
use crate::providers::system;
use model::host::OwnedVersion;
use model::package::Package;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Bytes of a boot loader's file at most: a menu of a hundred kernels has about 300 KB.
const BOOT_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Entries of systemd-boot read at most.
const ENTRIES_MAX: usize = 200;
/// Where systemd-boot's files may be: the boot partition, or the firmware's.
const LOADERS: [&str; 3] = ["boot", "boot/efi", "efi"];
/// Variables that the boot loader and the system leave for each other.
const VARIABLES: &str = "sys/firmware/efi/efivars";
const VENDOR: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// The kernel that runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running<'a> {
    pub(crate) release: &'a str,
    /// uname's version field.
    pub(crate) build: &'a str,
    pub(crate) booted_at: i64,
}

/// Returns the package that the running kernel came from, with the version that runs. `None`: its
/// files belong to nobody.
pub(crate) fn package(
    root: &Path,
    running: &Running<'_>,
    packages: &[Package],
) -> Option<OwnedVersion> {
    let release = running.release;
    let mut wanted = Wanted::default();
    // Folders belong to several packages, so that files stand for them.
    let files = [
        format!("/boot/vmlinuz-{release}"),
        format!("/lib/modules/{release}/modules.builtin"),
        format!("/lib/modules/{release}/modules.order"),
    ];
    let there: Vec<usize> = files
        .iter()
        .filter(|file| root.join(file.trim_start_matches('/')).exists())
        .map(|file| wanted.add(file))
        .collect();
    if there.is_empty() {
        return None;
    }
    find_owners(root, &mut wanted, release);
    let owner = there.into_iter().find_map(|file| wanted.owner(file))?;
    let is_it = |package: &&Package| {
        package.name == owner.name
            && package.is_installed()
            && owner.arch.as_ref().is_none_or(|arch| *arch == package.arch)
    };
    let installed = packages.iter().find(is_it)?;
    let version = version(root, running, installed);
    Some(OwnedVersion { name: installed.name.clone(), version })
}

/// The kernel's own word on its version; else the installed one, while it is older than the boot; else
/// what the log knows.
fn version(root: &Path, running: &Running<'_>, installed: &Package) -> String {
    let signature = read(&root.join("proc/version_signature"), BOOT_BYTES_MAX).unwrap_or_default();
    if let Some(version) = system::kernel_build(running.build, &signature) {
        return version.to_owned();
    }
    let list = |end: &str| root.join(format!("var/lib/dpkg/info/{}{end}.list", installed.name));
    let unpacked_at = fs::metadata(list(""))
        .or_else(|_| fs::metadata(list(&format!(":{}", installed.arch))))
        .map(|found| found.mtime());
    match unpacked_at {
        Ok(at) if at <= running.booted_at => installed.version.clone(),
        Ok(_) | Err(_) => version_at(root, installed, running.booted_at).unwrap_or_default(),
    }
}

/// Returns the release that the next boot starts, or an empty text where it cannot be told.
pub(crate) fn next(root: &Path) -> String {
    let loader = LOADERS.iter().map(|place| root.join(place)).find(|place| {
        place.join("loader/loader.conf").is_file() && place.join("loader/entries").is_dir()
    });
    let is_loader = variable(root, "LoaderInfo").starts_with("systemd-boot");
    let menu = root.join("boot/grub/grub.cfg");
    let found = match loader {
        Some(place) if is_loader || !menu.is_file() => by_loader(root, &place),
        Some(_) | None => by_grub(root, &menu),
    };
    found.unwrap_or_default()
}

fn by_grub(root: &Path, menu: &Path) -> Option<String> {
    let mut config = read(menu, BOOT_BYTES_MAX)?;
    let folder = menu.parent()?;
    // The menu itself includes this file, at its end.
    if config.contains("custom.cfg")
        && let Some(custom) = read(&folder.join("custom.cfg"), BOOT_BYTES_MAX)
    {
        config.push('\n');
        config.push_str(&custom);
    }
    let env = read(&folder.join("grubenv"), BOOT_BYTES_MAX).unwrap_or_default();
    let image = grub_image(&config, &env)?;
    if let Some(release) = release_of_image(&image) {
        return Some(release.to_owned());
    }
    // A link without a release in its name, `/vmlinuz`, on the root file system or on the boot partition.
    let image = image.trim_start_matches('/');
    let target = [root.join(image), root.join("boot").join(image)]
        .iter()
        .find_map(|path| fs::read_link(path).ok())?;
    release_of_image(target.to_str()?).map(str::to_owned)
}

fn by_loader(root: &Path, place: &Path) -> Option<String> {
    // Images that are programs of the firmware say their release only inside.
    if has_any(&place.join("EFI/Linux"), ".efi") {
        return None;
    }
    let config = read(&place.join("loader/loader.conf"), BOOT_BYTES_MAX)?;
    let choice = LoaderChoice {
        once: variable(root, "LoaderEntryOneShot"),
        default: variable(root, "LoaderEntryDefault"),
        last: variable(root, "LoaderEntryLastBooted"),
    };
    let entries = files(&place.join("loader/entries"), ".conf")
        .into_iter()
        .take(ENTRIES_MAX)
        .filter_map(|path| {
            let text = read(&path, BOOT_BYTES_MAX)?;
            Some(loader_entry(path.file_name()?.to_str()?, &text))
        })
        .collect();
    loader_release(&config, &choice, entries)
}

fn has_any(folder: &Path, end: &str) -> bool {
    !files(folder, end).is_empty()
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut all: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    all.sort();
    all
}

/// Returns a boot loader's variable; empty where there is none. Four bytes of attributes come before
/// the text, which is UTF-16 and ends with a zero.
fn variable(root: &Path, name: &str) -> String {
    let path = root.join(VARIABLES).join(format!("{name}-{VENDOR}"));
    let bytes = fs::read(path).unwrap_or_default();
    let units: Vec<u16> = bytes
        .get(4..)
        .unwrap_or_default()
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests;
