//! `undo`: plans the way back of one run, then signs it like any change.

use crate::client::{self, Client};
use crate::commands::approve;
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output};
use clap::Args;
use model::wire::{PlanAnswer, REPORT_PENDING};

/// Seconds that a host's report is waited for: it looks at itself two seconds after a run's end, which
/// takes seconds; one that stays away for a minute has another trouble.
const REPORT_SECS: u64 = 60;
const PAUSE_MILLIS: u64 = 1_000;

/// Put back the exact versions that a run replaced
///
/// Makes a change of its own, shows it, and signs it with your key; `patchwell watch` follows it. Right
/// after a run it waits, a minute at most, until the host has reported how that left it.
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
        let answer = planned(&client, &path)?;
        approve::sign(&client, paths, &answer.change.to_string(), &self.options)
    }
}

/// Asks for the plan. Right after a run the host has not reported yet how it is now: that is waited for.
fn planned(client: &Client, path: &str) -> Result<PlanAnswer, Failure> {
    for waited in 0.. {
        match client.post(path, &serde_json::json!({})) {
            Err(failure) if failure.word == REPORT_PENDING && waited < REPORT_SECS => {
                if waited == 0 {
                    output::note("waiting for the host to report how its last run left it ...");
                }
                clock::pause(PAUSE_MILLIS);
            }
            other => return other,
        }
    }
    Err(Failure::internal("no answer"))
}
