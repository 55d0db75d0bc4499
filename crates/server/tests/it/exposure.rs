//! Exposure as people and programs meet it: reports in, feeds in, questions answered; the same after a
//! restart, and the past as it was.

use crate::host::{TestHost, package, report, update};
use crate::rig::{NOW, Rig};
use model::cve::CveId;
use model::exposure::{
    Action, ActionVerb, CveListPage, CveView, DeadlineDay, EndOfLifeView, ExposurePage,
    HostListPage, ObligationView, OpenQuestions, Question, Reach, Tier,
};
use model::host::OwnedVersion;
use model::package::{PackageSet, Update};
use model::report::{PackagesBody, PendingSet};
use serde::de::DeserializeOwned;
use server::exposures::{self, ExposureQuery};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

const DAY: i64 = 86_400;
/// 2027-01-10, the day on which the catalogue of these tests says that entries were added.
pub(crate) const KEV_DAY: i64 = 1_799_539_200;
const CVE: &str = "CVE-2026-1001";

/// The API, over HTTP.
pub(crate) struct Api {
    address: SocketAddr,
    token: String,
}

pub(crate) struct Said {
    pub(crate) status: u16,
    body: Vec<u8>,
}

impl Said {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

impl Api {
    pub(crate) fn of(rig: &Rig) -> Self {
        let server = rig.server();
        Self { address: server.console_addr(), token: server.cli_token("anna").unwrap() }
    }

    pub(crate) fn get(&self, path: &str) -> Said {
        self.ask("GET", path, b"")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Said {
        self.ask("POST", path, body.as_bytes())
    }

    pub(crate) fn post_bytes(&self, path: &str, body: &[u8]) -> Said {
        self.ask("POST", path, body)
    }

    pub(crate) fn import(&self, name: &str, body: &str) -> Said {
        self.post(&format!("/feeds/import?name={name}"), body)
    }

    fn put(&self, path: &str, body: &str) -> Said {
        self.ask("PUT", path, body.as_bytes())
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> Said {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: console\r\nconnection: close\r\n\
             authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Said { status, body: bytes[end + 4..].to_vec() }
    }
}

/// Returns the folder of real data, or says that there is none.
pub(crate) fn shared_data() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no shared data at {}", folder.display());
    None
}

/// Returns a tracker's file: (source, CVE, version that is fixed in bookworm; empty: none).
pub(crate) fn tracker(rows: &[(&str, &str, &str)]) -> String {
    let mut text = String::from("{");
    for (number, (source, cve, fixed)) in rows.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let state = if fixed.is_empty() {
            r#""status":"open","urgency":"not yet assigned""#.to_owned()
        } else {
            format!(r#""status":"resolved","fixed_version":"{fixed}","urgency":"high""#)
        };
        write!(
            text,
            r#"{comma}"{source}":{{"{cve}":{{"description":"a hole","scope":"remote","releases":
               {{"bookworm":{{{state},"repositories":{{"bookworm":"1.0"}}}}}}}}}}"#
        )
        .unwrap();
    }
    text + "}"
}

/// Returns a catalogue of CVEs that were added on `KEV_DAY`.
pub(crate) fn kev(cves: &[&str]) -> String {
    let entries: Vec<String> = cves
        .iter()
        .map(|cve| {
            format!(
                r#"{{"cveID":"{cve}","vendorProject":"a","product":"b","vulnerabilityName":"c",
                "dateAdded":"2027-01-10","shortDescription":"d","requiredAction":"e",
                "dueDate":"2027-01-31","knownRansomwareCampaignUse":"Known","notes":"","cwes":[]}}"#
            )
        })
        .collect();
    format!(
        r#"{{"title":"t","catalogVersion":"2027.01.10","dateReleased":"2027-01-10T00:00:00.000Z",
        "count":{},"vulnerabilities":[{}]}}"#,
        cves.len(),
        entries.join(",")
    )
}

/// Lets a host report `bash` and `less` at 1.0, with these offers.
fn reports(host: &TestHost, offers: &[Update]) {
    let packages = PackageSet::new(vec![package("bash", "1.0"), package("less", "1.0")]);
    let pending = PendingSet { updates: offers.to_vec(), additions: Vec::new() };
    host.reports(&packages, &pending);
}

/// An offer from the plain archive: no word of security.
fn offer(name: &str) -> Update {
    let mut offer = update(name, "http://127.0.0.1:9").0;
    offer.is_security = false;
    "Debian".clone_into(&mut offer.origin.label);
    "bookworm".clone_into(&mut offer.origin.suite);
    offer
}

fn page(api: &Api, query: &str) -> ExposurePage {
    let said = api.get(&format!("/exposures?{query}"));
    assert_eq!(said.status, 200, "{}", said.text());
    said.read()
}

fn names(page: &ExposurePage) -> Vec<(String, String, &'static str)> {
    let cve = |cve: Option<CveId>| cve.map_or(String::new(), |cve| cve.to_string());
    let line = |e: &model::exposure::ExposureView| (e.package.clone(), cve(e.cve), e.reach.word());
    page.exposures.iter().map(line).collect()
}

#[test]
fn a_security_update_is_an_exposure_even_without_any_feed() {
    let rig = Rig::new();
    let host = rig.host("web");
    let security = update("bash", "http://127.0.0.1:9").0;
    reports(&host, &[security, offer("less")]);
    let api = Api::of(&rig);
    let found = page(&api, "");
    assert_eq!((found.total, found.hosts, found.exposures.len()), (1, 1, 1), "{found:?}");
    let one = &found.exposures[0];
    assert_eq!(one.advisories, ["origin:Debian-Security"]);
    assert_eq!((one.package.as_str(), one.cve), ("bash", None));
    assert_eq!(one.reach, Reach::Actionable { to: "1.1".to_owned() });
    assert_eq!(one.detected_at, NOW);
    // Once a CVE names that very version, the CVE speaks for it.
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.1")]));
    let found = page(&api, "");
    assert_eq!(names(&found), [("bash".to_owned(), CVE.to_owned(), "actionable")]);
}

#[test]
fn a_fix_below_the_offered_version_leaves_the_offer_to_hosts_that_have_it() {
    let rig = Rig::new();
    let (old, new) = (rig.host("old"), rig.host("new"));
    let mut security = update("bash", "http://127.0.0.1:9").0;
    reports(&old, std::slice::from_ref(&security));
    "1.0.5".clone_into(&mut security.current);
    let packages = PackageSet::new(vec![package("bash", "1.0.5")]);
    let pending = PendingSet { updates: vec![security], additions: Vec::new() };
    new.reports(&packages, &pending);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.0.5")]));
    let of = |host: &TestHost| names(&page(&api, &format!("host={}", host.name)));
    assert_eq!(of(&old), [("bash".to_owned(), CVE.to_owned(), "actionable")]);
    assert_eq!(of(&new), [("bash".to_owned(), String::new(), "actionable")]);
}

#[test]
fn exposures_of_a_host_follow_its_reports_and_the_feeds() {
    let rig = Rig::new();
    let host = rig.host("web");
    reports(&host, &[offer("bash")]);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.1"), ("less", "CVE-2026-1002", "")]));
    let found = page(&api, "host=web");
    assert_eq!(found.total, 2);
    let actionable = page(&api, "state=actionable");
    assert_eq!(names(&actionable), [("bash".to_owned(), CVE.to_owned(), "actionable")]);
    assert_eq!(page(&api, "host=web&package=bash").exposures[0].binaries, ["bash"]);
    assert_eq!(
        names(&page(&api, "state=no_fix")),
        [("less".to_owned(), "CVE-2026-1002".to_owned(), "no_fix")]
    );
    let cve: CveView = api.get(&format!("/cves/{CVE}")).read();
    assert_eq!((cve.hosts_exposed, cve.hosts_total, cve.fixes.len()), (1, 1, 1));
    assert_eq!(cve.exposures[0].host_name, "web");
    let list: CveListPage = api.get("/exposures/cves").read();
    assert_eq!((list.total, list.cves[0].hosts), (2, 1));
    let hosts: HostListPage = api.get("/exposures/hosts").read();
    assert_eq!((hosts.total, hosts.hosts[0].exposures), (1, 2));
    // The upgrade is done: nothing is left of it.
    let packages = PackageSet::new(vec![package("bash", "1.1"), package("less", "1.0")]);
    host.reports(&packages, &PendingSet::default());
    assert_eq!(page(&api, "").total, 1);
    assert_eq!(api.get("/cves/CVE-2001-0001").status, 404);
    assert_eq!(api.get("/exposures?state=bad").status, 422);
    assert_eq!(api.get("/exposures?host=nobody").status, 404);
}

#[test]
fn an_action_is_one_line_and_a_draft_finds_its_hosts() {
    let rig = Rig::new();
    let hosts = [rig.host("a"), rig.host("b")];
    for host in &hosts {
        reports(host, &[offer("bash")]);
    }
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.1")]));
    api.import("kev.json", &kev(&[CVE]));
    let actions: Vec<Action> = api.get("/actions").read();
    assert_eq!(actions.len(), 1, "{actions:?}");
    let action = &actions[0];
    assert_eq!((action.verb, action.hosts, action.kev), (ActionVerb::Upgrade, 2, 1));
    assert_eq!((action.to.as_str(), action.tier != Tier::None), ("1.1", true), "{action:?}");
    assert_eq!(action.host_names, ["a", "b"]);
    let query = ExposureQuery { cve: Some(CVE.parse().unwrap()), ..ExposureQuery::default() };
    let app = rig.app();
    let found = exposures::hosts_to_draft(&app, &rig.anna(), &query, 10).unwrap();
    assert_eq!(found.len(), 2);
    let due = ExposureQuery { due_days: Some(3_650), ..query };
    assert_eq!(exposures::hosts_to_draft(&app, &rig.anna(), &due, 10).unwrap(), found);
    let of_one: Vec<Action> = api.get("/actions?host=a").read();
    assert_eq!((of_one.len(), of_one[0].hosts, of_one[0].closes_total), (1, 1, 1));
    assert_eq!(of_one[0].due_at, action.due_at);
}

#[test]
fn an_entry_of_the_catalogue_brings_the_deadline_forward_and_its_removal_is_remembered() {
    let rig = Rig::new();
    let host = rig.host("web");
    reports(&host, &[offer("bash")]);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.1")]));
    let due = || page(&api, "").exposures.remove(0).deadline.unwrap();
    let before = due();
    rig.clock.advance(DAY);
    api.import(
        "kev.json",
        &kev(&[
            CVE,
            "CVE-2026-1002",
            "CVE-2026-1003",
            "CVE-2026-1004",
            "CVE-2026-1005",
            "CVE-2026-1006",
        ]),
    );
    let after = due();
    let date = |due: &model::clause::Deadline| due.due_at.unwrap_or(i64::MAX);
    assert!(date(&after) < date(&before), "{before:?} {after:?}");
    assert!(page(&api, "kev=1").exposures[0].is_ransomware);
    let days: Vec<DeadlineDay> = api.get("/deadlines").read();
    assert_eq!((days.len(), days[0].kev, days[0].hosts), (1, 1, 1));
    // It leaves the catalogue without a trace; here it leaves one.
    rig.clock.advance(DAY);
    api.import(
        "kev.json",
        &kev(&[
            "CVE-2026-1002",
            "CVE-2026-1003",
            "CVE-2026-1004",
            "CVE-2026-1005",
            "CVE-2026-1006",
        ]),
    );
    let cve: CveView = api.get(&format!("/cves/{CVE}")).read();
    assert!(cve.facts.was_in_kev && cve.facts.kev.is_none());
}

#[test]
fn what_was_withdrawn_is_gone_now_and_there_before() {
    let rig = Rig::new();
    let host = rig.host("web");
    reports(&host, &[offer("bash")]);
    let api = Api::of(&rig);
    let rows = [
        ("a", "CVE-2026-1002", "1"),
        ("b", "CVE-2026-1003", "1"),
        ("c", "CVE-2026-1004", "1"),
        ("d", "CVE-2026-1005", "1"),
        ("bash", CVE, "1.1"),
    ];
    api.import("tracker.json", &tracker(&rows));
    assert_eq!(page(&api, "").total, 1);
    rig.clock.advance(DAY);
    assert_eq!(api.import("tracker.json", &tracker(&rows[..4])).status, 200);
    assert_eq!(page(&api, "").total, 0);
    let past = page(&api, &format!("as_of={NOW}"));
    assert_eq!(names(&past), [("bash".to_owned(), CVE.to_owned(), "actionable")]);
    assert_eq!(page(&api, &format!("as_of={}", NOW - 1)).total, 0, "nothing was known yet");
    assert_eq!(api.get(&format!("/exposures?as_of={}", NOW + 9 * DAY)).status, 422);
    // Also what the host had then.
    let packages = PackageSet::new(vec![package("bash", "2.0")]);
    host.reports(&packages, &PendingSet::default());
    rig.clock.advance(1);
    assert_eq!(page(&api, &format!("as_of={NOW}")).total, 1);
}

#[test]
fn answers_move_deadlines_and_are_facts_with_an_owner_and_a_date() {
    let rig = Rig::new();
    let host = rig.host("web");
    reports(&host, &[offer("bash")]);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.1")]));
    let open: Vec<OpenQuestions> = api.get("/questions").read();
    assert_eq!(open[0].questions, Question::ALL);
    let due = || page(&api, "").exposures.remove(0).deadline.and_then(|due| due.due_at);
    let careful = due();
    assert!(careful.is_some(), "nobody answered: as if it were exposed");
    let body = r#"{"question":"internet_exposed","value":"no"}"#;
    assert_eq!(api.put("/hosts/web/answers", body).status, 200);
    assert!(due().is_none_or(|due| due > careful.unwrap()), "{:?}", due());
    let answers: Vec<model::exposure::Answer> = api.get("/hosts/web/answers").read();
    assert_eq!((answers[0].by.as_str(), answers[0].at), ("anna", NOW));
    let open: Vec<OpenQuestions> = api.get("/questions").read();
    assert_eq!(open[0].questions.len(), 2);
    let back = r#"{"question":"internet_exposed","value":""}"#;
    assert_eq!(api.put("/hosts/web/answers", back).status, 200);
    assert_eq!(due(), careful, "the answer was taken back");
    let bad = r#"{"question":"internet_exposed","value":"maybe"}"#;
    let said = api.put("/hosts/web/answers", bad);
    assert!(said.status == 422 && said.text().contains("no, partner, yes"), "{}", said.text());
    assert_eq!(rig.actions().iter().filter(|action| *action == "host.answered").count(), 2);
}

#[test]
fn chosen_obligations_are_those_whose_deadlines_are_shown() {
    let rig = Rig::new();
    let host = rig.host("web");
    reports(&host, &[offer("bash")]);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.1")]));
    let all: Vec<ObligationView> = api.get("/obligations").read();
    let chosen: Vec<_> = all.iter().filter(|o| o.is_chosen).map(|o| o.id.as_str()).collect();
    assert_eq!(chosen, ["bod-26-04"]);
    assert!(all[0].is_guidance || all.iter().any(|o| o.is_guidance));
    assert_eq!(api.put("/obligations", r#"{"chosen":[]}"#).status, 200);
    assert!(page(&api, "").exposures[0].deadline.is_none());
    let said = api.put("/obligations", r#"{"chosen":["the-moon"]}"#);
    assert!(said.status == 422 && said.text().contains("bod-26-04"), "{}", said.text());
    rig.clock.advance(DAY);
    let past = page(&api, &format!("as_of={}", NOW - 1));
    assert_eq!(past.total, 0);
    assert_eq!(api.put("/obligations", r#"{"chosen":["bod-26-04"]}"#).status, 200);
    assert!(page(&api, "").exposures[0].deadline.is_some());
    assert_eq!(rig.actions().iter().filter(|action| *action == "obligations.chosen").count(), 2);
}

#[test]
fn a_restart_changes_no_answer_and_questions_write_nothing() {
    let mut rig = Rig::new();
    let (web, db) = (rig.host("web"), rig.host("db"));
    reports(&web, &[update("bash", "http://127.0.0.1:9").0, offer("less")]);
    reports(&db, &[offer("bash")]);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.0.5"), ("less", "CVE-2026-1002", "")]));
    api.import("kev.json", &kev(&["CVE-2026-1002"]));
    let body = r#"{"question":"criticality","value":"very_high"}"#;
    api.put("/hosts/db/answers", body);
    let ask = |rig: &Rig| -> Vec<String> {
        let api = Api::of(rig);
        let paths = [
            "/exposures",
            "/exposures?host=web",
            "/exposures/cves",
            "/exposures/hosts",
            "/cves/CVE-2026-1001",
            "/actions",
            "/deadlines",
            "/end-of-life",
            "/feeds",
            "/questions",
            "/obligations",
            "/exposures?as_of=1800000000",
        ];
        paths.iter().map(|path| api.get(path).text()).collect()
    };
    let before = ask(&rig);
    assert!(before.iter().all(|text| !text.contains("\"error\"")), "{before:?}");
    let size = || std::fs::metadata(rig.path("patchwell.sqlite")).unwrap().len();
    let (writes, bytes) = (rig.app().store.writes(), size());
    // A token is one write each time; the answers are none.
    assert_eq!(ask(&rig), before);
    assert_eq!((rig.app().store.writes(), size()), (writes + 1, bytes));
    rig.restart();
    assert_eq!(ask(&rig), before);
}

#[test]
fn another_tenant_sees_no_host_of_ours() {
    let rig = Rig::new();
    let host = rig.host("web");
    reports(&host, &[update("bash", "http://127.0.0.1:9").0]);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("less", CVE, "1.1")]));
    assert_eq!(page(&api, "").total, 2);
    let app = rig.app();
    let scope = store::TenantScope::of(model::TenantId(0xdead));
    let other = server::Actor { scope, person: "eve".to_owned() };
    let query = ExposureQuery::default();
    assert_eq!(exposures::page(&app, &other, &query).unwrap(), ExposurePage::default());
    assert_eq!(exposures::cves(&app, &other, &query).unwrap(), CveListPage::default());
    assert_eq!(exposures::hosts(&app, &other, &query).unwrap(), HostListPage::default());
    assert!(exposures::actions(&app, &other, &query).unwrap().is_empty());
    assert!(exposures::days(&app, &other).unwrap().is_empty());
    assert!(exposures::end_of_life(&app, &other).unwrap().is_empty());
    assert!(exposures::open_questions(&app, &other).unwrap().is_empty());
    let cve = exposures::cve(&app, &other, CVE.parse().unwrap()).unwrap();
    assert_eq!((cve.hosts_exposed, cve.hosts_total, cve.exposures.len()), (0, 0, 0));
    let named = ExposureQuery { host: Some("web".to_owned()), ..query };
    assert!(exposures::page(&app, &other, &named).is_err(), "not even that it exists");
}

#[test]
fn a_running_kernel_that_is_older_than_the_installed_one_is_told_by_its_reach() {
    let rig = Rig::new();
    let host = rig.host("web");
    let image = |name: &str, version: &str| {
        let mut image = package(&format!("linux-image-{name}-amd64"), version);
        "linux".clone_into(&mut image.source);
        image
    };
    let packages =
        PackageSet::new(vec![image("6.1.0-1", "6.1.10-1"), image("6.1.0-2", "6.1.20-1")]);
    let pending = PendingSet::default();
    let mut told = report(&packages, &pending);
    told.facts.kernel_package = Some(OwnedVersion {
        name: "linux-image-6.1.0-1-amd64".to_owned(),
        version: "6.1.10-1".to_owned(),
    });
    told.packages_body = PackagesBody::Full(packages.packages.clone());
    told.pending_body = Some(pending);
    assert!(host.report(&told).stored);
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&[("linux", CVE, "6.1.15-1")]));
    assert_eq!(names(&page(&api, "")), [("linux".to_owned(), CVE.to_owned(), "needs_reboot")]);
}

#[test]
fn pages_follow_one_another_and_miss_nobody() {
    let rig = Rig::new();
    let api = Api::of(&rig);
    for number in 0..7 {
        let host = rig.host(&format!("h{number}"));
        reports(&host, &[offer("bash")]);
    }
    api.import("tracker.json", &tracker(&[("bash", CVE, "1.1"), ("less", "CVE-2026-1002", "")]));
    api.import("kev.json", &kev(&["CVE-2026-1002"]));
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let found = page(&api, &format!("limit=3&after={}", after.replace('~', "%7E")));
        assert_eq!((found.total, found.hosts), (14, 7));
        seen.extend(found.exposures.iter().map(|e| (e.cve, e.host)));
        after = found.next;
        if after.is_empty() {
            break;
        }
    }
    let kev = seen.iter().take(7).all(|(cve, _)| cve.unwrap().number == 1002);
    assert!(kev && seen.len() == 14, "the catalogue's entry comes first: {seen:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 14);
    let hosts: HostListPage = api.get("/exposures/hosts?limit=5").read();
    assert_eq!((hosts.total, hosts.hosts.len(), hosts.next.as_str()), (7, 5, "5"));
    assert_eq!(api.get("/exposures?after=nowhere").status, 422);
}

#[test]
fn a_release_that_nobody_repairs_is_told_before_any_feed_is_loaded() {
    let rig = Rig::new();
    let (old, new) = (rig.host("old"), rig.host("new"));
    reports(&new, &[]);
    let packages = PackageSet::new(vec![package("bash", "1.0")]);
    let mut told = report(&packages, &PendingSet::default());
    "10".clone_into(&mut told.facts.os_version);
    told.packages_body = PackagesBody::Full(packages.packages.clone());
    told.pending_body = Some(PendingSet::default());
    assert!(old.report(&told).stored);
    let api = Api::of(&rig);
    let ended: Vec<EndOfLifeView> = api.get("/end-of-life").read();
    let ended: Vec<_> = ended.into_iter().filter(|view| view.is_ended).collect();
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!((ended[0].stream.as_str(), ended[0].hosts), ("debian:10", 1));
    assert_eq!(ended[0].host_names, ["old"]);
    assert!(ended[0].remedy.contains("debian:"), "it says where to go: {}", ended[0].remedy);
}

#[test]
fn a_long_list_is_whole() {
    let rig = Rig::new();
    let host = rig.host("web");
    let names: Vec<String> = (0..1_203).map(|n| format!("tool{n}")).collect();
    let packages = PackageSet::new(names.iter().map(|name| package(name, "1.0")).collect());
    host.reports(&packages, &PendingSet::default());
    let cves: Vec<String> = (0..names.len()).map(|n| format!("CVE-2026-{}", 10_000 + n)).collect();
    let rows: Vec<_> =
        names.iter().zip(&cves).map(|(name, cve)| (name.as_str(), cve.as_str(), "1.1")).collect();
    let api = Api::of(&rig);
    api.import("tracker.json", &tracker(&rows));
    api.import("kev.json", &kev(&[cves[1_100].as_str()]));
    let list: CveListPage = api.get("/exposures/cves?limit=1000").read();
    assert_eq!((list.total, list.cves.len(), list.cves[0].cve.number), (1_203, 1_000, 11_100));
    let rest: CveListPage =
        api.get(&format!("/exposures/cves?limit=1000&after={}", list.next)).read();
    assert_eq!((rest.cves.len(), rest.next.as_str()), (203, ""));
    assert_eq!(page(&api, "limit=1").total, 1_203);
    let days: Vec<DeadlineDay> = api.get("/deadlines").read();
    assert_eq!(days.iter().map(|day| day.cves).sum::<u64>(), 1_203);
    assert!(days.iter().all(|day| day.hosts == 1));
}
