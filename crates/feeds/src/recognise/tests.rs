use super::*;

/// The least of each kind that tells.
const SAMPLES: [(&str, Option<Kind>); 30] = [
    (r#"{"title": "x", "catalogVersion": "2026"}"#, Some(Kind::Feed(Feed::Kev))),
    ("#model_version:v1,score_date:x\ncve,epss,percentile\n", Some(Kind::Feed(Feed::Epss))),
    ("cve,epss,percentile\nCVE-2024-1,1,1\n", Some(Kind::Feed(Feed::Epss))),
    (r#"{"dataType":"CVE_RECORD"}"#, Some(Kind::Feed(Feed::CveRecord))),
    (r#"{"resultsPerPage": 1, "format": "NVD_CVE"}"#, Some(Kind::Feed(Feed::Nvd))),
    (
        r#"{"bash": {"CVE-2014-6271": {"scope": "remote", "releases": {}}}}"#,
        Some(Kind::Feed(Feed::DebianTracker)),
    ),
    (
        r#"{"bash": {"CVE-2014-6271": {"description": "{\"", "releases": []}}}"#,
        Some(Kind::Feed(Feed::DebianTracker)),
    ),
    (
        "[29 Mar 2023] DSA-5380-1 xorg-server - security update\n",
        Some(Kind::Feed(Feed::DebianList)),
    ),
    (
        "[01 Apr 2023] DLA-3379-1 intel-microcode - security update\r\n",
        Some(Kind::Feed(Feed::DebianList)),
    ),
    ("VERSION 1\nCVE-2024-1,,x\n", Some(Kind::Feed(Feed::Debsecan))),
    ("bash (5.2.15-2) unstable; urgency=medium\n\n  * x\n", Some(Kind::Feed(Feed::Changelog))),
    (
        r#"[{"source": "a", "version": "1", "dist": "x", "cves": []}]"#,
        Some(Kind::Feed(Feed::Changelog)),
    ),
    (r#"{"id": "ALSA-1", "summary": "x", "affected": []}"#, Some(Kind::Feed(Feed::Osv))),
    (
        r#"{"schema_version": "1.7.0", "id": "USN-1", "withdrawn": "x"}"#,
        Some(Kind::Feed(Feed::Osv)),
    ),
    (r#"{"@context": "https://openvex.dev/ns/v0.2.0"}"#, Some(Kind::Feed(Feed::OpenVex))),
    (
        r#"{"document": {"category": "csaf_security_advisory", "csaf_version": "2.0"}}"#,
        Some(Kind::Feed(Feed::Csaf)),
    ),
    (
        r#"{"vulnerabilities": [], "document": {"csaf_version": "2.0", "category": "csaf_vex"}}"#,
        Some(Kind::Feed(Feed::CsafVex)),
    ),
    (r#"{"threat_severity": "Low", "name": "CVE-2024-1"}"#, Some(Kind::Feed(Feed::Hydra))),
    ("<?xml version='1.0'?>\n<!-- x -->\n<updates>", Some(Kind::Feed(Feed::Updateinfo))),
    ("<oval:oval_definitions xmlns:oval='x'>", Some(Kind::Feed(Feed::Oval))),
    (
        r#"{"distroversion": "v3.20", "reponame": "main", "packages": []}"#,
        Some(Kind::Feed(Feed::Secdb)),
    ),
    ("reponame: main\npackages:\n  - pkg:\n      secfixes:\n", Some(Kind::Feed(Feed::Secdb))),
    (r#"{"ProductTree": {}, "Vulnerability": []}"#, Some(Kind::Feed(Feed::Msrc))),
    ("version,codename,series,created,release,eol\n", Some(Kind::Feed(Feed::DistroInfo))),
    ("---\ntitle: Debian\nreleases:\n", Some(Kind::Feed(Feed::Endoflife))),
    (
        "\n# List of packages whose security support ends before the distribution EOL\n",
        Some(Kind::Feed(Feed::DebianSupport)),
    ),
    (r#"[{"file": "kev.json", "sha256": "x"}]"#, Some(Kind::Manifest)),
    ("MIT License\n\nCopyright\n", None),
    ("<html><body>updates</body></html>", None),
    ("", None),
];

#[test]
fn content_tells_what_a_file_is() {
    for (text, kind) in SAMPLES {
        assert_eq!(recognise(text.as_bytes()), kind, "{text}");
        let marked = format!("\u{feff}{text}");
        assert_eq!(recognise(marked.as_bytes()), kind, "with a byte order mark: {text}");
    }
}

#[test]
fn every_beginning_of_a_file_is_looked_at_without_harm() {
    for (text, _) in SAMPLES {
        for end in 0..text.len() {
            let _kind = recognise(&text.as_bytes()[..end]);
            let _is_lines = is_lines_of_json(&text.as_bytes()[..end]);
        }
    }
    for byte in 0..=u8::MAX {
        let _kind = recognise(&[byte; 300]);
    }
}

#[test]
fn words_deep_inside_do_not_mislead() {
    let nested =
        r#"{"a": {"catalogVersion": "x", "document": {"csaf_version": "2.0"}}, "b": ["@context"]}"#;
    assert_eq!(recognise(nested.as_bytes()), None);
    let text = r#"{"a": "\"catalogVersion\": 1", "b": 1}"#;
    assert_eq!(recognise(text.as_bytes()), None);
    // A document of another standard.
    assert_eq!(recognise(br#"{"document": {"title": "x"}}"#), None);
}

#[test]
fn objects_line_by_line_are_told_from_one_object() {
    let cases = [
        ("{\"a\":1}\n{\"a\":2}\n", true),
        ("{\"a\":\"}\"}\r\n\n{\"a\":2}", true),
        ("{\"a\":1}\n", false),
        ("{\"a\":1}", false),
        ("{\n\"a\":1}\n{", false),
        ("{\"a\":{\n}}\n", false),
        ("[1]\n[2]\n", false),
        ("", false),
    ];
    for (text, expected) in cases {
        assert_eq!(is_lines_of_json(text.as_bytes()), expected, "{text:?}");
    }
}
