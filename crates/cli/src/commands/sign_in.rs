//! `sign-in`: a new one-time link to the console, without restarting anything.

use crate::client::Client;
use crate::config::Paths;
use crate::error::Failure;
use crate::output;
use clap::Args;
use model::wire::SignInAnswer;

/// Print a new one-time link to the console
#[derive(Args)]
pub(crate) struct SignIn {}

impl SignIn {
    #[expect(clippy::unused_self, reason = "every command runs the same way")]
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let answer: SignInAnswer = client.post("/sign-in-links", &serde_json::json!({}))?;
        output::say(&answer.link);
        Ok(())
    }
}
