//! A host that was enrolled, its people's keys, and a network half that a test plays.

use agent::halves::{Answer, Ask, Job, Link, body_of, fd_of, read_body};
use agent::hands::packages;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::{
    ORDER_NAMESPACE, ORDER_SCHEMA, ORDER_TYPE, Order, RebootRule, Target, Verb, WaveStart,
};
use model::outcome::{OUTCOME_TYPE, Outcome, RefusalNotice};
use model::package::{Artifact, PatchKind};
use model::plan::{PLAN_SCHEMA, PlanHost, RebootExpectation, Step, WayBack};
use model::roster::{
    Person, PersonKey, ROOT_NAMESPACE, ROOT_TYPE, ROSTER_NAMESPACE, ROSTER_TYPE, RootStatement,
    Roster, TRUST_SCHEMA, Thresholds,
};
use model::run::{PermitAnswer, PermitClaim, Progress};
use model::wire::{Envelope, OrderDelivery, OrdersAnswer, Signature, SignatureForm};
use model::{ChangeId, Digest, HostId, OrderId};
use ssh_key::PrivateKey;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

/// A far future that every test's order ends in, within the longest life of an order.
const LIFE_SECS: i64 = 3_600;

pub(crate) struct House {
    pub(crate) dir: PathBuf,
    pub(crate) host: HostId,
    approver: PrivateKey,
    pub(crate) host_key: PrivateKey,
    pub(crate) root: Envelope,
    pub(crate) roster: Envelope,
    pub(crate) pin: Digest,
}

/// What the host said to the server.
#[derive(Debug)]
pub(crate) enum Said {
    Outcome(Box<Outcome>),
    Refusal(Box<RefusalNotice>),
}

pub(crate) fn key(seed: u8) -> PrivateKey {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
    PrivateKey::new(pair.into(), "test").unwrap()
}

fn public(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap()
}

/// Signs any payload as any type with any key: also what no honest person would sign.
pub(crate) fn sealed(key: &PrivateKey, kind: &str, namespace: &str, payload: &[u8]) -> Envelope {
    let message = trust::envelope::pae(kind, payload);
    let signature = Signature {
        key_id: trust::sshsig::key_id(&public(key)).unwrap(),
        form: SignatureForm::Sshsig,
        blob: trust::sshsig::sign(key, namespace, &message).unwrap(),
    };
    trust::envelope::seal(kind, payload, vec![signature])
}

impl House {
    pub(crate) fn new(dir: &Path) -> Self {
        let now = agent::clock::now();
        let (root_key, approver, host_key) = (key(1), key(2), key(3));
        let statement =
            RootStatement { schema: TRUST_SCHEMA, keys: vec![public(&root_key)], threshold: 1 };
        let payload = serde_json::to_vec(&statement).unwrap();
        let pin = Digest::of(&payload);
        let root = sealed(&root_key, ROOT_TYPE, ROOT_NAMESPACE, &payload);
        let host = HostId(0x1234);
        let roster = Self::roster(pin, &root_key, &approver, now);
        let house = Self { dir: dir.to_owned(), host, approver, host_key, root, roster, pin };
        for name in ["root", "net"] {
            std::fs::create_dir_all(house.state().join(name)).unwrap();
        }
        let identity = format!("{{\"host\":\"{host}\",\"tenant_root\":\"{pin}\"}}");
        house.put("root/host.json", identity.as_bytes());
        let text = house.host_key.to_openssh(ssh_key::LineEnding::LF).unwrap();
        house.put("root/host.key", text.as_bytes());
        let config = format!(
            "server = \"127.0.0.1:1\"\nstate = \"{0}\"\nsocket = \"{0}/agent.sock\"\n\
             policy = \"{0}/policy.toml\"\n",
            house.state().display()
        );
        house.put("agent.toml", config.as_bytes());
        house
    }

    fn roster(pin: Digest, root_key: &PrivateKey, approver: &PrivateKey, now: i64) -> Envelope {
        let roster = Roster {
            schema: TRUST_SCHEMA,
            tenant_root_hash: pin,
            serial: 1,
            issued_at: now - 10,
            expires_at: now + 86_400,
            hosts_total: 100,
            serial_floor: 0,
            thresholds: Thresholds { default: 1, wide: 1, rollback: 1 },
            persons: vec![Person {
                person_id: "ada".into(),
                may: Verb::ALL.to_vec(),
                hosts_max: 100,
                keys: vec![PersonKey {
                    key_id: trust::sshsig::key_id(&public(approver)).unwrap(),
                    public_key: public(approver),
                    uv_required: false,
                    added_at: now - 10,
                    revoked_at: None,
                }],
            }],
        };
        sealed(root_key, ROSTER_TYPE, ROSTER_NAMESPACE, &serde_json::to_vec(&roster).unwrap())
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        agent::files::put(&self.state().join(name), bytes, 0o600).unwrap();
    }

    /// A plan for packages that do not exist, made for what is installed here.
    pub(crate) fn plan(&self, steps: Vec<Step>) -> PlanHost {
        PlanHost {
            schema: PLAN_SCHEMA,
            host: self.host,
            name: "web-1".into(),
            ring: 0,
            wave: 0,
            installed_before: packages::installed().unwrap().installed_digest(),
            installed_after: Digest::of(b"after"),
            staging_bytes: 0,
            steps,
            reboot: RebootExpectation::None,
            way_back: WayBack::Packages,
        }
    }

    pub(crate) fn order(&self, id: u128, verb: Verb, entry: &[u8]) -> Order {
        let now = agent::clock::now();
        Order {
            schema: ORDER_SCHEMA,
            tenant_root_hash: self.pin,
            order_id: OrderId(id),
            serial: 1,
            rollout: ChangeId(id),
            generation: 1,
            verb,
            plan: Digest::of(b"plan"),
            targets: vec![Target { host: self.host, entry: Digest::of(entry) }],
            max_hosts: 1,
            waves: vec![WaveStart { ring: 0, wave: 0, start_at: now - 5 }],
            window: None,
            not_before: now - 5,
            not_after: now + LIFE_SECS,
            reboot: RebootRule::Never,
            halt_after: 1,
            author: "ada".into(),
            reason: "test".into(),
        }
    }

    /// The order as its approver signs it.
    pub(crate) fn signed(&self, order: &Order, entry: &[u8]) -> OrderDelivery {
        let payload = serde_json::to_vec(order).unwrap();
        OrderDelivery {
            envelope: sealed(&self.approver, ORDER_TYPE, ORDER_NAMESPACE, &payload),
            entry: STANDARD.encode(entry),
        }
    }

    pub(crate) fn answer(&self, orders: Vec<OrderDelivery>) -> OrdersAnswer {
        OrdersAnswer {
            server_time: agent::clock::now(),
            restore_epoch: 0,
            root: Some(self.root.clone()),
            roster: Some(self.roster.clone()),
            orders,
            cursor: 1,
        }
    }

    /// Starts the real root half; `crash_at` ends it at that write of a journal.
    pub(crate) fn start(&self, crash_at: Option<u64>) -> RootHalf {
        #[expect(clippy::disallowed_methods, reason = "tests start the program under test")]
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_patchwell-agent"));
        command.args(["root", "--config"]).arg(self.state().join("agent.toml"));
        if let Some(n) = crash_at {
            command.env("PATCHWELL_CRASH_AT", n.to_string());
        }
        let child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        RootHalf { child }
    }

    /// Connects like the network half does; waits for the socket at most ten seconds.
    pub(crate) fn net(&self) -> Net {
        for _ in 0..500 {
            if let Ok(link) = Link::connect(&self.state().join("agent.sock")) {
                return Net { link, objects: BTreeMap::new(), permit: None, progress: Vec::new() };
            }
            agent::clock::wait(Duration::from_millis(20));
        }
        panic!("the root half does not listen");
    }

    pub(crate) fn read(&self, envelope: &Envelope) -> Said {
        let payload = trust::host::verify(&public(&self.host_key), envelope).unwrap();
        if envelope.kind == OUTCOME_TYPE {
            Said::Outcome(Box::new(serde_json::from_slice(&payload).unwrap()))
        } else {
            Said::Refusal(Box::new(serde_json::from_slice(&payload).unwrap()))
        }
    }
}

/// The process; ended with the test.
pub(crate) struct RootHalf {
    child: Child,
}

impl RootHalf {
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Returns whether it ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for RootHalf {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The network half, played by the test.
pub(crate) struct Net {
    link: Link,
    /// What the vault has; anything else cannot be fetched.
    pub(crate) objects: BTreeMap<Digest, Vec<u8>>,
    /// The server's word on each claim; without one it does not answer.
    pub(crate) permit: Option<PermitAnswer>,
    pub(crate) progress: Vec<Progress>,
}

impl Net {
    pub(crate) fn orders(&self, answer: &OrdersAnswer) -> Answer {
        let body = body_of(&serde_json::to_vec(answer).unwrap()).unwrap();
        self.link.ask(&Ask::Orders, Some(fd_of(&body))).unwrap().0
    }

    /// Works until the host says something, or the root half is gone, or `rounds` brought nothing.
    pub(crate) fn work(&mut self, house: &House, rounds: u32) -> Option<Said> {
        for _ in 0..rounds {
            let (answer, body) = self.link.ask(&Ask::Work { wait_secs: 1 }, None).ok()?;
            let Answer::Work(jobs) = answer else { panic!("{answer:?}") };
            for job in jobs {
                match job {
                    Job::Deliver { id } => {
                        let bytes = read_body(body.as_ref()?, 1 << 20).ok()?;
                        self.link.ask(&Ask::Delivered { id }, None).ok()?;
                        return Some(house.read(&serde_json::from_slice(&bytes).unwrap()));
                    }
                    Job::Progress(progress) => {
                        assert!(!progress.state.is_over(), "ends are the outcome's: {progress:?}");
                        self.progress.push(progress);
                    }
                    Job::Claim(claim) => self.claimed(claim)?,
                    Job::Fetch { sha256, .. } => self.fetch(sha256)?,
                }
            }
        }
        None
    }

    fn claimed(&self, claim: PermitClaim) -> Option<()> {
        if let Some(answer) = &self.permit {
            let ask = Ask::Permit { claim, answer: answer.clone() };
            self.link.ask(&ask, None).ok()?;
        }
        Some(())
    }

    fn fetch(&self, sha256: Digest) -> Option<()> {
        match self.objects.get(&sha256) {
            Some(bytes) => {
                let body = body_of(bytes).unwrap();
                self.link.ask(&Ask::Fetched { sha256 }, Some(fd_of(&body))).ok()?;
            }
            None => {
                let ask = Ask::FetchFailed { sha256, text: "the vault has it not".into() };
                self.link.ask(&ask, None).ok()?;
            }
        }
        Some(())
    }
}

/// A step that brings a package in that no archive has.
pub(crate) fn step(name: &str, content: &[u8]) -> Step {
    Step {
        name: name.into(),
        arch: "all".into(),
        from: String::new(),
        to: "1".into(),
        kind: PatchKind::Security,
        artifact: artifact(content),
        back: None,
    }
}

pub(crate) fn artifact(content: &[u8]) -> Artifact {
    let size_bytes = u64::try_from(content.len()).unwrap();
    Artifact { sha256: Digest::of(content), size_bytes, uri: String::new() }
}
