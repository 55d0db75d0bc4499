//! Feeds over HTTP, from files, the inbox and addresses: what is taken, refused and kept.

use crate::exposure::{Api, KEV_DAY, kev, tracker};
use crate::origin::FileServer;
use crate::rig::{NOW, Rig};
use model::advisory::Feed;
use model::exposure::{FeedView, Freshness};
use server::{FeedAddress, FeedsFrom};
use std::io::Write as _;

#[test]
fn a_feed_that_was_cut_off_is_refused_and_the_old_rows_stay() {
    let rig = Rig::new();
    let api = Api::of(&rig);
    let names: Vec<String> = (0..10).map(|n| format!("tool{n}")).collect();
    let all: Vec<_> = names.iter().map(|name| (name.as_str(), "CVE-2026-1001", "1.1")).collect();
    assert_eq!(api.import("tracker.json", &tracker(&all)).status, 200);
    let half = api.import("tracker.json", &tracker(&all[..5]));
    assert_eq!(half.status, 409, "{}", half.text());
    assert!(half.text().contains("fewer than 80 %") && half.text().contains("--accept"));
    let feeds: Vec<FeedView> = api.get("/feeds").read();
    assert_eq!((feeds[0].rows, feeds[0].trouble.contains("fewer than 80 %")), (10, true));
    // A person may take it by name, and the record has the name.
    let taken = api.post("/feeds/import?name=tracker.json&accept=1", &tracker(&all[..5]));
    let feeds: Vec<FeedView> = taken.read();
    assert_eq!((feeds[0].rows, feeds[0].trouble.as_str()), (5, ""));
    let refused = rig.events().into_iter().filter(|e| e.action == "feed.refused").count();
    let loaded = rig.events().into_iter().rfind(|e| e.action == "feed.loaded").unwrap();
    assert_eq!((refused, loaded.actor.as_str()), (1, "anna"));
    assert!(loaded.detail["accepted_anyway"].as_str().unwrap().contains("fewer than 80 %"));
}

#[test]
fn a_rewrite_with_equal_rows_edits_nothing() {
    let rig = Rig::new();
    let api = Api::of(&rig);
    let rows = [("bash", "CVE-2026-1001", "1.1"), ("less", "CVE-2026-1002", "2.0")];
    api.import("tracker.json", &tracker(&rows));
    let reversed = [rows[1], rows[0]];
    assert_eq!(api.import("tracker.json", &tracker(&reversed)).status, 200);
    let loads: Vec<_> =
        rig.events().into_iter().filter(|event| event.action == "feed.loaded").collect();
    assert_eq!(loads.len(), 2);
    let edits = |n: usize| {
        let count = |what: &str| loads[n].detail[what].as_u64().unwrap();
        count("rows_in") + count("rows_out") + count("cves_changed")
    };
    assert!(edits(0) > 0);
    assert_eq!(edits(1), 0);
}

#[test]
fn what_is_no_feed_is_refused_with_what_to_do() {
    let rig = Rig::new();
    let api = Api::of(&rig);
    for (name, body) in [("a.txt", "hello"), ("b.json", "{\"a\":1}"), ("c.gz", "")] {
        let said = api.import(name, body);
        assert_eq!(said.status, 422, "{name}: {}", said.text());
        assert!(said.text().contains(name), "{}", said.text());
        assert!(!said.text().contains("incoming"), "no path of ours is told: {}", said.text());
    }
    let said = api.post("/feeds/import", "{}");
    assert!(said.status == 422 && said.text().contains("has no name"), "{}", said.text());
    let left = std::fs::read_dir(rig.path("feeds/incoming")).unwrap().count();
    assert_eq!(left, 0, "nothing stays behind");
}

#[test]
fn the_inbox_loads_what_is_whole_and_puts_the_reason_beside_what_is_not() {
    let rig = Rig::new();
    let app = rig.app();
    server::feeds::turn(&app).unwrap();
    let put = |name: &str, text: &str| {
        let mut file = std::fs::File::create(rig.path("feeds/inbox").join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    put("kev.json", &kev(&["CVE-2026-1001"]));
    put("notes.txt", "hello");
    server::feeds::turn(&app).unwrap();
    assert!(rig.path("feeds/inbox/kev.json").exists(), "it may still grow");
    server::feeds::turn(&app).unwrap();
    let names = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(rig.path(folder)).unwrap().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("feeds/inbox"), Vec::<String>::new());
    assert_eq!(names("feeds/done"), [format!("{NOW}-kev.json")]);
    let reason = format!("{NOW}-notes.txt.reason.txt");
    assert_eq!(names("feeds/refused"), [format!("{NOW}-notes.txt"), reason.clone()]);
    let text = std::fs::read_to_string(rig.path("feeds/refused").join(reason)).unwrap();
    assert!(text.contains("is no feed that is known"), "{text}");
    let feeds = server::feeds::list(&app, &rig.anna()).unwrap();
    assert_eq!((feeds.len(), feeds[0].feed, feeds[0].cves), (1, Feed::Kev, 1));
}

#[test]
fn an_address_is_asked_with_its_etag_and_a_failure_doubles_the_wait() {
    let site = FileServer::start();
    site.put(&[("/kev.json".to_owned(), kev(&["CVE-2026-1001"]).into_bytes())]);
    let url = |path: &str| format!("{}{path}", site.site());
    let address = |path: &str| FeedAddress { feed: Feed::Kev, url: url(path), every_secs: 3_600 };
    let mut rig = Rig::new();
    rig.fetch_from(FeedsFrom::Addresses(vec![address("/kev.json"), address("/gone.json")]));
    let app = rig.app();
    let turn = || server::feeds::turn(&app).unwrap();
    let feeds = || server::feeds::list(&app, &rig.anna()).unwrap();
    turn();
    let loads = || rig.actions().into_iter().filter(|action| action == "feed.loaded").count();
    let shown = feeds();
    assert_eq!((shown.len(), loads()), (2, 1), "{shown:?}");
    let (gone, good) = if shown[0].origin.ends_with("gone.json") {
        (&shown[0], &shown[1])
    } else {
        (&shown[1], &shown[0])
    };
    assert_eq!((gone.freshness, gone.trouble.as_str()), (Freshness::Absent, "status 404"));
    assert_eq!((gone.next_fetch_at, good.next_fetch_at), (Some(NOW + 60), Some(NOW + 3_600)));
    turn();
    assert_eq!(site.asked().len(), 2, "nothing is due");
    let waits: Vec<i64> = (0..4)
        .map(|_| {
            let due =
                feeds().iter().find(|f| f.origin.ends_with("gone.json")).unwrap().next_fetch_at;
            rig.clock.advance(due.unwrap() - app.now());
            turn();
            let next =
                feeds().iter().find(|f| f.origin.ends_with("gone.json")).unwrap().next_fetch_at;
            next.unwrap() - app.now()
        })
        .collect();
    assert_eq!(waits, [120, 240, 480, 960]);
    rig.clock.advance(3_600);
    turn();
    assert_eq!(site.asked().iter().filter(|path| path.ends_with("kev.json")).count(), 2);
    assert_eq!(loads(), 1, "what is unchanged is no load");
    site.put(&[("/kev.json".to_owned(), "half a fi".as_bytes().to_vec())]);
    rig.clock.advance(3_600);
    turn();
    let shown = feeds();
    let kev = shown.iter().find(|feed| feed.origin.ends_with("kev.json")).unwrap();
    assert_eq!(kev.cves, 1, "what was loaded stays");
    assert!(kev.trouble.contains("no feed that is known"), "{}", kev.trouble);
    assert!(kev.freshness != Freshness::Absent && KEV_DAY < NOW);
}

#[test]
fn real_feeds_are_imported_over_http() {
    let Some(data) = crate::exposure::shared_data() else { return };
    let rig = Rig::new();
    let api = Api::of(&rig);
    let import = |path: &str| {
        let name = path.rsplit('/').next().unwrap();
        let said = api.post_bytes(
            &format!("/feeds/import?name={name}"),
            &std::fs::read(data.join(path)).unwrap(),
        );
        assert_eq!(said.status, 200, "{path}: {}", said.text());
        said.read::<Vec<FeedView>>().remove(0)
    };
    let old = import("kev/known_exploited_vulnerabilities-2025-08-25.json");
    let new = import("kev/known_exploited_vulnerabilities-2026-08-07.json");
    assert_eq!((old.cves, new.cves, new.rejects_total), (1_404, 1_662, 0));
    let back = api.post_bytes(
        "/feeds/import?name=old.json",
        &std::fs::read(data.join("kev/known_exploited_vulnerabilities-2025-08-25.json")).unwrap(),
    );
    assert_eq!(back.status, 409, "an older catalogue is not believed: {}", back.text());
    assert_eq!(import("epss/epss_scores-2026-08-08.kev-subset.csv.gz").cves, 1_662);
    let debsecan = import("debian/debsecan-release-1-bookworm.zlib");
    assert_eq!((debsecan.feed, debsecan.rows > 6_000), (Feed::Debsecan, true), "{debsecan:?}");
}
