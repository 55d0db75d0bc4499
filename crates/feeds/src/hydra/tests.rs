use super::*;
use expect_test::{Expect, expect};

fn check(text: &str, expected: &Expect) {
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn releases_and_states_are_rows_of_the_streams_that_hosts_have() {
    check(
        r#"{"name":"CVE-2026-1001","threat_severity":"Important","public_date":"2026-01-01T00:00:00Z","bugzilla":{"description":"x"},
        "cvss":{"cvss_base_score":"7.5","cvss_scoring_vector":"AV:N/AC:L/Au:N/C:P/I:P/A:P"},"cvss3":{"cvss3_base_score":"","cvss3_scoring_vector":""},
        "affected_release":[
          {"advisory":"RHSA-2026:1","cpe":"cpe:/o:redhat:enterprise_linux:9","package":"bind-32:9.16.23-5.el9_1"},
          {"advisory":"RHSA-2026:2","cpe":"cpe:/a:redhat:enterprise_linux:8","package":"nodejs:16-8070020230306170042.bd1311ed"},
          {"advisory":"RHSA-2026:3","cpe":"cpe:/a:redhat:openshift:4","package":"x"},
          {"advisory":"RHSA-2026:4","cpe":"cpe:/o:redhat:enterprise_linux:7"},
          {"advisory":"RHSA-2026:5","cpe":"cpe:/o:redhat:enterprise_linux:7","package":"bind"},
          7],
        "package_state":[
          {"cpe":"cpe:/o:redhat:enterprise_linux:9","package_name":"bind","fix_state":"Affected"},
          {"cpe":"cpe:/o:redhat:enterprise_linux:8","package_name":"nodejs:16/nodejs","fix_state":"Fix deferred"},
          {"cpe":"cpe:/o:redhat:enterprise_linux:6","package_name":"a","fix_state":"Out of support scope"},
          {"cpe":"cpe:/o:redhat:enterprise_linux:6","package_name":"b","fix_state":"Will not fix"},
          {"cpe":"cpe:/o:redhat:enterprise_linux:6","package_name":"c","fix_state":"Not affected"},
          {"cpe":"cpe:/o:redhat:enterprise_linux:6","package_name":"d","fix_state":"New"},
          {"cpe":"cpe:/o:redhat:enterprise_linux:6","package_name":"e","fix_state":"Else"}]}"#,
        &expect![[r#"
            hydra/redhat Documents of no time : 13 entries, 3 rejected
            reject CVE-2026-1001 /affected_release/4: its package has no release
            reject CVE-2026-1001 /affected_release/5: invalid type: integer `7`, expected struct Release
            reject CVE-2026-1001 /package_state/6: its fix_state `Else` is not known
            advisory CVE-2026-1001 Security High of 2026-01-01T00:00:00Z {CVE-2026-1001} "x" https://access.redhat.com/security/cve/CVE-2026-1001
            row rhel:6 a every version EndOfLife CVE-2026-1001 by CVE-2026-1001
            row rhel:6 b every version WillNotFix CVE-2026-1001 by CVE-2026-1001
            row rhel:6 c every version NotAffected CVE-2026-1001 by CVE-2026-1001
            row rhel:6 d every version UnderInvestigation CVE-2026-1001 by CVE-2026-1001
            row rhel:8 nodejs module nodejs:16 every version Deferred CVE-2026-1001 by CVE-2026-1001
            row rhel:9 bind < 32:9.16.23-5.el9_1 Affected CVE-2026-1001 by CVE-2026-1001
            cve {"cve":"CVE-2026-1001","published_at":1767225600,"title":"x","vectors":[{"source":"Red Hat","text":"AV:N/AC:L/Au:N/C:P/I:P/A:P","printed_x10":75}]}
        "#]],
    );
}

#[test]
fn a_single_entry_may_stand_without_its_list() {
    check(
        r#"{"name":"CVE-2026-1001","package_state":{"cpe":"cpe:/o:redhat:enterprise_linux:6","package_name":"a","fix_state":"Affected"},"affected_release":null}"#,
        &expect![[r#"
            hydra/redhat Documents of no time : 1 entries, 0 rejected
            advisory CVE-2026-1001 Security NotGiven {CVE-2026-1001} "" https://access.redhat.com/security/cve/CVE-2026-1001
            row rhel:6 a every version Affected CVE-2026-1001 by CVE-2026-1001
            cve {"cve":"CVE-2026-1001"}
        "#]],
    );
}
