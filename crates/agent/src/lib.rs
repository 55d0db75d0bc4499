//! The agent: looks at its host, and carries out orders that people signed.
//!
//! One program, several roles; the first argument chooses. The network half talks to the server and
//! can do nothing else; the root half obeys signed orders and has no network.

pub mod clock;
pub mod collect;
pub mod config;
pub mod enrol;
pub mod failure;
pub mod files;
pub mod halves;
pub mod hands;
pub mod link;
pub mod net;
pub mod providers;
pub mod root;
pub mod run;
pub mod sandbox;
pub mod txn;

use config::Config;
use failure::Failure;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// What may follow the role. Each role takes what it needs and refuses nothing else: the roles are
/// started by programs, and `enrol` checks its own.
#[derive(Debug, Default)]
pub struct Options {
    pub server: Option<String>,
    pub token: Option<String>,
    pub ca: Option<String>,
    pub tenant_root: Option<String>,
    pub config: PathBuf,
    pub state: Option<PathBuf>,
    pub out: Option<PathBuf>,
    pub run: Option<PathBuf>,
    pub refresh: bool,
}

/// Runs the role that `args` names (without the program's own name) to its end.
pub fn start(args: Vec<OsString>) -> ExitCode {
    match perform(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure::say(&failure.chain());
            ExitCode::FAILURE
        }
    }
}

fn perform(args: Vec<OsString>) -> Result<(), Failure> {
    let usage = |error: lexopt::Error| Failure::new("bad arguments").because(error).hint(USAGE);
    let (role, options) = parse(args).map_err(usage)?;
    match role.as_str() {
        "enrol" => enrol::start(&options),
        "net" => net::start(&Config::read(&options.config)?),
        "root" => root::start(&Config::read(&options.config)?, &options.config),
        "txn" => match &options.run {
            Some(run) => txn::start(run),
            None => Err(Failure::new("`txn` needs a run's folder").hint("add --run DIR")),
        },
        "collect" => collect::start(&Config::read(&options.config)?, &options),
        _ => Err(Failure::new(format!("there is no role `{role}`")).hint(USAGE)),
    }
}

const USAGE: &str = "patchwell-agent enrol --server HOST:PORT --token T --ca sha256:HEX \
    --tenant-root sha256:HEX [--config PATH] [--state DIR] | net | root | collect --out FILE \
    [--refresh] | txn --run DIR";

fn parse(args: Vec<OsString>) -> Result<(String, Options), lexopt::Error> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_args(args);
    let mut role = String::new();
    let mut options = Options { config: config::CONFIG_PATH.into(), ..Options::default() };
    while let Some(arg) = parser.next()? {
        match arg {
            Value(value) if role.is_empty() => role = value.string()?,
            Long("server") => options.server = Some(parser.value()?.string()?),
            Long("token") => options.token = Some(parser.value()?.string()?),
            Long("ca") => options.ca = Some(parser.value()?.string()?),
            Long("tenant-root") => options.tenant_root = Some(parser.value()?.string()?),
            Long("config") => options.config = parser.value()?.into(),
            Long("state") => options.state = Some(parser.value()?.into()),
            Long("out") => options.out = Some(parser.value()?.into()),
            Long("run") => options.run = Some(parser.value()?.into()),
            Long("refresh") => options.refresh = true,
            Short(_) | Long(_) | Value(_) => return Err(arg.unexpected()),
        }
    }
    Ok((role, options))
}
