//! Pages around signing in: how to get a link, and that it worked.

use crate::shell::{Section, Shell};
use askama::Template;

/// The page `/sign-in` for someone without a session.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub shell: Shell,
    /// Why the link that was tried did not work, or empty.
    pub refused: String,
}

/// The answer to a good link. A page and not a redirect: a cookie that is strict about its site does
/// not travel with a redirect that another site's link began.
#[derive(Debug, Template)]
#[template(path = "signed_in.html")]
pub struct SignedInPage {
    pub shell: Shell,
}

impl SignInPage {
    fn section(&self) -> Section {
        Section::None
    }
}

impl SignedInPage {
    fn section(&self) -> Section {
        Section::None
    }
}
