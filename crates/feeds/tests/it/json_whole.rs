//! Whole real feeds: numbers that were counted by other means.

use crate::shared;
use expect_test::expect_file;
use feeds::{Limits, SetSummary, accept, load, load_path_all};
use model::CveId;
use model::advisory::{Advisory, Label, RowSet, Until};
use model::cve::{Epss, Exploitation, TechnicalImpact};
use std::collections::BTreeSet;

fn set(path: &str) -> Option<RowSet> {
    let bytes = shared::bytes(path)?;
    let mut sets = load(path, &bytes[..], &Limits::default()).unwrap();
    assert_eq!(sets.len(), 1, "{path}");
    let set = sets.remove(0);
    assert_eq!(set.rejects_total, 0, "{path}: {:?}", set.rejects);
    accept(&SetSummary::default(), &set).unwrap();
    Some(set)
}

const KEV_2025: &str = "kev/known_exploited_vulnerabilities-2025-08-25.json";
const KEV_2026: &str = "kev/known_exploited_vulnerabilities-2026-08-07.json";

#[test]
fn both_catalogues_load_and_the_later_follows_the_earlier() {
    let (Some(old), Some(new)) = (set(KEV_2025), set(KEV_2026)) else { return };
    assert_eq!((old.cves.len(), new.cves.len()), (1404, 1662));
    assert_eq!(new.version, "2026.08.07");
    let ransomware =
        new.cves.iter().filter(|s| s.kev.as_ref().is_some_and(|kev| kev.is_ransomware)).count();
    assert_eq!(ransomware, 338);
    let cves = |set: &RowSet| set.cves.iter().map(|s| s.cve).collect::<BTreeSet<CveId>>();
    assert!(cves(&old).is_subset(&cves(&new)), "an entry was removed");
    accept(&SetSummary::of(&old), &new).unwrap();
    // Yesterday's copy does not come back by itself.
    let refused = accept(&SetSummary::of(&new), &old).unwrap_err();
    assert!(refused.may_be_accepted(), "{refused}");
}

/// X24: half a file is no file, and half a catalogue no catalogue.
#[test]
fn a_cut_off_catalogue_is_refused() {
    let (Some(bytes), Some(whole)) = (shared::bytes(KEV_2026), set(KEV_2026)) else { return };
    let limits = Limits::default();
    for part in [3, 10, 97] {
        load("kev", &bytes[..bytes.len() * (part - 1) / part], &limits).unwrap_err();
    }
    let text = String::from_utf8(bytes).unwrap();
    let first = text.find("{\n").map_or(0, |at| at + 1);
    let entries = text[first..].find('[').unwrap() + first + 1;
    let middle = text[entries..].find("},").unwrap() + entries + 1;
    let one = format!("{}]}}", &text[..middle]);
    let set = load("kev", one.as_bytes(), &limits).unwrap().remove(0);
    assert_eq!(set.cves.len(), 1);
    accept(&SetSummary::of(&whole), &set).unwrap_err();
    accept(&SetSummary::default(), &set).unwrap_err();
}

#[test]
fn the_shares_of_exploited_cves_above_each_line_are_the_published_ones() {
    let Some(set) = set("epss/epss_scores-2026-08-08.kev-subset.csv.gz") else { return };
    assert_eq!((set.cves.len(), set.version.as_str()), (1662, "v2026.06.15"));
    let scores: Vec<Epss> = set.cves.iter().filter_map(|s| s.epss).collect();
    assert_eq!(scores.len(), 1662);
    let permille = |line: u32| {
        let above = scores.iter().filter(|epss| epss.score_ppm >= line).count();
        (above * 1000 + scores.len() / 2) / scores.len()
    };
    let lines = [10_000, 50_000, 100_000, 360_000, 500_000, 900_000];
    assert_eq!(lines.map(permille), [974, 833, 761, 575, 519, 272]);
}

#[test]
fn records_of_cves_bring_vectors_and_decisions() {
    let check = |cve: &str, exploitation, automatable, impact| {
        let Some(set) = set(&format!("vulnrichment/{cve}.json")) else { return };
        let [statement] = set.cves.as_slice() else { panic!("{cve}") };
        assert_eq!(statement.cve.to_string(), cve);
        assert_eq!(statement.exploitation, Some(exploitation), "{cve}");
        assert_eq!(statement.is_automatable, Some(automatable), "{cve}");
        assert_eq!(statement.technical_impact, Some(impact), "{cve}");
        assert_eq!(statement.kev.is_some(), cve == "CVE-2024-1086");
        assert!(statement.vectors.iter().all(|v| decide::cvss::score(&v.text).is_ok()));
        assert!(!statement.vectors.is_empty() && !statement.title.is_empty());
        assert!(set.rows.is_empty(), "products of CVE records are no packages");
    };
    use TechnicalImpact::Total;
    check("CVE-2024-1086", Exploitation::Active, false, Total);
    check("CVE-2024-3094", Exploitation::None, true, Total);
    check("CVE-2024-6387", Exploitation::PublicPoc, false, Total);
}

/// X30: ranges of NVD are never rows.
#[test]
fn nvd_gives_no_rows() {
    let Some(set) = set("fixtures/nvd-api2-full-page.json") else { return };
    assert_eq!((set.cves.len(), set.rows.len(), set.entries_stated), (38, 0, Some(38)));
}

/// Documents and lines as they are published. Some notices are published two or three times, word by word.
#[test]
fn all_of_almalinux_is_read() {
    let Some(bytes) = shared::bytes("alma-osv/almalinux-osv-2026-08-21.jsonl.gz") else { return };
    let (mut entries, mut rows) = (0, [0_u32; 5]);
    let mut advisories: Vec<Advisory> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let set = feeds::osv::parse(line, &Limits::default()).unwrap();
        assert_eq!(set.rejects_total, 0, "{:?}", set.rejects);
        entries += set.entries;
        let first = set.rows.first().and_then(|row| row.cve);
        // One CVE of each notice stands for its lines.
        for row in set.rows.iter().filter(|row| row.cve == first) {
            let Until::Fixed(version) = &row.until else { panic!("{row:?}") };
            assert_eq!(version.contains(".module_el"), row.module == "?", "{row:?}");
            rows[0] += u32::from(version.contains(':'));
            rows[1] += u32::from(row.module == "?");
            rows[2] += u32::from(row.stream == "alma:8");
            rows[3] += u32::from(row.stream == "alma:9");
            rows[4] += u32::from(row.stream == "alma:10");
        }
        advisories.extend(set.advisories);
    }
    assert_eq!(entries, 71_329);
    assert_eq!(rows, [17_201, 20_750, 40_867, 23_983, 6_479]);
    let of = |prefix: &str| advisories.iter().filter(|a| a.id.starts_with(prefix)).count();
    assert_eq!([of("ALSA-"), of("ALBA-"), of("ALEA-")], [4_480, 978, 222]);
    let label = |label| advisories.iter().filter(|a| a.label == label).count();
    let all = [Label::Critical, Label::High, Label::Medium, Label::Low];
    assert_eq!(all.map(label), [34, 2_384, 1_907, 154]);
    assert!(advisories.iter().all(|a| a.published_at.is_some() && a.modified_at.is_some()));
}

/// The same as one row set: notices that are published twice are one.
fn is_all_of_almalinux(set: &RowSet) {
    assert_eq!(set.advisories.len(), 5_637);
    let cves: BTreeSet<CveId> = set.rows.iter().filter_map(|row| row.cve).collect();
    assert_eq!(cves.len(), 6_592);
    let lines: BTreeSet<(&str, &str, &str, &Until)> = set
        .rows
        .iter()
        .map(|row| (&*row.advisory, &*row.stream, &*row.package, &row.until))
        .collect();
    assert_eq!(lines.len(), 69_160);
    assert!(set.rows.is_sorted() && set.advisories.is_sorted_by(|a, b| a.id < b.id));
}

/// Everything that lies in the folder, in one walk: what is a feed is loaded, what is none is named. (Of the two
/// lists of DSAs the sample is the later one, so that it is the whole; `accept` would not take it.)
#[test]
fn the_whole_folder_loads_and_what_is_no_feed_is_named() {
    let folder = shared::folder();
    if !folder.is_dir() {
        println!("skipped: no shared data at {}", folder.display());
        return;
    }
    let loaded = load_path_all(&folder, "debian:12", &Limits::default()).unwrap();
    let mut shown = String::new();
    for set in &loaded.sets {
        let SetSummary { entries, rows, .. } = SetSummary::of(set);
        let (word, source, rejects) = (set.feed.word(), &set.source, set.rejects_total);
        shown += &format!("{word} {source}: {entries} entries, {rows} rows, {rejects} rejected\n");
    }
    is_all_of_almalinux(loaded.sets.iter().find(|set| set.source == "osv/AlmaLinux").unwrap());
    for out in &loaded.left_out {
        let name = out.name.strip_prefix(&*folder.to_string_lossy()).unwrap_or(&out.name);
        shown += &format!("left out {}\n", name.trim_start_matches('/'));
    }
    expect_file!["../data/shown/whole-folder.txt"].assert_eq(&shown);
}
