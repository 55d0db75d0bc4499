//! `watch`: a change live, host by host.

use crate::client::{self, Client};
use crate::config::Paths;
use crate::error::Failure;
use crate::watching::{self, Told, Verdict, Watched};
use crate::{clock, output};
use clap::Args;
use std::process::ExitCode;

/// Seconds that one question may wait. On a terminal the times have to go on.
const WAIT_TERMINAL_SECS: u32 = 1;
const WAIT_PLAIN_SECS: u32 = 20;
/// Exit code when not all hosts succeeded.
const NOT_ALL: u8 = 5;

/// Follow a change until it is over; exit code 0 if every host succeeded, 5 if not
#[derive(Args)]
pub(crate) struct Watch {
    /// Change id, or its first digits
    id: String,

    /// Print the change as JSON when it is over
    #[arg(long)]
    json: bool,
}

impl Watch {
    pub(crate) fn run(self, paths: &Paths) -> Result<ExitCode, Failure> {
        let client = Client::open(paths)?;
        let id = client::part(&self.id)?;
        let is_live = output::is_terminal() && !self.json;
        let wait = if is_live { WAIT_TERMINAL_SECS } else { WAIT_PLAIN_SECS };
        let zone = clock::zone();
        let mut live = output::Live::default();
        let mut told = Told::default();
        let mut after = 0;
        loop {
            let path = format!("/changes/{id}/watch?after={after}&wait={wait}");
            let Watched { cursor, change } = client.get(&path)?;
            after = cursor;
            let now = clock::now();
            if is_live {
                live.draw(&watching::picture(&change, &zone, now));
            } else {
                let lines = told.news(&change, &zone, now);
                let print = if self.json { output::note } else { output::say };
                lines.iter().for_each(|line| print(line));
            }
            let code = match watching::verdict(&change) {
                Verdict::GoesOn => continue,
                Verdict::AllSucceeded => ExitCode::SUCCESS,
                Verdict::NotAll => ExitCode::from(NOT_ALL),
            };
            if self.json {
                output::json(&change);
            }
            return Ok(code);
        }
    }
}
