use super::*;

/// A document with one definition of these criteria. Its tests: `sles` and `ltss` (release 15.5), `oracle`
/// (release 8), `x86` and `arm` (architectures), `module`, `signed`, `a` (a below 1-2), `from` (a at
/// or above 1-1), `b` (b below 2-1 on two architectures), `never` and `open`.
fn document(class: &str, criteria: &str) -> String {
    let test = |id: &str, object: &str, state: &str| {
        format!(
            "<rpminfo_test id='t:{id}'><object object_ref='o:{object}'/><state state_ref='s:{state}'/></rpminfo_test>"
        )
    };
    let tests: String = [
        ("sles", "sles-release", "v155"),
        ("ltss", "sles-ltss-release", "v155"),
        ("oracle", "oraclelinux-release", "v8"),
        ("other", "caasp-release", "v155"),
        ("x86", "oraclelinux-release", "x86"),
        ("arm", "oraclelinux-release", "arm"),
        ("signed", "a", "key"),
        ("a", "a", "lt"),
        ("from", "a", "ge"),
        ("b", "b", "two"),
        ("never", "c", "zero"),
        ("open", "d", "gt0"),
        ("six", "a", "six"),
        ("strange", "a", "strange"),
    ]
    .iter()
    .map(|(id, object, state)| test(id, object, state))
    .collect();
    let objects: String = [
        "sles-release",
        "sles-ltss-release",
        "oraclelinux-release",
        "caasp-release",
        "a",
        "b",
        "c",
        "d",
    ]
    .iter()
    .map(|name| format!("<rpminfo_object id='o:{name}'><name>{name}</name></rpminfo_object>"))
    .collect();
    let states: String = [
        ("v155", "<version operation='equals'>15.5</version>"),
        ("v8", "<version operation='pattern match'>^8</version>"),
        ("x86", "<arch operation='equals'>x86_64</arch>"),
        ("arm", "<arch operation='equals'>aarch64</arch>"),
        ("key", "<signature_keyid operation='equals'>72F97B74EC551F03</signature_keyid>"),
        ("lt", "<evr operation='less than'>0:1-2</evr>"),
        ("ge", "<evr operation='greater than or equal'>1:1-1</evr>"),
        ("two", "<arch operation='pattern match'>(aarch64|x86_64)</arch><evr operation='less than'>2-1</evr>"),
        ("zero", "<version operation='equals'>0</version>"),
        ("gt0", "<evr operation='greater than'>0:0-0</evr>"),
        ("six", "<evr operation='6'>0:1-2</evr>"),
        ("strange", "<evr operation='less than or equal'>0:1-2</evr>"),
    ]
    .iter()
    .map(|(id, body)| format!("<rpminfo_state id='s:{id}'>{body}</rpminfo_state>"))
    .collect();
    format!(
        "<oval_definitions><generator><timestamp>2026-01-02T03:04:05</timestamp></generator><definitions>\
         <definition id='d:1' class='{class}'><metadata><title>CVE-2026-1000</title>\
         <reference ref_id='ELSA-2026-1' ref_url='https://example.org/1'/><advisory>\
         <issued date='2026-01-01'/><severity>Important</severity><cve>CVE-2026-1001</cve></advisory></metadata>\
         {criteria}</definition></definitions><tests>{tests}\
         <textfilecontent54_test id='t:module' comment='Module postgresql:12 is enabled'/></tests>\
         <objects>{objects}</objects><states>{states}</states></oval_definitions>"
    )
}

fn all(parts: &[&str]) -> String {
    format!("<criteria operator='AND'>{}</criteria>", parts.concat())
}

fn any(parts: &[&str]) -> String {
    format!("<criteria operator='OR'>{}</criteria>", parts.concat())
}

fn test(id: &str, comment: &str) -> String {
    format!("<criterion test_ref='t:{id}' comment='{comment}'/>")
}

/// Rows of the first of the two CVEs, or why the definition is rejected.
fn rows(criteria: &str) -> String {
    let set = parse(document("vulnerability", criteria).as_bytes(), &Limits::default()).unwrap();
    assert_eq!(set.entries, 1);
    let rows = set.rows.iter().filter(|row| row.cve == set.rows[0].cve).map(crate::shown::row);
    rows.chain(set.rejects.iter().map(|reject| reject.reason.clone()))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_shapes_of_three_publishers_become_rows() {
    let [sles, ltss, a, b] = ["sles", "ltss", "a", "b"].map(|id| test(id, ""));
    let never = test("never", "c is not affected");
    let suse = all(&[&any(&[&sles, &ltss, &test("other", "")]), &any(&[&a, &b, &never])]);
    expect_test::expect![[r#"
        row suse:15.5 a < 1-2 Affected CVE-2026-1000 by CVE-2026-1000
        row suse:15.5 b < 2-1 Affected CVE-2026-1000 by CVE-2026-1000
        row suse:15.5 c every version NotAffected CVE-2026-1000 by CVE-2026-1000"#]]
    .assert_eq(&rows(&suse));
    expect_test::expect!["row suse:15.5 a < 1-2 Affected CVE-2026-1000 by CVE-2026-1000 on ltss"]
        .assert_eq(&rows(&all(&[&ltss, &a])));
    let [oracle, x86, arm, signed, module, from] =
        ["oracle", "x86", "arm", "signed", "module", "from"].map(|id| test(id, ""));
    let package = all(&[&a, &from, &signed]);
    let oracle =
        all(&[&oracle, &module, &any(&[&all(&[&x86, &any(&[&package])]), &all(&[&arm, &b])])]);
    expect_test::expect![[r#"
        row oracle:8 a module postgresql:12 arch x86_64 from 1:1-1 < 1-2 Affected CVE-2026-1000 by CVE-2026-1000
        row oracle:8 b module postgresql:12 arch aarch64 < 2-1 Affected CVE-2026-1000 by CVE-2026-1000"#]]
    .assert_eq(&rows(&oracle));
    expect_test::expect!["row suse:15.5 d every version Affected CVE-2026-1000 by CVE-2026-1000"]
        .assert_eq(&rows(&all(&[&sles, &test("open", "d is affected")])));
    // The number means "less than"; only the comment makes it "not affected".
    expect_test::expect!["row suse:15.5 a < 1-2 Affected CVE-2026-1000 by CVE-2026-1000"]
        .assert_eq(&rows(&all(&[&sles, &test("six", "a-1-2 is installed")])));
    expect_test::expect![
        "row suse:15.5 a every version NotAffected CVE-2026-1000 by CVE-2026-1000"
    ]
    .assert_eq(&rows(&all(&[&sles, &test("six", "a is not affected")])));
}

#[test]
fn any_other_shape_rejects_its_definition() {
    let [sles, a, b, never] = ["sles", "a", "b", "never"].map(|id| test(id, ""));
    let negated = "<criteria negate='true'><criterion test_ref='t:a'/></criteria>";
    for (criteria, reason) in [
        (all(&[&sles, &a, &b]), "two packages"),
        (all(&[&sles, &test("oracle", ""), &a]), "more than one release"),
        (all(&[&sles]), "no package"),
        (a.clone(), "no criteria"),
        (all(&[&a]), "no release"),
        (all(&[&sles, &never]), "a shape that is not read"),
        (all(&[&sles, &test("strange", "")]), "a shape that is not read"),
        (all(&[&sles, &test("missing", "")]), "`t:missing` is not there"),
        (all(&[&sles, negated]), "negated"),
        (all(&[&sles, &a]).replace("AND", "XOR"), "operator"),
        (all(&[&sles, "<extend_definition definition_ref='d:2'/>"]), "neither criteria"),
        (all(&[&sles, &all(&[])]), "empty"),
    ] {
        assert!(rows(&criteria).contains(reason), "{criteria}: {}", rows(&criteria));
    }
    // Architectures that exclude each other never hold.
    assert_eq!(rows(&all(&[&test("x86", ""), &test("arm", ""), &sles, &a])), "");
}

#[test]
fn a_patch_is_named_by_its_erratum() {
    let criteria = all(&[&test("sles", ""), &test("a", "")]);
    let set = parse(document("patch", &criteria).as_bytes(), &Limits::default()).unwrap();
    expect_test::expect![[r#"
        oval/suse:15 Whole of 2026-01-02T03:04:05Z : 1 entries, 0 rejected
        advisory ELSA-2026-1 Security High of 2026-01-01T00:00:00Z {CVE-2026-1001} "CVE-2026-1000" https://example.org/1
        row suse:15.5 a < 1-2 Affected CVE-2026-1001 by ELSA-2026-1
    "#]]
    .assert_eq(&crate::shown::set(&set));
    let other = document("inventory", &criteria);
    assert_eq!(parse(other.as_bytes(), &Limits::default()).unwrap().rejects_total, 1);
}

#[test]
fn criteria_that_multiply_without_end_are_rejected() {
    let many = any(&vec!["<criterion test_ref='t:a'/>"; 100]);
    let criteria = all(&[&test("sles", ""), &many, &many, &many, &many]);
    assert!(rows(&criteria).contains("more cases than any real one"));
}
