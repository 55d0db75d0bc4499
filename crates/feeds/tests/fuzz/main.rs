//! Every parser against changed documents: real ones with bits flipped, lines moved, values of other types,
//! numbers that nobody counts to. Everyday runs take a second for each; `cargo xtask fuzz` goes on longer.
#![cfg(test)]

mod checks;
mod decisions;
mod engine;
mod mutate;
mod random;
mod seeds;
mod settings;
mod tree;
mod work;

use checks::{feed, limits};
use feeds::Limits;
use model::advisory::Feed;

/// One test per line of the table: its name, what is tried, shared documents to begin with, and our own.
macro_rules! targets {
    ($($name:ident: $check:expr, [$($path:literal),*], [$($own:expr),*];)*) => {
        $(#[test]
        fn $name() {
            let own = vec![$(Vec::<u8>::from($own)),*];
            let seeds = seeds::of(stringify!($name), &[$($path),*], own);
            engine::run(stringify!($name), $check, &seeds);
        })*
    };
}

targets! {
    kev: |bytes| feed(feeds::kev::parse, bytes),
        ["fixtures/kev-sample.json"], [OBJECT];
    epss: |bytes| feed(feeds::epss::parse, bytes),
        ["fixtures/epss-sample.csv"], [EPSS];
    cve_record: |bytes| feed(feeds::cve_record::parse, bytes),
        ["vulnrichment/CVE-2024-3094.json", "vulnrichment/CVE-2024-1086.json"], [OBJECT];
    nvd: |bytes| feed(feeds::nvd::parse, bytes),
        ["fixtures/nvd-api2-full-page.json"], [OBJECT];
    debian_tracker: |bytes| feed(feeds::debian_tracker::parse, bytes),
        ["fixtures/debian-tracker-sample.json"], [OBJECT];
    debian_list: |bytes| feed(feeds::debian_list::parse, bytes),
        ["fixtures/debian-DSA-sample.txt", "debian/DLA-list-2023-04-01.gz"], [LIST];
    debsecan: |bytes| feed(|b, l| feeds::debsecan::parse_for(b, "debian:12", l), bytes),
        [], [DEBSECAN];
    changelog_text: |bytes| feed(|b, l| feeds::changelog::parse_for(b, "debian:12", l), bytes),
        [], [CHANGELOG];
    changelog_json: |bytes| feed(|b, l| feeds::changelog::parse_for(b, "debian:12", l), bytes),
        ["debian/changelog-entries-bookworm-2026-11-21.json.gz"], [ENTRIES];
    osv: |bytes| feed(feeds::osv::parse, bytes),
        ["fixtures/alma-osv-ALSA-2024_2433.json", "fixtures/rocky-osv-RLSA-2024_3671.json",
         "fixtures/ubuntu-osv-UBUNTU-CVE-2021-3782.json", "fixtures/ubuntu-osv-USN-5614-1.json",
         "fixtures/ubuntu-osv-esm-UBUNTU-CVE-2022-24823.json"], [OBJECT];
    open_vex: |bytes| feed(feeds::open_vex::parse, bytes),
        ["fixtures/ubuntu-openvex-CVE-2023-38545.json"], [OBJECT];
    csaf: |bytes| feed(feeds::csaf::parse, bytes),
        ["fixtures/redhat-csaf-rhsa-2024_9371.json", "fixtures/redhat-csaf-rhsa-2025_23414.json",
         "fixtures/redhat-vex-CVE-2023-38545.json.gz"], [OBJECT];
    hydra: |bytes| feed(feeds::hydra::parse, bytes),
        ["fixtures/redhat-hydra-CVE-2021-25220.json"], [OBJECT];
    msrc: |bytes| feed(feeds::msrc::parse, bytes),
        [], [MSRC, OBJECT];
    updateinfo: |bytes| feed(feeds::updateinfo::parse, bytes),
        [], [include_bytes!("../data/updateinfo.xml")];
    oval: |bytes| feed(feeds::oval::parse, bytes),
        ["fixtures/azurelinux-oval-truncated.xml", "fixtures/suse-oval-truncated.xml"], [OVAL];
    secdb_yaml: |bytes| feed(feeds::secdb::parse, bytes),
        ["fixtures/alpine-secdb-v3.15-main.yaml"], [SECDB];
    secdb_json: |bytes| feed(feeds::secdb::parse, bytes),
        [], [SECDB_JSON];
    distro_info: |bytes| feed(feeds::distro_info::parse, bytes),
        ["debian/debian.csv", "debian/ubuntu.csv"], [DISTRO_INFO];
    endoflife_page: |bytes| feed(feeds::endoflife::parse, bytes),
        ["endoflife/debian.md", "endoflife/mysql.md", "endoflife/rhel.md"], [PAGE];
    endoflife_json: |bytes| feed(|b, l| feeds::endoflife::parse_for(b, "debian", l), bytes),
        ["endoflife/release-data/debian.json"], [PRODUCTS];
    debian_support: |bytes| feed(|b, l| feeds::debian_support::parse_for(b, "debian:12", l), bytes),
        ["debian/security-support-ended", "debian/security-support-limited"], [SUPPORT];
    dpkg_status: status,
        ["fixtures/dpkg-status-texlive.gz"], [STATUS];
    packages_index: packages,
        ["debian/Packages-bookworm-updates-2026-11-21.xz"], [STATUS];
    deb_file: deb,
        [], [deb_of(CHANGELOG)];
    manifest: load,
        [], [MANIFEST, bundle()];
    json_lines: load,
        [], [JSON_LINES];
    versions: decisions::versions,
        ["version-vectors/debian-versions.txt", "version-vectors/redhat-versions.txt",
         "version-vectors/alpine-versions.txt"], [VERSIONS];
    vectors: decisions::vectors,
        [], [VECTORS];
}

/// Archives, and archives in archives.
#[test]
fn archives() {
    let mut seeds = seeds::packed(LIST.as_bytes());
    let tar = seeds[6].clone();
    seeds.extend(seeds::packed(&tar));
    engine::run("archives", load, &seeds);
}

/// What is recognised is read by the parser of that kind, or refused; times of any size have an age.
fn load(bytes: &[u8]) -> Result<(), String> {
    let limits = limits();
    let loaded = match feeds::load_all("input", bytes, "debian:12", &limits) {
        Ok(loaded) => loaded,
        Err(refused) => return checks::refused(&refused),
    };
    for out in &loaded.left_out {
        checks::refused(&out.why)?;
    }
    for set in &loaded.sets {
        checks::set(set, &limits)?;
        let at = bytes.first().map_or(0, |b| i64::from_le_bytes([*b; 8]));
        for feed in Feed::ALL {
            feeds::freshness::of(feed, set.content_at, Some(at), i64::MAX);
            feeds::freshness::of(feed, Some(at), set.content_at, i64::MIN);
        }
        let summary = feeds::SetSummary::of(set);
        if set.rejects_total == 0 && feeds::accept(&summary, set).is_err() {
            return Err("a set without rejects is not accepted after itself".to_owned());
        }
    }
    Ok(())
}

fn status(bytes: &[u8]) -> Result<(), String> {
    match feeds::deb822::status(bytes, &limits()) {
        Ok(list) => listed(&list, |package| {
            let has_names = !package.source.is_empty() && !package.source_version.is_empty();
            has_names && matches!(package.state.len(), 2 | 3)
        }),
        Err(refused) => checks::refused(&refused),
    }
}

fn packages(bytes: &[u8]) -> Result<(), String> {
    match feeds::deb822::packages(bytes, &limits()) {
        Ok(list) => {
            let (_, rows) = feeds::deb822::by_label(&list.items, "x", "debian:12", &[]);
            if rows.len() > list.items.len() {
                return Err("more rows than packages".to_owned());
            }
            listed(&list, |binary| matches!(binary.sha256.len(), 0 | 64))
        }
        Err(refused) => checks::refused(&refused),
    }
}

fn listed<T>(list: &feeds::deb822::Listed<T>, is_good: impl Fn(&T) -> bool) -> Result<(), String> {
    let items = u64::try_from(list.items.len()).unwrap_or(u64::MAX);
    if items + list.rejects_total > list.entries || list.items.len() > limits().rows_max {
        return Err(format!("{items} items and {} rejects", list.rejects_total));
    }
    checks::used();
    if !list.items.iter().all(is_good) {
        return Err("an item is not whole".to_owned());
    }
    Ok(())
}

fn deb(bytes: &[u8]) -> Result<(), String> {
    let Ok(Some(text)) = feeds::deb::changelog(bytes) else { return Ok(()) };
    let limits = Limits { rows_max: 1_000_000, ..limits() };
    checks::used();
    feeds::changelog::entries(&text, &limits).map(|_| ()).map_err(|refused| refused.to_string())
}

/// Returns a Debian package with this changelog.
fn deb_of(changelog: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(changelog.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(u64::try_from(gz.len()).unwrap());
    tar.append_data(&mut header, "./usr/share/doc/a/changelog.Debian.gz", &*gz).unwrap();
    let data = tar.into_inner().unwrap();
    let mut deb = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", b"2.0\n".as_slice()), ("data.tar", &data)] {
        let fields =
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len());
        deb.extend_from_slice(fields.as_bytes());
        deb.extend_from_slice(content);
        if content.len() % 2 == 1 {
            deb.push(b'\n');
        }
    }
    deb
}

/// Returns a bundle with a manifest that fits.
fn bundle() -> Vec<u8> {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(LIST);
    let hash = hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let manifest = MANIFEST.replace("\"00\"", &format!("\"{hash}\""));
    let manifest = manifest.replace("\"size\": 1", &format!("\"size\": {}", LIST.len()));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [("manifest.json", manifest.as_str()), ("a.txt", LIST)] {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(content.len()).unwrap());
        tar.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Guards the guard: a parser with a rare defect does not get through.
#[test]
fn a_planted_defect_is_found_and_kept() {
    let planted: engine::Check = |bytes| {
        checks::used();
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("CVE-2024-99999999999"), "planted");
        Ok(())
    };
    let run = || engine::run("planted", planted, &[LIST.as_bytes().to_vec()]);
    let panic = std::panic::catch_unwind(run).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains(" iteration ") && text.contains("panicked: planted"), "{text}");
    let path = text.lines().find_map(|line| line.strip_prefix("input: ")).unwrap();
    let kept = std::fs::read(path).unwrap();
    assert!(String::from_utf8_lossy(&kept).contains("CVE-2024-99999999999"));
    let greedy: engine::Check = |bytes| {
        let all: Vec<Vec<u8>> = (0..bytes.len()).map(|_| vec![0; 100_000]).collect();
        (all.len() == bytes.len()).then_some(()).ok_or_else(String::new)
    };
    let run = || engine::run("greedy", greedy, &[vec![0; 4000]]);
    let panic = std::panic::catch_unwind(run).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("bytes of memory"), "{text}");
}

const OBJECT: &str = r#"{"id": "x", "affected": []}"#;
const EPSS: &str = "#model_version:v2026.06.15,score_date:2026-09-29T12:00:22Z\ncve,epss,percentile\n\
    CVE-2024-1000,0.5,0.99\nCVE-2024-1001,1.0,1.0\n";
const LIST: &str = "[29 Mar 2023] DSA-5380-1 xorg-server - security update\n\t{CVE-2023-1393}\n\
    \t[bullseye] - xorg-server 2:1.20.11-1+deb11u6\n\t[buster] - xorg-server <not-affected> (why)\n\
    \tNOTE: text\n";
const DEBSECAN: &str = "VERSION 1\nCVE-2026-1000,    ,no description\nTEMP-1,    ,x\n\nx,0,SHRF,2-1,1-1+deb12u1 1-1\n\
    x,1,S ? ,,\nb,0,BL F,3,\n\nx,x libx\n\n";
const CHANGELOG: &str = "openssl (3.0.17-1~deb12u3) bookworm-security; urgency=high\n\n  * CVE-2026-1001, CVE-2026-1000\n\n\
     -- A <a@example.org>  Sat, 29 Mar 2023 01:00:00 +0100\n\nopenssl (3.0.17-1) unstable; urgency=low\n\n  * x\n\n\
     -- A <a@example.org>  Fri, 28 Mar 2023 01:00:00 +0100\n";
const ENTRIES: &str = r#"[{"source": "a", "version": "1", "dist": "bookworm", "date": "Sat, 29 Mar 2023 01:00:00 +0100", "cves": ["CVE-2026-1000"]}]"#;
const MSRC: &str = r#"{"DocumentTitle": {"Value": "x"}, "DocumentTracking": {"Identification": {"ID": {"Value": "2026-Jan"}},
    "CurrentReleaseDate": "2026-01-13T08:00:00", "InitialReleaseDate": "2026-01-13T08:00:00"}, "ProductTree": {"FullProductName":
    [{"ProductID": "11923", "Value": "Windows Server 2022"}, {"ProductID": "11924", "Value": "Windows Server 2022 (Server Core installation)"}]},
    "Vulnerability": [{"Title": {"Value": "x"}, "CVE": "CVE-2026-1000", "ProductStatuses": [{"ProductID": ["11923", "11924"], "Type": 3}],
    "Threats": [{"Type": 3, "Description": {"Value": "Critical"}, "ProductID": ["11923"]}, {"Type": 1, "Description": {"Value": "Exploited:Yes"}}],
    "CVSSScoreSets": [{"BaseScore": 9.8, "Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "ProductID": ["11923"]}],
    "Remediations": [{"Type": 2, "Description": {"Value": "5034129"}, "URL": "https://example.org", "Supercedence": "5033118",
    "ProductID": ["11923", "11924"], "RestartRequired": {"Value": "Yes"}, "SubType": "Security Update", "FixedBuild": "10.0.20348.2227"},
    {"Type": 5, "Description": {"Value": "5034129"}, "URL": "https://example.org", "ProductID": ["11923"]}]}]}"#;
const OVAL: &str = "<oval_definitions><generator><timestamp>2026-01-02T03:04:05</timestamp></generator><definitions>\
    <definition id='d:1' class='patch'><metadata><title>ELSA-2026-1</title><reference source='elsa' ref_id='ELSA-2026-1' \
    ref_url='https://example.org/1'/><advisory><issued date='2026-01-01'/><severity>Important</severity><cve>CVE-2026-1001</cve>\
    </advisory></metadata><criteria operator='AND'><criterion test_ref='t:r' comment=''/><criterion test_ref='t:m'/><criteria \
    operator='OR'><criteria operator='AND'><criterion test_ref='t:x'/><criteria operator='OR'><criteria><criterion test_ref='t:a'/>\
    <criterion test_ref='t:k'/></criteria></criteria></criteria></criteria></criteria></definition></definitions><tests>\
    <rpminfo_test id='t:r'><object object_ref='o:r'/><state state_ref='s:r'/></rpminfo_test><rpminfo_test id='t:x'><object \
    object_ref='o:r'/><state state_ref='s:x'/></rpminfo_test><rpminfo_test id='t:a'><object object_ref='o:a'/><state state_ref='s:a'/>\
    </rpminfo_test><rpminfo_test id='t:k'><object object_ref='o:a'/><state state_ref='s:k'/></rpminfo_test><textfilecontent54_test \
    id='t:m' comment='Module a:1 is enabled'/></tests><objects><rpminfo_object id='o:r'><name>oraclelinux-release</name>\
    </rpminfo_object><rpminfo_object id='o:a'><name>a</name></rpminfo_object></objects><states><rpminfo_state id='s:r'><version \
    operation='pattern match'>^8</version></rpminfo_state><rpminfo_state id='s:x'><arch operation='equals'>x86_64</arch></rpminfo_state>\
    <rpminfo_state id='s:a'><evr operation='less than'>0:1-2</evr></rpminfo_state><rpminfo_state id='s:k'><signature_keyid \
    operation='equals'>72</signature_keyid></rpminfo_state></states></oval_definitions>";
const SECDB: &str = "distroversion: v3.19\nreponame: main\narchs:\n- x86_64\npackages:\n- pkg:\n    name: xen\n    secfixes:\n\
    \x20     4.15.0-r1:\n      - XSA-373\n      '0':\n      - CVE-2020-29569 (alias)\n";
const SECDB_JSON: &str = r#"{"distroversion": "v3.19", "reponame": "main", "archs": ["x86_64"], "packages": [{"pkg": {"name": "xen",
    "secfixes": {"4.15.0-r1": ["XSA-373"], "4.15.1-r0": ["CVE-2021-28702 XSA-386"], "0": ["CVE-2020-29569 (alias)"]}}}]}"#;
const DISTRO_INFO: &str = "version,codename,series,created,release,eol,eol-lts,eol-elts\n12,Bookworm,bookworm,2021-08-14,\
    2023-06-10,2026-07-11,2028-06-30,2033-06-30\n,Sid,sid,1993-08-16\n";
const PAGE: &str = "---\ntitle: X\npermalink: /x\nreleases:\n  - releaseCycle: \"13\"  # a remark\n    eol: 2028-08-09\n    eoes: \
    false\n    lts: true\n\n  - releaseCycle: '12'\n    eoas: true\n    eol: 2026-07-11\n---\ntext\n";
const PRODUCTS: &str = r#"{"result": [{"name": "windows-server", "releases": [{"name": "2025", "isLts": true, "isEoas": false,
    "eoasFrom": "2029-11-13", "isEol": false, "eolFrom": "2034-11-14"}, {"name": "23H2", "isEol": true, "eolFrom": null}]}]}"#;
const SUPPORT: &str = "# List of packages whose security support ends before the distribution EOL\n\nphp-horde.*\t0  \t \
    2025-03-22\thttps://example.org; why\n";
const STATUS: &str = "Package: libldb2\nStatus: hold ok installed\nSource: samba (2:4.17.12)\nVersion: 2:2.6.2+samba4.17.12\n\
    Architecture: amd64\nPhased-Update-Percentage: 10\nSize: 1\n\nPackage: b\nStatus: install reinstreq half-installed\nVersion: 1\n";
const MANIFEST: &str = r#"[{"feed": "debian-list", "file": "a.txt", "url": "https://example.org/a", "fetched_at": "2026-01-01T00:00:00Z",
    "content_at": "2026-01-01T00:00:00Z", "sha256": "00", "size": 1}]"#;
const JSON_LINES: &str = "{\"id\": \"ALSA-2024:1\", \"modified\": \"2024-01-01T00:00:00Z\", \"summary\": \"Important: x\", \"related\": \
    [\"CVE-2024-1000\"], \"affected\": [{\"package\": {\"ecosystem\": \"AlmaLinux:9\", \"name\": \"x\"}, \"ranges\": [{\"type\": \"ECOSYSTEM\", \
    \"events\": [{\"introduced\": \"0\"}, {\"fixed\": \"1-2.el9\"}]}]}]}\n{\"id\": \"ALSA-2024:2\", \"affected\": []}\n";
const VERSIONS: &str = "1:1.0~rc1-1ubuntu0.1\n1.0\n1.0-1+b1\n0:1.2-3.el9\n1.2.3_rc1-r0\n1.0.0-alpha.1+5\n20348.2227\n590-2.1~deb12u1\n1.0^git~1\n";
const VECTORS: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H\nCVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L/E:P/RL:O/RC:C\n\
    AV:N/AC:L/Au:N/C:P/I:P/A:P\nCVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:A/MSI:S\n";
