//! `stop`: nothing new starts; hosts at work finish.

use crate::client::{self, Client};
use crate::config::Paths;
use crate::error::Failure;
use crate::output;
use clap::Args;
use model::wire::StopRequest;

/// Stop a change: hosts at work finish, nothing new starts
#[derive(Args)]
pub(crate) struct Stop {
    /// Change id, or its first digits
    id: String,

    /// Why, for the record
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

impl Stop {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let path = format!("/changes/{}/stop", client::part(&self.id)?);
        let _answer: serde_json::Value =
            client.post(&path, &StopRequest { reason: self.reason })?;
        output::say("stopped: hosts at work finish, nothing new starts");
        Ok(())
    }
}
