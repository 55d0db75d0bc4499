//! `host`: what is known of hosts.

use crate::client::{self, Client};
use crate::commands::exposures;
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output, render};
use clap::Subcommand;
use model::exposure::{Answer, Question};
use model::host::HostView;
use model::wire::AnswerRequest;

/// Show hosts, and answer what only people know of them
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
    /// Say what no program can see of a host; deadlines and rank follow from it
    ///
    /// internet-exposed: no, partner, yes. criticality: low, medium, high, very_high.
    /// data-class: none, personal, health, payment.
    Answer {
        /// Name or id
        name: String,
        #[arg(value_parser = question)]
        question: Question,
        /// One of the question's values, or `unknown` to take an answer back
        value: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

fn question(text: &str) -> Result<Question, String> {
    let words = Question::ALL.map(Question::word).join(", ");
    let found = Question::ALL.into_iter().find(|question| question.word() == text);
    found.ok_or_else(|| format!("questions are {words}"))
}

impl Host {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        match self {
            Self::List { json } => list(&client, json),
            Self::Show { name, json } => show(&client, &name, json),
            Self::Answer { name, question, value, json } => {
                answer(&client, &name, (question, &value), json)
            }
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
        let exposure = exposures::of_host(client, &host);
        output::say(&render::host(&host, &exposure, &clock::zone(), clock::now()));
    }
    Ok(())
}

fn answer(
    client: &Client,
    name: &str,
    (question, value): (Question, &str),
    json: bool,
) -> Result<(), Failure> {
    let value = if value == "unknown" { "" } else { value };
    if !value.is_empty() && !question.values().contains(&value) {
        let values = question.values().join(", ");
        return Err(Failure::user(format!("`{value}` is no answer to {}", question.word()))
            .hint(format!("answers are {values}, or unknown")));
    }
    let path = format!("/hosts/{}/answers", client::part(name)?);
    let request = AnswerRequest { question, value: value.to_owned() };
    let answers: Vec<Answer> = client.put(&path, &request)?;
    if json {
        output::json(&answers);
        return Ok(());
    }
    output::say(&render::answers(name, &answers, &clock::zone()));
    output::note(&format!("hint: `patchwell exposures --host {name}` shows what follows from it"));
    Ok(())
}
