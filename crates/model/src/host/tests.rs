//! Counting pending updates.

use super::*;

#[test]
fn pending_updates_add_up_by_kind() {
    let mut pending = Pending::default();
    let kinds = [
        PatchKind::Security,
        PatchKind::Security,
        PatchKind::Maintenance,
        PatchKind::Application,
        PatchKind::Firmware,
    ];
    for kind in kinds {
        pending.add(kind);
    }
    let expected = Pending { security: 2, maintenance: 1, application: 1, firmware: 1 };
    assert_eq!((pending, pending.total()), (expected, 5));
}

#[test]
fn kinds_of_support_go_from_best_to_worst() {
    use SupportStatus::{Ended, LongTerm, Supported, Unknown};
    assert!(Supported < LongTerm && LongTerm < Ended && Ended < Unknown);
}
