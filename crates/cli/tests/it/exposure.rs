//! Exposure on the command line, against a scripted server: what is asked, what is shown, what is sent.

use crate::bench::{Bench, Done, put, serve};
use expect_test::expect;
use model::HostId;
use model::advisory::{Feed, Label, Reject};
use model::clause::{ClauseStatus, Deadline, DoneWhen, Input, Term};
use model::cve::{CveId, Epss, Kev};
use model::exposure::{
    Action, ActionVerb, Answer, CveFacts, CveView, DeadlineDay, EndOfLifeView, ExposurePage,
    ExposureView, FeedView, FixLine, Freshness, NoFix, ObligationView, OpenQuestions, Question,
    Reach, ReachCount, Score, Tier,
};
use model::wire::{AnswerRequest, ObligationsRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

/// 2026-11-25 02:45:00 UTC; commands read the real clock, so that what is due is far from both.
const THEN: i64 = 1_795_574_700;
const CVE: CveId = CveId { year: 2026, number: 1_000 };

fn deadline(due_at: Option<i64>) -> Deadline {
    Deadline {
        clause: "bod-26-04:1:3d".to_owned(),
        title: "Known exploited: three days".to_owned(),
        status: ClauseStatus::InForce,
        due_at,
        term: Term::Days(3),
        clock_started_at: Some(THEN),
        clock: "the earlier of KEV addition and detection".to_owned(),
        is_day_precise: false,
        done_when: DoneWhen::InEffect,
        extra: Vec::new(),
        inputs: vec![Input {
            name: "internet_exposed".to_owned(),
            value: "unknown".to_owned(),
            source: String::new(),
            seen_at: None,
            is_defaulted: true,
        }],
    }
}

fn exposure(host: &str, reach: Reach, due_at: Option<i64>) -> ExposureView {
    let is_kev = matches!(reach, Reach::Actionable { .. });
    ExposureView {
        host: HostId(1),
        host_name: host.to_owned(),
        cve: Some(CVE),
        advisories: vec!["DSA-6000-1".to_owned()],
        stream: "debian:12".to_owned(),
        package: "openssl".to_owned(),
        binaries: Vec::new(),
        installed: "3.0.17-1".to_owned(),
        fixed: if is_kev { "3.0.18-1".to_owned() } else { String::new() },
        reach,
        label: Label::High,
        is_kev,
        is_ransomware: false,
        epss_ppm: Some(932_100).filter(|_| is_kev),
        cvss_x10: Some(98).filter(|_| is_kev),
        hazard_micro: 4_605_170,
        deadline: due_at.map(|at| deadline(Some(at))),
        deadlines: Vec::new(),
        detected_at: THEN,
    }
}

fn exposures() -> Vec<ExposureView> {
    // In the year 2100: never overdue while this test lives.
    let late = 4_102_444_799;
    vec![
        exposure("web-1", Reach::Actionable { to: "3.0.18-1".to_owned() }, Some(late)),
        exposure("web-2", Reach::NoFix { why: NoFix::Deferred }, None),
    ]
}

fn page(of: &[ExposureView], total: u64, next: &str) -> ExposurePage {
    ExposurePage { total, hosts: 2, exposures: of.to_vec(), next: next.to_owned() }
}

fn feed(feed: Feed, freshness: Freshness) -> FeedView {
    FeedView {
        feed,
        source: feed.word().to_owned(),
        origin: "kev.json".to_owned(),
        fetched_at: None,
        content_at: None,
        version: String::new(),
        sha256: String::new(),
        rows: 0,
        cves: 1_640,
        rejects_total: 2,
        rejects: vec![Reject { pointer: "/17".to_owned(), reason: "no date".to_owned() }],
        freshness,
        trouble: String::new(),
        next_fetch_at: None,
    }
}

struct Scripted {
    bench: Bench,
    received: Receiver<String>,
}

impl Scripted {
    fn new(answers: &[(&str, serde_json::Value)]) -> Self {
        let answers: BTreeMap<String, (u16, String)> = answers
            .iter()
            .map(|(key, value)| {
                let status = value["status_for_test"].as_u64().unwrap_or(200);
                ((*key).to_owned(), (u16::try_from(status).unwrap(), value.to_string()))
            })
            .collect();
        let bench = Bench::new();
        let (address, received) = serve(answers);
        bench.access(&address);
        Self { bench, received }
    }

    fn run(&self, args: &[&str]) -> Done {
        self.bench.run(args)
    }
}

fn json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

/// Returns the body of what was sent.
fn body<T: DeserializeOwned>(said: &str) -> T {
    serde_json::from_str(said.splitn(3, ' ').nth(2).unwrap()).unwrap()
}

#[test]
fn exposures_are_a_table_with_totals_and_the_next_step() {
    let served =
        Scripted::new(&[("GET /api/v1/exposures?limit=30", json(&page(&exposures(), 2, "")))]);
    let done = served.run(&["exposures"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    expect![[r#"
        DUE         HOST   CVE            PACKAGE  INSTALLED  FIXED IN      STATE            SIGNALS                          CLAUSE
        2099-12-31  web-1  CVE-2026-1000  openssl  3.0.17-1   3.0.18-1      fix offered      exploited, EPSS 93.2%, CVSS 9.8  bod-26-04:1:3d
        none        web-2  CVE-2026-1000  openssl  3.0.17-1   no fix known  no fix: put off  not known
        2 exposures on 2 hosts
    "#]]
    .assert_eq(&done.stdout);
    assert!(done.stderr.contains("hint: `patchwell actions`"), "{}", done.stderr);
}

#[test]
fn every_filter_reaches_the_server_encoded() {
    let served = Scripted::new(&[]);
    let done = served.run(&[
        "exposures",
        "--cve",
        "cve-2026-1000",
        "--host",
        "web 1",
        "--package",
        "g++",
        "--stream",
        "debian:12",
        "--state",
        "no_fix",
        "--kev",
        "--due",
        "14",
        "--as-of",
        "2026-03-03",
        "--limit",
        "5",
    ]);
    assert_eq!(done.code, 2, "the script knows no such path: {}", done.stderr);
    let asked = served.received.try_iter().next().unwrap();
    assert_eq!(
        asked,
        "GET /api/v1/exposures?cve=CVE-2026-1000&host=web%201&package=g%2B%2B&stream=debian%3A12\
         &state=no_fix&kev=1&due=14&as_of=1772582399&limit=5 "
    );
}

#[test]
fn pages_are_put_together_until_the_limit() {
    let all = exposures();
    let served = Scripted::new(&[
        ("GET /api/v1/exposures?limit=500", json(&page(&all[..1], 2, "one"))),
        ("GET /api/v1/exposures?after=one&limit=500", json(&page(&all[1..], 2, ""))),
    ]);
    let done = served.run(&["exposures", "--json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let read: ExposurePage = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(read, page(&all, 2, ""));
}

#[test]
fn silence_without_feeds_is_not_taken_for_safety() {
    let none: [FeedView; 0] = [];
    let empty = json(&ExposurePage::default());
    let served = Scripted::new(&[
        ("GET /api/v1/exposures?limit=30", empty.clone()),
        ("GET /api/v1/exposures?kev=1&limit=30", empty),
        ("GET /api/v1/actions", json(&Vec::<Action>::new())),
        ("GET /api/v1/feeds", json(&none)),
    ]);
    let done = served.run(&["exposures"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "no exposure is known\n"));
    assert!(done.stderr.contains("no feed is loaded yet"), "{}", done.stderr);
    assert!(done.stderr.contains("hint: `patchwell feeds import PATH`"), "{}", done.stderr);
    assert_eq!(served.run(&["exposures", "--kev"]).stdout, "nothing matches\n");
    let done = served.run(&["actions"]);
    assert_eq!(done.stdout, "nothing is to be done, as far as is known\n");
    assert!(done.stderr.contains("no feed is loaded yet"), "{}", done.stderr);
    let done = served.run(&["feeds"]);
    assert_eq!(done.stdout, "no feed is loaded yet\n");
}

#[test]
fn what_is_no_cve_no_day_and_no_question_is_said_before_anything_is_asked() {
    let served = Scripted::new(&[]);
    for (args, said) in [
        (vec!["cve", "openssl"], "it looks like CVE-2024-3094"),
        (vec!["exposures", "--cve", "CVE-20"], "it looks like CVE-2024-3094"),
        (vec!["exposures", "--as-of", "yesterday"], "days look like 2026-03-03"),
        (vec!["host", "answer", "web-1", "colour", "red"], "internet-exposed, criticality"),
        (vec!["host", "answer", "web-1", "criticality", "red"], "answers are low, medium"),
        (vec!["obligations", "choose"], "required"),
        (vec!["up", "--feeds", "maybe"], "on"),
    ] {
        let done = served.run(&args);
        assert_eq!(done.code, 2, "{args:?}");
        assert!(done.stderr.contains(said), "{args:?}: {}", done.stderr);
    }
    assert_eq!(served.received.try_iter().count(), 0);
}

fn cve_view() -> CveView {
    CveView {
        facts: CveFacts {
            cve: CVE,
            title: "OpenSSL: out-of-bounds write".to_owned(),
            is_rejected: false,
            published_at: None,
            kev: Some(Kev {
                added: "2026-11-20".to_owned(),
                due: "2026-11-23".to_owned(),
                is_ransomware: true,
                name: "OpenSSL".to_owned(),
            }),
            kev_known_at: None,
            was_in_kev: false,
            epss: Some(Epss { score_ppm: 430, percentile_ppm: 120_000 }),
            epss_model: String::new(),
            exploitation: None,
            is_automatable: None,
            technical_impact: None,
            scores: vec![Score {
                version: "3.1".to_owned(),
                vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
                source: "openssl".to_owned(),
                x10: 98,
                printed_x10: Some(91),
            }],
            statements: Vec::new(),
        },
        counts: vec![ReachCount { state: "actionable".to_owned(), hosts: 1 }],
        hosts_exposed: 2,
        hosts_total: 6,
        fixes: vec![FixLine {
            stream: "debian:12".to_owned(),
            package: "openssl".to_owned(),
            module: String::new(),
            affected: "below 3.0.18-1".to_owned(),
            fixed: "3.0.18-1".to_owned(),
            channel: String::new(),
            source: "debian-tracker".to_owned(),
            advisory: "DSA-6000-1".to_owned(),
            learned_at: THEN,
            hosts: 2,
            is_overruled: false,
        }],
        exposures: exposures(),
    }
}

#[test]
fn a_cve_says_what_is_known_who_is_exposed_what_fixes_it_and_why_it_is_due() {
    let served = Scripted::new(&[("GET /api/v1/cves/CVE-2026-1000", json(&cve_view()))]);
    let done = served.run(&["cve", "cve-2026-1000"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    expect![[r#"
        CVE-2026-1000  OpenSSL: out-of-bounds write
          exploited    yes, in the KEV catalogue since 2026-11-20; ransomware uses it
          exploitation not known
          automatable  not known
          impact       not known
          EPSS         0.04% within 30 days, above 12.0% of all CVEs
          CVSS         9.8 from CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H by openssl; openssl printed 9.1 beside it
          exposed      2 of 6 hosts
                  1  fix offered

        Due first, on web-1
          binds  Thu 2099-12-31 23:59 UTC  Known exploited: three days
                 bod-26-04:1:3d, counted from the earlier of KEV addition and detection (Wed 2026-11-25 02:45 UTC)
                 internet exposed: unknown, assumed

        What fixes it
          PACKAGE  STREAM     AFFECTED        FIXED IN  HOSTS  SAYS WHO
          openssl  debian:12  below 3.0.18-1  3.0.18-1  2      debian-tracker DSA-6000-1

        Who is exposed
          HOST   PACKAGE  INSTALLED  DUE         STATE
          web-1  openssl  3.0.17-1   2099-12-31  fix offered
          web-2  openssl  3.0.17-1               no fix: put off
          and 1 more host
    "#]].assert_eq(&done.stdout);
    assert!(done.stderr.contains("`patchwell exposures --cve CVE-2026-1000`"), "{}", done.stderr);
}

#[test]
fn actions_say_why_when_asked() {
    let action = Action {
        id: "1".to_owned(),
        verb: ActionVerb::Upgrade,
        stream: "debian:12".to_owned(),
        package: "openssl".to_owned(),
        to: "3.0.18-1".to_owned(),
        hosts: 12,
        host_names: vec!["web-1".to_owned(), "web-2".to_owned()],
        closes: vec![CVE],
        closes_total: 17,
        kev: 1,
        due_at: Some(4_102_444_799),
        clause: "bod-26-04:1:3d".to_owned(),
        tier: Tier::Later,
        gain_micro: 41_500_000,
        needs_reboot: false,
        restarts: vec!["nginx.service".to_owned()],
        because: vec!["closes 1 of the KEV".to_owned()],
    };
    let served = Scripted::new(&[("GET /api/v1/actions?host=web-1", json(&[action]))]);
    let done = served.run(&["actions", "--host", "web-1", "--why"]);
    expect![[r#"
        ACTION                    STREAM     HOSTS  CLOSES   EXPLOITED  DUE         GAIN   COSTS
        upgrade openssl 3.0.18-1  debian:12  12     17 CVEs  1          2099-12-31  41.50  restart nginx.service

        upgrade openssl 3.0.18-1
          closes 1 of the KEV
          hosts: web-1, web-2 and 10 more
          closes: CVE-2026-1000 and 16 more
    "#]].assert_eq(&done.stdout);
    assert!(done.stderr.contains("`patchwell plan"), "{}", done.stderr);
    let listed: Vec<Action> =
        serde_json::from_str(&served.run(&["actions", "--host", "web-1", "--json"]).stdout)
            .unwrap();
    assert_eq!(listed.len(), 1);
}

#[test]
fn deadlines_tell_overdue_ones_and_open_questions() {
    let day = |day: &str, is_past, exposures| DeadlineDay {
        day: day.to_owned(),
        is_past,
        exposures,
        hosts: 2,
        cves: 3,
        kev: 0,
        clauses: vec!["bod-26-04:1:14d".to_owned()],
    };
    let days = [day("2026-11-21", true, 7), day("2099-11-21", false, 4), day("", false, 1)];
    let open = [OpenQuestions {
        host: HostId(1),
        host_name: "web-1".to_owned(),
        questions: Question::ALL.to_vec(),
    }];
    let served = Scripted::new(&[
        ("GET /api/v1/deadlines", json(&days)),
        ("GET /api/v1/questions", json(&open)),
    ]);
    let done = served.run(&["deadlines"]);
    expect![[r#"
        DAY                 EXPOSURES  HOSTS  CVES  EXPLOITED  CLAUSES
        2026-11-21 overdue  7          2      3     0          bod-26-04:1:14d
        2099-11-21          4          2      3     0          bod-26-04:1:14d
        next upgrade        1          2      3     0          bod-26-04:1:14d
        12 exposures, 7 overdue
    "#]]
    .assert_eq(&done.stdout);
    assert!(done.stderr.contains("to be answered for web-1"), "{}", done.stderr);
}

#[test]
fn ends_of_support_say_what_to_do() {
    let end = EndOfLifeView {
        stream: "debian:11".to_owned(),
        package: String::new(),
        installed: String::new(),
        phase: "eol-lts".to_owned(),
        ends: "2026-08-31".to_owned(),
        is_ended: true,
        days_left: Some(-86),
        hosts: 3,
        host_names: Vec::new(),
        remedy: "move to debian:13".to_owned(),
        source: "distro-info".to_owned(),
        limited: String::new(),
    };
    let served = Scripted::new(&[("GET /api/v1/end-of-life", json(&[end]))]);
    expect![[r#"
        WHAT       INSTALLED  STREAM  ENDS        LEFT         HOSTS  WHAT TO DO         SAYS WHO
        debian:11                     2026-08-31  86 days ago  3      move to debian:13  distro-info
    "#]]
    .assert_eq(&served.run(&["end-of-life"]).stdout);
}

#[test]
fn an_answer_is_sent_and_the_open_ones_are_said() {
    let given = [Answer {
        question: Question::InternetExposed,
        value: "no".to_owned(),
        by: "ann".to_owned(),
        at: THEN,
    }];
    let served = Scripted::new(&[("PUT /api/v1/hosts/web-1/answers", json(&given))]);
    let done = served.run(&["host", "answer", "web-1", "internet-exposed", "no"]);
    expect![[r#"
        web-1
          internet-exposed  no, by ann at Wed 2026-11-25 02:45 UTC
          criticality       not answered: for deadlines the strictest counts
          data-class        not answered: for deadlines the strictest counts
    "#]]
    .assert_eq(&done.stdout);
    let done = served.run(&["host", "answer", "web-1", "internet-exposed", "unknown", "--json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let sent: Vec<String> = served.received.try_iter().collect();
    let request = |value: &str| AnswerRequest {
        question: Question::InternetExposed,
        value: value.to_owned(),
    };
    assert_eq!(body::<AnswerRequest>(&sent[0]), request("no"));
    assert_eq!(body::<AnswerRequest>(&sent[1]), request(""));
}

#[test]
fn obligations_are_listed_and_chosen() {
    let view = |id: &str, is_chosen| ObligationView {
        id: id.to_owned(),
        title: format!("The rules of {id}"),
        is_guidance: is_chosen,
        is_chosen,
        clauses: Vec::new(),
    };
    let all = [view("bod-26-04", true), view("pci-dss-4.0.1", false)];
    let served = Scripted::new(&[
        ("GET /api/v1/obligations", json(&all)),
        ("PUT /api/v1/obligations", json(&all)),
    ]);
    expect![[r#"
                  ID                       CLAUSES    SHORTEST TERM  TITLE
        followed  bod-26-04      guidance  0 clauses  no date        The rules of bod-26-04
                  pci-dss-4.0.1            0 clauses  no date        The rules of pci-dss-4.0.1
    "#]]
    .assert_eq(&served.run(&["obligations"]).stdout);
    assert_eq!(served.run(&["obligations", "choose", "bod-26-04", "pci-dss-4.0.1"]).code, 0);
    assert_eq!(served.run(&["obligations", "choose", "none"]).code, 0);
    let sent: Vec<String> = served.received.try_iter().collect();
    assert_eq!(body::<ObligationsRequest>(&sent[1]).chosen, ["bod-26-04", "pci-dss-4.0.1"]);
    assert_eq!(body::<ObligationsRequest>(&sent[2]).chosen, [""; 0]);
}

#[test]
fn a_file_of_a_feed_is_sent_as_it_is() {
    let loaded = [feed(Feed::Kev, Freshness::Fresh)];
    let served = Scripted::new(&[
        ("POST /api/v1/feeds/import?name=my%20kev.json", json(&loaded)),
        ("POST /api/v1/feeds/import?name=my%20kev.json&accept=1", json(&loaded)),
    ]);
    let path = served.bench.dir.path().join("my kev.json");
    put(&path, "{\"a\": 1}\n");
    let path = path.to_str().unwrap();
    let done = served.run(&["feeds", "import", path]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let table = done.stdout.replace(path, "PATH");
    expect![[r#"
        PATH
        SOURCE  STATE  CONTENT OF  LOADED  ROWS  CVES  UNUSABLE  FROM
        kev     fresh  not known   never   0     1640  2         kev.json
          unusable: /17: no date
          and 1 more; the rest of kev is used
    "#]]
    .assert_eq(&table);
    assert_eq!(served.run(&["feeds", "import", path, "--accept", "--json"]).code, 0);
    let sent: Vec<String> = served.received.try_iter().collect();
    assert!(sent[0].ends_with("{\"a\": 1}\n"), "{sent:?}");
}

#[test]
fn a_folder_is_walked_in_order_and_one_bad_file_spoils_nothing() {
    let bad = serde_json::json!({
        "error": "unknown_feed", "message": "`README` is no feed that is known", "hint": "",
        "status_for_test": 400,
    });
    let loaded = json(&[feed(Feed::Kev, Freshness::Fresh)]);
    let served = Scripted::new(&[
        ("POST /api/v1/feeds/import?name=README", bad),
        ("POST /api/v1/feeds/import?name=a.json", loaded.clone()),
        ("POST /api/v1/feeds/import?name=b.json", loaded),
    ]);
    let folder = served.bench.dir.path().join("feeds");
    std::fs::create_dir_all(folder.join("deep")).unwrap();
    for name in ["b.json", "README", "deep/a.json"] {
        put(&folder.join(name), name);
    }
    let done = served.run(&["feeds", "import", folder.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stderr.contains("README: `README` is no feed that is known"), "{}", done.stderr);
    assert!(done.stderr.contains("loaded 2 files, 1 not"), "{}", done.stderr);
    let sent: Vec<String> = served.received.try_iter().collect();
    let order: Vec<&str> = sent.iter().filter_map(|said| said.split(' ').nth(2)).collect();
    assert_eq!(order, ["README", "b.json", "deep/a.json"], "sorted by path");
    // Nothing but what is no feed: that is a failure.
    std::fs::remove_dir_all(folder.join("deep")).unwrap();
    std::fs::remove_file(folder.join("b.json")).unwrap();
    let done = served.run(&["feeds", "import", folder.to_str().unwrap()]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("nothing of"), "{}", done.stderr);
}

#[test]
fn a_path_that_is_not_there_and_a_folder_without_files_are_said() {
    let served = Scripted::new(&[]);
    let empty = served.bench.dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let done = served.run(&["feeds", "import", empty.to_str().unwrap()]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("there is no file in"), "{}", done.stderr);
    let done = served.run(&["feeds", "import", "/no/such/file"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("could not read `/no/such/file`"), "{}", done.stderr);
}

#[test]
fn a_server_that_goes_away_in_the_middle_of_a_folder_ends_the_import() {
    let bench = Bench::new();
    bench.access("127.0.0.1:9");
    let folder = bench.dir.path().join("feeds");
    std::fs::create_dir(&folder).unwrap();
    put(&folder.join("a.json"), "{}");
    put(&folder.join("b.json"), "{}");
    let done = bench.run(&["feeds", "import", folder.to_str().unwrap()]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert_eq!(done.stderr.matches("could not reach").count(), 1, "{}", done.stderr);
}
