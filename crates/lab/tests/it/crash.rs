//! Sudden ends at random moments of a real apt run: parts of the agent, the transaction, the package
//! manager, the server, the whole host. Every run must end, tell the truth, and leave a clean package
//! database; what had been done is not done again.

use crate::lab_wanted;
use crate::product::{Product, enrolled_after, installed, package, run_of, story};
use crate::say;
use lab::{Host, settings, wait};
use model::RunId;
use model::change::ChangeView;
use model::run::RunView;
use std::time::Duration;

/// Rounds in every test run, and in the nightly one.
const ROUNDS: u64 = 10;
const ROUNDS_SLOW: u64 = 110;
/// Seed of the moments; a failure names round and moment.
const SEED: u64 = 0x7061_7463_6877_656c;
/// Installing takes eight seconds and a little, taking back two.
const SPAN_MILLIS: [u64; 2] = [14_000, 5_000];
const PACKAGES: [&str; 3] = ["lab-hello", "lab-service", "lab-slow"];

/// What is ended without warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    NetHalf,
    RootHalf,
    Server,
    Runner,
    PackageManager,
    Host,
}

const VICTIMS: [Victim; 6] = [
    Victim::RootHalf,
    Victim::Server,
    Victim::Runner,
    Victim::NetHalf,
    Victim::Host,
    Victim::PackageManager,
];

impl Victim {
    fn end(self, host: &Host, product: &mut Product) {
        // The brackets keep the pattern from matching the shell that carries it.
        let kill = |pattern: &str| host.exec(&format!("pkill -KILL -f '{pattern}'")).unwrap();
        match self {
            Self::NetHalf => drop(kill("[p]atchwell-agent net")),
            Self::RootHalf => drop(kill("[p]atchwell-agent root")),
            Self::Runner => drop(kill("[p]atchwell-agent txn")),
            Self::PackageManager => {
                drop(host.exec("pkill -KILL -x dpkg; pkill -KILL -x apt-get").unwrap());
            }
            Self::Server => {
                product.kill_server();
                product.start_again();
            }
            Self::Host => host.power_cut().unwrap(),
        }
    }

    /// Whether the transaction itself goes on as if nothing had happened.
    fn spares_transaction(self) -> bool {
        matches!(self, Self::NetHalf | Self::RootHalf | Self::Server)
    }
}

/// splitmix64: small, and the same everywhere.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *state;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Returns how often dpkg says that it put `version` of `name` in.
fn times(host: &Host, name: &str, version: &str) -> usize {
    let log = host.exec_ok("cat /var/log/dpkg.log").unwrap();
    let end = format!(" {version}");
    let is_it =
        |line: &&str| line.contains(&format!(" upgrade {name}:all ")) && line.ends_with(&end);
    log.lines().filter(is_it).count()
}

#[test]
fn whatever_ends_suddenly_every_run_ends_truthfully() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, mut product) = enrolled_after(1, |lab| {
        let first: Vec<String> = PACKAGES.iter().map(|name| format!("{name}=1.0")).collect();
        let install = format!("apt-get -qq install -y {}", first.join(" "));
        lab.hosts[0].exec_ok(&install).unwrap();
    });
    let host = &lab.hosts[0];
    let rounds = if settings::is_slow_wanted() { ROUNDS_SLOW } else { ROUNDS };
    let mut state = SEED;
    let mut last_run: Option<RunId> = None;
    for round in 0..rounds {
        let index = usize::try_from(random(&mut state)).unwrap() % VICTIMS.len();
        // The first rounds take each victim in turn, later ones chance.
        let victim =
            VICTIMS.get(usize::try_from(round).unwrap()).copied().unwrap_or(VICTIMS[index]);
        let is_undo = last_run.is_some();
        let moment = random(&mut state) % SPAN_MILLIS[usize::from(is_undo)];
        let before = installed(host);
        let change = begin(&product, last_run);
        wait::pause(Duration::from_millis(moment));
        let title = format!("round {round}: {victim:?} after {moment} ms, undo: {is_undo}");
        victim.end(host, &mut product);
        let done = product.watch(&change);
        let run = run_of(&done, host);
        say(&format!("{title}: {}", run.state.word()));
        check(host, &change, run, (&before, victim), &title);
        if run.state.word() == "succeeded" {
            last_run = if is_undo { None } else { Some(run.run) };
        }
    }
}

/// Signs the next change: forward, or back where the last one went forward.
fn begin(product: &Product, last_run: Option<RunId>) -> ChangeView {
    if let Some(run) = last_run {
        return product.undo(run);
    }
    let mut args = vec!["--host", "lab-1"];
    PACKAGES.iter().for_each(|name| args.extend(["--package", name]));
    let steps =
        |change: &ChangeView| change.plan.hosts.first().map_or(0, |entry| entry.steps.len());
    let change = product.plan_of(&args, |change| steps(change) == PACKAGES.len());
    product.approve(&change);
    change
}

/// Compares what the server tells of a run with the host's own package database.
fn check(
    host: &Host,
    change: &ChangeView,
    run: &RunView,
    (before, victim): (&[String], Victim),
    title: &str,
) {
    assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "", "{title}: {}", story(run));
    let steps = &change.plan.hosts[0].steps;
    match run.state.word() {
        "succeeded" => {
            for step in steps {
                let is = package(host, &step.name);
                assert_eq!(is, format!("ii {}", step.to), "{title}: {}", story(run));
            }
        }
        "aborted" | "blocked" | "cancelled" => {
            assert_eq!(installed(host), before, "{title}: {}", story(run));
        }
        _ => panic!("{title}: a run that a crash leaves stuck: {}", story(run)),
    }
    if victim.spares_transaction() {
        assert_eq!(run.state.word(), "succeeded", "{title}: {}", story(run));
    }
    let outcome = run.outcome.as_ref().expect("an outcome");
    for step in steps {
        let told = outcome.changes.iter().find(|moved| moved.name == step.name);
        let is = package(host, &step.name);
        if let Some(told) = told {
            assert!(is.ends_with(&told.after), "{title}: {is} but told {told:?}");
        }
    }
    once(host, change, victim, title);
}

/// Each version is put in once per change that wants it; a repair may do again what was cut short.
fn once(host: &Host, change: &ChangeView, victim: Victim, title: &str) {
    let count = |step: &model::plan::Step| times(host, &step.name, &step.to);
    let counts: Vec<usize> = change.plan.hosts[0].steps.iter().map(count).collect();
    say(&format!("{title}: put in {counts:?} times so far"));
    host.exec_ok(": > /var/log/dpkg.log").unwrap();
    if victim.spares_transaction() {
        assert!(counts.iter().all(|count| *count == 1), "{title}: {counts:?}");
    }
}
