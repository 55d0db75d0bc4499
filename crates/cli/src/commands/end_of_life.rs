//! `end-of-life`: what gets no repairs any more, or soon none.

use crate::client::Client;
use crate::config::Paths;
use crate::error::Failure;
use crate::{output, render};
use clap::Args;
use model::exposure::EndOfLifeView;

/// List releases and packages without support, or soon without, and what to do
#[derive(Args)]
pub(crate) struct EndOfLife {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl EndOfLife {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let all: Vec<EndOfLifeView> = client.get("/end-of-life")?;
        if self.json {
            output::json(&all);
        } else if all.is_empty() {
            output::say("nothing is known to be without support, or soon without");
            output::note("hint: `patchwell feeds` shows whether data on support is loaded");
        } else {
            output::say(&render::end_of_life(&all));
        }
        Ok(())
    }
}
