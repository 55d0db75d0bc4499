//! `change`: changes as they stand.

use crate::client::{self, Client};
use crate::config::Paths;
use crate::error::Failure;
use crate::signing::local;
use crate::{clock, output, render};
use clap::Subcommand;
use model::change::{ChangeLine, ChangeView};

/// Show changes
#[derive(Subcommand)]
pub(crate) enum Change {
    /// List all changes
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one change: hosts, packages, what is left out and why, way back, runs
    Show {
        /// Id, or its first digits
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Change {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        match self {
            Self::List { json } => list(&client, json),
            Self::Show { id, json } => show(&client, &id, json),
        }
    }
}

fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let changes: Vec<ChangeLine> = client.get("/changes")?;
    if json {
        output::json(&changes);
        return Ok(());
    }
    if changes.is_empty() {
        output::say("no changes yet");
        output::note("hint: `patchwell plan --host NAME` makes one");
        return Ok(());
    }
    let zone = clock::zone();
    let row = |change: &ChangeLine| {
        vec![
            change.id.to_string(),
            render::state(&change.state),
            change.hosts.to_string(),
            change.packages.to_string(),
            local(change.created_at, &zone),
            change.title.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
    let head = ["CHANGE", "STATE", "HOSTS", "PACKAGES", "PLANNED", "TITLE"];
    output::say(&output::table(&head, &rows));
    Ok(())
}

/// Prints one change.
pub(crate) fn show(client: &Client, id: &str, json: bool) -> Result<(), Failure> {
    let change: ChangeView = client.get(&format!("/changes/{}", client::part(id)?))?;
    if json {
        output::json(&change);
    } else {
        output::say(&render::change(&change, &clock::zone()));
    }
    Ok(())
}
