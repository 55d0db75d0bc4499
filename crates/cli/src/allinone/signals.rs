//! Ctrl-C and SIGTERM as something to wait for.

use crate::error::Failure;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The wish to stop. Once said, it stays said.
pub(crate) struct Signals(Receiver<()>);

impl Signals {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let could_not = "could not listen for signals";
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(|error| Failure::internal(could_not).because(&error))?;
        let (sender, receiver) = mpsc::channel();
        let pair = runtime.block_on(async {
            Ok::<_, std::io::Error>((
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            ))
        });
        let (mut interrupt, mut terminate) =
            pair.map_err(|error| Failure::internal(could_not).because(&error))?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            // The receiver lives until the program ends; dropping the sender says it for ever.
            drop(sender);
        });
        Ok(Self(receiver))
    }

    /// Waits for the wish to stop.
    pub(crate) fn wait(&self) {
        let _stop = self.0.recv();
    }

    /// Waits a while; returns whether to stop.
    pub(crate) fn wait_millis(&self, millis: u64) -> bool {
        let waited = self.0.recv_timeout(Duration::from_millis(millis));
        !matches!(waited, Err(RecvTimeoutError::Timeout))
    }
}
