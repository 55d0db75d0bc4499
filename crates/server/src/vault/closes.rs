//! What a package that arrived in the vault closes, by its own changelog: CVEs without any feed. Only what
//! packages say of themselves; that a CVE is open somewhere, no changelog says.

use crate::app::App;
use crate::error::ApiError;
use crate::{feeds as sources, files};
use feeds::{Limits, changelog, deb, release};
use model::package::Artifact;
use std::fs::File;

/// Larger files are not opened for their changelog: documents lie at a package's end, and unpacking a kernel
/// takes seconds. A small package of the same source says the same.
const PACKAGE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Reads the changelog of a held package file and takes it in as a feed's document. A package without one, or
/// for no known release, teaches nothing; one that cannot be read is told and changes nothing.
///
/// # Errors
/// The store cannot be written.
pub(crate) fn learn(app: &App, artifact: &Artifact) -> Result<(), ApiError> {
    let name = super::file_name(&artifact.uri);
    if artifact.size_bytes > PACKAGE_BYTES_MAX || !name.ends_with(".deb") {
        return Ok(());
    }
    let path = app.vault.path(artifact.sha256);
    let file = File::open(&path).map_err(|e| files::failed("read", &path, &e))?;
    let text = match deb::changelog(file) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::warn!(%error, name, "a package's changelog cannot be read");
            return Ok(());
        }
    };
    let limits = Limits::default();
    let Some(stream) = stream_of(&text, &limits) else { return Ok(()) };
    match changelog::parse_for(&text, &stream, &limits) {
        Ok(set) if set.rows.is_empty() => Ok(()),
        Ok(set) => sources::take_changelog(app, name, artifact.sha256, set),
        Err(refused) => {
            tracing::warn!(%refused, name, "a package's changelog cannot be read");
            Ok(())
        }
    }
}

/// Returns the release that the newest entry was uploaded to (`bookworm-security`). Uploads to unstable name
/// none: which releases they reached, the package does not know.
fn stream_of(text: &[u8], limits: &Limits) -> Option<String> {
    let read = changelog::entries(text, limits).ok()?;
    let codename = read.entries.first()?.distribution.split('-').next()?;
    release::of_codename(codename)
}
