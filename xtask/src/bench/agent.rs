//! What the agent costs a host: memory while nothing happens, CPU of a look at the host, bytes of reports.
//! Measured on a host of the lab, under systemd, as installed by an administrator.

use crate::bench::figures::{Figures, quiet};
use crate::bench::product::{self, Product, now};
use crate::bench::relay::{Bytes, Relay};
use anyhow::{Context as _, Result, bail};
use lab::{Host, wait};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::Duration;

/// Idle is: so long after the last report.
const IDLE: Duration = Duration::from_secs(30);
const UNITS: &str = "patchwell-agent-root patchwell-agent-net";
/// Bytes that a request and a new connection with certificates of both sides add at most.
const OVERHEAD_BYTES_MAX: u64 = 12_000;

pub(crate) fn run(times: usize) -> Result<()> {
    println!("agent: on a bookworm host of the lab, under systemd");
    let gateway = product::free_address()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let lab = product::lab(1, listener.local_addr()?)?;
    let relay = Relay::start(listener, gateway)?;
    let product = Product::start(gateway, &lab)?;
    product.enrol(&lab)?;
    let host = lab.hosts.first().context("a lab of one host")?;
    let (full, same) = reports(host, &relay, &product)?;
    memory(host, &product, times)?;
    scans(host, times)?;
    for (what, report) in [("first report, whole sets", full), ("unchanged report", same)] {
        let Bytes { up, down } = report.wire;
        println!(
            "  {what}: {} bytes of JSON; {up} bytes sent and {down} received with its own connection",
            report.body
        );
    }
    drop(product);
    lab.down()
}

struct Sent {
    /// The request's body.
    body: u64,
    /// Its connection, from the TLS handshake on.
    wire: Bytes,
}

/// Reads from the relay what the first report took, and what one takes after which nothing changed.
fn reports(host: &Host, relay: &Relay, product: &Product) -> Result<(Sent, Sent)> {
    host.exec_ok("patchwell-agent collect --out /root/sight.json")?;
    let sight: Value = serde_json::from_str(&host.exec_ok("cat /root/sight.json")?)?;
    // Nothing else that a host says at the start is as large.
    let first = relay.talks().into_iter().max_by_key(|talk| talk.up).context("no connection")?;
    let before = relay.talks().len();
    // Started anew it looks, and finds the server to have everything.
    let view = product.ask(&["host", "show", &host.name])?;
    let last = view["reported_at"].as_i64().unwrap_or_default();
    wait::pause(Duration::from_secs(2));
    host.exec_ok("systemctl restart patchwell-agent-net")?;
    wait::until("a report", Duration::from_secs(60), || {
        let view = product.ask(&["host", "show", &host.name])?;
        Ok(view["reported_at"].as_i64().filter(|at| *at > last).map(drop))
    })?;
    // The orders' poll is parked on an earlier connection; the report's own is the newest.
    let talks = relay.talks();
    if talks.len() < before + 2 {
        bail!("the report had no connection of its own: {talks:?}");
    }
    let same = talks.last().copied().context("no connection")?;
    let sent = |wire: Bytes, is_full: bool| -> Result<Sent> {
        let body = body(&sight, is_full)?;
        if wire.up < body || wire.up > body + OVERHEAD_BYTES_MAX {
            bail!("{body} bytes of JSON do not fit to {} bytes on the wire", wire.up);
        }
        Ok(Sent { body, wire })
    };
    Ok((sent(first, true)?, sent(same, false)?))
}

/// Returns the bytes of a report of this sight (`model::report::Report`).
fn body(sight: &Value, is_full: bool) -> Result<u64> {
    let digest = "0".repeat(64);
    let full = json!({ "full": sight["packages"]["packages"] });
    let report = json!({
        "seen_at": now(),
        "facts": sight["facts"],
        "packages": digest,
        "installed": digest,
        "pending": digest,
        "conditions": sight["conditions"],
        "packages_body": if is_full { full } else { "known".into() },
        "pending_body": if is_full { sight["pending"].clone() } else { Value::Null },
    });
    Ok(u64::try_from(serde_json::to_vec(&report)?.len())?)
}

/// Proportional memory: pages that both halves share count once in the sum.
fn memory(host: &Host, product: &Product, times: usize) -> Result<()> {
    let (mut sum, mut own) = (Figures::default(), Figures::default());
    for _ in 0..times {
        quiet()?;
        let began_at = now();
        host.exec_ok(&format!("systemctl restart {UNITS}"))?;
        product.wait_refreshed(host, began_at)?;
        wait::pause(IDLE);
        let text = host.exec_ok(
            "for p in $(pgrep -x patchwell-agent); do tr '\\0' ' ' < /proc/$p/cmdline; \
             awk '/^(Pss|Pss_Anon|Pss_File):/ {printf \" %s %s\", $1, $2}' \
             /proc/$p/smaps_rollup; echo; done",
        )?;
        text.lines().for_each(|line| println!("  {line}"));
        sum.push(kilobytes(&text, "Pss:") / 1_024.0);
        own.push(kilobytes(&text, "Pss_Anon:") / 1_024.0);
    }
    sum.print("idle memory of both halves (PSS, with the program's own pages)", "MiB");
    own.print("of it not backed by the program's file", "MiB");
    Ok(())
}

/// Sums what stands after `key` on all lines, in KiB.
fn kilobytes(text: &str, key: &str) -> f64 {
    let words: Vec<&str> = text.split_whitespace().collect();
    let values = words.windows(2).filter(|pair| pair[0] == key);
    values.filter_map(|pair| pair[1].parse::<f64>().ok()).sum()
}

/// A look at the host with all the tools that it starts.
fn scans(host: &Host, times: usize) -> Result<()> {
    let packages = host.exec_ok("dpkg-query -W | wc -l")?;
    for (what, flag) in [("without refresh", ""), ("with refreshed lists", "--refresh")] {
        let (mut cpu, mut wall) = (Figures::default(), Figures::default());
        for _ in 0..times {
            quiet()?;
            let scan = format!("patchwell-agent collect --out /root/sight.json {flag}");
            let script = format!("TIMEFORMAT=\"%U %S %R\"; time {scan}");
            let output = host.exec(&format!("bash -c '{script}'"))?;
            let last = output.stderr.lines().last().unwrap_or_default();
            let secs: Vec<f64> = last.split_whitespace().flat_map(str::parse).collect();
            let [user, system, real] = secs[..] else { bail!("`{scan}`: {}", output.stderr) };
            cpu.push(user + system);
            wall.push(real);
        }
        let count = packages.trim();
        cpu.print(&format!("CPU of a scan {what}, {count} packages (user + system)"), "s");
        wall.print(&format!("wall time of a scan {what}"), "s");
    }
    Ok(())
}
