//! `assess`: one host's exposures from files, without a server.

use crate::error::{Failure, Kind};
use crate::{output, render};
use clap::Args;
use server::assess::{AssessRequest, assess};
use std::path::PathBuf;

/// Judge one host from its dpkg status file and files of feeds; needs no server and keeps nothing
#[derive(Args)]
pub(crate) struct Assess {
    /// The host's dpkg status file
    #[arg(long, value_name = "FILE", default_value = "/var/lib/dpkg/status")]
    status: PathBuf,

    /// What the host runs, such as debian:12 or ubuntu:22.04
    #[arg(long, value_name = "STREAM")]
    stream: String,

    /// File, folder or archive of feeds; may be repeated
    #[arg(long = "feed", value_name = "PATH", required = true)]
    feeds: Vec<PathBuf>,

    /// Judge as debsecan does, line by line, where it is wrong too
    #[arg(long)]
    debsecan_compat: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Assess {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let request = AssessRequest {
            status: &self.status,
            stream: self.stream.clone(),
            feeds: &self.feeds,
            debsecan_compat: self.debsecan_compat,
        };
        let assessment = assess(&request)
            .map_err(|error| Failure::new(Kind::User, error.said.clone()).hint(error.hint))?;
        if self.json {
            output::json(&assessment);
        } else {
            output::say(&render::assessment(&assessment));
        }
        Ok(())
    }
}
