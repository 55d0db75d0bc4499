//! `cargo xtask test`: every check and every test, fastest verdict first. One line per layer at the
//! end, and what was skipped with its reason: an honest denominator applies to us too.

use crate::{generate, machine, process, tidy};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How a layer ended.
enum Verdict {
    Passed,
    Failed,
    Skipped(String),
}

struct Layer {
    name: &'static str,
    verdict: Verdict,
    took: Duration,
}

/// Names of the layers, in their order.
const LAYERS: [&str; 8] =
    ["format", "tidy", "clippy", "tests", "generated", "cargo-deny", "lab", "browser"];
/// Layers that ask programs of the machine for a second opinion, or start them.
const NEED_PACKAGES: [&str; 3] = ["tests", "lab", "browser"];

/// Runs the layers of these names, or all. A failed one does not keep the others from being told.
pub(crate) fn run(root: &Path, names: &[String]) -> Result<ExitCode> {
    if let Some(name) = names.iter().find(|name| !LAYERS.contains(&name.as_str())) {
        bail!("there is no layer `{name}`; there are {}", LAYERS.join(", "));
    }
    let mut lacking = None;
    let mut is_prepared = false;
    let mut layers = Vec::new();
    for name in LAYERS {
        if !names.is_empty() && !names.iter().any(|asked| asked == name) {
            let verdict = Verdict::Skipped("not asked for".to_owned());
            layers.push(Layer { name, verdict, took: Duration::ZERO });
            continue;
        }
        if NEED_PACKAGES.contains(&name) && !is_prepared {
            lacking = machine::prepare(root);
            is_prepared = true;
        }
        println!("== {name}");
        let began = now();
        let verdict = layer(root, name, lacking.as_deref())?;
        layers.push(Layer { name, verdict, took: began.elapsed() });
    }
    Ok(summary(&layers))
}

fn layer(root: &Path, name: &str, lacking: Option<&str>) -> Result<Verdict> {
    let strict = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    match name {
        "format" => cargo(root, &["fmt", "--all", "--check"], &[]),
        "tidy" => Ok(verdict(tidy::run(root)? == ExitCode::SUCCESS)),
        "clippy" => cargo(root, &strict, &[]),
        "tests" => cargo(root, &["test", "--workspace"], &[]),
        "generated" => Ok(verdict(generate::check(root)? == ExitCode::SUCCESS)),
        "cargo-deny" => deny(root),
        "lab" => lab(root, lacking),
        "browser" => browser(root, lacking),
        other => bail!("there is no layer `{other}`"),
    }
}

fn verdict(is_good: bool) -> Verdict {
    if is_good { Verdict::Passed } else { Verdict::Failed }
}

fn cargo(root: &Path, args: &[&str], env: &[(&str, &str)]) -> Result<Verdict> {
    Ok(verdict(process::succeeds(root, "cargo", args, env)?))
}

fn deny(root: &Path) -> Result<Verdict> {
    if process::output(root, "cargo", &["deny", "--version"]).is_err() {
        return Ok(Verdict::Skipped("cargo-deny is not installed".to_owned()));
    }
    // Advisories need the network; licences, bans and sources do not.
    cargo(root, &["deny", "check", "bans", "licenses", "sources"], &[])
}

/// Real hosts: booted containers with real package managers.
fn lab(root: &Path, lacking: Option<&str>) -> Result<Verdict> {
    if let Some(reason) = lacking {
        return Ok(Verdict::Skipped(reason.to_owned()));
    }
    if !machine::is_root(root) {
        return Ok(Verdict::Skipped("hosts of the lab need root".to_owned()));
    }
    if !has_test(root, "it") {
        return Ok(Verdict::Skipped("crates/lab has no tests of that name".to_owned()));
    }
    built(root, "it", ("PATCHWELL_LAB", "1"))
}

/// The console's main paths in a real browser.
fn browser(root: &Path, lacking: Option<&str>) -> Result<Verdict> {
    if !has_test(root, "browser") {
        return Ok(Verdict::Skipped("crates/lab has no tests of that name".to_owned()));
    }
    if !machine::has("chromium") || !machine::has("chromedriver") {
        let reason = lacking.unwrap_or("chromium or chromedriver is not installed");
        return Ok(Verdict::Skipped(reason.to_owned()));
    }
    built(root, "browser", ("PATCHWELL_BROWSER", "1"))
}

/// Builds the product's programs, which these tests start as programs, and runs one test binary of the
/// lab. One test at a time: hosts share the machine, and its two cores.
fn built(root: &Path, name: &str, switch: (&str, &str)) -> Result<Verdict> {
    let build = ["build", "--package", "cli", "--package", "agent"];
    if let Verdict::Failed = cargo(root, &build, &[])? {
        return Ok(Verdict::Failed);
    }
    let test = ["test", "--package", "lab", "--test", name, "--", "--test-threads=1"];
    cargo(root, &test, &[switch])
}

fn has_test(root: &Path, name: &str) -> bool {
    let tests = root.join("crates/lab/tests");
    tests.join(name).join("main.rs").exists() || tests.join(format!("{name}.rs")).exists()
}

fn summary(layers: &[Layer]) -> ExitCode {
    println!();
    for Layer { name, verdict, took } in layers {
        let word = match verdict {
            Verdict::Passed => "passed",
            Verdict::Failed => "FAILED",
            Verdict::Skipped(_) => "skipped",
        };
        println!("{name:<12}{word:<9}{:>6.1} s", took.as_secs_f64());
    }
    for Layer { name, verdict, .. } in layers {
        if let Verdict::Skipped(reason) = verdict {
            println!("skipped {name}: {reason}");
        }
    }
    let has_failed = layers.iter().any(|layer| matches!(layer.verdict, Verdict::Failed));
    if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long a layer takes is only shown")]
    Instant::now()
}
