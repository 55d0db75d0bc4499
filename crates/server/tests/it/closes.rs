//! A package in the vault says what it closes: exposures without any feed.

use crate::approvers::put_trust;
use crate::host::{package, update};
use crate::origin::FileServer;
use crate::rig::Rig;
use flate2::Compression;
use flate2::write::GzEncoder;
use model::Digest;
use model::package::PackageSet;
use model::report::PendingSet;
use model::wire::PlanRequest;
use server::exposures::{self, ExposureQuery};
use std::io::Write as _;

const CHANGELOG: &str = "\
web (1.1) bookworm-security; urgency=high

  * Close the hole that is called CVE-2026-0042.

 -- A Packager <packager@example.org>  Mon, 02 Nov 2026 10:00:00 +0000

web (1.0) bookworm; urgency=medium

  * First upload; CVE-2020-0001 was never in it.

 -- A Packager <packager@example.org>  Mon, 05 Jan 2026 10:00:00 +0000
";

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deb() -> Vec<u8> {
    let changelog = gz(CHANGELOG.as_bytes());
    let mut header = tar::Header::new_gnu();
    header.set_size(changelog.len().try_into().unwrap());
    header.set_mode(0o644);
    let mut builder = tar::Builder::new(Vec::new());
    let path = "./usr/share/doc/web/changelog.Debian.gz";
    builder.append_data(&mut header, path, &changelog[..]).unwrap();
    let data = gz(&builder.into_inner().unwrap());
    let mut deb = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", &b"2.0\n"[..]), ("data.tar.gz", &data)] {
        deb.extend(format!("{name:<16}{:<32}{:<10}`\n", 0, content.len()).as_bytes());
        deb.extend(content);
        deb.resize(deb.len().next_multiple_of(2), b'\n');
    }
    deb
}

#[test]
fn a_package_that_was_fetched_for_a_plan_names_the_cves_that_it_closes() {
    let origin = FileServer::start();
    let rig = Rig::new();
    let (mut update, mut files) = update("web", &origin.site());
    let bytes = deb();
    let artifact = update.artifact.as_mut().unwrap();
    artifact.sha256 = Digest::of(&bytes);
    artifact.size_bytes = bytes.len().try_into().unwrap();
    files[1].1 = bytes;
    origin.put(&files);
    put_trust(&rig, 1);
    let host = rig.host("web");
    host.reports(
        &PackageSet::new(vec![package("web", "1.0")]),
        &PendingSet { updates: vec![update], additions: vec![] },
    );
    let cves = |rig: &Rig| -> Vec<String> {
        let query = ExposureQuery { host: Some("web".to_owned()), ..ExposureQuery::default() };
        let page = exposures::page(&rig.app(), &rig.anna(), &query).unwrap();
        page.exposures.iter().filter_map(|e| e.cve).map(|cve| cve.to_string()).collect()
    };
    assert_eq!(cves(&rig), Vec::<String>::new(), "no feed, no CVE");
    let request = PlanRequest { tags: vec!["test".to_owned()], ..PlanRequest::default() };
    server::changes::plan(&rig.app(), &rig.anna(), request).unwrap();
    rig.wait("the changelog to be read", |_| !cves(&rig).is_empty());
    assert_eq!(cves(&rig), ["CVE-2026-0042"]);
    let feeds = server::feeds::list(&rig.app(), &rig.anna()).unwrap();
    let learned = feeds.iter().find(|feed| feed.source == "changelog/debian:12").unwrap();
    assert_eq!((learned.origin.as_str(), learned.rows), ("web_1.1_amd64.deb", 2));
}
