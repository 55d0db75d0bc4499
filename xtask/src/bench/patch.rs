//! Three hosts patched by plan and signed order, beside `apt-get` on three hosts of the same kind at once.
//!
//! Both install the same versions of the same packages, from files, without needrestart, and keep
//! configuration files; afterwards the package databases must be alike. `apt-get` finds its files in its
//! cache. Ours come from the server's vault, which holds them ("staged"), or must fetch them ("cold").

use crate::bench::figures::{Figures, busy_secs, quiet};
use crate::bench::product::{self, Product};
use anyhow::{Context as _, Result, bail};
use lab::process::Output;
use lab::{Host, Lab, wait};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const HOSTS: usize = 3;
/// Staging, apt, verification; raw apt-get on the same hosts takes about a minute.
const CHANGE_SECS: u64 = 900;
/// Some sixty files of some megabytes through the lab's proxy.
const VAULT_SECS: u64 = 300;
const EVENTS: usize = 1_000;
/// What the product's own transaction sets as well.
const APT: &str = "DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
                   APT_LISTCHANGES_FRONTEND=none apt-get -y -q --no-install-recommends \
                   -o Dpkg::Use-Pty=false -o Dpkg::Options::=--force-confdef \
                   -o Dpkg::Options::=--force-confold";

pub(crate) fn run(times: usize) -> Result<()> {
    println!("patch: {HOSTS} fresh bookworm hosts, everything that pends");
    let mut figures = [Figures::default(), Figures::default(), Figures::default()];
    let [staged, cold, raw] = &mut figures;
    let mut packages = 0;
    for _ in 0..times {
        let ours = ours(true)?;
        let theirs = theirs(&ours.set)?;
        alike(&ours, &theirs)?;
        let unready = self::ours(false)?;
        alike(&unready, &theirs)?;
        packages = ours.set.len();
        staged.push(ours.secs);
        cold.push(unready.secs);
        raw.push(theirs.secs);
    }
    println!("  {packages} packages per host");
    raw.print("raw apt-get, in parallel, files in its cache", "s");
    staged.print("approve to the last outcome, vault filled before", "s");
    cold.print("approve to the last outcome, vault empty", "s");
    let ratio = |ours: &Figures| (ours.median() / raw.median(), ours.min() / raw.min());
    for (what, (median, min)) in [("filled", ratio(staged)), ("empty", ratio(cold))] {
        println!("  ratio to raw, vault {what}: {median:.2} by medians, {min:.2} by minima");
    }
    Ok(())
}

/// One way to patch, once.
struct Round {
    secs: f64,
    /// What was installed, as `name:arch=version`.
    set: BTreeSet<String>,
    /// Each host's package database afterwards.
    after: Vec<String>,
}

fn alike(one: &Round, other: &Round) -> Result<()> {
    if one.set == other.set && one.after == other.after {
        return Ok(());
    }
    bail!("the two ways did not do the same package work");
}

/// Plan, approve, watch.
fn ours(is_vault_filled: bool) -> Result<Round> {
    let gateway = product::free_address()?;
    let lab = product::lab(HOSTS, gateway)?;
    let product = Product::start(gateway, &lab)?;
    product.enrol(&lab)?;
    let mut args = vec!["plan"];
    args.extend(lab.hosts.iter().flat_map(|host| ["--host", &host.name]));
    quiet()?;
    let change = product.ask(&args)?;
    let id = change["id"].as_str().context("a change without an id")?.to_owned();
    let set = set_of(&change)?;
    if is_vault_filled {
        wait_vault(&product, &change)?;
        quiet()?;
    }
    let (began, busy) = (wait::instant(), busy_secs()?);
    product.cli_ok(&["approve", &id, "--yes"])?;
    let watched = product.cli(CHANGE_SECS, &["watch", &id, "--json"])?;
    let secs = began.elapsed().as_secs_f64();
    let busy = busy_secs()? - busy;
    let done = product.ask(&["change", "show", &id])?;
    check(&watched, &done)?;
    let what = if is_vault_filled { "vault filled" } else { "vault empty" };
    println!("  ours, {what}: {secs:.1} s; all cores worked {busy:.1} s");
    done["runs"].as_array().context("runs")?.iter().for_each(|run| story(run, began_at(&done)));
    let after = lab.hosts.iter().map(installed).collect::<Result<_>>()?;
    drop(product);
    lab.down()?;
    Ok(Round { secs, set, after })
}

/// Returns what the plan installs; the same on all hosts.
fn set_of(change: &Value) -> Result<BTreeSet<String>> {
    let hosts = change["plan"]["hosts"].as_array().context("a plan without hosts")?;
    let text = |step: &Value, key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let target = |step: &Value| {
        let arch = text(step, "arch");
        let arch = if arch == "all" { String::new() } else { format!(":{arch}") };
        format!("{}{arch}={}", text(step, "name"), text(step, "to"))
    };
    let sets: Vec<BTreeSet<String>> = hosts
        .iter()
        .map(|host| host["steps"].as_array().into_iter().flatten().map(target).collect())
        .collect();
    if sets.len() != HOSTS || sets.iter().any(|set| *set != sets[0]) {
        bail!("the plan is not for {HOSTS} hosts alike: {}", change["plan"]["left_out"]);
    }
    sets.into_iter().next().context("no host")
}

/// Waits until the vault holds every file of the plan, new and old.
fn wait_vault(product: &Product, change: &Value) -> Result<()> {
    let mut wanted = BTreeSet::new();
    let hosts = change["plan"]["hosts"].as_array().into_iter().flatten();
    for step in hosts.flat_map(|host| host["steps"].as_array().into_iter().flatten()) {
        let files = [&step["artifact"]["sha256"], &step["back"]["sha256"]];
        wanted.extend(files.iter().filter_map(|file| file.as_str()).map(str::to_owned));
    }
    let mut after = 0;
    wait::until("the vault to hold all files", Duration::from_secs(VAULT_SECS), || {
        let (seq, limit) = (after.to_string(), EVENTS.to_string());
        let events = product.ask(&["events", "--after", &seq, "--limit", &limit])?;
        for event in events.as_array().into_iter().flatten() {
            after = event["seq"].as_u64().unwrap_or(after);
            if event["action"] == "vault.stored" {
                wanted.remove(event["object"].as_str().unwrap_or_default());
            }
        }
        Ok(wanted.is_empty().then_some(()))
    })
}

/// Every run must have succeeded: a failed one may be fast.
fn check(watched: &Output, done: &Value) -> Result<()> {
    let runs = done["runs"].as_array().context("a change without runs")?;
    if watched.is_ok() && runs.len() == HOSTS {
        return Ok(());
    }
    bail!("not every host succeeded: {}", watched.stderr)
}

/// Returns when the change was approved.
fn began_at(done: &Value) -> i64 {
    done["approvals"][0]["at"].as_i64().unwrap_or_default()
}

/// Prints when each state of a run began, in seconds after the approval.
fn story(run: &Value, began_at: i64) {
    let states = run["history"].as_array().into_iter().flatten().map(|entry| {
        let word = entry[0]["state"].as_str().unwrap_or("?").to_owned();
        format!("{word} {}", entry[1].as_i64().unwrap_or_default() - began_at)
    });
    let states: Vec<String> = states.collect();
    println!("    {}: {}", run["host_name"].as_str().unwrap_or("?"), states.join(", "));
}

/// Plain apt-get on all hosts at once.
fn theirs(set: &BTreeSet<String>) -> Result<Round> {
    let lab = product::lab(HOSTS, "127.0.0.1:9".parse()?)?;
    let names: Vec<&str> = set.iter().map(String::as_str).collect();
    let names = names.join(" ");
    on_all(&lab, &format!("{APT} --download-only install {names}"))?;
    quiet()?;
    let (began, busy) = (wait::instant(), busy_secs()?);
    on_all(&lab, &format!("{APT} install {names}"))?;
    let secs = began.elapsed().as_secs_f64();
    println!("  raw apt-get: {secs:.1} s; all cores worked {:.1} s", busy_secs()? - busy);
    let after = lab.hosts.iter().map(installed).collect::<Result<_>>()?;
    lab.down()?;
    Ok(Round { secs, set: set.clone(), after })
}

/// Runs a command on all hosts at once; it must succeed on each.
fn on_all(lab: &Lab, command: &str) -> Result<()> {
    let limit = Duration::from_secs(CHANGE_SECS);
    std::thread::scope(|scope| {
        let threads: Vec<_> = lab
            .hosts
            .iter()
            .map(|host| scope.spawn(move || host.exec_within(limit, command)))
            .collect();
        for thread in threads {
            let Ok(output) = thread.join() else { bail!("a thread stopped") };
            let output = output?;
            if !output.is_ok() {
                bail!("apt-get failed: {}", lab::process::tail(&output.stderr));
            }
        }
        Ok(())
    })
}

/// Returns `ii name:arch version` of every package, from the host's own dpkg.
fn installed(host: &Host) -> Result<String> {
    host.exec_ok("dpkg-query -W -f '${db:Status-Abbrev} ${Package}:${Architecture} ${Version}\\n'")
}
