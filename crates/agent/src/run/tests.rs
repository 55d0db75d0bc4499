use super::*;
pub(super) fn walks_every_pair() -> bool {
    false
}
