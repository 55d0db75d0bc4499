use super::products::Nevra;
use super::*;
use expect_test::{Expect, expect};

/// A document with two platforms, a module in one of them, and what `status` says of their parts.
fn document(category: &str, status: &str, more: &str) -> String {
    let product = |id: &str, helper: &str| {
        format!(
            r#"{{"category":"x","name":"x","product":{{"name":"x","product_id":"{id}","product_identification_helper":{{{helper}}}}}}}"#
        )
    };
    let part = |package: &str, platform: &str| {
        format!(
            r#"{{"category":"default_component_of","full_product_name":{{"name":"x","product_id":"{platform}:{package}"}},"product_reference":"{package}","relates_to_product_reference":"{platform}"}}"#
        )
    };
    let branches = [
        product(
            "AppStream-9.2.0.Z.MAIN.EUS",
            r#""cpe":"cpe:/a:redhat:enterprise_linux:9::appstream""#,
        ),
        product("AppStream:8", r#""cpe":"cpe:/a:redhat:enterprise_linux:8::appstream""#),
        product("Satellite", r#""cpe":"cpe:/a:redhat:satellite:6.14::el8""#),
        product("a-32:1-1.el9.x86_64", r#""purl":"pkg:rpm/redhat/a@1-1.el9?arch=x86_64&epoch=32""#),
        product("a-32:1-1.el9.src", r#""purl":"pkg:rpm/redhat/a@1-1.el9?arch=src&epoch=32""#),
        product("b-0:2-1.el9.src", ""),
        product("nodejs:16:8070:ab", ""),
        product("n-1:16-1.module+el8.x86_64", ""),
        product("image", r#""purl":"pkg:oci/image@sha256:1""#),
        product("c", r#""purl":"pkg:rpm/redhat/c""#),
    ];
    let parts = [
        part("a-32:1-1.el9.x86_64", "AppStream-9.2.0.Z.MAIN.EUS"),
        part("a-32:1-1.el9.src", "AppStream-9.2.0.Z.MAIN.EUS"),
        part("b-0:2-1.el9.src", "AppStream-9.2.0.Z.MAIN.EUS"),
        part("c", "AppStream:8"),
        part("c", "Satellite"),
        part("image", "AppStream:8"),
        part("nodejs:16:8070:ab", "AppStream:8"),
        part("n-1:16-1.module+el8.x86_64", "AppStream:8:nodejs:16:8070:ab"),
    ];
    format!(
        r#"{{"document":{{"category":"{category}","csaf_version":"2.0","title":"x","publisher":{{"name":"Red Hat Product Security","namespace":"https://www.redhat.com"}},"tracking":{{"id":"RHSA-2026:1","current_release_date":"2026-01-02T00:00:00+00:00","initial_release_date":"2026-01-01T00:00:00+00:00"}}}},
        "product_tree":{{"branches":[{{"category":"vendor","branches":[{}]}}],"relationships":[{}]}},
        "vulnerabilities":[{{"cve":"CVE-2026-109518","product_status":{{{status}}}{more}}}]}}"#,
        branches.join(","),
        parts.join(",")
    )
}

fn check(text: &str, expected: &Expect) {
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

/// Names are taken apart by the table: the platform's own name has a colon.
#[test]
fn repairs_are_of_binaries_in_the_streams_of_their_platform() {
    check(
        &document(
            "csaf_vex",
            r#""fixed":["AppStream-9.2.0.Z.MAIN.EUS:a-32:1-1.el9.x86_64","AppStream-9.2.0.Z.MAIN.EUS:a-32:1-1.el9.src","AppStream:8:nodejs:16:8070:ab:n-1:16-1.module+el8.x86_64"]"#,
            "",
        ),
        &expect![[r#"
            csaf-vex/redhat Documents of 2026-01-02T00:00:00Z : 4 entries, 0 rejected
            advisory RHSA-2026:1 Security NotGiven of 2026-01-01T00:00:00Z changed 2026-01-02T00:00:00Z {CVE-2026-109518} "x"
            row rhel:8 n module nodejs:16 < 1:16-1.module+el8 Affected CVE-2026-109518 by RHSA-2026:1
            row rhel:9 a < 32:1-1.el9 Affected CVE-2026-109518 by RHSA-2026:1
            row rhel:9.2+eus a < 32:1-1.el9 Affected CVE-2026-109518 by RHSA-2026:1
            cve {"cve":"CVE-2026-109518"}
        "#]],
    );
}

/// Sources are not installed; where a document names nothing else, they are better than nothing.
#[test]
fn a_source_alone_stands_for_its_package() {
    check(
        &document(
            "csaf_security_advisory",
            r#""fixed":["AppStream-9.2.0.Z.MAIN.EUS:b-0:2-1.el9.src"]"#,
            "",
        ),
        &expect![[r#"
            csaf/redhat Documents of 2026-01-02T00:00:00Z : 2 entries, 0 rejected
            advisory RHSA-2026:1 Security NotGiven of 2026-01-01T00:00:00Z changed 2026-01-02T00:00:00Z {CVE-2026-109518} "x"
            row rhel:9 b < 0:2-1.el9 Affected CVE-2026-109518 by RHSA-2026:1
            row rhel:9.2+eus b < 0:2-1.el9 Affected CVE-2026-109518 by RHSA-2026:1
            cve {"cve":"CVE-2026-109518"}
        "#]],
    );
}

/// X31: an explicit "not affected" is a row of its own.
#[test]
fn each_state_without_a_repair_is_kept_apart() {
    let plan = |category: &str, details: &str| {
        format!(
            r#","remediations":[{{"category":"{category}","details":"{details}","product_ids":["AppStream:8:c"]}}]"#
        )
    };
    let state = |status: &str, more: &str| {
        let text = document(
            "csaf_vex",
            &format!(r#""{status}":["AppStream:8:c","Satellite:c","AppStream:8:image"]"#),
            more,
        );
        let set = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!((set.rejects_total, set.rows.len()), (0, 1));
        set.rows[0].state
    };
    use model::advisory::RowState;
    assert_eq!(state("known_not_affected", ""), RowState::NotAffected);
    assert_eq!(state("under_investigation", ""), RowState::UnderInvestigation);
    assert_eq!(state("known_affected", ""), RowState::Affected);
    assert_eq!(state("known_affected", &plan("none_available", "Affected")), RowState::Affected);
    assert_eq!(
        state("known_affected", &plan("none_available", "Fix deferred")),
        RowState::Deferred
    );
    assert_eq!(
        state("known_affected", &plan("no_fix_planned", "Will not fix")),
        RowState::WillNotFix
    );
    assert_eq!(
        state("known_affected", &plan("no_fix_planned", "Out of support scope")),
        RowState::EndOfLife
    );
}

#[test]
fn names_that_the_document_does_not_explain_are_rejects() {
    check(
        &document(
            "csaf_vex",
            r#""fixed":["AppStream:8:unknown"],"known_affected":["AppStream:8:c"]"#,
            "",
        ),
        &expect![[r#"
            csaf-vex/redhat Documents of 2026-01-02T00:00:00Z : 3 entries, 1 rejected
            reject RHSA-2026:1 AppStream:8:unknown: the document does not say what this product is
            advisory RHSA-2026:1 Security NotGiven of 2026-01-01T00:00:00Z changed 2026-01-02T00:00:00Z {CVE-2026-109518} "x"
            row rhel:8 c every version Affected CVE-2026-109518 by RHSA-2026:1
            cve {"cve":"CVE-2026-109518"}
        "#]],
    );
}

#[test]
fn a_reboot_is_what_the_publisher_asks_for() {
    let restart = |category: &str| {
        let more = format!(
            r#","remediations":[{{"category":"vendor_fix","restart_required":{{"category":"{category}"}},"url":"https://x/1"}}]"#
        );
        let set = parse(document("csaf_vex", "", &more).as_bytes(), &Limits::default()).unwrap();
        set.advisories[0].needs_reboot
    };
    assert!(restart("machine"));
    assert!(restart("system"));
    assert!(!restart("none"));
    assert!(!restart("service"));
}

#[test]
fn one_bad_entry_spoils_one_entry() {
    let text = document("csaf_vex", "", "")
        .replace(r#""vulnerabilities":["#, r#""vulnerabilities":[{"cve":"x"},"#);
    check(
        &text,
        &expect![[r#"
        csaf-vex/redhat Documents of 2026-01-02T00:00:00Z : 2 entries, 1 rejected
        reject RHSA-2026:1 /vulnerabilities/0: `x` is not a CVE identifier (it looks like CVE-2024-3094)
        advisory RHSA-2026:1 Security NotGiven of 2026-01-01T00:00:00Z changed 2026-01-02T00:00:00Z {CVE-2026-109518} "x"
        cve {"cve":"CVE-2026-109518"}
    "#]],
    );
    check(
        &document("csaf_vex", "", "").replace("2.0", "1.2"),
        &expect!["this is no CSAF document as it is published: its version is not 2"],
    );
    check(
        r#"{"document":{"csaf_version":"2.0"}}"#,
        &expect![
            "this is no CSAF document as it is published: missing field `category` at line 1 column 34"
        ],
    );
}

#[test]
fn names_of_packages_are_taken_apart_from_behind() {
    let nevra = |text| {
        let Nevra { name, evr, arch, module } = Nevra::of(text);
        (name, evr, arch, module)
    };
    assert_eq!(nevra("python3.9-0:3.9.19-8.el9.src"), ("python3.9", "0:3.9.19-8.el9", "src", ""));
    assert_eq!(nevra("python3.9"), ("python3.9", "", "", ""));
    assert_eq!(
        nevra("curl-8.0.1-150400.5.32.1.x86_64"),
        ("curl", "8.0.1-150400.5.32.1", "x86_64", "")
    );
    assert_eq!(nevra("n-1:2-3.el8.x86_64::nodejs:20"), ("n", "1:2-3.el8", "x86_64", "nodejs:20"));
    assert_eq!(nevra("nodejs:16/nodejs"), ("nodejs", "", "", "nodejs:16"));
    assert_eq!(nevra(""), ("", "", "", ""));
    assert_eq!(nevra("x.src"), ("x", "", "", ""));
}
