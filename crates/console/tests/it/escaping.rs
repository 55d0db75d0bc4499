//! What comes from hosts, packages and people is text, whatever it looks like; and no page needs an
//! exception from the content policy.

use crate::exposure_pages::{head, no_exposure};
use crate::exposure_samples::{
    actions, answers, cve_list, cve_view, days, ends, exposure_page, feeds, host_line, host_list,
    obligations,
};
use crate::samples::{
    changes, events, hosts, packages, planned_change, running_change, shell, troubled_host, updates,
};
use console::change::ChangePage;
use console::changes::ChangesPage;
use console::cve::CvePage;
use console::deadlines::DeadlinesPage;
use console::end_of_life::EndOfLifePage;
use console::error::ErrorPage;
use console::events::EventsPage;
use console::exposures::ExposureFilter;
use console::exposures::actions::ActionsPage;
use console::exposures::cves::CvesPage;
use console::exposures::each::EachPage;
use console::exposures::hosts::ExposedHostsPage;
use console::feeds::FeedsPage;
use console::host::HostPage;
use console::host_exposure::HostExposureInput;
use console::hosts::{HostsPage, HostsQuery};
use console::overview::{OverviewInput, OverviewPage};
use console::packages::PackagesPage;
use console::run::RunPage;
use console::sign_in::SignInPage;
use model::exposure::{Action, Answer, DeadlineDay, EndOfLifeView, FeedView};

const EVIL: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>`<b>";

/// Puts `EVIL` into every text of a JSON form of the value, so that a new field is hostile by itself.
fn poison(value: &mut serde_json::Value, keep: &[&str]) {
    match value {
        serde_json::Value::String(text) => text.push_str(EVIL),
        serde_json::Value::Array(list) => list.iter_mut().for_each(|item| poison(item, keep)),
        serde_json::Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                // Ids, digests and words of closed lists are not free text: they would not parse.
                if !keep.contains(&key.as_str()) {
                    poison(item, keep);
                }
            }
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

const KEEP: [&str; 30] = [
    "id",
    "host",
    "run",
    "change",
    "order",
    "plan_digest",
    "installed_before",
    "installed_after",
    "sha256",
    "entry",
    "before_digest",
    "after_digest",
    "state",
    "end",
    "purpose",
    "kinds",
    "kind",
    "reboot",
    "way",
    "why",
    "severity",
    "on",
    "agent_mode",
    "status",
    "prev",
    "leaf",
    "refusal",
    "schema",
    "before",
    "after",
];

fn poisoned<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T, keep: &[&str]) -> T {
    let mut json = serde_json::to_value(value).expect("nouns encode");
    poison(&mut json, keep);
    serde_json::from_value(json).expect("only free text was changed")
}

fn pages() -> Vec<(&'static str, String)> {
    let pairs = vec![("q".to_owned(), EVIL.to_owned()), ("tag".to_owned(), EVIL.to_owned())];
    let bad_shell = || {
        let mut shell = shell();
        shell.notice.push_str(EVIL);
        if let Some(person) = &mut shell.person {
            person.name.push_str(EVIL);
        }
        shell
    };
    let mut host = poisoned(&troubled_host(), &KEEP);
    host.tags.push(EVIL.to_owned());
    let running = poisoned(&running_change(), &KEEP);
    let all_hosts: Vec<_> = hosts().iter().map(|host| poisoned(host, &KEEP)).collect();
    let lines: Vec<_> = changes().iter().map(|line| poisoned(line, &KEEP)).collect();
    let record: Vec<_> = events().iter().map(|event| poisoned(event, &KEEP)).collect();
    let found: Vec<_> = updates().iter().map(|update| poisoned(update, &KEEP)).collect();
    let open = [running.clone(), poisoned(&planned_change(), &KEEP)];
    let input = OverviewInput { hosts: &all_hosts, changes: &lines, open: &open, events: &record };
    let set = poisoned(&packages(), &["state"]);
    let none = HostsQuery::read(&[]);
    let asked = HostsQuery::read(&pairs);
    let error =
        ErrorPage { shell: bad_shell(), status: 404, message: EVIL.into(), hint: EVIL.into() };
    let mut all = vec![
        ("overview", OverviewPage::new(bad_shell(), &input).to_string()),
        ("hosts", HostsPage::new(bad_shell(), &all_hosts, none).to_string()),
        ("hosts filtered", HostsPage::new(bad_shell(), &all_hosts, asked).to_string()),
        ("packages", PackagesPage::new(bad_shell(), host.clone(), &set, &[]).to_string()),
        (
            "packages filtered",
            PackagesPage::new(bad_shell(), host.clone(), &set, &pairs).to_string(),
        ),
        (
            "host",
            HostPage::new(bad_shell(), host, &found, &running.runs, &no_exposure()).to_string(),
        ),
        ("changes", ChangesPage::new(bad_shell(), &lines, &[]).to_string()),
        ("changes filtered", ChangesPage::new(bad_shell(), &lines, &pairs).to_string()),
        ("change", ChangePage::new(bad_shell(), &running, &[]).to_string()),
        ("run", RunPage::new(bad_shell(), &running, &running.runs[0]).to_string()),
        ("record", EventsPage::new(bad_shell(), &record, 4, &all_hosts).to_string()),
        ("sign-in", SignInPage { shell: bad_shell(), refused: EVIL.to_owned() }.to_string()),
        ("error", error.to_string()),
    ];
    all.extend(exposure_pages());
    all
}

/// Closed words of the nouns of exposure, which would not parse with anything added.
const KEEP_EXPOSURE: [&str; 24] = [
    "host",
    "cve",
    "closes",
    "state",
    "why",
    "label",
    "status",
    "unit",
    "clock",
    "done_when",
    "extra",
    "feed",
    "freshness",
    "question",
    "exploitation",
    "technical_impact",
    "verb",
    "tier",
    "when",
    "outcome",
    "of",
    "term",
    "exceptions",
    "advisory_kind",
];

fn exposure_pages() -> Vec<(&'static str, String)> {
    let keep = &KEEP_EXPOSURE;
    let days: Vec<DeadlineDay> = days().iter().map(|of| poisoned(of, &["day"])).collect();
    let feeds: Vec<FeedView> = feeds().iter().map(|of| poisoned(of, keep)).collect();
    let actions: Vec<Action> = actions().iter().map(|of| poisoned(of, keep)).collect();
    let ends: Vec<EndOfLifeView> = ends().iter().map(|of| poisoned(of, keep)).collect();
    let given: Vec<Answer> =
        answers().iter().map(|of| poisoned(of, &["question", "value"])).collect();
    let obligations: Vec<_> = obligations().iter().map(|of| poisoned(of, keep)).collect();
    let page = poisoned(&exposure_page(), keep);
    let line = poisoned(&host_line(), &["host", "state"]);
    let asked =
        ["package", "stream", "host", "after"].map(|name| (name.to_owned(), EVIL.to_owned()));
    let filter = ExposureFilter::read(&asked);
    let head = head(&days, &feeds);
    let input = HostExposureInput {
        line: Some(&line),
        actions: &actions,
        page: &page,
        end_of_life: &ends,
        answers: &given,
        feeds: &feeds,
    };
    let first = HostExposureInput { actions: &[], ..input };
    let host = |input| HostPage::new(shell(), troubled_host(), &[], &[], input).to_string();
    let cves = poisoned(&cve_list(), keep);
    let hosts = poisoned(&host_list(), &["host", "state"]);
    let view = poisoned(&cve_view(), keep);
    vec![
        ("actions", ActionsPage::new(shell(), &actions, &head, &asked).to_string()),
        ("by CVE", CvesPage::new(shell(), &cves, &head, &filter).to_string()),
        ("by host", ExposedHostsPage::new(shell(), &hosts, &head, &filter).to_string()),
        ("each", EachPage::new(shell(), &page, &head, &filter).to_string()),
        ("cve", CvePage::new(shell(), &view, &feeds).to_string()),
        ("deadlines", DeadlinesPage::new(shell(), &days, &obligations, 3, &asked).to_string()),
        ("end of life", EndOfLifePage::new(shell(), &ends).to_string()),
        ("feeds", FeedsPage::new(shell(), &feeds).to_string()),
        ("host with actions", host(&input)),
        ("host with exposures", host(&first)),
    ]
}

#[test]
fn hostile_names_are_text_on_every_page() {
    for (name, page) in pages() {
        assert!(page.contains("&#34;&#62;&#60;script&#62;alert(1)"), "{name} shows the text");
        assert!(!page.contains("<script>alert"), "{name} lets a script in");
        assert!(!page.contains("<img"), "{name} lets an image in");
        assert!(!page.contains("<b>"), "{name} lets an element in");
        assert!(!page.contains("onerror='"), "{name} lets a quote stand");
    }
}

#[test]
fn no_page_needs_an_inline_style_script_or_handler() {
    for (name, page) in pages() {
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, page.matches("<script src=\"/assets/").count(), "{name}");
        assert!(!page.contains(" style=") && !page.contains("<style"), "{name} has inline style");
        assert!(!page.contains("javascript:"), "{name} has a script in an address");
        for handler in [" onclick=", " onload=", " onsubmit=", " onchange="] {
            assert!(!page.contains(handler), "{name} has {handler}");
        }
        assert!(
            !page.contains("http://\"") && !page.contains("src=\"http"),
            "{name} loads from afar"
        );
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (name, page) in pages() {
        for form in page.split("<form").skip(1).filter(|form| form.contains("method=\"post\"")) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(form.contains("name=\"csrf\" value=\"form-token\""), "{name}: {form}");
        }
    }
}

#[test]
fn every_field_has_a_label_and_ids_are_unique() {
    for (name, page) in pages() {
        let mut ids: Vec<&str> =
            page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let before = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), before, "{name} has an id twice");
        for label in page.split("aria-labelledby=\"").skip(1).filter_map(|r| r.split('"').next()) {
            assert!(ids.contains(&label), "{name}: nothing has the id {label}");
        }
    }
}
