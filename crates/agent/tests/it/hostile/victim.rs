//! A host under a hostile server that also owns the network half: the real root half as a process, its
//! socket, and everything that would show that it acted.

use super::people::{HOST, ROOT, pin, public};
use agent::halves::{Answer, Ask, HalvesError, Job, Link, body_of, fd_of, read_body};
use agent::hands::{journal, process};
use agent::run::entry::Entry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::outcome::{OUTCOME_TYPE, Outcome, REFUSAL_TYPE, Refusal, RefusalNotice};
use model::run::{PermitClaim, Progress};
use model::wire::{ENVELOPE_BYTES_MAX, OrdersAnswer};
use model::{Digest, OrderId, RunId};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;
use trust::order::Floors;

/// The key that the host signs with.
const HOST_KEY: u8 = 200;
/// Seconds that anything may take at most.
const PATIENCE_SECS: u64 = 60;

/// In a namespace of its own the package database is read-only and systemd is not there: an agent that
/// acts wrongly still cannot change this machine.
const CAGE: &str = "mount --bind /var/lib/dpkg /var/lib/dpkg \
    && mount -o remount,bind,ro /var/lib/dpkg \
    && { [ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd; } \
    && exec \"$0\" \"$@\"";

/// How the root half is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cage {
    /// Nothing that the tests sign can be carried out.
    Open,
    /// The test lets a run come close to acting.
    Closed,
}

/// Returns whether this process may make a cage.
pub(crate) fn can_cage() -> bool {
    rustix::process::geteuid().is_root()
        && process::run("unshare", &["-m", "sh", "-c", CAGE, "true"]).is_ok_and(|ran| ran.is_ok())
}

/// The host, and the hostile network half that talks to it.
pub(crate) struct Victim {
    folder: tempfile::TempDir,
    cage: Cage,
    child: Option<Child>,
    link: Option<Link>,
    next_id: u128,
    /// Everything that the host ever refused, by the digest of the payload.
    pub(crate) refusals: BTreeMap<Digest, Vec<Refusal>>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) progress: Vec<Progress>,
    /// Files that a run wants, and permits that it claims: answered by the test, or never.
    pub(crate) fetches: Vec<Digest>,
    pub(crate) claims: Vec<PermitClaim>,
}

/// What a host looks like from outside. Two looks are equal only if nothing was done in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// Folders of runs, their half-made ones included, with how much their journals say.
    runs: BTreeMap<String, u64>,
    /// Everything in the state folder that no order may change.
    files: BTreeMap<String, Digest>,
    /// Staged files and copies of the runner.
    staged: BTreeSet<String>,
    /// What the floors say of orders that were taken up.
    taken_up: (usize, usize, usize),
    /// Page faults of children that have ended: a process that was started leaves some.
    child_faults: u64,
    children: String,
}

impl Look {
    pub(crate) fn has_run(&self, run: &str) -> bool {
        self.runs.contains_key(run)
    }
}

impl Victim {
    pub(crate) fn new() -> Self {
        Self::with(Cage::Open, "")
    }

    /// `policy` is the text of `policy.toml`; empty: there is none.
    pub(crate) fn with(cage: Cage, policy: &str) -> Self {
        let mut victim = Self {
            folder: folder(),
            cage,
            child: None,
            link: None,
            next_id: 1,
            refusals: BTreeMap::new(),
            outcomes: Vec::new(),
            progress: Vec::new(),
            fetches: Vec::new(),
            claims: Vec::new(),
        };
        for name in ["root", "net"] {
            std::fs::create_dir_all(victim.dir().join(name)).unwrap();
        }
        let identity = format!("{{\"host\":\"{HOST}\",\"tenant_root\":\"{}\"}}", pin(ROOT));
        victim.put("root/host.json", &identity);
        let text = crate::house::key(HOST_KEY).to_openssh(ssh_key::LineEnding::LF).unwrap();
        victim.put("root/host.key", &text);
        let dir = victim.dir().display().to_string();
        let config = format!(
            "server = \"127.0.0.1:1\"\nstate = \"{dir}\"\nsocket = \"{dir}/agent.sock\"\n\
             policy = \"{dir}/policy.toml\"\n"
        );
        victim.put("agent.toml", &config);
        if !policy.is_empty() {
            victim.put("policy.toml", policy);
        }
        victim.start();
        victim
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn root_dir(&self, name: &str) -> PathBuf {
        self.dir().join("root").join(name)
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        agent::files::put(&self.dir().join(name), text.as_bytes(), 0o600).unwrap();
    }

    pub(crate) fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.dir().join("log")).unwrap();
        let config = self.dir().join("agent.toml").display().to_string();
        let program = env!("CARGO_BIN_EXE_patchwell-agent");
        let role = ["root", "--config", &config];
        let child = match self.cage {
            Cage::Open => process::start_child(program, &role, &log),
            Cage::Closed => {
                let cage = [["-m", "sh", "-c", CAGE, program].as_slice(), &role].concat();
                process::start_child("unshare", &cage, &log)
            }
        };
        self.child = Some(child.unwrap());
        self.connect();
    }

    pub(crate) fn kill(&mut self) {
        self.link = None;
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn restart(&mut self) {
        self.kill();
        self.start();
    }

    /// Connects anew; waits until the root half listens.
    pub(crate) fn connect(&mut self) {
        let path = self.dir().join("agent.sock");
        self.link = None;
        for _ in 0..1_000 {
            if let Ok(link) = Link::connect(&path) {
                self.link = Some(link);
                return;
            }
            nap();
        }
        panic!("the root half does not listen: {}", self.log());
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir().join("log")).unwrap_or_default()
    }

    /// Returns a number for an order that no earlier order had.
    pub(crate) fn id(&mut self) -> u128 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn ask(&self, ask: &Ask, body: Option<&File>) -> Result<Answer, HalvesError> {
        let link = self.link.as_ref().unwrap();
        link.ask(ask, body.map(fd_of)).map(|(answer, _)| answer)
    }

    /// Delivers any bytes as the server's answer. Returns whether the host could read them.
    pub(crate) fn deliver_bytes(&self, bytes: &[u8]) -> bool {
        let body = body_of(bytes).unwrap();
        match self.ask(&Ask::Orders, Some(&body)).unwrap() {
            Answer::Done => true,
            Answer::Failed { .. } => false,
            other @ (Answer::Sight | Answer::Work(_)) => panic!("{other:?}"),
        }
    }

    pub(crate) fn deliver(&self, answer: &OrdersAnswer) {
        assert!(self.deliver_bytes(&serde_json::to_vec(answer).unwrap()));
    }

    /// Takes what the host wants the server to have, as the real network half would. Returns whether
    /// there was something.
    pub(crate) fn collect(&mut self) -> bool {
        let link = self.link.as_ref().unwrap();
        let (answer, body) = link.ask(&Ask::Work { wait_secs: 0 }, None).unwrap();
        let Answer::Work(jobs) = answer else { panic!("{answer:?}") };
        let has_some = !jobs.is_empty();
        for job in jobs {
            match job {
                Job::Deliver { id } => {
                    // As the server would: an envelope that is too large is not even read.
                    let bytes = read_body(body.as_ref().unwrap(), ENVELOPE_BYTES_MAX).unwrap();
                    self.said(id, &bytes);
                    assert_eq!(self.ask(&Ask::Delivered { id }, None).unwrap(), Answer::Done);
                }
                Job::Progress(progress) => self.progress.push(progress),
                Job::Claim(claim) => self.claims.push(claim),
                Job::Fetch { sha256, .. } => self.fetches.push(sha256),
            }
        }
        has_some
    }

    fn said(&mut self, id: Digest, bytes: &[u8]) {
        let envelope = trust::envelope::parse(bytes).unwrap();
        let payload = trust::host::verify(&public(HOST_KEY), &envelope).unwrap();
        assert_eq!(Digest::of(&payload), id);
        assert_eq!(envelope.signatures[0].key_id, HOST.to_string());
        match envelope.kind.as_str() {
            REFUSAL_TYPE => {
                let notice: RefusalNotice = serde_json::from_slice(&payload).unwrap();
                assert_eq!(notice.host, HOST);
                assert!(notice.at.abs_diff(agent::clock::now()) < 600);
                self.refusals.entry(notice.payload).or_default().push(notice.refusal);
            }
            OUTCOME_TYPE => self.outcomes.push(serde_json::from_slice(&payload).unwrap()),
            other => panic!("the host signed a `{other}`"),
        }
    }

    /// Waits until the host has looked at every order but `left`, and has said all that it says.
    pub(crate) fn settle(&mut self, left: usize) {
        let inbox = self.root_dir("inbox");
        let is_order = |name: &str| !name.starts_with('.');
        self.wait_until("the inbox is empty", |_| {
            names(&inbox).iter().filter(|name| is_order(name)).count() <= left
        });
        while self.collect() {}
    }

    /// Works as the network half until `is_so`.
    pub(crate) fn wait_until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let until = agent::clock::monotonic_secs() + PATIENCE_SECS;
        loop {
            self.collect();
            if is_so(self) {
                return;
            }
            assert!(agent::clock::monotonic_secs() < until, "not {what}: {}", self.log());
            nap();
        }
    }

    /// Looks for everything that acting would leave.
    pub(crate) fn look(&self) -> Look {
        let journal_bytes = |name: &String| {
            let path = self.root_dir("runs").join(name).join("journal");
            std::fs::metadata(path).map_or(0, |found| found.len())
        };
        let runs = names(&self.root_dir("runs"));
        let files = ["agent.toml", "policy.toml", "root/host.json", "root/host.key"];
        let content = |name: &&str| std::fs::read(self.dir().join(name)).unwrap_or_default();
        let floors = self.floors();
        let pid = self.child.as_ref().unwrap().id();
        Look {
            runs: runs.iter().map(|name| (name.clone(), journal_bytes(name))).collect(),
            files: files.iter().map(|n| ((*n).to_owned(), Digest::of(&content(n)))).collect(),
            staged: ["cache", "runner"].iter().flat_map(|n| names(&self.root_dir(n))).collect(),
            taken_up: (
                floors.orders_seen.len(),
                floors.generations.len(),
                floors.runs_started_at.len(),
            ),
            child_faults: child_faults(pid),
            children: std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
                .unwrap_or_default(),
        }
    }

    pub(crate) fn floors(&self) -> Floors {
        std::fs::read(self.root_dir("floors.json"))
            .map_or_else(|_| Floors::default(), |bytes| serde_json::from_slice(&bytes).unwrap())
    }

    /// Delivers one order that must not be obeyed, and returns the host's signed reason.
    pub(crate) fn refused(&mut self, name: &str, answer: &OrdersAnswer) -> Refusal {
        let payload = payload_of(&answer.orders[0].envelope.payload);
        let said_before = self.refusals.get(&payload).map_or(0, Vec::len);
        let before = self.look();
        self.deliver(answer);
        self.settle(0);
        assert_eq!(self.look(), before, "{name}: the host acted");
        let all = self.refusals.get(&payload).map_or(&[][..], Vec::as_slice);
        let new = &all[said_before..];
        let [refusal] = new else { panic!("{name}: {new:?}\n{}", self.log()) };
        refusal.clone()
    }

    /// Delivers one order in order, which the host takes up, and which ends because this host is not
    /// what its plan began with. Proves that a look sees an act.
    pub(crate) fn obeys(&mut self, answer: &OrdersAnswer) -> Outcome {
        let before = self.look();
        let count = self.outcomes.len();
        self.deliver(answer);
        self.wait_until("an outcome is there", |victim| victim.outcomes.len() > count);
        let after = self.look();
        assert!(after.runs.len() > before.runs.len(), "no run appeared");
        assert!(after.taken_up.0 > before.taken_up.0, "the floors did not rise");
        assert!(after.child_faults > before.child_faults, "dpkg was not asked");
        self.outcomes.last().unwrap().clone()
    }

    /// As `obeys`, where the host decides by what it remembers and asks nobody.
    pub(crate) fn obeys_without_looking(&mut self, answer: &OrdersAnswer) -> Outcome {
        let count = self.outcomes.len();
        self.deliver(answer);
        self.wait_until("an outcome is there", |victim| victim.outcomes.len() > count);
        self.outcomes.last().unwrap().clone()
    }

    /// Returns what the journal of an order's run says.
    pub(crate) fn journal(&self, order: OrderId) -> Vec<Entry> {
        let run = RunId::of(order, HOST).to_string();
        let path = self.root_dir("runs").join(run).join("journal");
        journal::read(&std::fs::read(path).unwrap_or_default()).unwrap().0
    }

    /// Nothing was granted, fenced, started or committed, in any run.
    pub(crate) fn assert_nothing_done(&self) {
        for run in names(&self.root_dir("runs")) {
            let folder = self.root_dir("runs").join(&run);
            let bytes = std::fs::read(folder.join("journal")).unwrap();
            for entry in journal::read(&bytes).unwrap().0 {
                let is_act = matches!(
                    entry,
                    Entry::Permit { .. }
                        | Entry::Fenced { .. }
                        | Entry::CommitIntent { .. }
                        | Entry::RunnerStarted { .. }
                        | Entry::RunnerEnded { .. }
                        | Entry::RepairTry { .. }
                );
                assert!(!is_act, "{run}: {entry:?}");
            }
            let txn = names(&folder);
            assert!(!txn.iter().any(|n| n.starts_with("txn") || n == "task.json"), "{txn:?}");
        }
        assert_eq!(names(&self.root_dir("runner")), Vec::<String>::new());
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// In memory where the system has such a place: a host writes each refusal durably, and a disk would
/// make thousands of them last for minutes.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Returns the digest that a refusal names: of the payload's bytes, where they can be read.
pub(crate) fn payload_of(base64: &str) -> Digest {
    Digest::of(&STANDARD.decode(base64).unwrap_or_default())
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

pub(crate) fn nap() {
    agent::clock::wait(Duration::from_millis(2));
}

/// Field 11 of `/proc/PID/stat`: grows with each child that was waited for.
fn child_faults(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = text.rsplit_once(") ").unwrap();
    rest.split(' ').nth(8).unwrap().parse().unwrap()
}

/// Returns the name of a refusal. No wildcard: a new reason must come with its case here.
pub(crate) fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TooBig => "too_big",
        Refusal::TooDeep => "too_deep",
        Refusal::Malformed { .. } => "malformed",
        Refusal::UnknownField { .. } => "unknown_field",
        Refusal::WrongType { .. } => "wrong_type",
        Refusal::WrongTenantRoot => "wrong_tenant_root",
        Refusal::RosterBroken { .. } => "roster_broken",
        Refusal::RosterOld => "roster_old",
        Refusal::RosterExpired => "roster_expired",
        Refusal::BadSignature => "bad_signature",
        Refusal::UnknownKey { .. } => "unknown_key",
        Refusal::RevokedKey { .. } => "revoked_key",
        Refusal::CoolingKey { .. } => "cooling_key",
        Refusal::NoPresence => "no_presence",
        Refusal::NoVerification => "no_verification",
        Refusal::WrongNamespace { .. } => "wrong_namespace",
        Refusal::WrongForm { .. } => "wrong_form",
        Refusal::TooFewPersons { .. } => "too_few_persons",
        Refusal::AuthorAlone => "author_alone",
        Refusal::NotAllowed { .. } => "not_allowed",
        Refusal::NotForMe => "not_for_me",
        Refusal::WrongEntry => "wrong_entry",
        Refusal::TooManyHosts => "too_many_hosts",
        Refusal::TooEarly => "too_early",
        Refusal::Expired => "expired",
        Refusal::ClockWentBack => "clock_went_back",
        Refusal::ClockSkewed { .. } => "clock_skewed",
        Refusal::Replayed => "replayed",
        Refusal::OldSerial => "old_serial",
        Refusal::OldGeneration => "old_generation",
        Refusal::Ceiling { .. } => "ceiling",
        Refusal::WaveNotReached => "wave_not_reached",
        Refusal::CeilingsUnreadable { .. } => "ceilings_unreadable",
    }
}
