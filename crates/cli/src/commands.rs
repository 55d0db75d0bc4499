//! The commands, one file each; the doc comment of a command's arguments is its help text.

mod actions;
mod approve;
mod assess;
mod change;
mod cve;
mod deadlines;
mod end_of_life;
mod enrol;
mod events;
pub(crate) mod exposures;
mod feeds;
mod host;
mod obligations;
mod plan;
mod server;
mod sign_in;
mod stop;
mod trust;
mod undo;
pub(crate) mod up;
mod watch;

use crate::config::Paths;
use crate::error::Failure;
use clap::Subcommand;
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Command {
    Up(up::Up),
    Server(server::Server),
    #[command(subcommand)]
    Host(host::Host),
    Exposures(exposures::Exposures),
    Cve(cve::Cve),
    Actions(actions::Actions),
    Deadlines(deadlines::Deadlines),
    EndOfLife(end_of_life::EndOfLife),
    Feeds(feeds::Feeds),
    Obligations(obligations::Obligations),
    Assess(assess::Assess),
    Plan(plan::Plan),
    #[command(subcommand)]
    Change(change::Change),
    Approve(approve::Approve),
    Watch(watch::Watch),
    Undo(undo::Undo),
    Stop(stop::Stop),
    Events(events::Events),
    SignIn(sign_in::SignIn),
    #[command(subcommand)]
    Enrol(enrol::Enrol),
    #[command(subcommand)]
    Trust(trust::Trust),
    /// Runs a part of the agent; `up` starts these for this machine.
    #[command(hide = true, disable_help_flag = true)]
    Agent {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

impl Default for Command {
    fn default() -> Self {
        Self::Up(up::Up::default())
    }
}

impl Command {
    pub(crate) fn run(self, paths: &Paths) -> Result<ExitCode, Failure> {
        let done = match self {
            Self::Up(up) => up.run(paths),
            Self::Server(server) => server.run(paths),
            Self::Host(host) => host.run(paths),
            Self::Exposures(exposures) => exposures.run(paths),
            Self::Cve(cve) => cve.run(paths),
            Self::Actions(actions) => actions.run(paths),
            Self::Deadlines(deadlines) => deadlines.run(paths),
            Self::EndOfLife(end_of_life) => end_of_life.run(paths),
            Self::Feeds(feeds) => feeds.run(paths),
            Self::Obligations(obligations) => obligations.run(paths),
            Self::Assess(assess) => assess.run(),
            Self::Plan(plan) => plan.run(paths),
            Self::Change(change) => change.run(paths),
            Self::Approve(approve) => approve.run(paths),
            Self::Watch(watch) => return watch.run(paths),
            Self::Undo(undo) => undo.run(paths),
            Self::Stop(stop) => stop.run(paths),
            Self::Events(events) => events.run(paths),
            Self::SignIn(sign_in) => sign_in.run(paths),
            Self::Enrol(enrol) => enrol.run(paths),
            Self::Trust(trust) => trust.run(paths),
            Self::Agent { .. } => Ok(()),
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}
