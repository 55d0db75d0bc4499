//! `plan`: asks the server for an immutable plan.

use crate::client::Client;
use crate::commands::change;
use crate::config::Paths;
use crate::error::Failure;
use crate::output;
use clap::Args;
use model::package::PatchKind;
use model::wire::{PlanAnswer, PlanRequest};

/// Plan updates: which packages, on which hosts, with which way back; changes nothing
#[derive(Args)]
pub(crate) struct Plan {
    /// Host by name or id; may be repeated
    #[arg(long = "host", value_name = "NAME", required_unless_present = "tags")]
    hosts: Vec<String>,

    /// All hosts with this tag; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,

    /// Only updates of this kind; may be repeated [default: all kinds]
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<PatchKind>,

    /// Only this package and what it needs; may be repeated
    #[arg(long = "package", value_name = "NAME")]
    packages: Vec<String>,

    /// What to call the change
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,

    /// Plan packages that have no way back as well, and say why that is acceptable
    #[arg(long, value_name = "REASON", default_value = "", hide_default_value = true)]
    waive_way_back: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn kind(text: &str) -> Result<PatchKind, String> {
    match text {
        "security" => Ok(PatchKind::Security),
        "maintenance" => Ok(PatchKind::Maintenance),
        "application" => Ok(PatchKind::Application),
        "firmware" => Ok(PatchKind::Firmware),
        _ => Err("kinds are security, maintenance, application and firmware".to_owned()),
    }
}

impl Plan {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let request = PlanRequest {
            hosts: self.hosts,
            tags: self.tags,
            kinds: self.kinds,
            packages: self.packages,
            title: self.title,
            waive_way_back: self.waive_way_back,
        };
        let answer: PlanAnswer = client.post("/changes", &request)?;
        let id = answer.change.to_string();
        change::show(&client, &id, self.json)?;
        output::note(&format!(
            "hint: nothing happens until it is signed: `patchwell approve {id}`"
        ));
        Ok(())
    }
}
