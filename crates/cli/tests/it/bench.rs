//! A folder of settings, the program, and a server that answers from a list.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use tempfile::TempDir;

/// What the program left.
#[must_use = "look at the exit code at least"]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) struct Bench {
    pub(crate) dir: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// Writes `cli.toml` for a server at `address`.
    pub(crate) fn access(&self, address: &str) {
        std::fs::create_dir_all(self.config()).unwrap();
        let text = format!("server = \"http://{address}\"\ntoken = \"pwlu_test\"\n");
        put(&self.config().join("cli.toml"), &text);
    }

    /// Returns the program with nothing of the caller's environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the program under test")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchwell"));
        command
            .arg("--config-dir")
            .arg(self.config())
            .args(args)
            .env_clear()
            .env("TZ", "UTC")
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        let output = self.command(args).output().unwrap();
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) fn put(path: &std::path::Path, content: impl AsRef<[u8]>) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(content.as_ref()).unwrap();
}

/// Starts a server that knows some paths; what is sent to it comes out of the receiver as
/// `METHOD path body`.
pub(crate) fn serve(answers: BTreeMap<String, (u16, String)>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Some(said) = answer(stream.unwrap(), &answers) else { continue };
            if sender.send(said).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn answer(stream: TcpStream, answers: &BTreeMap<String, (u16, String)>) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut is_allowed) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(count) = header.strip_prefix("content-length:") {
            length = count.trim().parse().ok()?;
        }
        is_allowed |= header == "authorization: bearer pwlu_test";
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let unknown = (404, r#"{"error":"not_found","message":"no such thing"}"#.to_owned());
    let denied = (401, r#"{"error":"unauthorised","message":"who are you"}"#.to_owned());
    let key = format!("{method} {path}");
    let (status, text) =
        if is_allowed { answers.get(&key).cloned().unwrap_or(unknown) } else { denied };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    reader.get_mut().write_all(format!("{head}{text}").as_bytes()).ok()?;
    Some(format!("{key} {}", String::from_utf8_lossy(&body)))
}
