//! `events`: the record, newest last.

use crate::client::Client;
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output};
use clap::Args;
use model::event::Event;

/// List what happened: who did what, when
#[derive(Args)]
pub(crate) struct Events {
    /// Only events after this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,

    /// At most this many
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: u32,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let path = format!("/events?after={}&limit={}", self.after, self.limit);
        let events: Vec<Event> = client.get(&path)?;
        if self.json {
            output::json(&events);
            return Ok(());
        }
        let zone = clock::zone();
        let row = |event: &Event| {
            vec![
                event.seq.to_string(),
                clock::second(event.at, &zone),
                event.actor.clone(),
                event.action.clone(),
                event.object.clone(),
            ]
        };
        let rows: Vec<Vec<String>> = events.iter().map(row).collect();
        output::say(&output::table(&["SEQ", "TIME", "WHO", "WHAT", "TO WHAT"], &rows));
        Ok(())
    }
}
