//! The one-command start: server in this process, this machine's agent as child processes, one summary.
//!
//! Composes what others do; decides nothing about patches.

mod halves;
mod signals;

use crate::client::Client;
use crate::commands::exposures;
use crate::commands::up::{FeedsSwitch, Serving};
use crate::config::{self, Access, Paths};
use crate::error::Failure;
use crate::owner::{self, Trust};
use crate::render;
use crate::{clock, output};
use halves::Halves;
use model::host::HostView;
use model::package::{PackageSet, UpdateView};
use model::problem::{Problem, Severity};
use server::{Server, Settings};
use signals::Signals;
use std::path::{Path, PathBuf};

/// How long a report with refreshed package lists is waited for.
const REPORT_SECS_MAX: i64 = 180;
/// How often this machine's agent is asked for news while something is awaited.
const ASK_MILLIS: u64 = 300;
/// How often its processes are looked after once everything is shown.
const CARE_MILLIS: u64 = 2_000;

/// What to do beside serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Enrol this machine, show it, go on until stopped.
    Stay,
    /// Show this machine once and stop.
    Once {
        json: bool,
    },
    WithoutHost,
}

/// Starts everything, does what `mode` says, and stops everything.
pub(crate) fn run(paths: &Paths, serving: &Serving, mode: Mode) -> Result<(), Failure> {
    let data = data_dir(paths, serving)?;
    config::make_dir(&paths.config)?;
    let signals = Signals::listen()?;
    let trust = owner::read_or_make(paths)?;
    output::note("starting the control plane ...");
    let server = Server::start(settings(&data, serving)).map_err(|error| {
        let failure = Failure::user("could not start the control plane").because(&error);
        failure.hint(error.hint())
    })?;
    // Not before: what is no data folder of ours must not get a file of ours.
    logging(&data, mode)?;
    let up = Up { paths, data: &data, server: &server, trust: &trust, signals: &signals };
    let done = up.run(mode);
    output::note("stopping ...");
    server.stop();
    done
}

fn data_dir(paths: &Paths, serving: &Serving) -> Result<PathBuf, Failure> {
    let data = match &serving.data {
        Some(data) => data.clone(),
        None => paths.data()?,
    };
    // The agent's processes have another current folder.
    std::path::absolute(&data).map_err(|error| {
        Failure::user(format!("`{}` is no folder", data.display())).because(&error)
    })
}

fn settings(data: &Path, serving: &Serving) -> Settings {
    Settings {
        data: data.to_owned(),
        console: serving.console,
        gateway: serving.gateway,
        gateway_name: match &serving.gateway_name {
            Some(name) => name.clone(),
            None => serving.gateway.to_string(),
        },
        proxy: serving.proxy.clone(),
        clock: server::Clock::System,
        feeds: match serving.feeds {
            FeedsSwitch::On => server::FeedsFrom::Publishers,
            FeedsSwitch::Off => server::FeedsFrom::Nowhere,
        },
    }
}

/// Under a service manager the log belongs on standard error; beside a summary it would disturb.
fn logging(data: &Path, mode: Mode) -> Result<(), Failure> {
    let builder = tracing_subscriber::fmt().with_ansi(false);
    let done = if mode == Mode::WithoutHost {
        builder.with_writer(std::io::stderr).try_init()
    } else {
        let file = halves::log_file(&data.join("server.log"))?;
        builder.with_writer(std::sync::Mutex::new(file)).try_init()
    };
    done.map_err(|error| Failure::internal(format!("could not start the log: {error}")))
}

struct Up<'a> {
    paths: &'a Paths,
    data: &'a Path,
    server: &'a Server,
    trust: &'a Trust,
    signals: &'a Signals,
}

impl Up<'_> {
    fn run(&self, mode: Mode) -> Result<(), Failure> {
        let client = self.client()?;
        self.hand_over_trust(&client)?;
        if mode == Mode::WithoutHost {
            self.link()?;
            self.signals.wait();
            return Ok(());
        }
        let agent_dir = self.data.join("agent");
        halves::enrol(&client, &agent_dir, &self.trust.pin.to_string())?;
        let started_at = clock::now();
        let mut halves = Halves::start(&agent_dir)?;
        output::note("reading this machine's packages ...");
        let done = self.show(&client, &mut halves, (mode, started_at));
        halves.stop();
        done
    }

    /// Opens the API with the token of an earlier start, or with a new one.
    fn client(&self) -> Result<Client, Failure> {
        let server = format!("http://{}", self.server.console_addr());
        let earlier = self.paths.access().ok().filter(|access| access.server == server);
        if let Some(access) = earlier {
            let client = Client::new(access)?;
            if client.get::<serde_json::Value>("/status").is_ok() {
                return Ok(client);
            }
        }
        let token = self.server.cli_token(&self.person()).map_err(|error| ours(&error))?;
        let access = Access { server, token };
        self.paths.write_access(&access)?;
        Client::new(access)
    }

    fn person(&self) -> String {
        let persons = &self.trust.verified.roster.persons;
        persons.first().map_or_else(config::login_name, |person| person.person_id.clone())
    }

    fn hand_over_trust(&self, client: &Client) -> Result<(), Failure> {
        let _answer: serde_json::Value =
            client.put("/trust", &self.trust.request()).map_err(|failure| {
                let keys = self.paths.config.display();
                failure.hint(format!(
                    "the data folder and the keys in {keys} may belong to different set-ups: \
                     give the --config-dir that this data folder was made with"
                ))
            })?;
        Ok(())
    }

    fn link(&self) -> Result<(), Failure> {
        let link = self.server.sign_in_link().map_err(|error| ours(&error))?;
        output::note("");
        output::note(&format!("console    {link}"));
        output::note("           (signs you in once; Ctrl-C stops everything)");
        Ok(())
    }

    fn show(
        &self,
        client: &Client,
        halves: &mut Halves,
        (mode, started_at): (Mode, i64),
    ) -> Result<(), Failure> {
        let host = halves.host();
        let is_staying = mode == Mode::Stay;
        let mut has_shown = false;
        loop {
            let late = clock::now() - started_at > REPORT_SECS_MAX;
            let seen: HostView = client.get(&format!("/hosts/{host}"))?;
            let is_reported = seen.reported_at.is_some_and(|at| at >= started_at);
            let is_refreshed = is_reported && is_refreshed(&seen, started_at);
            if is_refreshed || (late && is_reported && !is_staying) {
                return self.last(client, &seen, (mode, is_refreshed), halves);
            }
            if is_reported && is_staying && !has_shown {
                has_shown = true;
                say_host(client, &seen);
                self.link()?;
                output::note("refreshing package lists into a private folder ...");
            }
            if late && !is_staying {
                return Err(halves.silent(REPORT_SECS_MAX));
            }
            halves.care(is_staying)?;
            if self.signals.wait_millis(ASK_MILLIS) {
                return Ok(());
            }
        }
    }

    /// The picture with refreshed lists: for `--once` the only one.
    fn last(
        &self,
        client: &Client,
        host: &HostView,
        (mode, is_refreshed): (Mode, bool),
        halves: &mut Halves,
    ) -> Result<(), Failure> {
        match mode {
            Mode::Once { json: true } => return document(client, host, is_refreshed),
            Mode::Once { json: false } => {
                say_host(client, host);
                return Ok(());
            }
            Mode::Stay | Mode::WithoutHost => {}
        }
        output::say("");
        say_host(client, host);
        self.link()?;
        while !self.signals.wait_millis(CARE_MILLIS) {
            halves.care(true)?;
        }
        Ok(())
    }
}

fn say_host(client: &Client, host: &HostView) {
    let exposure = exposures::of_host(client, host);
    output::say(&render::host(host, &exposure, &clock::zone(), clock::now()));
}

fn ours(error: &server::ApiError) -> Failure {
    Failure::internal(error.said.clone()).hint(error.hint.clone())
}

/// Lists count as refreshed when they are from this start, or when refreshing them failed: then the
/// host says why.
fn is_refreshed(host: &HostView, started_at: i64) -> bool {
    host.lists.as_ref().is_some_and(|lists| {
        !lists.refresh_error.is_empty() || lists.refreshed_at.is_some_and(|at| at >= started_at)
    })
}

/// Prints what `--json` promises.
fn document(client: &Client, host: &HostView, is_refreshed: bool) -> Result<(), Failure> {
    let set: PackageSet = client.get(&format!("/hosts/{}/packages", host.id))?;
    let updates: Vec<UpdateView> = client.get(&format!("/hosts/{}/updates", host.id))?;
    let mut problems = host.problems.clone();
    if !is_refreshed {
        let text = format!("were not refreshed within {REPORT_SECS_MAX} seconds");
        let hint = "the updates may be incomplete; try again, or look at the network";
        problems.push(Problem::new(Severity::Warning, "package lists", &text).hint(hint));
    }
    output::json(&serde_json::json!({
        "host": host,
        "packages": set.packages,
        "updates": updates,
        "problems": problems,
    }));
    Ok(())
}
