//! `cve`: one CVE.

use crate::client::Client;
use crate::commands::exposures;
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output, render};
use clap::Args;
use model::cve::CveId;
use model::exposure::CveView;

/// Show one CVE: who is exposed, what fixes it, by when, and who says so
#[derive(Args)]
pub(crate) struct Cve {
    /// Such as CVE-2024-3094
    #[arg(value_parser = exposures::cve)]
    cve: CveId,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Cve {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let view: CveView = client.get(&format!("/cves/{}", self.cve))?;
        if self.json {
            output::json(&view);
            return Ok(());
        }
        output::say(&render::cve(&view, &clock::zone(), clock::now()));
        let cve = self.cve;
        if view.hosts_exposed > 0 {
            output::note(&format!("hint: `patchwell exposures --cve {cve}` lists every host"));
        }
        Ok(())
    }
}
