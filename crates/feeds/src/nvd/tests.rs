use super::*;
use expect_test::{Expect, expect};

fn check(items: &str, expected: &Expect) {
    let text = format!(
        r#"{{"resultsPerPage":2,"format":"NVD_CVE","timestamp":"2026-01-02T03:04:05.678","vulnerabilities":[{items}]}}"#
    );
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn vectors_catalogue_and_decision_points_are_taken_and_products_never() {
    check(
        r#"{"cve":{"id":"CVE-2026-1001","published":"2026-01-01T00:00:00.000","vulnStatus":"Analyzed","descriptions":[{"lang":"en","value":"x"}],
        "cisaExploitAdd":"2026-01-01","cisaActionDue":"2026-01-22","cisaVulnerabilityName":"N",
        "metrics":{"cvssMetricV31":[{"source":"nvd@nist.gov","cvssData":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":9.8}},{"source":"acme","cvssData":{}}],
        "ssvcV203":[{"source":"x","ssvcData":{"options":[{"exploitation":"active"},{"automatable":"no"},{"technicalImpact":"total"}]}}]},
        "configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*"}]}]}]}},
        {"cve":{"id":"CVE-2026-1002","vulnStatus":"Rejected"}},
        {"cve":{"id":7}}"#,
        &expect![[r#"
            nvd Documents of 2026-01-02T03:04:05Z : 3 entries, 1 rejected
            reject /vulnerabilities/2: invalid type: integer `7`, expected a string
            cve {"cve":"CVE-2026-1001","published_at":1767225600,"title":"x","kev":{"added":"2026-01-01","due":"2026-01-22","is_ransomware":false,"name":"N"},"exploitation":"active","is_automatable":false,"technical_impact":"total","vectors":[{"source":"NVD","text":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","printed_x10":98}]}
            cve {"cve":"CVE-2026-1002","is_rejected":true}
        "#]],
    );
}
