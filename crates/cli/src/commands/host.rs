//! `host`: what is known of hosts.

use crate::client::{self, Client};
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output, render};
use clap::Subcommand;
use model::host::HostView;

/// Show hosts
#[derive(Subcommand)]
pub(crate) enum Host {
    /// List all hosts
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show everything that is known of one host
    Show {
        /// Name or id
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Host {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        match self {
            Self::List { json } => list(&client, json),
            Self::Show { name, json } => show(&client, &name, json),
        }
    }
}

fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let hosts: Vec<HostView> = client.get("/hosts")?;
    if json {
        output::json(&hosts);
    } else if hosts.is_empty() {
        output::say("no hosts yet");
        output::note("hint: `patchwell enrol token` prints the line that joins one");
    } else {
        output::say(&render::hosts(&hosts, clock::now()));
    }
    Ok(())
}

fn show(client: &Client, name: &str, json: bool) -> Result<(), Failure> {
    let host: HostView = client.get(&format!("/hosts/{}", client::part(name)?))?;
    if json {
        output::json(&host);
    } else {
        output::say(&render::host(&host, &clock::zone(), clock::now()));
    }
    Ok(())
}
