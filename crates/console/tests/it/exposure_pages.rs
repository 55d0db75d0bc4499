//! Snapshots of the pages about exposure, and what their addresses mean.

use crate::exposure_samples::{
    actions, answers, cve_list, cve_view, days, ends, exposure_page, feeds, host_line, host_list,
    obligations, unknown_cve_view,
};
use crate::pages::{check, main_of, pairs};
use crate::samples::{shell, troubled_host};
use console::cve::CvePage;
use console::deadlines::DeadlinesPage;
use console::end_of_life::EndOfLifePage;
use console::exposures::actions::ActionsPage;
use console::exposures::cves::CvesPage;
use console::exposures::each::EachPage;
use console::exposures::hosts::ExposedHostsPage;
use console::exposures::{ExposureFilter, HeadInput};
use console::feeds::FeedsPage;
use console::host::HostPage;
use console::host_exposure::HostExposureInput;
use expect_test::expect_file;
use model::exposure::{
    CveListPage, DeadlineDay, ExposurePage, FeedView, HostLine, HostListPage, Question,
};

pub(crate) fn head<'a>(days: &'a [DeadlineDay], feeds: &'a [FeedView]) -> HeadInput<'a> {
    HeadInput { days, hosts_exposed: 2, hosts_total: 6, feeds, hosts_with_questions: 1 }
}

/// A host about which nothing is known.
pub(crate) fn no_exposure() -> HostExposureInput<'static> {
    const NONE: &ExposurePage =
        &ExposurePage { total: 0, hosts: 0, exposures: Vec::new(), next: String::new() };
    HostExposureInput {
        line: None,
        actions: &[],
        page: NONE,
        end_of_life: &[],
        answers: &[],
        feeds: &[],
    }
}

fn none() -> ExposureFilter {
    ExposureFilter::default()
}

#[test]
fn actions_say_what_to_do_why_and_what_a_person_does_by_hand() {
    let page = ActionsPage::new(shell(), &actions(), &head(&days(), &feeds()), &[]);
    check(&page, &expect_file!["snapshots/exposures.html"]);
}

#[test]
fn without_feeds_the_page_says_what_it_cannot_know() {
    let page = ActionsPage::new(shell(), &[], &head(&[], &[]), &[]);
    check(&page, &expect_file!["snapshots/exposures_none.html"]);
}

#[test]
fn changelogs_of_the_hosts_own_packages_are_no_feed_that_was_loaded() {
    let mut changelog = feeds().remove(2);
    changelog.feed = model::advisory::Feed::Changelog;
    changelog.trouble = String::new();
    let feeds = [changelog];
    let page = ActionsPage::new(shell(), &[], &head(&[], &feeds), &[]).to_string();
    assert!(page.contains("No feed is loaded yet.") && !page.contains("Out of date"));
    assert!(FeedsPage::new(shell(), &feeds).to_string().contains("with each package"));
}

#[test]
fn actions_keep_the_filter_from_page_to_page() {
    let many: Vec<_> = actions().into_iter().cycle().take(60).collect();
    let asked = pairs(&[("kev", "1"), ("stream", "debian:12"), ("page", "2")]);
    let page = ActionsPage::new(shell(), &many, &head(&days(), &feeds()), &asked).to_string();
    assert!(page.contains("26\u{2013}50 of 60"));
    assert!(page.contains("/exposures?stream=debian%3A12&#38;kev=1&#38;page=3"));
    assert!(page.contains("/exposures/cves?stream=debian%3A12&#38;kev=1"), "tabs keep it too");
    assert_eq!(page.matches("name=\"which\" value=\"exposed\"").count(), 3, "upgrades draft");
}

#[test]
fn cves_are_listed_with_signals_and_unknown_ones_say_so() {
    let page = CvesPage::new(shell(), &cve_list(), &head(&days(), &feeds()), &none());
    check(&page, &expect_file!["snapshots/exposures_cves.html"]);
}

#[test]
fn hosts_are_listed_with_their_states() {
    let page = ExposedHostsPage::new(shell(), &host_list(), &head(&days(), &feeds()), &none());
    check(&page, &expect_file!["snapshots/exposures_hosts.html"]);
}

#[test]
fn exposures_one_by_one_show_every_state_with_its_reason() {
    let page = EachPage::new(shell(), &exposure_page(), &head(&days(), &feeds()), &none());
    check(&page, &expect_file!["snapshots/exposures_each.html"]);
}

#[test]
fn a_filter_that_matches_nothing_says_so_in_every_view() {
    let filter = ExposureFilter::read(&pairs(&[("package", "nothing")]));
    let (days, feeds) = (days(), feeds());
    let head = head(&days, &feeds);
    let empty = (CveListPage::default(), HostListPage::default(), ExposurePage::default());
    let pages = [
        CvesPage::new(shell(), &empty.0, &head, &filter).to_string(),
        ExposedHostsPage::new(shell(), &empty.1, &head, &filter).to_string(),
        EachPage::new(shell(), &empty.2, &head, &filter).to_string(),
    ];
    for page in pages {
        assert!(page.contains("matches this filter"), "{}", main_of(&page));
        assert!(page.contains(">Clear</a>"));
    }
}

#[test]
fn the_filter_is_read_from_the_address_and_written_back() {
    let asked =
        "cve=CVE-2026-1000&host=web-1&package=openssl&stream=debian%3A12&state=no_fix&kev=1&due=14";
    let read = ExposureFilter::read(&pairs(&[
        ("cve", "cve-2026-1000"),
        ("host", "web-1"),
        ("package", " openssl "),
        ("stream", "debian:12"),
        ("state", "no_fix"),
        ("kev", "1"),
        ("due", "14"),
    ]));
    assert_eq!(read.link("/exposures", ""), format!("/exposures?{asked}"));
    let odd = ExposureFilter::read(&pairs(&[("state", "x"), ("kev", "yes"), ("due", "-1")]));
    assert!(!odd.is_filtered(), "what is not understood filters nothing");
    assert!(!ExposureFilter::read(&pairs(&[("after", "x")])).is_filtered());
}

#[test]
fn a_cve_shows_facts_with_who_says_so_who_is_exposed_and_every_clause() {
    check(&CvePage::new(shell(), &cve_view(), &feeds()), &expect_file!["snapshots/cve.html"]);
}

#[test]
fn a_cve_of_which_nothing_is_known_claims_nothing() {
    let page = CvePage::new(shell(), &unknown_cve_view(), &feeds());
    check(&page, &expect_file!["snapshots/cve_unknown.html"]);
    let page = page.to_string();
    assert!(!page.contains("not in the catalogue"), "no source was asked, so none denied it");
    assert!(!page.contains("action=\"/changes\""), "there is nothing to draft");
}

#[test]
fn a_cve_of_more_hosts_than_one_order_takes_says_so_on_its_button() {
    let mut view = cve_view();
    view.counts[1].hosts = 12_000;
    let page = CvePage::new(shell(), &view, &feeds()).to_string();
    assert!(page.contains("Draft for the first 1,000 of 12,000 hosts"));
}

#[test]
fn deadlines_are_a_calendar_of_the_month_with_what_is_past_and_undated_apart() {
    let page = DeadlinesPage::new(shell(), &days(), &obligations(), 1, &[]);
    check(&page, &expect_file!["snapshots/deadlines.html"]);
}

#[test]
fn months_are_walked_across_the_year_and_odd_ones_are_this_month() {
    let page = |month: &str| {
        let asked = pairs(&[("month", month)]);
        DeadlinesPage::new(shell(), &days(), &[], 0, &asked).to_string()
    };
    let january = page("2027-01");
    assert!(january.contains("<h2 id=\"month\">January 2027</h2>"));
    assert!(january.contains("/deadlines?month=2026-12") && january.contains("month=2027-02"));
    assert!(january.contains("Sunday, 24 January 2027"));
    assert!(january.contains("No obligation is chosen"));
    for odd in ["2027-13", "nonsense", "", "-999-01", "2026-1\u{e9}"] {
        assert!(page(odd).contains("November 2026</h2>"), "{odd}");
    }
    assert!(page("9999-12").contains("December 9999"), "the last month of the calendar");
    assert!(page("0001-01").contains("January"), "an early one");
}

#[test]
fn ends_of_support_are_listed_worst_first() {
    check(&EndOfLifePage::new(shell(), &ends()), &expect_file!["snapshots/end_of_life.html"]);
    let none = EndOfLifePage::new(shell(), &[]).to_string();
    assert!(none.contains("No installed package is known to be without support"));
}

#[test]
fn feeds_show_age_provenance_trouble_and_what_is_missing() {
    check(&FeedsPage::new(shell(), &feeds()), &expect_file!["snapshots/feeds.html"]);
    let none = FeedsPage::new(shell(), &[]).to_string();
    assert!(none.contains("No feed is loaded yet") && none.contains("patchwell feeds import"));
}

fn host_input<'a>(line: &'a HostLine, page: &'a ExposurePage) -> HostExposureInput<'a> {
    HostExposureInput { line: Some(line), page, ..no_exposure() }
}

#[test]
fn a_host_shows_what_to_do_its_ends_of_support_and_open_questions() {
    let (line, page, actions, ends, answers, feeds) =
        (host_line(), exposure_page(), actions(), ends(), answers(), feeds());
    let input = HostExposureInput {
        actions: &actions,
        end_of_life: &ends[..2],
        answers: &answers,
        feeds: &feeds,
        ..host_input(&line, &page)
    };
    let shown = HostPage::new(shell(), troubled_host(), &[], &[], &input);
    check(&shown, &expect_file!["snapshots/host_exposed.html"]);
    let text = shown.to_string();
    assert!(text.contains("2 to be answered"));
    assert!(text.contains("<option value=\"partner\" selected>"), "the answer stands");
    for question in Question::ALL {
        assert!(text.contains(&format!("<select name=\"{}\">", question.word())));
    }
}

#[test]
fn a_host_without_actions_shows_its_first_exposures() {
    let (line, page) = (host_line(), exposure_page());
    let shown = HostPage::new(shell(), troubled_host(), &[], &[], &host_input(&line, &page));
    assert!(shown.to_string().contains("First exposures of this host"));
}
