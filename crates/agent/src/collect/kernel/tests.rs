use super::*;
use crate::files::put;

const MENU: &str = include_str!("../../../tests/data/boot/grub.cfg");
const LOG: &str = include_str!("../../../tests/data/dpkg/dpkg.log");
const RELEASE: &str = "6.1.0-56-amd64";
const IMAGE: &str = "linux-image-6.1.0-56-amd64";

fn lay(root: &Path, path: &str, content: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    put(&path, content, 0o644).unwrap();
}

fn image(name: &str, version: &str) -> Package {
    Package {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        version: version.to_owned(),
        state: "ii".to_owned(),
        source: "linux-signed-amd64".to_owned(),
        source_version: version.replace('-', "+"),
        origin: None,
    }
}

/// A root folder with one kernel, and headers that name the same folder.
fn host() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    lay(root.path(), &format!("boot/vmlinuz-{RELEASE}"), b"");
    let list = format!("/boot\n/boot/vmlinuz-{RELEASE}\n/lib/modules/{RELEASE}\n");
    lay(root.path(), &format!("var/lib/dpkg/info/{IMAGE}.list"), list.as_bytes());
    let headers = format!("/lib/modules/{RELEASE}\n/lib/modules/{RELEASE}/build\n");
    let name = format!("var/lib/dpkg/info/linux-headers-{RELEASE}.list");
    lay(root.path(), &name, headers.as_bytes());
    root
}

fn owner(root: &Path, build: &str, booted_at: i64) -> Option<(String, String)> {
    let running = Running { release: RELEASE, build, booted_at };
    let packages =
        [image(&format!("linux-headers-{RELEASE}"), "6.1.192-2"), image(IMAGE, "6.1.192-2")];
    package(root, &running, &packages).map(|owned| (owned.name, owned.version))
}

fn told(version: &str) -> Option<(String, String)> {
    Some((IMAGE.to_owned(), version.to_owned()))
}

#[test]
fn the_running_kernels_version_is_the_one_that_it_names_itself() {
    let root = host();
    let older = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.190-1 (2026-07-01)";
    assert_eq!(owner(root.path(), older, 0), told("6.1.190-1"), "replaced since, under one name");
    let signature = b"Ubuntu 5.15.0-91.101-generic 5.15.131\n";
    lay(root.path(), "proc/version_signature", signature);
    assert_eq!(owner(root.path(), "#101-Ubuntu SMP", 0), told("5.15.0-91.101"));
}

#[test]
fn a_silent_kernel_is_the_installed_one_while_that_is_older_than_the_boot() {
    let root = host();
    let in_2100 = 4_102_444_800;
    assert_eq!(owner(root.path(), "#1 SMP", in_2100), told("6.1.192-2"));
    assert_eq!(owner(root.path(), "#1 SMP", 1_700_000_000), told(""), "nobody knows");
    let log = LOG.replace("libssl3:amd64", &format!("{IMAGE}:amd64"));
    lay(root.path(), "var/log/dpkg.log", log.as_bytes());
    let new_year_2025 = 1_767_139_200;
    assert_eq!(owner(root.path(), "#1 SMP", new_year_2025), told("3.0.16-1~deb12u1"));
}

#[test]
fn modules_name_the_kernel_where_its_image_lies_elsewhere() {
    let root = host();
    fs::remove_file(root.path().join(format!("boot/vmlinuz-{RELEASE}"))).unwrap();
    assert_eq!(owner(root.path(), "#1 SMP", 4_102_444_800), None, "no file of it is there");
    let builtin = format!("lib/modules/{RELEASE}/modules.builtin");
    lay(root.path(), &builtin, b"");
    assert_eq!(owner(root.path(), "#1 SMP", 4_102_444_800), None, "it is nobody's");
    let name = format!("var/lib/dpkg/info/{IMAGE}.list");
    lay(root.path(), &name, format!("/usr/{builtin}\n").as_bytes());
    assert_eq!(owner(root.path(), "#1 SMP", 4_102_444_800), told("6.1.192-2"));
}

#[test]
fn grub_tells_the_next_boot() {
    let root = host();
    assert_eq!(next(root.path()), "", "no boot loader that is known");
    lay(root.path(), "boot/grub/grub.cfg", MENU.as_bytes());
    assert_eq!(next(root.path()), "6.1.0-56-cloud-amd64");
    lay(root.path(), "boot/grub/grubenv", b"next_entry=1>2\n");
    assert_eq!(next(root.path()), RELEASE);
    let custom = b"set default=0\nmenuentry 'mine' {\n linux /vmlinuz\n}\n";
    lay(root.path(), "boot/grub/custom.cfg", custom);
    lay(root.path(), "boot/grub/grubenv", b"next_entry=mine\n");
    assert_eq!(next(root.path()), "", "an image without a release");
    let link = root.path().join("vmlinuz");
    std::os::unix::fs::symlink(format!("boot/vmlinuz-{RELEASE}"), link).unwrap();
    assert_eq!(next(root.path()), RELEASE);
}

#[test]
fn systemd_boot_tells_the_next_boot() {
    let root = host();
    lay(root.path(), "boot/efi/loader/loader.conf", b"timeout 3\n");
    let entry = |release: &str| format!("version {release}\nlinux /x/{release}/linux\n");
    for release in ["6.1.0-55-amd64", RELEASE] {
        let name = format!("boot/efi/loader/entries/x-{release}.conf");
        lay(root.path(), &name, entry(release).as_bytes());
    }
    assert_eq!(next(root.path()), RELEASE);
    let variable = |name: &str, text: &str| {
        let mut bytes = vec![7, 0, 0, 0];
        text.encode_utf16().chain([0]).for_each(|unit| bytes.extend(unit.to_le_bytes()));
        lay(root.path(), &format!("{VARIABLES}/{name}-{VENDOR}"), &bytes);
    };
    variable("LoaderEntryOneShot", "x-6.1.0-55-amd64.conf");
    assert_eq!(next(root.path()), "6.1.0-55-amd64");
    // Beside GRUB's menu, whoever started this boot is asked.
    lay(root.path(), "boot/grub/grub.cfg", MENU.as_bytes());
    assert_eq!(next(root.path()), "6.1.0-56-cloud-amd64");
    variable("LoaderInfo", "systemd-boot 252.39-1~deb12u2");
    assert_eq!(next(root.path()), "6.1.0-55-amd64");
    lay(root.path(), "boot/efi/EFI/Linux/one.efi", b"");
    assert_eq!(next(root.path()), "", "what an image for the firmware holds is not known");
}
