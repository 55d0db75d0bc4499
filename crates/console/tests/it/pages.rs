//! One snapshot per page and state. Only `<main>` is kept: the frame has its own test, and the names of
//! style sheet and script change with their content.

use crate::exposure_pages::no_exposure;
use crate::samples::{
    calm_host, change_id, changes, done_run, events, hosts, other_ends, packages, planned_change,
    running_change, shell, troubled_host, updates,
};
use console::change::ChangePage;
use console::changes::ChangesPage;
use console::error::ErrorPage;
use console::events::EventsPage;
use console::host::HostPage;
use console::hosts::{HostsPage, HostsQuery};
use console::overview::{OverviewInput, OverviewPage};
use console::packages::PackagesPage;
use console::run::RunPage;
use console::sign_in::{SignInPage, SignedInPage};
use console::{Section, Shell};
use expect_test::{ExpectFile, expect, expect_file};
use model::HostId;
use std::fmt::Display;

/// Compares the page's `<main>`, one line per block so that differences can be read.
pub(crate) fn check(page: &impl Display, expected: &ExpectFile) {
    expected.assert_eq(&main_of(&page.to_string()));
}

pub(crate) fn main_of(page: &str) -> String {
    let start = page.find("<main").expect("a page has a main part");
    let end = page.find("</main>").expect("the main part ends") + "</main>".len();
    let lines = page[start..end].lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

pub(crate) fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn hosts_page(of: &[(&str, &str)]) -> HostsPage {
    HostsPage::new(shell(), &hosts(), HostsQuery::read(&pairs(of)))
}

/// The names of the listed hosts, in order.
fn listed(of: &[(&str, &str)]) -> Vec<String> {
    let query = HostsQuery::read(&pairs(of));
    query.matching(&hosts(), shell().now).iter().map(|host| host.name.clone()).collect()
}

#[test]
fn overview_says_what_pends_what_waits_and_what_needs_a_person() {
    let open = [running_change(), planned_change()];
    let mut events = events();
    events.reverse();
    let input =
        OverviewInput { hosts: &hosts(), changes: &changes(), open: &open, events: &events };
    check(&OverviewPage::new(shell(), &input), &expect_file!["snapshots/overview.html"]);
}

#[test]
fn overview_of_a_first_start_shows_the_next_steps() {
    let input = OverviewInput { hosts: &[calm_host(1)], changes: &[], open: &[], events: &[] };
    check(&OverviewPage::new(shell(), &input), &expect_file!["snapshots/overview_first.html"]);
}

#[test]
fn hosts_are_a_table_with_what_needs_attention() {
    check(&hosts_page(&[]), &expect_file!["snapshots/hosts.html"]);
}

#[test]
fn a_filter_that_matches_nothing_says_so() {
    check(&hosts_page(&[("q", "no-such")]), &expect_file!["snapshots/hosts_none.html"]);
}

#[test]
fn hosts_are_filtered_by_each_part_of_the_address() {
    assert_eq!(listed(&[("q", "WEB bookworm")]), ["web-1", "web-2"]);
    assert_eq!(listed(&[("tag", "database")]), ["db-primary"]);
    assert_eq!(listed(&[("kind", "firmware")]), ["db-primary"]);
    assert_eq!(listed(&[("state", "reboot")]), ["db-primary", "web-2"]);
    assert_eq!(listed(&[("state", "silent")]), ["legacy-erp"]);
    assert_eq!(listed(&[("state", "stale")]), ["build-4", "db-primary"]);
    assert_eq!(listed(&[("state", "unsupported")]), ["legacy-erp"]);
    assert_eq!(listed(&[("state", "up-to-date")]), ["legacy-erp", "web-1"]);
}

#[test]
fn hosts_are_ordered_by_a_column_with_ties_by_name() {
    assert_eq!(listed(&[("sort", "-security")])[..3], ["web-2", "db-primary", "mail"]);
    let ascending = listed(&[("sort", "security")]);
    assert_eq!(ascending[..3], ["build-4", "legacy-erp", "web-1"]);
    assert_eq!(listed(&[("sort", "-name")])[0], "web-2");
}

#[test]
fn an_address_from_elsewhere_still_shows_the_list() {
    let odd = [("sort", "-nonsense"), ("page", "-7"), ("state", "?"), ("kind", "x"), ("z", "1")];
    assert_eq!(listed(&odd).len(), hosts().len());
}

#[test]
fn thousands_of_hosts_come_in_pages_that_keep_the_filter() {
    let many: Vec<_> = (0..1_234_u32)
        .map(|number| {
            let mut host = calm_host(number);
            host.name = format!("web-{number:04}");
            host
        })
        .collect();
    let query = HostsQuery::read(&pairs(&[("q", "web"), ("sort", "-name"), ("page", "3")]));
    let page = HostsPage::new(shell(), &many, query).to_string();
    assert!(page.contains("101\u{2013}150 of 1,234"), "the page says which rows it shows");
    assert!(page.contains("/hosts?q=web&#38;sort=-name&#38;page=4"), "links keep filter and order");
    assert_eq!(page.matches("name=\"host\"").count(), 50);
}

#[test]
fn host_shows_everything_that_is_wrong_with_it() {
    let page = HostPage::new(shell(), troubled_host(), &updates(), &[done_run()], &no_exposure());
    check(&page, &expect_file!["snapshots/host_troubled.html"]);
}

#[test]
fn host_without_trouble_says_so() {
    let page = HostPage::new(shell(), calm_host(1), &[], &[], &no_exposure());
    check(&page, &expect_file!["snapshots/host_calm.html"]);
}

#[test]
fn host_that_never_reported_claims_nothing() {
    let new = hosts().into_iter().find(|host| host.name == "build-4").expect("a sample");
    check(
        &HostPage::new(shell(), new, &[], &[], &no_exposure()),
        &expect_file!["snapshots/host_new.html"],
    );
}

#[test]
fn packages_are_listed_with_source_origin_and_state() {
    let page = PackagesPage::new(shell(), troubled_host(), &packages(), &[]);
    check(&page, &expect_file!["snapshots/packages.html"]);
}

#[test]
fn packages_are_filtered_by_text_and_state() {
    let rows = |of: &[(&str, &str)]| {
        let page = PackagesPage::new(shell(), troubled_host(), &packages(), &pairs(of)).to_string();
        page.matches("<td class=\"name\">").count()
    };
    assert_eq!(rows(&[("q", "ssl")]), 1);
    assert_eq!(rows(&[("show", "torn")]), 1);
    assert_eq!(rows(&[("show", "held")]), 1);
    assert_eq!(rows(&[("show", "foreign")]), 1);
    assert_eq!(rows(&[("show", "nonsense")]), 6);
}

#[test]
fn changes_show_state_and_progress() {
    let page = ChangesPage::new(shell(), &changes(), &[]);
    check(&page, &expect_file!["snapshots/changes.html"]);
}

#[test]
fn a_planned_change_tells_how_to_sign_it() {
    let page = ChangePage::new(shell(), &planned_change(), &[]);
    check(&page, &expect_file!["snapshots/change_planned.html"]);
}

#[test]
fn a_running_change_shows_each_run_worst_first() {
    let page = ChangePage::new(shell(), &running_change(), &[]);
    check(&page, &expect_file!["snapshots/change_running.html"]);
}

#[test]
fn a_change_of_a_thousand_hosts_shows_a_page_of_them() {
    let mut change = running_change();
    let (run, entry) = (change.runs[0].clone(), change.plan.hosts[0].clone());
    change.runs = (0..1_000)
        .map(|number| {
            let mut run = run.clone();
            run.host = HostId(number);
            run
        })
        .collect();
    change.plan.hosts = vec![entry; 1_000];
    let page = ChangePage::new(shell(), &change, &pairs(&[("runs", "2")])).to_string();
    assert_eq!(page.matches("class=\"detail-row\"").count(), 25);
    assert!(page.contains("26\u{2013}50 of 1,000"));
    assert!(page.len() < 300_000, "a page stays a page: {} bytes", page.len());
}

#[test]
fn a_run_shows_how_long_each_state_took_and_what_it_changed() {
    let page = RunPage::new(shell(), &running_change(), &done_run());
    check(&page, &expect_file!["snapshots/run.html"]);
}

#[test]
fn every_way_to_end_says_why_and_what_to_do() {
    let mut change = running_change();
    change.runs = other_ends();
    let page = ChangePage::new(shell(), &change, &[]);
    check(&page, &expect_file!["snapshots/change_ends.html"]);
}

#[test]
fn record_lists_events_newest_first_with_links() {
    let page = EventsPage::new(shell(), &events(), 4, &hosts());
    check(&page, &expect_file!["snapshots/events.html"]);
}

#[test]
fn record_links_to_its_neighbouring_pages() {
    let mut events = events();
    for event in &mut events {
        event.seq += 200;
    }
    let page = EventsPage::new(shell(), &events, 350, &[]).to_string();
    assert!(page.contains("href=\"/events?to=254\""), "newer");
    assert!(page.contains("href=\"/events?to=200\""), "older");
}

#[test]
fn pages_around_the_session_explain_themselves() {
    let outside = || Shell { now: shell().now, person: None, notice: String::new() };
    let refused = "The sign-in link was used already or has expired.".to_owned();
    check(&SignInPage { shell: outside(), refused }, &expect_file!["snapshots/sign_in.html"]);
    check(&SignedInPage { shell: outside() }, &expect_file!["snapshots/signed_in.html"]);
}

#[test]
fn an_error_says_what_happened_and_what_to_do() {
    let page = ErrorPage {
        shell: shell(),
        status: 404,
        message: "no host is called `web-9`".into(),
        hint: "`patchwell host list` shows the names".into(),
    };
    check(&page, &expect_file!["snapshots/error.html"]);
}

#[test]
fn the_frame_marks_where_one_is_and_carries_the_form_token() {
    let page = hosts_page(&[]).to_string();
    assert!(page.contains("<a href=\"/hosts\" aria-current=\"page\">Hosts</a>"));
    assert!(page.contains(
        "action=\"/sign-out\"><input type=\"hidden\" name=\"csrf\" value=\"form-token\""
    ));
    assert_eq!(shell().nav(Section::None).iter().filter(|link| link.is_here).count(), 0);
    let outside = Shell { person: None, ..shell() };
    let page = SignInPage { shell: outside, refused: String::new() }.to_string();
    assert!(!page.contains("<nav aria-label=\"Main\">") && !page.contains("<script"));
}

#[test]
fn a_notice_tells_what_a_form_did() {
    let mut shell = shell();
    "Stopped.".clone_into(&mut shell.notice);
    let page = main_of(&ChangePage::new(shell, &planned_change(), &[]).to_string());
    expect![[r#"<p class="notice" role="status">Stopped.</p>"#]]
        .assert_eq(page.lines().nth(1).expect("a second line"));
    assert!(page.contains(&change_id().to_string()));
}

#[test]
fn many_updates_are_folded_by_kind_with_the_most_urgent_open() {
    let many: Vec<_> = updates().iter().cycle().take(60).cloned().collect();
    let page =
        main_of(&HostPage::new(shell(), troubled_host(), &many, &[], &no_exposure()).to_string());
    assert!(page.contains("id=\"kind-security\" open>"));
    assert!(page.contains("id=\"kind-maintenance\">"));
}
