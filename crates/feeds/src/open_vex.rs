//! open_vex.

use crate::limits::{Limits, Refused};
use model::advisory::RowSet;

pub fn parse(_bytes: &[u8], _limits: &Limits) -> Result<RowSet, Refused> {
    Err(Refused::form("open_vex", "it is not read yet"))
}
