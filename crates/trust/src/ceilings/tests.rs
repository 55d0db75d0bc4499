use super::*;
use crate::fixtures::{NOW, World, step};

/// Returns the key that a host with this file names when it refuses the order.
fn refused_by(file: &str, change: impl Fn(&mut World)) -> String {
    let mut world = World::new();
    world.ceilings = parse(file).unwrap();
    change(&mut world);
    world.target();
    let refusal = world.refusal();
    let Refusal::Ceiling { key, .. } = refusal else { panic!("{refusal:?}") };
    key
}

/// Returns whether a host with this file takes the order.
fn taken(file: &str, change: impl Fn(&mut World)) -> bool {
    let mut world = World::new();
    world.ceilings = parse(file).unwrap();
    change(&mut world);
    world.target();
    world.check().is_ok()
}

fn steps(world: &mut World, steps: &[(&str, &str, &str)]) {
    world.entry.steps = steps.iter().map(|(name, from, to)| step(name, from, to)).collect();
}

/// One case for each key: a file, what is asked beyond it, what is just allowed.
#[test]
fn each_key_refuses_by_its_own_name_what_people_signed() {
    type Case = (&'static str, &'static str, fn(&mut World), fn(&mut World));
    let cases: [Case; 8] = [
        (
            "min_persons",
            "min_persons = { default = 2 }",
            |_| {},
            |w| {
                w.signers.push(crate::fixtures::key(1));
            },
        ),
        ("min_persons", "min_persons = { wide = 2 }", |w| w.widen(30), |_| {}),
        (
            "min_persons",
            "min_persons = { rollback = 2 }",
            |w| w.order.verb = Verb::Rollback,
            |_| {},
        ),
        ("allow_verbs", "allow_verbs = [\"rollback\"]", |_| {}, |w| w.order.verb = Verb::Rollback),
        (
            "max_runs_per_day",
            "max_runs_per_day = 2",
            |w| w.floors.runs_started_at = vec![NOW - 10, NOW - 20],
            |w| w.floors.runs_started_at = vec![NOW - 10, NOW - 86_400],
        ),
        (
            "max_packages_per_run",
            "max_packages_per_run = 1",
            |w| steps(w, &[("a", "1", "2"), ("b", "1", "2")]),
            |_| {},
        ),
        (
            "removals",
            "removals = [\"b\"]",
            |w| steps(w, &[("a", "1", "")]),
            |w| {
                steps(w, &[("b", "1", "")]);
            },
        ),
        (
            "downgrades",
            "downgrades = [\"b\"]",
            |w| steps(w, &[("a", "1:2", "3")]),
            |w| {
                steps(w, &[("b", "2", "1"), ("a", "1.0~rc1", "1.0")]);
            },
        ),
    ];
    for (key, file, beyond, within) in cases {
        assert_eq!(refused_by(file, beyond), key, "{file}");
        assert!(taken(file, within), "{file}");
    }
    let protected = "removals = [\"openssh-server\"]\nprotected_packages = [\"openssh-*\"]";
    let removal = |w: &mut World| steps(w, &[("openssh-server", "1", "")]);
    assert_eq!(refused_by(protected, removal), "protected_packages");
}

#[test]
fn a_key_of_a_later_roster_cannot_approve_wide_orders_during_the_cooldown() {
    let mut world = World::new();
    world.ceilings = parse("roster_change_cooldown = \"2h\"").unwrap();
    let mut older = world.clone();
    older.roster.serial = 4;
    older.roster.persons.pop();
    world.floors.see_roster(&older.verified_roster(), NOW - 86_400);
    world.floors.see_roster(&world.verified_roster(), NOW - 3_600);
    assert!(world.check().is_ok(), "not wide");
    world.widen(30);
    assert!(matches!(world.refusal(), Refusal::CoolingKey { .. }));
    world.now += 3_600;
    assert!(world.check().is_ok(), "two hours have passed");
}

#[test]
fn windows_keep_work_from_starting_and_say_when_they_open() {
    // 1 800 000 000 is Friday 2027-01-15 08:00:00 UTC.
    let ceilings = parse("windows = [\"Fri 09:00-11:00 Europe/Berlin\"]").unwrap();
    assert_eq!(ceilings.open_at(NOW), Ok(()));
    assert_eq!(ceilings.open_at(NOW + 7_199), Ok(()));
    assert!(
        matches!(ceilings.open_at(NOW + 7_200), Err(Refusal::Ceiling { key, .. }) if key == "windows")
    );
    assert!(ceilings.open_at(NOW - 1).is_err());
    assert_eq!(ceilings.next_opening(NOW), Some(NOW + 7 * 86_400));
    assert_eq!(ceilings.next_opening(NOW - 1), Some(NOW));
    assert_eq!(Ceilings::default().open_at(NOW), Ok(()));
}

#[test]
fn windows_cross_midnight_and_changes_of_clocks() {
    let open = |window: &str, at: &str| {
        let at: jiff::Timestamp = at.parse().unwrap();
        window.parse::<Window>().unwrap().is_open(at.as_second())
    };
    assert!(open("Fri 22:00-02:00 UTC", "2027-01-16T01:59:59Z"));
    assert!(!open("Fri 22:00-02:00 UTC", "2027-01-16T02:00:00Z"));
    assert!(!open("Fri 22:00-02:00 UTC", "2027-01-15T01:00:00Z"));
    assert!(open(
        "Sat-Mon 00:00-24:00 UTC".replace("24:00", "23:59").as_str(),
        "2027-01-17T12:00:00Z"
    ));
    assert!(open("daily 02:00-04:00 Europe/Berlin", "2027-07-01T00:30:00Z"));
    assert!(!open("daily 02:00-04:00 Europe/Berlin", "2027-01-01T00:30:00Z"));
    // On 2027-03-28 the hour from 02:00 does not exist in Berlin: the window opens at 03:00.
    assert!(open("Sun 02:00-04:00 Europe/Berlin", "2027-03-28T01:30:00Z"));
    assert!(!open("Sun 02:00-04:00 Europe/Berlin", "2027-03-28T00:59:00Z"));
}

#[test]
fn a_file_that_is_not_understood_is_an_error_and_not_a_default() {
    for (file, said) in [
        ("max_run_per_day = 1", "unknown field"),
        ("windows = [\"Tue 02:00 Europe/Berlin\"]", "not a window"),
        ("windows = [\"Tue 02:00-04:00 Europe/Berlim\"]", "time zone"),
        ("windows = [\"Dienstag 02:00-04:00 UTC\"]", "days"),
        ("windows = [\"Tue 25:00-04:00 UTC\"]", "times"),
        ("removals = \"sometimes\"", "never"),
        ("allow_verbs = [\"run_script\"]", "run_script"),
        ("min_persons = { wide = 2, all = 3 }", "all"),
        ("roster_change_cooldown = \"soon\"", "24h"),
        ("roster_change_cooldown = \"\"", "24h"),
        ("max_runs_per_day = -1", "-1"),
        ("= broken", "key"),
    ] {
        let error = parse(file).unwrap_err();
        assert!(error.contains(said), "{file}: {error}");
    }
}

#[test]
fn an_empty_file_is_the_same_as_none() {
    assert_eq!(parse(""), Ok(Ceilings::default()));
    assert_eq!(
        parse("removals = \"never\"\nroster_change_cooldown = \"24h\""),
        Ok(Ceilings::default())
    );
}

#[test]
fn versions_are_ordered_as_dpkg_orders_them() {
    let rising = [
        "0~~",
        "0~",
        "0",
        "0.1",
        "1.0~rc1-1",
        "1.0-1~deb12u1",
        "1.0-1",
        "1.0-1+b1",
        "1.0-1.1",
        "1.0a-1",
        "1.0+dfsg-1",
        "1.9-1",
        "1.10-1",
        "1.010-2",
        "1:0.1-1",
        "2:0-1",
    ];
    for pair in rising.windows(2) {
        assert_eq!(version::compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        assert_eq!(version::compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
    }
    assert_eq!(version::compare("1.0-1", "0:1.00-01"), Ordering::Equal);
}

#[test]
fn patterns_match_with_stars() {
    assert!(matches("linux-image-*", "linux-image-6.1.0-18-amd64"));
    assert!(matches("*ssh*", "openssh-server") && matches("a*", "a"));
    assert!(!matches("linux-image-*", "linux-headers") && !matches("a", "ab"));
}
