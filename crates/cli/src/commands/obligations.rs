//! `obligations`: which sets of clauses give deadlines here.

use crate::client::Client;
use crate::config::Paths;
use crate::error::Failure;
use crate::{output, render};
use clap::{Args, Subcommand};
use model::exposure::ObligationView;
use model::wire::ObligationsRequest;

/// Show the obligations that set deadlines; choose which ones are followed here
#[derive(Args)]
pub(crate) struct Obligations {
    #[command(subcommand)]
    command: Option<Command>,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// List all of them (also without a word after `obligations`)
    List,
    /// Follow exactly these from now on
    Choose {
        /// Ids, as the list has them; `none`: no obligation
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

impl Obligations {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let all: Vec<ObligationView> = match self.command {
            None | Some(Command::List) => client.get("/obligations")?,
            Some(Command::Choose { ids }) => {
                let chosen = if ids == ["none"] { Vec::new() } else { ids };
                client.put("/obligations", &ObligationsRequest { chosen })?
            }
        };
        if self.json {
            output::json(&all);
            return Ok(());
        }
        output::say(&render::obligations(&all));
        output::note(
            "hint: `patchwell obligations choose ID...` follows exactly those; \
                      `patchwell deadlines` shows what follows",
        );
        Ok(())
    }
}
