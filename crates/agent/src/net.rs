//! The network half: carries messages between the server and the root half. It believes neither,
//! decides nothing about packages, and can start no program.
//!
//! Three loops, each with a connection of its own to the root half: orders in, work out, reports out.

mod orders;
pub mod plan;
mod reports;
mod work;

use crate::clock;
use crate::config::Config;
use crate::enrol::{self, NetIdentity};
use crate::failure::{Failure, say};
use crate::files;
use crate::halves::{Answer, Ask, HalvesError, Link, short_text};
use crate::link::tls::{Identity, enrolled};
use crate::link::{Gateway, LinkError, backoff};
use crate::sandbox;
use model::wire::{RenewRequest, TROUBLE_CHARS_MAX};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::fs::{self, File};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of each loop's stack: a TLS handshake with its post-quantum key exchange takes about 100 KB.
const STACK_BYTES: usize = 512 * 1024;
/// Seconds between two attempts to reach the root half.
const HALF_AWAY_SECS: u64 = 2;
/// Failures to reach the root half before that is said: at a start it may be a moment later.
const HALF_AWAY_SAID: u32 = 3;
/// Seconds until a failed renewal is tried again.
const RENEW_RETRY_SECS: i64 = 600;

/// What the three loops share.
#[derive(Debug)]
pub(crate) struct Net {
    config: Config,
    gateway: Mutex<Gateway>,
    identity: Mutex<NetIdentity>,
    /// This host's clock less the server's, in seconds, when last compared.
    clock_ahead_secs: AtomicI64,
    /// Rings when a run ended: the host looks different now.
    look_again: SyncSender<()>,
    /// Why the newest orders were not taken up, or empty.
    trouble: Mutex<String>,
}

/// Runs the role `net` until the process is ended. `SIGTERM` ends it at once: all that it keeps is
/// written whole or not at all.
///
/// # Errors
/// The host is not enrolled, or its keys cannot be read.
pub fn start(config: &Config) -> Result<(), Failure> {
    let net_dir = config.net_dir();
    become_owner_of(&net_dir)?;
    let identity = read_identity(&net_dir)?;
    let gateway = gateway(config)?;
    clear_spool(&net_dir);
    let port = config.server.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    sandbox::enter(&net_dir, port.unwrap_or_default());
    let (look_again, rings) = sync_channel(1);
    let net = Arc::new(Net {
        config: config.clone(),
        gateway: Mutex::new(gateway),
        identity: Mutex::new(identity),
        clock_ahead_secs: AtomicI64::new(0),
        look_again,
        trouble: Mutex::default(),
    });
    let name = net.identity().name;
    say(&format!("network half of `{name}`, server {}", config.server));
    spawn("orders", {
        let net = Arc::clone(&net);
        move || orders::run(&net)
    })?;
    spawn("work", {
        let net = Arc::clone(&net);
        move || work::run(&net)
    })?;
    // Reports parse the most: on the first thread, whose memory goes back to the system.
    reports(&net, &rings);
    Ok(())
}

fn reports(net: &Net, rings: &Receiver<()>) {
    reports::run(net, rings);
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(body)
        .map(|_| ())
        .map_err(|error| Failure::new(format!("could not start the {name} loop")).because(error))
}

/// Started by root without systemd, this half becomes the user that its folder belongs to.
fn become_owner_of(folder: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("could not use `{}`", folder.display()))
            .because(error)
            .hint("join this host to a server first, with `patchwell-agent enrol`")
    };
    let metadata = fs::metadata(folder).map_err(failed)?;
    if !rustix::process::geteuid().is_root() || metadata.uid() == 0 {
        return Ok(());
    }
    let uid = rustix::process::Uid::from_raw(metadata.uid());
    let gid = rustix::process::Gid::from_raw(metadata.gid());
    // No other thread exists yet, so that the calls for one thread are the calls for the process.
    rustix::thread::set_thread_groups(&[])
        .and_then(|()| rustix::thread::set_thread_res_gid(gid, gid, gid))
        .and_then(|()| rustix::thread::set_thread_res_uid(uid, uid, uid))
        .map_err(|error| failed(error.into()))
}

fn read_identity(net_dir: &Path) -> Result<NetIdentity, Failure> {
    let path = net_dir.join("host.json");
    let bytes = read(&path)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(format!("could not understand `{}`", path.display())).because(error)
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::new(format!("could not read `{}`", path.display()))
            .because(error)
            .hint("join this host to a server first, with `patchwell-agent enrol`")
    })
}

/// Makes the client with the certificate that is on the disk.
fn gateway(config: &Config) -> Result<Gateway, Failure> {
    let net = config.net_dir();
    let unusable = || Failure::new("this host's certificate cannot be used").hint("enrol it anew");
    let ca = CertificateDer::from_pem_slice(&read(&net.join("ca.pem"))?)
        .map_err(|error| unusable().because(error))?;
    let identity = Identity::from_pem(&read(&net.join("tls.pem"))?, &read(&net.join("tls.key"))?)
        .map_err(|error| unusable().because(error))?;
    let tls = enrolled(ca, identity).map_err(|error| unusable().because(error))?;
    Ok(Gateway::new(&config.server, tls))
}

/// Removes what a crash left half fetched.
fn clear_spool(net_dir: &Path) {
    let entries = fs::read_dir(net_dir.join("spool")).into_iter().flatten();
    for entry in entries.filter_map(Result::ok) {
        drop(fs::remove_file(entry.path()));
    }
}

impl Net {
    pub(crate) fn gateway(&self) -> Gateway {
        self.gateway.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn identity(&self) -> NetIdentity {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.config.net_dir().join("spool")
    }

    pub(crate) fn net_dir(&self) -> PathBuf {
        self.config.net_dir()
    }

    /// Asks for a look at the host soon. One waiting request is enough.
    pub(crate) fn look_again(&self) {
        // Full: a look is asked for already.
        self.look_again.try_send(()).ok();
    }

    /// Notes why orders cannot be taken up; an empty text says that they can.
    pub(crate) fn note_trouble(&self, text: &str) {
        let text = text.chars().take(TROUBLE_CHARS_MAX).collect();
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    pub(crate) fn trouble(&self) -> String {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note_server_time(&self, server_time: i64) {
        self.clock_ahead_secs.store(clock::now() - server_time, Ordering::Relaxed);
    }

    pub(crate) fn clock_ahead_secs(&self) -> i64 {
        self.clock_ahead_secs.load(Ordering::Relaxed)
    }

    /// Gets the next certificate when it is time.
    pub(crate) fn renew_if_due(&self) {
        let renewal = self.identity().renewal;
        if !plan::is_renewal_due(&renewal, clock::now()) {
            return;
        }
        if let Err(failure) = self.renew(renewal.generation) {
            say(&failure.chain());
            // Not again at every turn; the certificate outlives many attempts.
            let mut identity = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
            identity.renewal.renew_at = clock::now() + RENEW_RETRY_SECS;
        }
    }

    fn renew(&self, generation: u64) -> Result<(), Failure> {
        let failed = || Failure::new("could not renew this host's certificate");
        let net = self.net_dir();
        let key = String::from_utf8_lossy(&read(&net.join("tls.key"))?).into_owned();
        let key = rcgen::KeyPair::from_pem(&key).map_err(|error| failed().because(error))?;
        let request = RenewRequest { csr_pem: enrol::csr(&key)?, generation };
        let answer = self.gateway().renew(&request).map_err(|error| failed().because(error))?;
        let identity = NetIdentity { renewal: answer.renewal, ..self.identity() };
        let text = serde_json::to_vec_pretty(&identity).map_err(|error| failed().because(error))?;
        // A crash between the two leaves the new certificate with the old dates: it is renewed again.
        files::put(&net.join("tls.pem"), answer.certificate_pem.as_bytes(), 0o600)
            .and_then(|()| files::put(&net.join("host.json"), &text, 0o600))
            .map_err(|error| failed().because(error))?;
        let gateway = gateway(&self.config)?;
        *self.gateway.lock().unwrap_or_else(PoisonError::into_inner) = gateway;
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = identity;
        Ok(())
    }
}

/// One loop's way to the root half: connects when asked, and again after the other half was restarted.
#[derive(Debug)]
pub(crate) struct RootHalf<'a> {
    socket: &'a Path,
    link: Option<Link>,
    failures: u32,
}

impl<'a> RootHalf<'a> {
    pub(crate) fn new(net: &'a Net) -> Self {
        Self { socket: &net.config.socket, link: None, failures: 0 }
    }

    /// Asks; while the root half is away, waits for it. `None`: it went away over this very question.
    pub(crate) fn ask(
        &mut self,
        ask: &Ask,
        body: Option<BorrowedFd<'_>>,
    ) -> Option<(Answer, Option<File>)> {
        let link = self.connected();
        match link.ask(ask, body) {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.link = None;
                self.tell_once(&error);
                clock::wait(Duration::from_secs(HALF_AWAY_SECS));
                None
            }
        }
    }

    fn connected(&mut self) -> &Link {
        while self.link.is_none() {
            match Link::connect(self.socket) {
                Ok(link) => {
                    if std::mem::take(&mut self.failures) >= HALF_AWAY_SAID {
                        say("the root half answers again");
                    }
                    self.link = Some(link);
                }
                Err(error) => {
                    self.tell_once(&error);
                    clock::wait(Duration::from_secs(HALF_AWAY_SECS));
                }
            }
        }
        self.link.as_ref().expect("the loop above ends only with a link")
    }

    fn tell_once(&mut self, error: &HalvesError) {
        self.failures = self.failures.saturating_add(1);
        if self.failures == HALF_AWAY_SAID {
            let failure = Failure::new("the root half does not answer")
                .because(short_text(&format!("{error}: {}", cause(error))));
            say(&failure.chain());
        }
    }
}

fn cause(error: &HalvesError) -> String {
    std::error::Error::source(error)
        .map_or_else(|| "no further cause".to_owned(), ToString::to_string)
}

/// Tells of the server's silence once, and of its return; waits in between.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    backoff: backoff::Backoff,
    is_away: bool,
}

impl Patience {
    /// The server answered.
    pub(crate) fn heard(&mut self) {
        if std::mem::take(&mut self.is_away) {
            say("the server answers again");
        }
        self.backoff.reset();
    }

    /// Returns how long to wait after this error.
    pub(crate) fn after(&mut self, error: &LinkError) -> Duration {
        if !std::mem::replace(&mut self.is_away, true) {
            say(&error.chain());
        }
        self.backoff.next(backoff::chance(), error.retry_after_secs())
    }
}
