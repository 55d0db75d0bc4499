//! `/api/v1/feeds`. A file is taken from the request as it comes, straight to the disk.

use crate::api::Answer;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::feeds;
use crate::form::{self, Form};
use crate::http::Web;
use crate::web::page::blocking;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, RawQuery, State};
use futures_util::StreamExt as _;
use model::exposure::FeedView;
use std::io::{Error, ErrorKind, Read};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pieces of a body that wait for the disk at most; more would only fill memory.
const PIECES_MAX: usize = 8;

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<FeedView>> {
    blocking(&web.app, move |app| feeds::list(app, &caller.actor)).await.map(Json)
}

pub(crate) async fn import(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Answer<Vec<FeedView>> {
    let pairs = Form(form::pairs(&query.unwrap_or_default()));
    let name = pairs.value("name").to_owned();
    if name.is_empty() {
        return Err(ApiError::bad_input("no_name", "the file has no name")
            .hint("say what it is called: `?name=kev.json`"));
    }
    let accept_anyway = matches!(pairs.value("accept"), "1" | "true" | "yes");
    let (pieces, coming) = mpsc::channel(PIECES_MAX);
    let mut reader = Pieces { coming, now: Bytes::new() };
    let passing = tokio::spawn(pass(body, pieces));
    let import =
        move |app: &_| feeds::import(app, &caller.actor, &name, &mut reader, accept_anyway);
    let answer = blocking(&web.app, import).await;
    // The rest of a body that was refused half-way is not read.
    passing.abort();
    answer.map(Json)
}

/// Passes a body on, piece by piece; ends when nobody takes it.
async fn pass(body: Body, pieces: mpsc::Sender<Result<Bytes, Error>>) {
    let mut stream = body.into_data_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| Error::new(ErrorKind::UnexpectedEof, error));
        if pieces.send(piece).await.is_err() {
            return;
        }
    }
}

/// A body, for who reads and waits.
struct Pieces {
    coming: mpsc::Receiver<Result<Bytes, Error>>,
    now: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.now.is_empty() {
            match self.coming.blocking_recv() {
                Some(piece) => self.now = piece?,
                None => return Ok(0),
            }
        }
        let count = into.len().min(self.now.len());
        let piece = self.now.split_to(count);
        into[..count].copy_from_slice(&piece);
        Ok(count)
    }
}
