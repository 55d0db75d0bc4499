//! The console in a real browser against the one-command start on this very machine: every page opens,
//! keeps the content policy, fits the window from phone to desktop in light and dark, and the main
//! paths work by mouse and keyboard.
//!
//! Runs where `PATCHWELL_BROWSER=1` is set and chromium is installed (`cargo xtask test` sees to both).
//! Screenshots are left in `target/screenshots` for people to look at.
#![cfg(test)]

mod driver;
mod product;

use driver::Browser;
use lab::wait;
use product::Product;
use std::path::PathBuf;
use std::time::Duration;

/// Windows that pages must fit: a phone, and a common desktop.
const WIDTHS: [(u32, u32, &str); 2] = [(390, 844, "phone"), (1440, 900, "desktop")];

/// The CVE that the test's own feeds call exploited.
const EXPLOITED: &str = "CVE-2026-100001";

/// A draft plans on a busy machine.
const DRAFT_SECS: u64 = 30;

/// Clicks on a page that renews itself, before the form is said to be broken.
const ANSWER_TRIES: u32 = 5;

fn is_wanted() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a test layer is switched on from outside")]
    let wanted = std::env::var_os("PATCHWELL_BROWSER").is_some();
    if !wanted {
        println!("skipped: PATCHWELL_BROWSER is not set");
    }
    wanted
}

#[test]
fn a_person_signs_in_looks_around_and_drafts_a_change() {
    if !is_wanted() {
        return;
    }
    let product = Product::start();
    product.import_feeds();
    let mut cookie = None;
    for dark in [false, true] {
        for (width, height, window) in WIDTHS {
            let browser = Browser::start(width, height, dark);
            match &cookie {
                None => {
                    sign_in(&browser, &product);
                    draft(&browser, &product);
                    exposure(&browser, &product);
                    draft_action(&browser, &product);
                    cookie = Some(browser.cookie("pw_session"));
                }
                Some(session) => {
                    browser.open(&product.console);
                    browser.set_cookie("pw_session", session);
                }
            }
            let name = format!("{window}-{}", if dark { "dark" } else { "light" });
            visit_all(&browser, &product, &name);
        }
    }
}

fn sign_in(browser: &Browser, product: &Product) {
    browser.open(&product.console);
    assert!(browser.text("main").contains("Sign in"), "a stranger sees the sign-in page");
    browser.open(&product.link);
    if browser.has("main form button") {
        browser.click("main form button");
    }
    browser.open(&product.console);
    assert!(browser.text("nav").contains("Hosts"), "signed in: {}", browser.text("body"));
    // The link works once: a second window that has it is turned away.
    let thief = Browser::start(800, 600, false);
    thief.open(&product.link);
    if thief.has("main form button") {
        thief.click("main form button");
    }
    thief.open(&product.console);
    assert!(thief.text("main").contains("Sign in"), "a used link opens nothing");
}

/// The host page shows what the command line shows; a draft is made from it by its form.
fn draft(browser: &Browser, product: &Product) {
    browser.open(&format!("{}/hosts", product.console));
    browser.click("tbody a");
    assert!(browser.text("main").contains(&product.kernel()), "the running kernel is shown");
    browser.click("form.draft button");
    leads_to_change(browser, "pending");
}

/// Waits until a click has led to a change, or to a page that says `else_says`: a click returns before the
/// answer to its form is there.
fn leads_to_change(browser: &Browser, else_says: &str) {
    wait::until("a draft to lead to its change", Duration::from_secs(DRAFT_SECS), || {
        let is_there = browser.url().contains("/changes/change_");
        let says_why = browser.has("main") && browser.text("main").contains(else_says);
        Ok((is_there || says_why).then_some(()))
    })
    .unwrap_or_else(|e| panic!("{e}: {} {}", browser.url(), browser.text("body")));
    // A draft of nothing is answered with status 422, which the browser notes.
    let noted = browser.complaints();
    assert!(noted.iter().all(|one| one.contains("status of 422")), "{noted:#?}");
    println!("a draft led to {}", browser.url());
}

/// One click on an action drafts a change of what it names, or says why nothing can be planned.
fn draft_action(browser: &Browser, product: &Product) {
    browser.open(&format!("{}/exposures", product.console));
    if !browser.has("form.one button") {
        println!("nothing is offered to this machine: no action can be drafted");
        return;
    }
    browser.click("form.one button");
    leads_to_change(browser, "nothing can be planned");
}

/// What the loaded feeds say is found from the list down to the CVE, and an answer given there stands.
fn exposure(browser: &Browser, product: &Product) {
    browser.open(&format!("{}/exposures/cves", product.console));
    assert!(browser.text("main").contains(EXPLOITED), "listed: {}", browser.text("main"));
    browser.click("tbody a");
    let text = browser.text("main");
    assert!(text.contains(EXPLOITED) && text.contains("exploited"), "its page: {text}");
    assert!(text.contains("99:1-1"), "what fixes it: {text}");
    browser.open(&format!("{}/hosts/{}", product.console, product.host_id()));
    // The page is live: a part that was looked up may be gone when it is clicked.
    for _ in 0..ANSWER_TRIES {
        browser.script("document.querySelector('select[name=internet-exposed]').value = 'yes';");
        browser.click("form.answers button");
        if browser.text("main").contains("answered by") {
            return;
        }
    }
    panic!("the answer was not kept: {}", browser.text("main"));
}

fn visit_all(browser: &Browser, product: &Product, name: &str) {
    let host = product.host_id();
    let change = product.change_id();
    let mut pages = vec![
        ("overview", "/".to_owned()),
        ("hosts", "/hosts".to_owned()),
        ("host", format!("/hosts/{host}")),
        ("packages", format!("/hosts/{host}/packages")),
        ("exposures", "/exposures".to_owned()),
        ("exposures-cves", "/exposures/cves".to_owned()),
        ("exposures-hosts", "/exposures/hosts".to_owned()),
        ("exposures-each", "/exposures/each".to_owned()),
        ("cve", format!("/cves/{EXPLOITED}")),
        ("deadlines", "/deadlines".to_owned()),
        ("end-of-life", "/end-of-life".to_owned()),
        ("feeds", "/feeds".to_owned()),
        ("changes", "/changes".to_owned()),
        ("events", "/events".to_owned()),
        ("missing", "/nothing-here".to_owned()),
    ];
    pages.extend(change.map(|id| ("change", format!("/changes/{id}"))));
    for (page, path) in pages {
        browser.open(&format!("{}{path}", product.console));
        assert!(!browser.title().is_empty(), "{page} has a title");
        let surplus = browser
            .script("const r = document.documentElement; return r.scrollWidth - r.clientWidth;");
        assert!(surplus.as_i64().unwrap_or(1) <= 0, "{page} scrolls sideways on {name}: {surplus}");
        let skip = browser.script("return document.querySelectorAll('main, h1').length;");
        assert!(skip.as_i64().unwrap_or(0) >= 2, "{page} has landmarks and a heading");
        save(&format!("{page}-{name}.png"), &browser.screenshot());
    }
    let complaints: Vec<_> =
        browser.complaints().into_iter().filter(|c| !c.contains("404")).collect();
    assert!(complaints.is_empty(), "the browser complained on {name}: {complaints:#?}");
}

fn save(name: &str, png: &[u8]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a picture for people")]
    std::fs::write(folder.join(name), png).unwrap();
}
