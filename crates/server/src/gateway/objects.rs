//! Vault files out, to hosts whose open orders name them. The digest is computed while a file is sent,
//! and its last bytes are held back until it fits: a damaged file never arrives whole.

use crate::app::App;
use crate::error::{ApiError, ErrorKind};
use crate::fleet::Cell;
use crate::gateway::peer::Caller;
use crate::gateway::{blocking, come_again};
use crate::{files, vault};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use model::Digest;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long a request is held while the vault fetches the file; shorter than what agents wait.
const HOLD_SECS: u64 = 120;
/// After that, when to ask again.
const COME_AGAIN_SECS: u32 = 10;
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks read ahead of the network: bounds a slow host's memory.
const CHUNKS_AHEAD: usize = 4;

/// `GET /agent/v1/objects/{sha256}`
pub(crate) async fn objects(
    State(app): State<Arc<App>>,
    Caller(cell): Caller,
    Path(sha256): Path<String>,
) -> Result<Response, ApiError> {
    let sha256: Digest =
        sha256.parse().map_err(|_| ApiError::bad_input("bad_digest", "not a SHA-256 digest"))?;
    let mut arrived = app.vault.arrived();
    let hold = tokio::time::sleep(Duration::from_secs(HOLD_SECS));
    tokio::pin!(hold);
    let mut stopping = app.stopping.subscribe();
    loop {
        arrived.borrow_and_update();
        if let Some((file, size)) = open(&app, &cell, sha256).await? {
            return Ok(stream(app, (file, size), sha256));
        }
        let is_over = tokio::select! {
            () = &mut hold => true,
            _ = stopping.wait_for(|stop| *stop) => true,
            changed = arrived.changed() => changed.is_err(),
        };
        if is_over {
            let said = "the vault does not have this file yet";
            let busy = ApiError::new(ErrorKind::Busy, "not_yet", said).hint("it is being fetched");
            return Ok(come_again(busy, COME_AGAIN_SECS));
        }
    }
}

/// Opens a file that the host may have; `None` while the vault lacks it.
async fn open(
    app: &Arc<App>,
    cell: &Arc<Cell>,
    sha256: Digest,
) -> Result<Option<(File, u64)>, ApiError> {
    let (app, cell) = (Arc::clone(app), Arc::clone(cell));
    blocking(move || {
        let row = app.read(|view| {
            if !store::deliveries::names_object(view, &cell.scope, cell.host, sha256)? {
                let said = "no open order of this host names that file";
                return Err(ApiError::not_found(said));
            }
            Ok(store::vault::get(view, &cell.scope, sha256)?)
        })?;
        let Some(row) = row.filter(|row| row.is_held) else { return Ok(None) };
        match File::open(app.vault.path(sha256)) {
            Ok(file) => Ok(Some((file, row.artifact.size_bytes))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                vault::lost(&app, cell.scope, sha256, "the file is gone")?;
                Ok(None)
            }
            Err(e) => Err(files::failed("open", &app.vault.path(sha256), &e)),
        }
    })
    .await
}

fn stream(app: Arc<App>, (file, size): (File, u64), sha256: Digest) -> Response {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        let sent = send(file, size, sha256, &sender);
        if let Err(Damage(text)) = sent {
            let scope = app.tenant();
            if let Err(error) = vault::lost(&app, scope, sha256, &text) {
                tracing::error!(detail = %error.detail, "a damaged vault file stays in place");
            }
            // The answer is cut off: the host sees a failed fetch, never damaged bytes as a whole file.
            let _sent = sender.blocking_send(Err(std::io::Error::other(text)));
        }
    });
    let headers = [(header::CONTENT_TYPE, "application/octet-stream")];
    (headers, Body::new(Checked { chunks, left: size })).into_response()
}

/// The bytes on the disk are not the ones that were put there.
struct Damage(String);

fn send(
    mut file: File,
    size: u64,
    sha256: Digest,
    sender: &mpsc::Sender<std::io::Result<Bytes>>,
) -> Result<(), Damage> {
    let mut hash = Sha256::new();
    let mut held_back: Option<Bytes> = None;
    let mut length = 0_u64;
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let count = file.read(&mut chunk).map_err(|e| Damage(format!("unreadable: {e}")))?;
        if count == 0 {
            break;
        }
        chunk.truncate(count);
        hash.update(&chunk);
        length += u64::try_from(count).unwrap_or(u64::MAX);
        if length > size {
            break;
        }
        let ready = held_back.replace(Bytes::from(chunk));
        // A host that went away needs no check; the next one makes it.
        if ready.is_some_and(|ready| sender.blocking_send(Ok(ready)).is_err()) {
            return Ok(());
        }
    }
    let found = Digest(hash.finalize().into());
    if length != size || found != sha256 {
        return Err(Damage(format!("{length} bytes of another digest ({})", found.short())));
    }
    // A host that went away is not damage.
    let _sent = held_back.is_none_or(|last| sender.blocking_send(Ok(last)).is_ok());
    Ok(())
}

/// A body of known length whose chunks come from the reading thread.
struct Checked {
    chunks: mpsc::Receiver<std::io::Result<Bytes>>,
    left: u64,
}

impl HttpBody for Checked {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let chunk = std::task::ready!(self.chunks.poll_recv(context));
        Poll::Ready(chunk.map(|chunk| {
            chunk.map(|bytes| {
                let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.left = self.left.saturating_sub(count);
                Frame::data(bytes)
            })
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
