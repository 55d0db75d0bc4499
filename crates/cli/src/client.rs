//! The server's API as functions. The only file that speaks HTTP.

use crate::config::{Access, Paths};
use crate::error::{Failure, Kind};
use model::wire::ErrorBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::fs::File;
use std::time::Duration;

/// Longer than any request that is not a long poll may take by the server's own limit.
const REQUEST_SECS: u64 = 40;
/// A day of all CVE records is 2 GiB; over a slow tunnel, with all that the server makes of it, it may
/// take this long.
const UPLOAD_SECS: u64 = 3_600;
/// A host's packages and updates are about 1 MB; nothing that the API answers is larger than this.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A server and the right to ask it.
pub(crate) struct Client {
    agent: ureq::Agent,
    access: Access,
}

/// One part of a path, checked: an id, a prefix of one, or a host's name.
pub(crate) fn part(text: &str) -> Result<&str, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_dots = text.chars().all(|c| c == '.');
    if text.is_empty() || is_dots || text.len() > 253 || !text.chars().all(is_plain) {
        let shown = text.escape_default();
        return Err(Failure::user(format!("`{shown}` is neither an id nor a host's name")));
    }
    Ok(text)
}

/// Returns `path` with the pairs whose value is not empty, percent-encoded.
pub(crate) fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    let mut mark = '?';
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(mark);
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    out.push(char::from(byte));
                }
                byte => write!(out, "%{byte:02X}").expect("a string takes everything"),
            }
        }
        mark = '&';
    }
    out
}

impl Client {
    pub(crate) fn open(paths: &Paths) -> Result<Self, Failure> {
        Self::new(paths.access()?)
    }

    pub(crate) fn new(access: Access) -> Result<Self, Failure> {
        if !access.server.starts_with("http://") {
            return Err(Failure::user(format!("`{}` is not a server's address", access.server))
                .hint(
                    "it looks like http://127.0.0.1:8420; tunnel to a server elsewhere with ssh -L",
                ));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(REQUEST_SECS)))
            .build();
        Ok(Self { agent: config.into(), access })
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.agent.get(self.url(path)).header("Authorization", self.bearer());
        self.answer(request.call())
    }

    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.agent.post(self.url(path)).header("Authorization", self.bearer());
        self.answer(request.send_json(body))
    }

    pub(crate) fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.agent.put(self.url(path)).header("Authorization", self.bearer());
        self.answer(request.send_json(body))
    }

    /// Sends a file's bytes as they are, however long that takes: what a server refuses it says early.
    pub(crate) fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        file: &File,
    ) -> Result<T, Failure> {
        let request = self
            .agent
            .post(self.url(path))
            .header("Authorization", self.bearer())
            .header("Content-Type", "application/octet-stream")
            .config()
            .timeout_global(Some(Duration::from_secs(UPLOAD_SECS)))
            .build();
        self.answer(request.send(file))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.access.server.trim_end_matches('/'))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.access.token)
    }

    fn answer<T: DeserializeOwned>(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, Failure> {
        let mut answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status().as_u16();
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()
            .map_err(|error| self.unreachable(&error))?;
        if !(200..300).contains(&status) {
            return Err(self.refused(status, &text));
        }
        // An empty body is `null`: some answers have nothing to say.
        let text = if text.is_empty() { "null" } else { &text };
        serde_json::from_str(text).map_err(|error| {
            Failure::internal(format!(
                "{} answered something else than expected",
                self.access.server
            ))
            .because(&error)
            .hint("are the server and this program of the same version?")
        })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum: all others say it well")]
    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let message = format!("could not reach {}", self.access.server);
        let failure = Failure::new(Kind::Unreachable, message);
        let failure = match error {
            ureq::Error::Io(error) => failure.because(error),
            error => failure.because(error),
        };
        failure.hint("start it with `patchwell`")
    }

    fn refused(&self, status: u16, text: &str) -> Failure {
        if let Ok(body) = serde_json::from_str::<ErrorBody>(text) {
            return Failure::from_server(status, &body);
        }
        let (error, hint) = (String::new(), String::new());
        let message = format!("{} answered with status {status}", self.access.server);
        Failure::from_server(status, &ErrorBody { error, message, hint })
            .hint("is it Patchwell that listens there?")
    }
}
