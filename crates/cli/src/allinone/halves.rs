//! This machine's agent: joined by a token as any host, its two halves as child processes.

use crate::client::Client;
use crate::error::{Failure, Kind};
use crate::{clock, config, output};
use agent::hands::process;
use model::HostId;
use model::wire::{TokenAnswer, TokenRequest};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Child;

/// The token for this machine is used within seconds.
const TOKEN_SECS: u32 = 600;
/// A half that ended is started again after this time, so that one that cannot run does not spin.
const AGAIN_SECS: i64 = 5;
/// A half that does not end by itself in this time after SIGTERM is killed. Not a transaction: that
/// is a process of its own, and nobody ends it.
const END_MILLIS_MAX: u64 = 5_000;
/// Bytes of a half's log that a failure shows.
const TAIL_BYTES: usize = 1_024;

/// Joins this machine to the server, unless it was before.
pub(crate) fn enrol(client: &Client, dir: &Path, pin: &str) -> Result<(), Failure> {
    if settings(dir).exists() && own_host(dir).is_ok() {
        return Ok(());
    }
    output::note("enrolling this machine as its first host ...");
    config::make_dir(dir)?;
    let request = TokenRequest { uses: 1, ttl_secs: TOKEN_SECS, tags: Vec::new() };
    let token: TokenAnswer = client.post("/tokens", &request)?;
    let (ca, pin) = (format!("sha256:{}", token.ca), format!("sha256:{pin}"));
    let (settings, state) = (text(&settings(dir))?, text(dir)?);
    let args = [
        "agent",
        "enrol",
        "--server",
        &token.gateway,
        "--token",
        &token.token,
        "--ca",
        &ca,
        "--tenant-root",
        &pin,
        "--config",
        &settings,
        "--state",
        &state,
    ];
    let ran = process::run(&own_program()?, &args).map_err(|error| {
        Failure::internal("could not start the agent of this machine").because(&error)
    })?;
    if !ran.is_ok() {
        let said = ran.stderr_tail.trim_start_matches("error: ");
        return Err(Failure::internal(format!("could not enrol this machine: {said}")));
    }
    Ok(())
}

/// The running halves.
pub(crate) struct Halves {
    dir: PathBuf,
    host: HostId,
    halves: Vec<Half>,
}

struct Half {
    role: &'static str,
    child: Child,
    started_at: i64,
    has_ended: bool,
}

impl Halves {
    /// Starts the root half, then the network half that connects to it.
    pub(crate) fn start(dir: &Path) -> Result<Self, Failure> {
        let host = own_host(dir)?;
        let mut halves = Self { dir: dir.to_owned(), host, halves: Vec::new() };
        for role in ["root", "net"] {
            match start(dir, role) {
                Ok(half) => halves.halves.push(half),
                Err(failure) => {
                    halves.stop();
                    return Err(failure);
                }
            }
        }
        Ok(halves)
    }

    /// Returns this machine's id.
    pub(crate) fn host(&self) -> HostId {
        self.host
    }

    /// Notices a half that ended. With `again` it is started again after a while; without, it is a failure.
    pub(crate) fn care(&mut self, again: bool) -> Result<(), Failure> {
        for half in &mut self.halves {
            let has_ended =
                half.has_ended || half.child.try_wait().is_ok_and(|code| code.is_some());
            half.has_ended = has_ended;
            if !has_ended {
                continue;
            }
            if !again {
                let message = format!("the agent's {} half ended", half.role);
                return Err(told(&self.dir, half.role, message));
            }
            if clock::now() - half.started_at >= AGAIN_SECS {
                *half = start(&self.dir, half.role)?;
            }
        }
        Ok(())
    }

    /// Returns the failure of an agent that runs and does not report.
    pub(crate) fn silent(&self, secs: i64) -> Failure {
        told(&self.dir, "net", format!("no report from this machine within {secs} seconds"))
    }

    /// Ends both halves and waits for them.
    pub(crate) fn stop(&mut self) {
        for half in self.halves.iter().rev().filter(|half| !half.has_ended) {
            let pid = i32::try_from(half.child.id()).ok().and_then(Pid::from_raw);
            let _gone = pid.map(|pid| kill_process(pid, Signal::TERM));
        }
        for half in self.halves.iter_mut().rev() {
            let mut left = END_MILLIS_MAX;
            while left > 0 && half.child.try_wait().is_ok_and(|code| code.is_none()) {
                clock::pause(20);
                left -= 20;
            }
            let _gone = half.child.kill();
            let _code = half.child.wait();
        }
    }
}

fn start(dir: &Path, role: &'static str) -> Result<Half, Failure> {
    let log = log_file(&log_path(dir, role))?;
    let settings = text(&settings(dir))?;
    let args = ["agent", role, "--config", &settings];
    let child = process::start_child(&own_program()?, &args, &log).map_err(|error| {
        Failure::internal(format!("could not start the agent's {role} half")).because(&error)
    })?;
    Ok(Half { role, child, started_at: clock::now(), has_ended: false })
}

fn told(dir: &Path, role: &str, message: String) -> Failure {
    let path = log_path(dir, role);
    let log = std::fs::read(&path).unwrap_or_default();
    let tail = &log[log.len().saturating_sub(TAIL_BYTES)..];
    let last = String::from_utf8_lossy(tail).lines().last().unwrap_or_default().to_owned();
    let message = if last.is_empty() { message } else { format!("{message}: {last}") };
    Failure::new(Kind::Internal, message).hint(format!("its log is `{}`", path.display()))
}

/// Opens a log to append to.
pub(crate) fn log_file(path: &Path) -> Result<File, Failure> {
    std::fs::OpenOptions::new().append(true).create(true).open(path).map_err(|error| {
        Failure::user(format!("could not write `{}`", path.display()))
            .because(&error)
            .hint("choose another data folder with --data DIR")
    })
}

fn log_path(dir: &Path, role: &str) -> PathBuf {
    dir.join(format!("{role}.log"))
}

fn settings(dir: &Path) -> PathBuf {
    dir.join("agent.toml")
}

/// What `enrol` leaves for the root half; only the id matters here.
#[derive(Deserialize)]
struct Joined {
    host: HostId,
}

fn own_host(dir: &Path) -> Result<HostId, Failure> {
    let path = dir.join("root/host.json");
    let could_not = || format!("could not read `{}`", path.display());
    let bytes = std::fs::read(&path).map_err(|error| Failure::user(could_not()).because(&error))?;
    let joined: Joined = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::user(could_not()).because(&error))?;
    Ok(joined.host)
}

fn own_program() -> Result<String, Failure> {
    let path = std::env::current_exe()
        .map_err(|error| Failure::internal("could not find this program").because(&error))?;
    text(&path)
}

fn text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::user(format!("`{}` is not UTF-8", path.display()))
            .hint("choose another data folder with --data DIR")
    })
}
