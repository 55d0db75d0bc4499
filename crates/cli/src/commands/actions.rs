//! `actions`: what to do, once, for many exposures.

use crate::client::{self, Client};
use crate::commands::exposures::NO_FEED;
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output, render};
use clap::Args;
use model::exposure::{Action, FeedView};

/// List what to do: each action is done once and closes many exposures; what matters first first
#[derive(Args)]
pub(crate) struct Actions {
    /// Only for this host, by name or id
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    host: String,

    /// Only for this package
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    package: String,

    /// Only for this stream, such as debian:12
    #[arg(long, value_name = "STREAM", default_value = "", hide_default_value = true)]
    stream: String,

    /// Say below each why it stands where it stands
    #[arg(long)]
    why: bool,

    /// At most this many lines
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,

    /// Print JSON: all of them
    #[arg(long)]
    json: bool,
}

impl Actions {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let pairs = [("host", &*self.host), ("package", &*self.package), ("stream", &*self.stream)];
        let actions: Vec<Action> = client.get(&client::query("/actions", &pairs))?;
        if self.json {
            output::json(&actions);
            return Ok(());
        }
        if actions.is_empty() {
            output::say("nothing is to be done, as far as is known");
            let feeds: Vec<FeedView> = client.get("/feeds")?;
            if !render::HostSays::has_feeds(&feeds) {
                output::note(NO_FEED);
            }
            return Ok(());
        }
        let shown = &actions[..actions.len().min(self.limit)];
        output::say(&render::actions(shown, self.why, clock::now()));
        if shown.len() < actions.len() {
            let (shown, all) = (shown.len(), actions.len());
            output::note(&format!("note: the first {shown} of {all}; --limit COUNT shows more"));
        }
        output::note(
            "hint: `patchwell plan --host NAME --package PACKAGE` drafts one; nothing \
                      happens until it is signed",
        );
        Ok(())
    }
}
