//! The product as people start it: the server as a process with folders of its own, and the command line.

use anyhow::{Context as _, Result, bail};
use lab::base::Release;
use lab::net::{BRIDGE, GATEWAY_PORT};
use lab::process::{self, Output, ProcessId};
use lab::{Host, Lab, enrol, wait};
use model::RunId;
use model::change::{ChangeLine, ChangeView};
use model::host::HostView;
use model::run::RunView;
use rustix::process::Signal;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::time::Duration;

/// A command that only asks.
const ASK_SECS: u64 = 60;
/// A host reports again soon after a run; `undo` waits a minute for that.
const PATIENCE_SECS: u64 = 120;
/// A change on hosts: staging, a real apt run of 28 packages, verification.
pub(crate) const CHANGE_SECS: u64 = 420;

/// A server on free ports, and its owner's command line.
pub(crate) struct Product {
    home: tempfile::TempDir,
    pub(crate) gateway: SocketAddr,
    proxy: String,
    server: Option<Child>,
}

impl Product {
    /// Chooses ports and folders; a lab needs the gateway's before the server starts.
    pub(crate) fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let gateway = free.local_addr().unwrap();
        Self { home: tempfile::tempdir().unwrap(), gateway, proxy: String::new(), server: None }
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(&mut self, lab: &Lab) {
        self.proxy = lab.sheet.proxy.clone();
        self.start_again();
    }

    /// Starts the server with the folders and ports of before.
    pub(crate) fn start_again(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.home.path().join("server.log"))
            .unwrap();
        let gateway = self.gateway.to_string();
        let name = format!("{BRIDGE}:{GATEWAY_PORT}");
        let mut command = self.command(&[
            "server",
            "--console",
            "127.0.0.1:0",
            "--gateway",
            &gateway,
            "--gateway-name",
            &name,
            "--proxy",
            &self.proxy,
        ]);
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.server = Some(child);
        let limit = Duration::from_secs(ASK_SECS);
        wait::until("the server to answer", limit, || {
            let child = self.server.as_mut().context("no server")?;
            if let Some(status) = child.try_wait()? {
                bail!("the server ended ({status}): {}", process::tail(&self.log()));
            }
            Ok(self.cli(&["host", "list", "--json"]).is_ok().then_some(()))
        })
        .unwrap();
    }

    /// Ends the server with SIGKILL: no chance to tidy up.
    pub(crate) fn kill_server(&mut self) {
        if let Some(mut child) = self.server.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Returns what the server printed so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("server.log")).unwrap_or_default()
    }

    fn command(&self, args: &[&str]) -> Command {
        let program = enrol::program("patchwell").unwrap();
        let mut command = process::command(program.to_str().unwrap(), args);
        command
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .env("XDG_CONFIG_HOME", self.home.path().join("config"));
        command
    }

    fn cli_within(&self, secs: u64, args: &[&str]) -> Output {
        process::finish(self.command(args), &[], Duration::from_secs(secs)).unwrap_or_else(|e| {
            panic!("`patchwell {}`: {e:#}\nserver: {}", args.join(" "), process::tail(&self.log()))
        })
    }

    /// Runs the command line.
    pub(crate) fn cli(&self, args: &[&str]) -> Output {
        self.cli_within(ASK_SECS, args)
    }

    /// Runs the command line, which must succeed.
    pub(crate) fn cli_ok(&self, args: &[&str]) -> String {
        let output = self.cli(args);
        assert!(
            output.is_ok(),
            "`patchwell {}` failed ({:?}): {}{}\nserver: {}",
            args.join(" "),
            output.code,
            output.stdout,
            output.stderr,
            process::tail(&self.log())
        );
        output.stdout
    }

    pub(crate) fn ask<T: DeserializeOwned>(&self, args: &[&str]) -> T {
        let text = self.cli_ok(&[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}"))
    }

    /// Installs the agent on all hosts, joins them, and waits for the first report of each.
    pub(crate) fn enrol(&self, lab: &Lab) {
        let agent = enrol::agent_for(lab.sheet.release, &|_| ()).unwrap();
        let uses = lab.hosts.len().to_string();
        let line = self.cli_ok(&["enrol", "token", "--uses", &uses]);
        for host in &lab.hosts {
            enrol::install(host, &agent).unwrap();
            enrol::join(host, line.trim()).unwrap();
        }
        for host in &lab.hosts {
            self.wait_host(host, "its first report", |view| view.packages_total > 0);
        }
    }

    /// Waits until what the server knows of a host is as wished.
    pub(crate) fn wait_host(
        &self,
        host: &Host,
        what: &str,
        is_so: impl Fn(&HostView) -> bool,
    ) -> HostView {
        wait::until(&format!("{what} of {}", host.name), Duration::from_secs(120), || {
            let output = self.cli(&["host", "show", &host.name, "--json"]);
            let view: Option<HostView> = serde_json::from_str(&output.stdout).ok();
            Ok(view.filter(|view| is_so(view)))
        })
        .unwrap_or_else(|error| {
            let units = host.exec("journalctl -q --no-pager -n 40 -u 'patchwell*'").unwrap();
            panic!(
                "{error:#}\non the host: {}\nserver: {}",
                units.stdout,
                process::tail(&self.log())
            )
        })
    }

    pub(crate) fn change(&self, id: &str) -> ChangeView {
        self.ask(&["change", "show", id])
    }

    /// Makes a plan; returns the change.
    pub(crate) fn plan(&self, args: &[&str]) -> ChangeView {
        self.plan_of(args, |_| true)
    }

    /// Makes plans until one is as wished: what a person does who knows that the host will report.
    pub(crate) fn plan_of(&self, args: &[&str], is_it: impl Fn(&ChangeView) -> bool) -> ChangeView {
        let args = [&["plan", "--json"], args].concat();
        wait::until("a plan", Duration::from_secs(PATIENCE_SECS), || {
            let output = self.cli(&args);
            if !output.is_ok() {
                return refused(&output);
            }
            let change: ChangeView = serde_json::from_str(&output.stdout)?;
            Ok(Some(change).filter(|change| is_it(change)))
        })
        .unwrap_or_else(|error| panic!("{args:?}: {error:#}\n{}", process::tail(&self.log())))
    }

    pub(crate) fn approve(&self, change: &ChangeView) {
        self.cli_ok(&["approve", &change.id.to_string(), "--yes"]);
    }

    /// Follows a change to its end; returns how it ended.
    pub(crate) fn watch(&self, change: &ChangeView) -> ChangeView {
        let id = change.id.to_string();
        let output = self.cli_within(CHANGE_SECS, &["watch", &id, "--json"]);
        let seen = self.change(&id);
        assert!(
            matches!(output.code, Some(0 | 5)),
            "watch: {:?} {}{}\n{}",
            output.code,
            output.stdout,
            output.stderr,
            process::tail(&self.log())
        );
        let all_well = seen.runs.iter().all(|run| run.state.word() == "succeeded");
        assert_eq!(output.code == Some(0), all_well, "the exit code tells the truth");
        seen
    }

    /// Signs the order that takes a run back; returns the change that does it. Right after a run the
    /// server may not have the host's next report yet: the command waits for it, nobody asks twice.
    pub(crate) fn undo(&self, run: RunId) -> ChangeView {
        let before: Vec<ChangeLine> = self.ask(&["change", "list"]);
        let run = run.to_string();
        let output = self.cli_within(PATIENCE_SECS, &["undo", &run, "--yes"]);
        let log = || process::tail(&self.log());
        assert!(output.is_ok(), "undo: {:?} {}\n{}", output.code, output.stderr, log());
        let after: Vec<ChangeLine> = self.ask(&["change", "list"]);
        let is_new = |line: &&ChangeLine| before.iter().all(|old| old.id != line.id);
        let fresh = after.iter().find(is_new).expect("undo makes a change");
        self.change(&fresh.id.to_string())
    }
}

/// A plan that cannot be made yet is asked for again; anything else is an error.
fn refused<T>(output: &Output) -> Result<Option<T>> {
    if !output.stderr.contains("nothing can be planned") {
        bail!("it failed ({:?}): {}", output.code, output.stderr);
    }
    wait::pause(Duration::from_secs(1));
    Ok(None)
}

impl Drop for Product {
    fn drop(&mut self) {
        let Some(mut child) = self.server.take() else { return };
        let id = i32::try_from(child.id()).ok().and_then(ProcessId::of);
        id.iter().for_each(|id| id.signal(Signal::TERM));
        let ended =
            wait::until("the server to stop", Duration::from_secs(20), || Ok(child.try_wait()?));
        if ended.is_err() {
            child.kill().ok();
            child.wait().ok();
        }
        if std::thread::panicking() {
            println!("the server said: {}", process::tail(&self.log()));
        }
    }
}

/// A lab with a server, all hosts enrolled.
pub(crate) fn enrolled(hosts: usize) -> (Lab, Product) {
    enrolled_after(hosts, |_| ())
}

/// As [`enrolled`], with hosts made ready before the agent comes to them.
pub(crate) fn enrolled_after(hosts: usize, ready: impl Fn(&Lab)) -> (Lab, Product) {
    enrolled_of(Release::Bookworm, hosts, ready)
}

/// As [`enrolled_after`], of any release.
pub(crate) fn enrolled_of(release: Release, hosts: usize, ready: impl Fn(&Lab)) -> (Lab, Product) {
    let mut product = Product::new();
    let lab = crate::lab_of_release(release, hosts, product.gateway);
    ready(&lab);
    product.start(&lab);
    product.enrol(&lab);
    (lab, product)
}

/// Returns `name:arch version` of every installed package, from the host's own dpkg.
pub(crate) fn installed(host: &Host) -> Vec<String> {
    let format = "${db:Status-Abbrev} ${Package}:${Architecture} ${Version}\\n";
    let text = host.exec_ok(&format!("dpkg-query -W -f '{format}'")).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Returns the version of one package and its state letters, `ii 1.0`.
pub(crate) fn package(host: &Host, name: &str) -> String {
    host.exec(&format!("dpkg-query -W -f '${{db:Status-Abbrev}}${{Version}}' {name}"))
        .unwrap()
        .stdout
}

/// Returns a run of a change by its host's name.
pub(crate) fn run_of<'a>(change: &'a ChangeView, host: &Host) -> &'a RunView {
    change.runs.iter().find(|run| run.host_name == host.name).expect("a run of that host")
}

/// Describes a run for a failed assertion.
pub(crate) fn story(run: &RunView) -> String {
    serde_json::to_string_pretty(run).unwrap()
}
