//! epss.

use crate::limits::{Limits, Refused};
use model::advisory::RowSet;

pub fn parse(_bytes: &[u8], _limits: &Limits) -> Result<RowSet, Refused> {
    Err(Refused::form("epss", "it is not read yet"))
}
