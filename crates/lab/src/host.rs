//! One booted host: what tests and people do with it. All it knows is in files, so any process that may
//! read them can use it, not only the one that keeps the lab.

use crate::net;
use crate::process::{self, Output, ProcessId};
use crate::{files, wait};
use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Seconds that a command on a host may take, unless said otherwise: a real apt run has room.
const EXEC_SECS: u64 = 600;
/// Boot, reboot and shutdown take 1 to 8 seconds here; a loaded machine gets more.
const BOOT_SECS: u64 = 120;
const END_SECS: u64 = 30;

/// A host of the lab.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Host {
    /// `lab-1` …
    pub name: String,
    /// Counts from 1.
    pub number: usize,
    pub addr: String,
    /// Its network name space.
    pub space: String,
    /// Control group of the container.
    pub group: String,
    /// Small files about it.
    pub folder: PathBuf,
    /// Overlay folders: `upper` holds what the host changed.
    pub disk: PathBuf,
}

/// Whether a host should run; read by the thread that keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    Up,
    Down,
}

/// What the keeping thread last saw.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// The container's systemd-nspawn, while there is one.
    pub(crate) nspawn: Option<ProcessId>,
    pub(crate) boots: u32,
}

impl Host {
    /// Runs a shell command as root on the host.
    ///
    /// # Errors
    /// The host does not run, or the command did not end within ten minutes.
    pub fn exec(&self, command: &str) -> Result<Output> {
        self.exec_within(Duration::from_secs(EXEC_SECS), command)
    }

    /// Runs a shell command as root on the host, at most for `limit`; it is ended there when that is over.
    ///
    /// # Errors
    /// The host does not run.
    pub fn exec_within(&self, limit: Duration, command: &str) -> Result<Output> {
        let secs = limit.as_secs().to_string();
        self.enter(&["timeout", "-k", "5", &secs, "sh", "-c", command], &[], limit)
    }

    /// Runs a shell command that must succeed; returns its standard output.
    ///
    /// # Errors
    /// As [`Host::exec`], or it failed: the message ends with what it said.
    pub fn exec_ok(&self, command: &str) -> Result<String> {
        let output = self.exec(command)?;
        if !output.is_ok() {
            let said = format!("{}{}", output.stdout, output.stderr);
            bail!(
                "{}: `{command}` failed ({:?}): {}",
                self.name,
                output.code,
                process::tail(&said)
            );
        }
        Ok(output.stdout)
    }

    /// Copies a file of this machine to `to` on the host, with permissions `mode` such as "755".
    ///
    /// # Errors
    /// The file cannot be read, or the host cannot write it.
    pub fn copy_in(&self, from: &Path, to: &str, mode: &str) -> Result<()> {
        let bytes =
            std::fs::read(from).with_context(|| format!("could not read `{}`", from.display()))?;
        self.put(to, &bytes, mode)
    }

    /// Writes `content` to `to` on the host, with permissions `mode` such as "644".
    ///
    /// # Errors
    /// The host does not run or cannot write it.
    pub fn put(&self, to: &str, content: &[u8], mode: &str) -> Result<()> {
        let script = "mkdir -p \"$(dirname \"$1\")\" && cat > \"$1.part\" && \
                      chmod \"$2\" \"$1.part\" && mv \"$1.part\" \"$1\"";
        let limit = Duration::from_secs(60);
        let output = self.enter(&["sh", "-c", script, "sh", to, mode], content, limit)?;
        if !output.is_ok() {
            bail!("could not write `{to}` on {}: {}", self.name, process::tail(&output.stderr));
        }
        Ok(())
    }

    /// Returns the arguments of `nsenter` that run `command` on the host.
    ///
    /// # Errors
    /// The host does not run.
    pub fn entrance(&self, command: &[&str]) -> Result<Vec<String>> {
        let leader = self.leader()?.with_context(|| format!("{} does not run", self.name))?;
        let pid = leader.pid.to_string();
        let fixed = ["-t", &pid, "-a", "env", "-i", "HOME=/root", "USER=root", "LC_ALL=C.UTF-8"];
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let all = fixed.into_iter().chain([path]).chain(command.iter().copied());
        Ok(all.map(str::to_owned).collect())
    }

    fn enter(&self, command: &[&str], input: &[u8], limit: Duration) -> Result<Output> {
        let args = self.entrance(command)?;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let limit = limit + Duration::from_secs(15);
        process::finish(process::command("nsenter", &args), input, limit)
            .with_context(|| format!("could not run a command on {}", self.name))
    }

    /// Returns the container's PID 1 as this machine numbers it, or `None` while it does not run.
    ///
    /// # Errors
    /// The files about the host cannot be read.
    pub fn leader(&self) -> Result<Option<ProcessId>> {
        let Some(nspawn) = self.seen()?.nspawn else { return Ok(None) };
        Ok(nspawn.children().into_iter().find(ProcessId::is_first_of_container))
    }

    /// Waits until the host has booted.
    ///
    /// # Errors
    /// It does not within two minutes.
    pub fn wait_up(&self) -> Result<()> {
        let limit = Duration::from_secs(BOOT_SECS);
        wait::until(&format!("{} to boot", self.name), limit, || Ok(self.is_up().then_some(())))
    }

    fn is_up(&self) -> bool {
        // A unit that failed is a matter of the test that looks at it, not of the boot.
        self.exec_within(Duration::from_secs(10), "systemctl is-system-running")
            .is_ok_and(|output| matches!(output.stdout.trim(), "running" | "degraded"))
    }

    /// Reboots the host in good order and waits until it is up again.
    ///
    /// # Errors
    /// It does not come back.
    pub fn reboot(&self) -> Result<()> {
        let before = self.leader()?;
        // The way in closes while the command still runs: its exit code says nothing.
        self.exec("systemctl reboot")?;
        let limit = Duration::from_secs(BOOT_SECS);
        wait::until(&format!("{} to go down", self.name), limit, || {
            let now = self.leader()?;
            Ok((now.is_some() && now != before).then_some(()))
        })?;
        self.wait_up()
    }

    /// Cuts the power and puts it on again: every process is gone at once. The disk keeps what was written,
    /// synced or not; this is a crash of the system, not a loss of disk caches.
    ///
    /// # Errors
    /// It does not come back.
    pub fn power_cut(&self) -> Result<()> {
        self.power_off()?;
        self.start()
    }

    /// Cuts the power.
    ///
    /// # Errors
    /// It still runs after half a minute.
    pub fn power_off(&self) -> Result<()> {
        self.want(Wanted::Down)?;
        self.end()
    }

    /// Shuts the host down in good order.
    ///
    /// # Errors
    /// It still runs after half a minute.
    pub fn stop(&self) -> Result<()> {
        self.want(Wanted::Down)?;
        if let Some(nspawn) = self.seen()?.nspawn {
            nspawn.signal(Signal::TERM);
        }
        self.wait_down()
    }

    /// Starts the host again and waits until it has booted.
    ///
    /// # Errors
    /// It does not boot.
    pub fn start(&self) -> Result<()> {
        self.want(Wanted::Up)?;
        self.wait_up()
    }

    /// Pulls the network cable, or plugs it in again.
    ///
    /// # Errors
    /// `ip` failed.
    pub fn set_online(&self, online: bool) -> Result<()> {
        net::set_plugged(&self.space, online)
    }

    /// Ends the container at once and waits for that. Never by SIGKILL to systemd-nspawn: that would leave
    /// the container running without a keeper.
    pub(crate) fn end(&self) -> Result<()> {
        wait::until(&format!("{} to end", self.name), Duration::from_secs(END_SECS), || {
            let Some(nspawn) = self.seen()?.nspawn else { return Ok(Some(())) };
            match self.leader()? {
                Some(leader) => leader.signal(Signal::KILL),
                // Before the container began, or after it ended.
                None => nspawn.signal(Signal::TERM),
            }
            Ok(None)
        })
    }

    fn wait_down(&self) -> Result<()> {
        wait::until(&format!("{} to shut down", self.name), Duration::from_secs(END_SECS), || {
            Ok(self.seen()?.nspawn.is_none().then_some(()))
        })
    }

    /// Returns how often the host was started.
    ///
    /// # Errors
    /// The files about the host cannot be read.
    pub fn boots(&self) -> Result<u32> {
        Ok(self.seen()?.boots)
    }

    pub(crate) fn seen(&self) -> Result<Seen> {
        Ok(files::get_json(&self.folder.join("seen.json"))?.unwrap_or_default())
    }

    pub(crate) fn put_seen(&self, seen: Seen) -> Result<()> {
        files::put_json(&self.folder.join("seen.json"), &seen)
    }

    pub(crate) fn want(&self, wanted: Wanted) -> Result<()> {
        files::put_json(&self.folder.join("wanted.json"), &wanted)
    }

    pub(crate) fn wanted(&self) -> Result<Wanted> {
        Ok(files::get_json(&self.folder.join("wanted.json"))?.unwrap_or(Wanted::Down))
    }
}
