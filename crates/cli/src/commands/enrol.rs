//! `enrol`: how hosts join.

use crate::client::Client;
use crate::config::Paths;
use crate::error::Failure;
use crate::signing::local;
use crate::{clock, output, owner};
use clap::Subcommand;
use model::wire::{TokenAnswer, TokenRequest};

/// Let hosts join
#[derive(Subcommand)]
pub(crate) enum Enrol {
    /// Make a join token and print the line that joins a host with it
    Token {
        /// Hosts that may join with it
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        uses: u32,

        /// Minutes until it expires
        #[arg(long, value_name = "MINUTES", default_value_t = 60,
              value_parser = clap::value_parser!(u32).range(1..=43_200))]
        ttl: u32,

        /// Tag that the hosts get; may be repeated
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,

        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Enrol {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let Self::Token { uses, ttl, tags, json } = self;
        let client = Client::open(paths)?;
        // The pin comes from this machine and not from the server: that is what makes it a pin.
        let trust = owner::read(paths)?.ok_or_else(|| {
            Failure::user("this machine does not know the tenant root that hosts are to pin")
                .hint("run this where the first `patchwell` ran, or copy its tenant-root.json and roster.json")
        })?;
        let request = TokenRequest { uses, ttl_secs: ttl * 60, tags };
        let answer: TokenAnswer = client.post("/tokens", &request)?;
        let line = install_line(&answer, &trust.pin.to_string());
        if json {
            output::json(&serde_json::json!({
                "token": answer.token,
                "gateway": answer.gateway,
                "ca": answer.ca,
                "tenant_root": trust.pin,
                "expires_at": answer.expires_at,
                "install": line,
            }));
            return Ok(());
        }
        output::say(&line);
        let until = local(answer.expires_at, &clock::zone());
        output::note(&format!(
            "hint: run it as root on the host; good for {uses} host(s) until {until}"
        ));
        Ok(())
    }
}

fn install_line(answer: &TokenAnswer, pin: &str) -> String {
    format!(
        "patchwell-agent enrol --server {} --token {} --ca sha256:{} --tenant-root sha256:{pin}",
        answer.gateway, answer.token, answer.ca
    )
}
