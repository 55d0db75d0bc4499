//! Answers to the network half, one thread per connection. Bodies are copied and verified; what cannot
//! be understood closes the connection.

use crate::failure::say;
use crate::halves::{
    Answer, Ask, Door, HalvesError, Job, Link, WORK_SECS_MAX, body_of, fd_of, read_body, short_text,
};
use crate::hands::{process, staging, units};
use crate::root::board::{Board, LinkId};
use crate::root::home::Home;
use crate::root::inbox;
use crate::root::restore;
use model::Digest;
use model::wire::OrdersAnswer;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of an orders answer at most: some tens of orders with their plan entries.
const ORDERS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Connections at once; the network half has three.
const LINKS_MAX: usize = 8;

/// What answers are made from.
#[derive(Debug)]
pub struct Desk {
    home: Arc<Home>,
    board: Arc<Board>,
    config: PathBuf,
    links: AtomicU64,
    /// One collection at a time: they share a file.
    collecting: Mutex<()>,
}

impl Desk {
    pub fn new(home: Arc<Home>, board: Arc<Board>, config: &Path) -> Self {
        let config = config.to_owned();
        Self { home, board, config, links: AtomicU64::new(1), collecting: Mutex::new(()) }
    }
}

/// Lets connections in for ever.
pub fn serve(door: &Door, desk: &Arc<Desk>) {
    loop {
        match door.admit() {
            // This thread holds one as well.
            Ok(_) if Arc::strong_count(desk) > LINKS_MAX => say("too many connections"),
            Ok(link) => {
                let desk = desk.clone();
                std::thread::spawn(move || converse(&desk, &link));
            }
            Err(error @ HalvesError::Stranger { .. }) => say(&error.to_string()),
            Err(error) => {
                say(&format!("could not let the network half in: {error}"));
                crate::clock::wait(Duration::from_secs(1));
            }
        }
    }
}

fn converse(desk: &Desk, link: &Link) {
    let id = desk.links.fetch_add(1, Ordering::Relaxed);
    loop {
        let answered = match link.next_ask() {
            Ok(Some((ask, body))) => {
                let (answer, body) = desk.answer(id, ask, body);
                link.answer(&answer, body.as_ref().map(fd_of))
            }
            Ok(None) => break,
            Err(error) => Err(error),
        };
        if let Err(error) = answered {
            say(&format!("the network half said something odd: {error}"));
            break;
        }
    }
    desk.board.give_back(id);
}

impl Desk {
    fn answer(&self, link: LinkId, ask: Ask, body: Option<File>) -> (Answer, Option<File>) {
        let done = |result: Result<(), String>| match result {
            Ok(()) => (Answer::Done, None),
            Err(text) => (Answer::Failed { text: short_text(&text) }, None),
        };
        match ask {
            Ask::Orders => done(self.orders(body)),
            Ask::Collect { refresh } => match self.collect(refresh) {
                Ok(file) => (Answer::Sight, Some(file)),
                Err(error) => done(Err(error.to_string())),
            },
            Ask::Work { wait_secs } => self.work(link, wait_secs.min(WORK_SECS_MAX)),
            Ask::Fetched { sha256 } => done(self.fetched(sha256, body)),
            Ask::FetchFailed { sha256, text } => {
                self.board.fetched(sha256, Err(text));
                done(Ok(()))
            }
            Ask::Permit { claim, answer } => {
                self.board.permit(&claim, answer);
                done(Ok(()))
            }
            Ask::Delivered { id } => {
                self.home.unpost(id);
                self.board.delivered(id);
                done(Ok(()))
            }
        }
    }

    fn orders(&self, body: Option<File>) -> Result<(), String> {
        let file = body.ok_or("there is no body")?;
        let bytes = read_body(&file, ORDERS_BYTES_MAX).map_err(|error| error.to_string())?;
        let answer: OrdersAnswer =
            serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let kept = inbox::keep(&self.home, &answer, |refused| self.board.deliver(refused));
        let followed = restore::follow(&self.home, &self.board, answer.restore_epoch);
        self.board.orders_came();
        kept.and(followed).map_err(|error| error.to_string())
    }

    /// Looks at the host by a process of its own: under systemd in a unit that may read what this half
    /// may not.
    fn collect(&self, refresh: bool) -> io::Result<File> {
        let _one = self.collecting.lock().unwrap_or_else(PoisonError::into_inner);
        let out = self.home.sight();
        units::collect(&process::own_program()?, &self.config, &out, refresh)?;
        File::open(out)
    }

    fn work(&self, link: LinkId, wait_secs: u32) -> (Answer, Option<File>) {
        let mut jobs = self.board.work(link, Duration::from_secs(wait_secs.into()));
        let mut body = None;
        jobs.retain(|job| match job {
            Job::Deliver { id } => match self.home.posted(*id).and_then(|bytes| body_of(&bytes)) {
                Ok(file) => {
                    body = Some(file);
                    true
                }
                Err(error) => {
                    say(&format!("could not read a waiting outcome: {error}"));
                    self.board.delivered(*id);
                    false
                }
            },
            Job::Fetch { .. } | Job::Claim(_) | Job::Progress(_) => true,
        });
        (Answer::Work(jobs), body)
    }

    fn fetched(&self, sha256: Digest, body: Option<File>) -> Result<(), String> {
        let Some(artifact) = self.board.wanted(sha256) else {
            return Err("nobody asked for this".to_owned());
        };
        let mut file = body.ok_or("there is no body")?;
        let taken = staging::take(&self.home.cache(), &artifact, &mut file)
            .map_err(|error| format!("{error}"));
        self.board.fetched(sha256, taken.clone());
        taken
    }
}
