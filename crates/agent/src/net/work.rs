//! Work out: what the root half wants from the server, one job after the other.

use crate::clock;
use crate::failure::say;
use crate::halves::{Answer, Ask, Job, fd_of, read_body, short_text};
use crate::link::LinkError;
use crate::net::{Net, Patience, RootHalf};
use model::Digest;
use model::run::PermitClaim;
use model::wire::{ENVELOPE_BYTES_MAX, Envelope};
use std::fs::{self, File, OpenOptions};
use std::io::Seek as _;
use std::time::Duration;

/// Seconds that the root half may keep the question open.
const WORK_SECS: u32 = 60;
/// Seconds between two attempts at work that could not be done: it is handed out again at once.
const PAUSE_SECS: u64 = 1;

/// Works for ever.
pub(crate) fn run(net: &Net) {
    let mut root = RootHalf::new(net);
    let mut patience = Patience::default();
    loop {
        let Some((answer, body)) = root.ask(&Ask::Work { wait_secs: WORK_SECS }, None) else {
            continue;
        };
        let jobs = match answer {
            Answer::Work(jobs) => jobs,
            Answer::Failed { text } => {
                say(&format!("the root half has no work: {text}"));
                clock::wait(Duration::from_secs(PAUSE_SECS));
                continue;
            }
            Answer::Done | Answer::Sight => continue,
        };
        for job in jobs {
            match perform(net, &mut root, job, body.as_ref()) {
                Ok(()) => patience.heard(),
                Err(error) => clock::wait(patience.after(&error)),
            }
        }
    }
}

/// Does one job. An error means that the server did not answer; the job is handed out again.
fn perform(
    net: &Net,
    root: &mut RootHalf<'_>,
    job: Job,
    body: Option<&File>,
) -> Result<(), LinkError> {
    match job {
        Job::Fetch { sha256, size_bytes } => fetch(net, root, sha256, size_bytes),
        Job::Claim(claim) => permit(net, root, claim),
        Job::Progress(progress) => told(net.gateway().progress(&progress)),
        Job::Deliver { id } => deliver(net, root, id, body),
    }
}

/// Progress may get lost. What a server that answers does not want to hear is no reason to wait: an
/// outcome may be next.
fn told(answer: Result<(), LinkError>) -> Result<(), LinkError> {
    match answer {
        Err(error) if !error.is_passing() => {
            say(&format!("could not tell how far a run is: {}", error.chain()));
            Ok(())
        }
        Ok(()) | Err(_) => answer,
    }
}

fn fetch(net: &Net, root: &mut RootHalf<'_>, sha256: Digest, size: u64) -> Result<(), LinkError> {
    let path = net.spool().join(sha256.to_string());
    let fetched = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .map_err(|source| LinkError::Store { source })
        .and_then(|mut file| {
            net.gateway().object(sha256, size, &mut file)?;
            file.rewind().map_err(|source| LinkError::Store { source })?;
            Ok(file)
        });
    // The open file is all that is passed on; its name is not needed any more.
    drop(fs::remove_file(&path));
    match fetched {
        Ok(file) => {
            root.ask(&Ask::Fetched { sha256 }, Some(fd_of(&file)));
            Ok(())
        }
        // Not answered: the root half hands it out again, until its order's time is over.
        Err(error) if error.is_passing() => Err(error),
        Err(error) => {
            root.ask(&Ask::FetchFailed { sha256, text: short_text(&error.chain()) }, None);
            Err(error)
        }
    }
}

fn permit(net: &Net, root: &mut RootHalf<'_>, claim: PermitClaim) -> Result<(), LinkError> {
    let answer = net.gateway().permit(&claim)?;
    root.ask(&Ask::Permit { claim, answer }, None);
    Ok(())
}

fn deliver(
    net: &Net,
    root: &mut RootHalf<'_>,
    id: Digest,
    body: Option<&File>,
) -> Result<(), LinkError> {
    let malformed = |text: String| LinkError::Malformed { text };
    let file = body.ok_or_else(|| malformed("the root half sent no outcome".to_owned()))?;
    let bytes = read_body(file, ENVELOPE_BYTES_MAX).map_err(|e| malformed(e.to_string()))?;
    let envelope: Envelope =
        serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    let answer = net.gateway().outcomes(envelope)?;
    if !answer.stored.contains(&id) {
        return Err(malformed("it did not say that the outcome is stored".to_owned()));
    }
    root.ask(&Ask::Delivered { id }, None);
    // A run ended, or was refused: the packages may be others now.
    net.look_again();
    Ok(())
}
