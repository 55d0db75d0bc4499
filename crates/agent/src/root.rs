//! The root half: verifies orders that people signed, and carries them out. It has no network; what it
//! needs from the server, the network half brings, and nothing that it brings is believed.

pub mod answers;
pub mod board;
pub mod carry;
pub mod conclude;
pub mod home;
pub mod inbox;
pub mod restore;

use crate::config::Config;
use crate::failure::{Failure, say};
use crate::halves::Door;
use crate::hands::runner::{Folder, read_json};
use answers::Desk;
use board::Board;
use carry::Means;
use home::{Home, Parcel};
use inbox::Taken;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often waiting orders are looked at: one may become due.
const LOOK: Duration = Duration::from_secs(5);

/// Runs the root half for ever.
///
/// # Errors
/// The host is not enrolled, its limits cannot be read, or the socket cannot be made.
pub fn start(config: &Config, config_path: &Path) -> Result<(), Failure> {
    let home = Arc::new(Home::open(config)?);
    let board = Arc::new(Board::default());
    let door = door(config)?;
    clear_parts(&home);
    for id in home.waiting() {
        board.deliver(id);
    }
    let desk = Arc::new(Desk::new(home.clone(), board.clone(), config_path));
    std::thread::spawn(move || answers::serve(&door, &desk));
    say(&format!("root half of {} is ready", home.identity.host));
    finish_unfinished(&home, &board);
    loop {
        if let Err(error) = inbox::note_statements(&home) {
            say(&format!("could not take note of a roster: {error}"));
        }
        if !take_one(&home, &board) {
            board.wait_for_orders(LOOK);
        }
    }
}

fn door(config: &Config) -> Result<Door, Failure> {
    let failed = |error: crate::halves::HalvesError| {
        Failure::new(format!("could not listen on `{}`", config.socket.display())).because(error)
    };
    // The owner of the network half's folder, and whoever runs this half (root, or one who only looks).
    let net = std::fs::metadata(config.net_dir()).map(|found| found.uid()).map_err(|error| {
        Failure::new(format!("could not look at `{}`", config.net_dir().display()))
            .because(error)
            .hint("join this host to a server first, with `patchwell-agent enrol`")
    })?;
    Door::open(&config.socket, &[net, rustix::process::geteuid().as_raw()]).map_err(failed)
}

/// Removes what an earlier process was still writing when it ended: it never became a run, an order or
/// an envelope.
fn clear_parts(home: &Home) {
    for folder in [home.runs(), home.inbox(), home.outbox()] {
        for path in home::entries(&folder) {
            if path.file_name().is_some_and(home::is_hidden) {
                drop(std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path)));
            }
        }
    }
}

/// Carries on with what an earlier process left.
fn finish_unfinished(home: &Home, board: &Board) {
    for folder in home.all_runs() {
        carry(home, board, &folder);
    }
}

fn carry(home: &Home, board: &Board, folder: &Folder) {
    if let Err(error) = carry::carry(Means { home, board }, folder) {
        say(&format!("could not carry out `{}`: {error}", folder.0.display()));
    }
    for id in home.waiting() {
        board.deliver(id);
    }
}

/// Takes up the first waiting order that can be, and carries it to its end: one run at a time.
/// Returns whether there was one.
fn take_one(home: &Home, board: &Board) -> bool {
    for path in inbox::waiting(home) {
        match take(home, board, &path) {
            Ok(Some(folder)) => {
                carry(home, board, &folder);
                return true;
            }
            Ok(None) => {}
            Err(error) => say(&format!("could not take an order up: {error}")),
        }
    }
    false
}

fn take(home: &Home, board: &Board, path: &PathBuf) -> io::Result<Option<Folder>> {
    let Ok(item) = inbox::read(path) else {
        // Ours, and unreadable: a torn disk. The server has it still.
        std::fs::remove_file(path)?;
        return Ok(None);
    };
    match inbox::take(home, &item)? {
        Taken::Early => return Ok(None),
        Taken::Run(folder) => {
            std::fs::remove_file(path)?;
            return Ok(Some(folder));
        }
        Taken::Known(folder) => tell_again(home, board, &folder)?,
        Taken::Refused(refusal) => {
            let (payload, order) = inbox::named(&item.delivery.envelope);
            if let Some(id) = home.refuse(order, payload, refusal)? {
                board.deliver(id);
            }
        }
    }
    std::fs::remove_file(path)?;
    Ok(None)
}

/// The server asks for a run that is over: it may have lost the outcome.
fn tell_again(home: &Home, board: &Board, folder: &Folder) -> io::Result<()> {
    if let Ok(parcel) = read_json::<Parcel>(&folder.0.join("outcome.json")) {
        home.post(&parcel)?;
        board.deliver(parcel.id);
    }
    Ok(())
}
