//! `deadlines`: what must be gone by which day.

use crate::client::Client;
use crate::config::Paths;
use crate::error::Failure;
use crate::{output, render};
use clap::Args;
use model::exposure::{DeadlineDay, OpenQuestions};

/// List the days by which exposures must be gone, and by which clause
#[derive(Args)]
pub(crate) struct Deadlines {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Deadlines {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let days: Vec<DeadlineDay> = client.get("/deadlines")?;
        if self.json {
            output::json(&days);
            return Ok(());
        }
        if days.is_empty() {
            output::say("nothing has a deadline");
            output::note("hint: `patchwell obligations` lists the obligations that set them");
            return Ok(());
        }
        output::say(&render::deadlines(&days));
        let open: Vec<OpenQuestions> = client.get("/questions")?;
        if !open.is_empty() {
            output::note(&render::questions(&open));
        }
        Ok(())
    }
}
