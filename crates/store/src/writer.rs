//! The one writer: closures queue, a thread runs what has queued up in one transaction with a savepoint
//! each, and one flush makes them all durable (group commit).

use crate::error::StoreError;
use crate::tx::{Committed, Tx};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Writes that share one flush at most; bounds how long the first of them waits.
const BATCH_MAX: usize = 256;
/// Writes that may queue before callers wait at the door.
const QUEUE_MAX: usize = 4_096;

/// The queue to the writing thread.
pub(crate) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    flushes: Arc<AtomicU64>,
}

trait Job: Send {
    /// Runs inside its savepoint; returns whether it is to be kept.
    fn run(&mut self, conn: &Connection) -> bool;
    /// Answers the caller, after the flush.
    fn finish(self: Box<Self>, flushed: Result<(), StoreError>);
}

struct Work<F, T, E> {
    act: Option<F>,
    answer: Option<Result<T, E>>,
    reply: SyncSender<Result<T, E>>,
}

impl Writer {
    pub(crate) fn start(conn: Connection) -> Result<Self, StoreError> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let flushes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&flushes);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_until_closed(&conn, &jobs, &counted))
            .map_err(|e| StoreError::Os { act: "start a thread".into(), text: e.to_string() })?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), flushes })
    }

    /// Runs `act` in the next batch and waits until it is durable.
    pub(crate) fn write<F, T, E>(&self, act: F) -> Result<T, E>
    where
        F: FnOnce(Tx<'_>) -> Result<Committed<T>, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let closed = || E::from(StoreError::Failed { text: "the store is closed".to_owned() });
        let (reply, answer) = sync_channel(1);
        let queue = self.queue.lock().map_err(|_| closed())?.clone().ok_or_else(closed)?;
        queue.send(Box::new(Work { act: Some(act), answer: None, reply })).map_err(|_| closed())?;
        drop(queue);
        answer.recv().unwrap_or_else(|_| Err(closed()))
    }

    /// Returns how many batches were flushed.
    pub(crate) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }

    /// Lets queued writes finish, then ends the thread.
    pub(crate) fn close(&self) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.take();
        }
        if let Some(thread) = self.thread.lock().ok().and_then(|mut t| t.take()) {
            // A panic there was already answered to the callers.
            let _ended = thread.join();
        }
    }
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnOnce(Tx<'_>) -> Result<Committed<T>, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, conn: &Connection) -> bool {
        let Some(act) = self.act.take() else { return false };
        let answer = match catch_unwind(AssertUnwindSafe(|| act(Tx::new(conn)))) {
            Ok(Ok(committed)) => Ok(committed.value),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(E::from(StoreError::Failed { text: "a write panicked".to_owned() })),
        };
        self.answer.insert(answer).is_ok()
    }

    fn finish(self: Box<Self>, flushed: Result<(), StoreError>) {
        let failed = |text: &str| Err(E::from(StoreError::Failed { text: text.to_owned() }));
        let answer = match (self.answer, flushed) {
            (Some(Ok(_)) | None, Err(error)) => Err(E::from(error)),
            (Some(answer), _) => answer,
            (None, Ok(())) => failed("a write was not carried out"),
        };
        // A caller that went away needs no answer.
        let _sent = self.reply.send(answer);
    }
}

fn write_until_closed(conn: &Connection, jobs: &Receiver<Box<dyn Job>>, flushes: &AtomicU64) {
    let mut broken: Option<StoreError> = None;
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX {
            let Ok(job) = jobs.try_recv() else { break };
            batch.push(job);
        }
        let flushed = match &broken {
            Some(error) => Err(error.clone()),
            None => write_batch(conn, &mut batch),
        };
        flushes.fetch_add(1, Ordering::Relaxed);
        // After a failed flush nobody knows what the disk holds: a second flush that succeeds would
        // prove nothing. Only a new start, which reads it back, may write again.
        if let Err(error @ StoreError::Failed { .. }) = &flushed {
            broken = Some(error.clone());
        }
        for job in batch {
            job.finish(flushed.clone());
        }
    }
}

fn write_batch(conn: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let written = run_jobs(conn, batch).and_then(|()| Ok(conn.execute_batch("COMMIT")?));
    if written.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK")?;
    }
    written
}

fn run_jobs(conn: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    for job in batch {
        conn.execute_batch("SAVEPOINT job")?;
        let kept = job.run(conn);
        if conn.is_autocommit() {
            // A full disk or an I/O error inside a job takes the whole transaction with it.
            return Err(StoreError::DiskFull);
        }
        let end = if kept { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        conn.execute_batch(end)?;
    }
    Ok(())
}
