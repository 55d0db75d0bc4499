use super::*;
use expect_test::{Expect, expect};

/// A month with two servers, a client, and what `more` says of one CVE. By the API's own description; no
/// document of it was at hand.
fn month(vulnerability: &str) -> String {
    format!(
        r#"{{"DocumentTitle":{{"Value":"January 2026"}},"DocumentTracking":{{"InitialReleaseDate":"2026-01-13T08:00:00","CurrentReleaseDate":"2026-01-20T08:00:00"}},
        "ProductTree":{{"FullProductName":[
          {{"ProductID":"1","Value":"Windows Server 2022"}},{{"ProductID":"2","Value":"Windows Server 2022 (Server Core installation)"}},
          {{"ProductID":"3","Value":"Windows Server 2012 R2"}},{{"ProductID":"4","Value":"Microsoft Office 2019"}}]}},
        "Vulnerability":[{vulnerability}]}}"#
    )
}

fn check(text: &str, expected: &Expect) {
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

const FIX: &str = r#"{"Type":2,"Description":{"Value":"5034129"},"URL":"https://catalog.update.microsoft.com/x","Supercedence":"5033118","ProductID":["1","2"],"RestartRequired":{"Value":"Yes"},"SubType":"Security Update","FixedBuild":"10.0.20348.2227"}"#;

#[test]
fn builds_close_cves_and_known_issues_are_against_the_new_build() {
    let vulnerability = format!(
        r#"{{"Title":{{"Value":"Kerberos"}},"CVE":"CVE-2026-20674","ProductStatuses":[{{"Type":3,"ProductID":["1","2","4"]}}],
        "Threats":[{{"Type":0,"Description":{{"Value":"Security Feature Bypass"}}}},{{"Type":1,"Description":{{"Value":"Publicly Disclosed:No;Exploited:Yes;Latest Software Release:Exploitation Detected"}}}},{{"Type":3,"Description":{{"Value":"Critical"}},"ProductID":["1"]}}],
        "CVSSScoreSets":[{{"BaseScore":9.0,"TemporalScore":7.8,"Vector":"CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:U/RL:O/RC:C","ProductID":["1"]}}],
        "Remediations":[{FIX},{{"Type":5,"Description":{{"Value":"5034129"}},"URL":"https://support.microsoft.com/help/5034129","ProductID":["1"]}}],
        "RevisionHistory":[{{"Number":"1.0","Date":"2026-01-13T08:00:00"}},{{"Number":"1.1","Date":"2026-01-15T08:00:00"}}]}}"#
    );
    check(
        &month(&vulnerability),
        &expect![[r#"
        msrc Documents of 2026-01-20T08:00:00Z : 3 entries, 0 rejected
        advisory CVE-2026-20674 Security Critical of 2026-01-13T08:00:00Z changed 2026-01-15T08:00:00Z reboot {CVE-2026-20674} "Kerberos" https://msrc.microsoft.com/update-guide/vulnerability/CVE-2026-20674
        advisory KB5034129 Broken NotGiven changed 2026-01-20T08:00:00Z {} "KB5034129 has known issues" https://support.microsoft.com/help/5034129
        row windows:2022 windows < 10.0.20348.2227 Affected CVE-2026-20674 by CVE-2026-20674
        row windows:2022 windows from 10.0.20348.2227 <= 10.0.20348.2227 Affected - by KB5034129
        cve {"cve":"CVE-2026-20674","published_at":1768291200,"title":"Kerberos","exploitation":"active","vectors":[{"source":"Microsoft","text":"CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:U/RL:O/RC:C","printed_x10":90}]}
    "#]],
    );
}

#[test]
fn a_server_without_a_build_is_a_reject_and_one_bad_entry_spoils_one_entry() {
    let open = r#"{"CVE":"CVE-2026-20675","ProductStatuses":[{"Type":3,"ProductID":["3"]}],"Remediations":[{"Type":2,"Description":{"Value":"5034171"},"ProductID":["3"]}]}"#;
    check(
        &month(&format!(r#"{open},{{"CVE":7}},{{"CVE":"ADV260001"}}"#)),
        &expect![[r#"
        msrc Documents of 2026-01-20T08:00:00Z : 4 entries, 2 rejected
        reject CVE-2026-20675 windows:2012-r2: it has no build that closes it
        reject /Vulnerability/1: invalid type: integer `7`, expected a string
        advisory CVE-2026-20675 Security NotGiven of 2026-01-13T08:00:00Z {CVE-2026-20675} "" https://msrc.microsoft.com/update-guide/vulnerability/CVE-2026-20675
        advisory ADV260001 Security NotGiven of 2026-01-13T08:00:00Z {} "" https://msrc.microsoft.com/update-guide/vulnerability/ADV260001
        cve {"cve":"CVE-2026-20675","published_at":1768291200}
    "#]],
    );
}

#[test]
fn servers_are_told_by_their_names() {
    let cases = [
        ("Windows Server 2022", Some("windows:2022")),
        ("Windows Server 2022 (Server Core installation)", Some("windows:2022")),
        ("Windows Server 2012 R2", Some("windows:2012-r2")),
        ("Windows Server 2019  (Server Core installation)", Some("windows:2019")),
        ("Windows Server 2022, 23H2 Edition (Server Core installation)", Some("windows:23h2")),
        ("Windows Server, version 20H2 (Server Core Installation)", Some("windows:20h2")),
        ("Windows Server 2008 for x64-based Systems Service Pack 2", Some("windows:2008")),
        ("Windows 11 Version 23H2 for x64-based Systems", None),
        ("Microsoft SQL Server 2019", None),
        ("Windows Server", None),
    ];
    for (name, expected) in cases {
        assert_eq!(builds::stream_of(name).as_deref(), expected, "{name}");
    }
}

#[test]
fn a_normalised_copy_of_another_program_is_no_document_of_microsofts() {
    assert_eq!(
        crate::recognise::recognise(
            br#"[{"cvss":{},"fixed_in":[{"id":"4493470"}],"id":"CVE-2019-0671"}]"#
        ),
        None
    );
}
