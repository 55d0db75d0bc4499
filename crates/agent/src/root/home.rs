//! The root half's folder: who this host is, what it has seen, what waits to be delivered.

use crate::clock;
use crate::config::Config;
use crate::failure::{Failure, say};
use crate::files;
use crate::hands::runner::{Folder, put_json, read_json};
use model::outcome::{OUTCOME_SCHEMA, REFUSAL_TYPE, Refusal, RefusalNotice};
use model::wire::Envelope;
use model::{Digest, HostId, OrderId, RunId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use trust::ceilings::{self, Ceilings};
use trust::order::Floors;

/// Envelopes that wait in the outbox at most before a refusal is only told to the local log: a server
/// that thinks up ever new orders, and takes no answer, must not fill the disk. A host has a few runs
/// a day, so their outcomes always have room.
const OUTBOX_MAX: usize = 500;
/// Refusals that are remembered as told at most; then telling begins anew.
const TOLD_MAX: usize = 4_096;

/// What enrolment pinned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Identity {
    pub host: HostId,
    pub tenant_root: Digest,
}

/// A signed envelope that waits until the server has stored it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parcel {
    pub id: Digest,
    pub envelope: Envelope,
}

/// The folder `<state>/root` and what was read from it.
#[derive(Debug)]
pub struct Home {
    pub identity: Identity,
    key: ssh_key::PrivateKey,
    dir: PathBuf,
    policy: PathBuf,
    /// Root and roster as they came last, until the run's thread has taken note of them.
    pub(super) statements: Mutex<Option<(Envelope, Envelope)>>,
    /// What was refused and why, as digests: it is told once.
    told: Mutex<BTreeSet<Digest>>,
}

impl Home {
    /// Reads identity and key, and makes the folders.
    ///
    /// # Errors
    /// The host is not enrolled, or its folder cannot be used, or its ceilings cannot be read: an
    /// agent that does not know its limits does not start.
    pub fn open(config: &Config) -> Result<Self, Failure> {
        let dir = config.root_dir();
        let not_enrolled = |what: &str, error: io::Error| {
            Failure::new(format!("could not read `{}`", dir.join(what).display()))
                .because(error)
                .hint("join this host to a server first, with `patchwell-agent enrol`")
        };
        let identity: Identity =
            read_json(&dir.join("host.json")).map_err(|e| not_enrolled("host.json", e))?;
        let text = std::fs::read_to_string(dir.join("host.key"))
            .map_err(|e| not_enrolled("host.key", e))?;
        let key = ssh_key::PrivateKey::from_openssh(&text)
            .map_err(|e| not_enrolled("host.key", io::Error::other(e)))?;
        for name in ["runs", "cache", "outbox", "inbox", "runner"] {
            let path = dir.join(name);
            std::fs::create_dir_all(&path).map_err(|error| {
                Failure::new(format!("could not make `{}`", path.display())).because(error)
            })?;
        }
        let policy = config.policy.clone();
        let (statements, told) = (Mutex::default(), Mutex::default());
        let home = Self { identity, key, dir, policy, statements, told };
        home.ceilings().map_err(|text| {
            Failure::new(format!("could not understand `{}`", home.policy.display()))
                .because(text)
                .hint("correct the file; without readable limits this host obeys nobody")
        })?;
        Ok(home)
    }

    /// Reads the host's own limits, anew each time.
    ///
    /// # Errors
    /// What is wrong with the file. A file that is not there limits nothing.
    pub fn ceilings(&self) -> Result<Ceilings, String> {
        match std::fs::read_to_string(&self.policy) {
            Ok(text) => ceilings::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ceilings::default()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Reads what was seen before. A host that never saw anything has no file.
    ///
    /// # Errors
    /// The file is there and cannot be read: without it, old orders could come back.
    pub fn floors(&self) -> io::Result<Floors> {
        match read_json(&self.dir.join("floors.json")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Floors::default()),
            other => other,
        }
    }

    /// Writes what was seen, durably.
    ///
    /// # Errors
    /// The disk is full or broken; what the floors announce must not be done.
    pub fn put_floors(&self, floors: &Floors) -> io::Result<()> {
        put_json(&self.dir.join("floors.json"), floors)
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.join("cache")
    }

    pub fn inbox(&self) -> PathBuf {
        self.dir.join("inbox")
    }

    pub fn outbox(&self) -> PathBuf {
        self.dir.join("outbox")
    }

    pub fn restore_epoch(&self) -> PathBuf {
        self.dir.join("restore_epoch.json")
    }

    pub fn runner(&self) -> PathBuf {
        self.dir.join("runner")
    }

    pub fn sight(&self) -> PathBuf {
        self.dir.join("sight.json")
    }

    pub fn runs(&self) -> PathBuf {
        self.dir.join("runs")
    }

    pub fn run(&self, run: RunId) -> Folder {
        Folder(self.runs().join(run.to_string()))
    }

    /// Returns the folders of all runs, oldest id first.
    pub fn all_runs(&self) -> Vec<Folder> {
        let mut all: Vec<PathBuf> = entries(&self.runs())
            .filter(|path| path.file_name().is_some_and(|name| !is_hidden(name)))
            .collect();
        all.sort();
        all.into_iter().map(Folder).collect()
    }

    /// Signs `payload` with the host's key.
    ///
    /// # Errors
    /// The key is of another kind.
    pub fn sign(&self, kind: &str, payload: &[u8]) -> io::Result<Parcel> {
        let envelope = trust::host::sign(&self.key, self.identity.host, kind, payload)
            .map_err(io::Error::other)?;
        Ok(Parcel { id: Digest::of(payload), envelope })
    }

    /// Lays a signed envelope into the outbox, where it stays until the server has it.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub fn post(&self, parcel: &Parcel) -> io::Result<()> {
        put_json(&self.parcel(parcel.id), &parcel.envelope)
    }

    /// Returns the envelope's JSON.
    ///
    /// # Errors
    /// It is not in the outbox.
    pub fn posted(&self, id: Digest) -> io::Result<Vec<u8>> {
        std::fs::read(self.parcel(id))
    }

    /// Forgets a delivered envelope.
    pub fn unpost(&self, id: Digest) {
        drop(std::fs::remove_file(self.parcel(id)));
    }

    /// Returns what waits in the outbox.
    pub fn waiting(&self) -> Vec<Digest> {
        let mut all: Vec<Digest> = entries(&self.outbox())
            .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
            .collect();
        all.sort();
        all
    }

    fn parcel(&self, id: Digest) -> PathBuf {
        self.outbox().join(id.to_string())
    }

    /// Says no: signed, to the server and to the local log; once for each payload and reason. Returns
    /// the parcel's id, or `None` where nothing new waits for the server.
    ///
    /// # Errors
    /// The refusal could not be laid into the outbox.
    pub fn refuse(
        &self,
        order: Option<OrderId>,
        payload: Digest,
        refusal: Refusal,
    ) -> io::Result<Option<Digest>> {
        let what = Digest::of(format!("{payload} {refusal}").as_bytes());
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.contains(&what) {
            return Ok(None);
        }
        say(&format!("refused an order ({payload}): {refusal}"));
        if self.waiting().len() >= OUTBOX_MAX {
            say("the server takes no answers: this refusal is only told here");
            return Ok(None);
        }
        let notice = RefusalNotice {
            schema: OUTCOME_SCHEMA,
            host: self.identity.host,
            order,
            payload,
            at: clock::now(),
            refusal,
        };
        let bytes = serde_json::to_vec(&notice).map_err(io::Error::other)?;
        let parcel = self.sign(REFUSAL_TYPE, &bytes)?;
        self.post(&parcel)?;
        if told.len() >= TOLD_MAX {
            told.clear();
        }
        told.insert(what);
        Ok(Some(parcel.id))
    }

    /// Writes a file below this folder, whole or not at all.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        files::put(path, bytes, 0o600)
    }
}

/// Returns the paths in a folder; a folder that cannot be read has none.
pub fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Returns whether a file is one that is still being written.
pub fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
