use super::*;

#[test]
fn a_day_is_meant_to_its_end() {
    assert_eq!(moment("2026-03-03").unwrap(), moment("2026-03-03T23:59:59Z").unwrap());
    assert_eq!(moment("1772582399").unwrap(), moment("2026-03-03").unwrap());
    assert_eq!(moment("soon").unwrap_err().error, "bad_moment");
}

#[test]
fn every_part_of_an_address_narrows_and_nonsense_is_refused() {
    let query = asked("cve=cve-2024-3094&kev=1&due=3&state=no_fix&limit=7&package=xz&host=a");
    let query = query.unwrap();
    assert_eq!(query.cve.unwrap().to_string(), "CVE-2024-3094");
    assert!(query.kev_only && query.due_days == Some(3) && query.limit == Some(7));
    assert_eq!(asked("").unwrap(), ExposureQuery::default());
    for bad in ["cve=xz", "due=soon", "limit=-1", "as_of=never"] {
        assert!(asked(bad).is_err(), "{bad}");
    }
}
