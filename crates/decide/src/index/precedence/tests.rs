use super::class;
use crate::index::Source;
use model::advisory::Feed;

#[test]
fn vendors_come_before_others_and_what_states_all_before_what_lists_fixes() {
    let of = |name: &str, feed| class(&Source { name: name.to_owned(), feed });
    let order = [
        of("csaf-vex", Feed::CsafVex),
        of("updateinfo/base", Feed::Updateinfo),
        of("osv/Ubuntu", Feed::Osv),
        of("osv/Debian", Feed::Osv),
        of("changelog", Feed::Changelog),
        of("debsecan/bookworm", Feed::Debsecan),
        of("nvd", Feed::Nvd),
    ];
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{order:?}");
    assert_eq!(of("debian-tracker", Feed::DebianTracker), of("open-vex", Feed::OpenVex));
    assert_eq!(of("osv/AlmaLinux", Feed::Osv), of("osv/Rocky Linux", Feed::Osv));
}
