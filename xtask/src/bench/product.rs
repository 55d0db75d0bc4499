//! The product as people start it: folders of its own, free ports, release builds.

use anyhow::{Context as _, Result, bail};
use lab::net::{BRIDGE, GATEWAY_PORT};
use lab::process::{self, Output};
use lab::{Host, Lab, Settings, Wish, base::Release, enrol, files, wait};
use serde_json::Value;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

/// A command that only asks.
const ASK_SECS: u64 = 60;
/// A host looks, refreshes its lists, looks again.
const REPORT_SECS: u64 = 240;
/// A process that was asked to end.
const END_SECS: u64 = 20;

/// A folder for one measurement; gone when dropped.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// Makes a new one.
    ///
    /// # Errors
    /// The disk is full.
    pub(crate) fn new() -> Result<Self> {
        let name = format!("patchwell-bench-{}-{:x}", std::process::id(), wait::now_nanos());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Returns the command line with this folder as its home.
    ///
    /// # Errors
    /// There is no release build.
    pub(crate) fn command(&self, args: &[&str]) -> Result<Command> {
        let program = program("patchwell")?;
        let program = program.to_str().context("the program's name is not text")?;
        let mut command = process::command(program, args);
        command
            .env("HOME", &self.0)
            .env("XDG_STATE_HOME", self.0.join("state"))
            .env("XDG_CONFIG_HOME", self.0.join("config"));
        Ok(command)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Below the system's folder for what may go.
        files::remove_folder(&self.0).ok();
    }
}

/// Returns the release build of a program.
///
/// # Errors
/// There is none.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let newest = enrol::program(name)?;
    let release = |path: &Path| -> Option<PathBuf> {
        Some(path.parent()?.parent()?.join("release").join(path.file_name()?))
    };
    if newest.parent().is_some_and(|folder| folder.ends_with("debug")) {
        let other = release(&newest).filter(|path| path.exists());
        return other.with_context(|| {
            format!("`{name}` has no release build\nhint: run `cargo build --release --workspace`")
        });
    }
    Ok(newest)
}

/// Returns an address of loopback that is free now.
///
/// # Errors
/// No port is free.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Returns seconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    i64::try_from(wait::now_nanos() / 1_000_000_000).unwrap_or(i64::MAX)
}

/// Ends a child in good order, or else by force.
pub(crate) fn end(mut child: Child) {
    let limit = Duration::from_secs(END_SECS);
    // A child that nobody waited for yet keeps its number.
    let asked = process::run("sh", &["-c", &format!("kill -TERM {}", child.id())], limit);
    drop(asked);
    if wait::until("it to end", limit, || Ok(child.try_wait()?)).is_err() {
        child.kill().ok();
        child.wait().ok();
    }
}

/// Boots `hosts` fresh hosts whose gateway is at `gateway`.
///
/// # Errors
/// See [`Lab::up`].
pub(crate) fn lab(hosts: usize, gateway: SocketAddr) -> Result<Lab> {
    let wish = Wish {
        hosts,
        release: Release::Bookworm,
        packages: Vec::new(),
        gateway,
        proxy: "127.0.0.1:0".parse()?,
    };
    // Only what is made for the first time takes long enough to be told.
    Lab::up(&Settings::from_env(), &wish, &|line| println!("  {line}"))
}

/// A server for hosts of a lab; ends when dropped.
#[derive(Debug)]
pub(crate) struct Product {
    folder: Folder,
    server: Option<Child>,
}

impl Product {
    /// Starts the server with its gateway at `gateway`, and waits until it answers.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) fn start(gateway: SocketAddr, lab: &Lab) -> Result<Self> {
        let folder = Folder::new()?;
        let log = File::create(folder.0.join("server.log"))?;
        let (gateway, name) = (gateway.to_string(), format!("{BRIDGE}:{GATEWAY_PORT}"));
        let args = ["server", "--console", "127.0.0.1:0", "--gateway", &gateway];
        let more = ["--gateway-name", &name, "--proxy", &lab.sheet.proxy];
        let mut command = folder.command(&[&args[..], &more[..]].concat())?;
        let child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        let product = Self { folder, server: Some(child) };
        wait::until("the server to answer", Duration::from_secs(ASK_SECS), || {
            Ok(product.cli(ASK_SECS, &["host", "list", "--json"])?.is_ok().then_some(()))
        })
        .with_context(|| product.log())?;
        Ok(product)
    }

    fn log(&self) -> String {
        let text = std::fs::read_to_string(self.folder.0.join("server.log")).unwrap_or_default();
        format!("the server said: {}", process::tail(&text))
    }

    /// Runs the command line, at most for `secs`.
    ///
    /// # Errors
    /// It did not end in time.
    pub(crate) fn cli(&self, secs: u64, args: &[&str]) -> Result<Output> {
        process::finish(self.folder.command(args)?, &[], Duration::from_secs(secs))
    }

    /// Runs the command line, which must succeed.
    ///
    /// # Errors
    /// It failed; the message ends with what it said.
    pub(crate) fn cli_ok(&self, args: &[&str]) -> Result<String> {
        let output = self.cli(ASK_SECS, args)?;
        if !output.is_ok() {
            bail!("`patchwell {}` failed: {}\n{}", args.join(" "), output.stderr, self.log());
        }
        Ok(output.stdout)
    }

    /// Runs the command line and reads the JSON that it prints.
    ///
    /// # Errors
    /// It failed, or printed something else.
    pub(crate) fn ask(&self, args: &[&str]) -> Result<Value> {
        let text = self.cli_ok(&[args, &["--json"]].concat())?;
        serde_json::from_str(&text).with_context(|| format!("{args:?} printed no JSON"))
    }

    /// Installs the agent on all hosts, joins them, and waits until each told of refreshed lists.
    ///
    /// # Errors
    /// A host did not join or does not report.
    pub(crate) fn enrol(&self, lab: &Lab) -> Result<()> {
        let agent = program("patchwell-agent")?;
        let began_at = now();
        let line = self.cli_ok(&["enrol", "token", "--uses", &lab.hosts.len().to_string()])?;
        for host in &lab.hosts {
            enrol::install(host, &agent)?;
            enrol::join(host, line.trim())?;
        }
        lab.hosts.iter().try_for_each(|host| self.wait_refreshed(host, began_at))
    }

    /// Waits until a host reported with lists that were refreshed at `since` or later.
    ///
    /// # Errors
    /// It does not within four minutes.
    pub(crate) fn wait_refreshed(&self, host: &Host, since: i64) -> Result<()> {
        let what = format!("a report of {}", host.name);
        wait::until(&what, Duration::from_secs(REPORT_SECS), || {
            let Ok(view) = self.ask(&["host", "show", &host.name]) else { return Ok(None) };
            let lists = &view["lists"];
            let is_fresh = lists["refreshed_at"].as_i64().is_some_and(|at| at >= since);
            Ok((is_fresh && lists["refresh_error"] == "").then_some(()))
        })
        .with_context(|| self.log())
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            end(server);
        }
    }
}
