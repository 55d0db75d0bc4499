//! `trust`: who may approve, as this machine's signed statements say.

use crate::client::Client;
use crate::config::Paths;
use crate::error::Failure;
use crate::owner::{self, Trust as Statements};
use crate::signing::local;
use crate::{clock, output};
use clap::Subcommand;
use jiff::tz::TimeZone;
use model::roster::PersonKey;

/// Show who may approve
#[derive(Subcommand)]
pub(crate) enum Trust {
    /// Show tenant root, persons, keys and thresholds
    Show {
        /// Print the roster as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Trust {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let Self::Show { json } = self;
        let trust = owner::read(paths)?.ok_or_else(|| {
            Failure::user("this machine has no tenant root and no roster")
                .hint("the first `patchwell` on the owner's machine makes them")
        })?;
        if json {
            output::json(&trust.verified.roster);
            return Ok(());
        }
        output::say(&show(&trust, &clock::zone()));
        // Asking is a courtesy: the statements are good without any server.
        match Client::open(paths).and_then(|client| client.get::<serde_json::Value>("/status")) {
            Ok(status) => {
                let is_same = status["tenant_root_hash"].as_str() == Some(&trust.pin.to_string());
                let word = if is_same { "the same" } else { "ANOTHER" };
                output::say(&format!("  server    has {word} tenant root"));
            }
            Err(failure) => output::note(&format!("note: {}", failure.message)),
        }
        Ok(())
    }
}

fn show(trust: &Statements, zone: &TimeZone) -> String {
    let roster = &trust.verified.roster;
    let need = roster.thresholds;
    let mut text = vec![
        format!("tenant root sha256:{}", trust.pin),
        format!("  roster    number {}, until {}", roster.serial, local(roster.expires_at, zone)),
        format!(
            "  persons   {} for an order, {} for a wide one, {} to put versions back",
            need.default, need.wide, need.rollback
        ),
    ];
    for person in &roster.persons {
        let may: Vec<&str> = person.may.iter().map(|verb| verb.word()).collect();
        let (id, most) = (&person.person_id, person.hosts_max);
        text.push(format!("  {id}: may {} on up to {most} hosts", may.join(", ")));
        text.extend(person.keys.iter().map(|key| format!("    {}", line(key, zone))));
    }
    text.join("\n")
}

fn line(key: &PersonKey, zone: &TimeZone) -> String {
    let kind = key.public_key.split(' ').next().unwrap_or_default();
    let end = match key.revoked_at {
        Some(at) => format!(", REVOKED {}", local(at, zone)),
        None => String::new(),
    };
    format!("{} ({kind}), since {}{end}", key.key_id, local(key.added_at, zone))
}
