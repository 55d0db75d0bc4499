//! cve_record.

use crate::limits::{Limits, Refused};
use model::advisory::RowSet;

pub fn parse(_bytes: &[u8], _limits: &Limits) -> Result<RowSet, Refused> {
    Err(Refused::form("cve_record", "it is not read yet"))
}
