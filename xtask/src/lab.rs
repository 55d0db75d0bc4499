//! `cargo xtask lab`: hosts for tests and demonstrations. The work is the crate `lab`'s; this file reads
//! arguments and prints.

use anyhow::{Context as _, Result, bail};
use lab::fault::{self, FAULTS, Fault};
use lab::run::{self, Sheet, Wish};
use lab::{Host, Lab, Settings, base, enrol, leftovers, process, tree, wait};
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

const HELP: &str = "\
usage: cargo xtask lab up N [--release bookworm|bullseye] [--packages a,b] [--no-enrol]
                            [--agent FILE] [--gateway ADDR] [--proxy ADDR]
       cargo xtask lab enrol [--agent FILE]
       cargo xtask lab list
       cargo xtask lab shell NAME [COMMAND...]
       cargo xtask lab break NAME WHAT
       cargo xtask lab down [--all]

Real Debian hosts on this machine, booted in containers, with updates pending. Needs root and
mmdebstrap, systemd-container, iproute2. Faults for `break`:
";
/// Boot takes 5 to 8 seconds, the first making of root file systems some minutes.
const UP_SECS: u64 = 300;

/// Runs `cargo xtask lab ARGS`.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let settings = Settings::from_env();
    match args.split_first() {
        Some((&"up", rest)) => up(&settings, rest),
        Some((&"enrol", [])) => enrol(&settings, None),
        Some((&"enrol", ["--agent", agent])) => enrol(&settings, Some(agent)),
        Some((&"list", [])) => list(&settings),
        Some((&"shell", [name, command @ ..])) => shell(&settings, name, command),
        Some((&"break", [name, what])) => plant(&settings, name, what.parse()?),
        Some((&"down", [])) => down(&settings),
        Some((&"down", ["--all"])) => done(leftovers::down_all(&settings, &say)),
        Some((&"serve", [wish])) => serve(&settings, &serde_json::from_str(wish)?),
        _ => {
            let faults: String =
                FAULTS.iter().map(|(word, _, what)| format!("  {word:<10} {what}\n")).collect();
            say(&format!("{HELP}{faults}"));
            Ok(ExitCode::from(2))
        }
    }
}

#[expect(clippy::print_stdout, reason = "the one place where the lab's command prints")]
fn say(line: &str) {
    println!("{line}");
}

fn done(result: Result<()>) -> Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}

struct UpArgs {
    wish: Wish,
    enrols: bool,
    agent: Option<String>,
}

fn up_args(args: &[&str]) -> Result<UpArgs> {
    let mut parsed = UpArgs {
        wish: Wish {
            hosts: 0,
            release: base::Release::Bookworm,
            packages: Vec::new(),
            gateway: "127.0.0.1:8421".parse()?,
            proxy: usual_proxy(),
        },
        enrols: true,
        agent: None,
    };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("`{arg}` needs a value"));
        match *arg {
            "--release" => parsed.wish.release = value()?.parse()?,
            "--packages" => {
                parsed.wish.packages = value()?.split(',').map(str::to_owned).collect();
            }
            "--gateway" => parsed.wish.gateway = value()?.parse()?,
            "--proxy" => parsed.wish.proxy = value()?.parse()?,
            "--agent" => parsed.agent = Some((*value()?).to_owned()),
            "--no-enrol" => parsed.enrols = false,
            number => {
                parsed.wish.hosts = number
                    .parse()
                    .with_context(|| format!("`{number}` is not a number of hosts"))?;
            }
        }
    }
    Ok(parsed)
}

/// The usual address, so that it can be written in a script; another one while that is taken.
fn usual_proxy() -> SocketAddr {
    let usual = SocketAddr::from(([127, 0, 0, 1], 8422));
    if TcpListener::bind(usual).is_ok() { usual } else { SocketAddr::from(([127, 0, 0, 1], 0)) }
}

fn up(settings: &Settings, args: &[&str]) -> Result<ExitCode> {
    let parsed = up_args(args)?;
    if let Some(sheet) = run::list(settings)?.first() {
        bail!(
            "a lab with {} host(s) runs already; `cargo xtask lab down` takes it down",
            sheet.hosts.len()
        );
    }
    let began = wait::instant();
    leftovers::remove(settings, &say)?;
    // Here, not in the background: it shows how far it is.
    let base = base::ensure(settings, parsed.wish.release, &parsed.wish.packages, &say)?;
    tree::ensure(settings, &base, &say)?;
    let sheet = start(settings, &parsed.wish)?;
    say(&format!(
        "{} host(s) of {} booted in {:.1} s; saved packages as a proxy: {}",
        sheet.hosts.len(),
        sheet.release.word(),
        began.elapsed().as_secs_f64(),
        sheet.proxy
    ));
    if parsed.enrols {
        enrol::all(&sheet, parsed.agent.as_deref(), &say)?;
    }
    list(settings)
}

/// Starts the process that keeps the lab, and waits until its hosts are up.
fn start(settings: &Settings, wish: &Wish) -> Result<Sheet> {
    std::fs::create_dir_all(&settings.state)?;
    let log_path = settings.state.join("serve.log");
    let log = File::create(&log_path)?;
    let program = std::env::current_exe()?;
    let program = program.to_str().context("this program's name is not text")?;
    let args = [program, "lab", "serve", &serde_json::to_string(wish)?];
    // A session of its own: the terminal may go, the lab stays.
    let mut child = process::command("setsid", &args)
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("could not start the process that keeps the lab")?;
    let pid = i32::try_from(child.id())?;
    wait::until("the hosts to boot", Duration::from_secs(UP_SECS), || {
        if let Some(status) = child.try_wait()? {
            let said = std::fs::read_to_string(&log_path).unwrap_or_default();
            bail!("the lab did not start ({status}): {}", process::tail(&said));
        }
        let sheets = run::list(settings)?;
        Ok(sheets.into_iter().find(|sheet| sheet.owner.pid == pid && sheet.is_up))
    })
}

/// Keeps a lab until someone asks it to end. Started by `up`.
fn serve(settings: &Settings, wish: &Wish) -> Result<ExitCode> {
    let lab = Lab::up(settings, wish, &say)?;
    while !lab.is_asked_to_end() {
        wait::pause(Duration::from_millis(200));
    }
    done(lab.down())
}

fn enrol(settings: &Settings, agent: Option<&str>) -> Result<ExitCode> {
    let sheets = run::list(settings)?;
    let sheet = sheets.last().context("no lab runs; `cargo xtask lab up 3` starts one")?;
    done(enrol::all(sheet, agent, &say))
}

fn list(settings: &Settings) -> Result<ExitCode> {
    let sheets = run::list(settings)?;
    if sheets.is_empty() {
        say("no lab runs; `cargo xtask lab up 3` starts one");
    }
    for sheet in &sheets {
        say(&format!("run {}, gateway -> {}, proxy {}", sheet.run, sheet.gateway, sheet.proxy));
        for host in &sheet.hosts {
            let state = if host.leader()?.is_some() { "up" } else { "off" };
            let Host { name, addr, .. } = host;
            let release = sheet.release.word();
            say(&format!(
                "  {name:<8} {addr:<12} {release:<10} {state:<4} boots {}",
                host.boots()?
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn find(settings: &Settings, name: &str) -> Result<Host> {
    let sheets = run::list(settings)?;
    let host = sheets.into_iter().rev().flat_map(|sheet| sheet.hosts).find(|h| h.name == name);
    host.with_context(|| format!("no host `{name}` in a running lab; see `cargo xtask lab list`"))
}

fn shell(settings: &Settings, name: &str, command: &[&str]) -> Result<ExitCode> {
    let host = find(settings, name)?;
    let command = command.strip_prefix(&["--"]).unwrap_or(command);
    let joined = command.join(" ");
    let inner = if command.is_empty() { vec!["bash", "-l"] } else { vec!["sh", "-c", &joined] };
    let args = host.entrance(&inner)?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let status = process::command("nsenter", &args)
        .stdin(Stdio::inherit())
        .status()
        .context("could not enter the host")?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

fn plant(settings: &Settings, name: &str, what: Fault) -> Result<ExitCode> {
    let host = find(settings, name)?;
    say(&format!("{name}: {}", fault::plant(&host, what)?));
    Ok(ExitCode::SUCCESS)
}

fn down(settings: &Settings) -> Result<ExitCode> {
    match run::list(settings)?.last() {
        Some(sheet) => done(leftovers::down(settings, sheet, &say)),
        None => {
            leftovers::remove(settings, &say)?;
            say("no lab runs");
            Ok(ExitCode::SUCCESS)
        }
    }
}
