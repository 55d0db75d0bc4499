//! The only file of the lab that starts processes, and that signals them: by number *and* start time,
//! so that a number given to another process meanwhile is left alone.

use crate::wait::{self, Deadline};
use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Bytes of one output stream kept at most.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a finished command left.
#[derive(Debug, Clone)]
pub struct Output {
    /// Exit code, or `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub fn is_ok(&self) -> bool {
        self.code == Some(0)
    }
}

/// A process, told apart from a later one with the same number by its start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pub pid: i32,
    /// Clock ticks after the machine's start, from `/proc/PID/stat`.
    pub started: u64,
}

impl ProcessId {
    /// Returns the process that has this number now, unless it is over.
    pub fn of(pid: i32) -> Option<Self> {
        let fields = stat(pid)?;
        (fields.state != "Z" && fields.state != "X")
            .then_some(Self { pid, started: fields.started })
    }

    /// Returns this very process.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub fn own() -> Result<Self> {
        let pid = i32::try_from(std::process::id())?;
        Self::of(pid).context("could not read `/proc/self/stat`")
    }

    pub fn is_alive(&self) -> bool {
        Self::of(self.pid) == Some(*self)
    }

    /// Sends `signal` if this process still lives.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid)
            && self.is_alive()
        {
            // It may end between the look and the signal; then there is nothing left to do.
            rustix::process::kill_process(pid, signal).ok();
        }
    }

    /// Returns the living children of this process.
    pub fn children(&self) -> Vec<Self> {
        let Ok(folders) = fs::read_dir("/proc") else { return Vec::new() };
        folders
            .filter_map(|folder| folder.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid| stat(*pid).is_some_and(|fields| fields.parent == self.pid))
            .filter_map(Self::of)
            .collect()
    }

    /// Returns whether this process is PID 1 of a process name space below ours.
    pub fn is_first_of_container(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or("");
        let numbers: Vec<&str> = numbers.split_whitespace().collect();
        numbers.len() > 1 && numbers.last() == Some(&"1")
    }
}

struct Stat {
    state: String,
    parent: i32,
    started: u64,
}

/// Reads `/proc/PID/stat`; the name in brackets may hold spaces and brackets.
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some(Stat {
        state: (*fields.first()?).to_owned(),
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// Returns a command that inherits our environment and reads nothing.
pub fn command(program: &str, args: &[&str]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one file that starts processes")]
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

/// Runs a program to its end, at most for `limit`.
///
/// # Errors
/// It could not be started, or did not end in time (it is then killed).
pub fn run(program: &str, args: &[&str], limit: Duration) -> Result<Output> {
    finish(command(program, args), &[], limit)
        .with_context(|| format!("could not run `{program} {}`", args.join(" ")))
}

/// Runs a program that must succeed; returns its standard output.
///
/// # Errors
/// As [`run`], or it failed: the message then ends with what it said.
pub fn run_ok(program: &str, args: &[&str], limit: Duration) -> Result<String> {
    let output = run(program, args, limit)?;
    if !output.is_ok() {
        let said = if output.stderr.trim().is_empty() { &output.stdout } else { &output.stderr };
        bail!("`{program} {}` failed ({:?}): {}", args.join(" "), output.code, tail(said));
    }
    Ok(output.stdout)
}

/// Runs `command` to its end with `input` on its standard input.
///
/// # Errors
/// It could not be started, or did not end within `limit` (it is then killed).
pub fn finish(mut command: Command, input: &[u8], limit: Duration) -> Result<Output> {
    let mut child = command
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.take().context("no pipe")?;
    let stderr = child.stderr.take().context("no pipe")?;
    let out = std::thread::spawn(move || read_all(stdout));
    let err = std::thread::spawn(move || read_all(stderr));
    if let Some(mut pipe) = child.stdin.take() {
        // A program that does not read to the end fails by itself; its words say more.
        pipe.write_all(input).ok();
    }
    let code = end(&mut child, limit)?;
    Ok(Output {
        code,
        stdout: out.join().unwrap_or_default(),
        stderr: err.join().unwrap_or_default(),
    })
}

/// Runs a program and hands each line of its standard error to `say`.
///
/// # Errors
/// It failed, or did not end within `limit`; the message ends with its last lines.
pub fn run_saying(
    program: &str,
    args: &[&str],
    limit: Duration,
    say: crate::Say<'_>,
) -> Result<()> {
    let mut child = command(program, args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().context("no pipe")?;
    let (lines, seen) = std::sync::mpsc::channel::<String>();
    let reader = std::thread::spawn(move || {
        BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
    });
    let deadline = Deadline::after(limit);
    let mut kept = Vec::new();
    while let Ok(line) = seen.recv_timeout(limit) {
        say(&line);
        kept.push(line);
        if deadline.is_over() {
            break;
        }
    }
    let code = end(&mut child, Duration::from_secs(if deadline.is_over() { 0 } else { 10 }))?;
    drop(seen);
    drop(reader.join());
    if code != Some(0) {
        let from = kept.len().saturating_sub(8);
        bail!("`{program}` failed ({code:?}): {}", kept[from..].join(" / "));
    }
    Ok(())
}

fn end(child: &mut Child, limit: Duration) -> Result<Option<i32>> {
    let deadline = Deadline::after(limit);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if deadline.is_over() {
            child.kill()?;
            child.wait()?;
            bail!("it did not end within {} seconds", limit.as_secs());
        }
        wait::pause(Duration::from_millis(5));
    }
}

fn read_all(pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    // What could be read is worth showing even if the pipe breaks.
    pipe.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes).ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns the last part of what a program said: enough for a message.
pub fn tail(text: &str) -> String {
    let text = text.trim();
    let skip = text.chars().count().saturating_sub(1_024);
    text.chars().skip(skip).collect()
}
