use super::*;
use crate::files::put;

const LOG: &str = include_str!("../../../tests/data/dpkg/dpkg.log");

fn lay(root: &Path, path: &str, content: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    put(&path, content, 0o644).unwrap();
}

/// A root folder with the lists of two packages and the recorded log.
fn host() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let info = "var/lib/dpkg/info";
    let ssl = "/usr/lib/x86_64-linux-gnu/libssl.so.3\n/usr/lib/x86_64-linux-gnu/libcrypto.so.3\n";
    lay(root.path(), &format!("{info}/libssl3:amd64.list"), ssl.as_bytes());
    let systemd = "/lib/x86_64-linux-gnu/libsystemd.so.0\n";
    lay(root.path(), &format!("{info}/libsystemd0:amd64.list"), systemd.as_bytes());
    lay(root.path(), "var/log/dpkg.log", LOG.as_bytes());
    root
}

fn found(files: &[&str], started_at: Option<i64>) -> Found {
    let process = StaleProcess {
        pid: 7,
        name: "nginx".to_owned(),
        unit: "nginx.service".to_owned(),
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        packages: Vec::new(),
    };
    Found { process, started_at }
}

fn packages(root: &Path, files: &[&str], started_at: Option<i64>) -> Vec<(String, String)> {
    let named = name_packages(root, vec![found(files, started_at)]);
    named[0].packages.iter().map(|one| (one.name.clone(), one.version.clone())).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
}

const FILES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/libssl.so.3",
    "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
    "/usr/lib/x86_64-linux-gnu/libsystemd.so.0.35.0",
    "/opt/app/lib.so",
];
/// 2025-12-31 00:00:00 UTC.
const NEW_YEAR: i64 = 1_767_139_200;
/// 2026-05-09 07:29:04 UTC, the second in which libssl3 was replaced.
const REPLACED: i64 = 1_778_311_744;

#[test]
fn replaced_files_name_their_packages_with_the_versions_of_then() {
    let root = host();
    let named = packages(root.path(), &FILES, Some(NEW_YEAR));
    let then = [("libssl3", "3.0.16-1~deb12u1"), ("libsystemd0", "252.38-1~deb12u1")];
    assert_eq!(named, pairs(&then));
    let unknown = pairs(&[("libssl3", ""), ("libsystemd0", "")]);
    assert_eq!(packages(root.path(), &FILES, None), unknown, "no start");
    assert_eq!(packages(root.path(), &FILES[..1], Some(0)), pairs(&then[..1]), "never rotated");
    lay(root.path(), "var/log/dpkg.log.1", b"damaged");
    assert_eq!(packages(root.path(), &FILES, Some(0)), unknown, "older than the log");
    fs::remove_file(root.path().join("var/log/dpkg.log.1")).unwrap();
    fs::remove_file(root.path().join("var/log/dpkg.log")).unwrap();
    assert_eq!(packages(root.path(), &FILES, Some(NEW_YEAR)), unknown, "no log");
}

#[test]
fn older_logs_are_read_as_far_as_they_are_needed() {
    let root = host();
    let (old, new) = LOG.split_at(LOG.find("2026-11-25").unwrap());
    lay(root.path(), "var/log/dpkg.log", new.as_bytes());
    lay(root.path(), "var/log/dpkg.log.1", b"2026-10-01 00:00:00 startup archives unpack\n");
    lay(root.path(), "var/log/dpkg.log.2", old.as_bytes());
    let path = root.path().join("var/log/dpkg.log.2");
    assert!(process::run("gzip", &[path.to_str().unwrap()]).unwrap().is_ok());
    assert!(!path.exists());
    let then = pairs(&[("libssl3", "3.0.16-1~deb12u1")]);
    assert_eq!(packages(root.path(), &FILES[..1], Some(NEW_YEAR)), then);
}

/// A zone file of one offset, as RFC 9636 section 3.1 has it: header, empty version 1 block, version 2
/// block with one type, and the rule as text.
fn zone_east(hours: u8) -> Vec<u8> {
    let header = |types: u8, chars: u8| {
        let mut bytes = b"TZif2".to_vec();
        bytes.extend([0; 15]);
        bytes.extend([0; 16]);
        bytes.extend([0, 0, 0, types, 0, 0, 0, chars]);
        bytes
    };
    let kind = || {
        let mut bytes = (i32::from(hours) * 3_600).to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(b"LAB\0");
        bytes
    };
    let rule = format!("\nLAB-{hours}\n");
    [header(1, 4), kind(), header(1, 4), kind(), rule.into_bytes()].concat()
}

#[test]
fn the_log_is_read_in_the_hosts_own_time() {
    let root = host();
    let ssl = |at| packages(root.path(), &FILES[..1], Some(at));
    let then = pairs(&[("libssl3", "3.0.16-1~deb12u1")]);
    assert_eq!(ssl(REPLACED - 1), then);
    assert_eq!(ssl(REPLACED + 1), pairs(&[("libssl3", "")]));
    // Two hours further east, the log's 07:29 was two hours earlier.
    lay(root.path(), "etc/localtime", &zone_east(2));
    assert_eq!(ssl(REPLACED - 7_201), then);
    assert_eq!(ssl(REPLACED - 7_199), pairs(&[("libssl3", "")]));
}

#[test]
fn without_stale_processes_nothing_is_read() {
    let missing = Path::new("/nonexistent");
    assert_eq!(name_packages(missing, Vec::new()), Vec::new());
}

#[test]
fn owners_of_this_very_host_are_those_that_dpkg_names() {
    let program = "/usr/bin/dpkg-query";
    if !Path::new(program).exists() {
        println!("skipped: no {program} here");
        return;
    }
    let mut wanted = Wanted::default();
    let file = wanted.add(program);
    find_owners(Path::new("/"), &mut wanted, "");
    assert_eq!(wanted.owner(file).map(|owner| owner.name.as_str()), Some("dpkg"));
}
