//! `undo`: plans the way back of one run, then signs it like any change.

use crate::client::{self, Client};
use crate::commands::approve;
use crate::config::Paths;
use crate::error::Failure;
use clap::Args;
use model::wire::PlanAnswer;

/// Put back the exact versions that a run replaced
///
/// Makes a change of its own, shows it, and signs it with your key; `patchwell watch` follows it.
#[derive(Args)]
pub(crate) struct Undo {
    /// Run id, or its first digits (see `patchwell change show`)
    run: String,

    #[command(flatten)]
    options: approve::Options,
}

impl Undo {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let path = format!("/runs/{}/undo", client::part(&self.run)?);
        let answer: PlanAnswer = client.post(&path, &serde_json::json!({}))?;
        approve::sign(&client, paths, &answer.change.to_string(), &self.options)
    }
}
