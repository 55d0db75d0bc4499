//! A small HTTP server for the saved packages: for hosts as the web server behind `deb.debian.org`, for
//! the product as a proxy. It serves files of the tree and nothing else; it never goes out.

use crate::listen::Service;
use anyhow::Result;
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Bytes of one line of a request at most.
const LINE_BYTES_MAX: u64 = 8 * 1024;
/// Lines of one request at most.
const LINES_MAX: usize = 64;
/// A connection that says nothing for so long is closed.
const IDLE_SECS: u64 = 60;

struct Request {
    method: String,
    target: String,
    host: String,
    if_modified_since: String,
    closes: bool,
}

/// Serves `root` (one folder per host name) on `listener` until the returned value is dropped.
///
/// # Errors
/// The socket could not be duplicated.
pub fn serve(listener: TcpListener, root: &Path) -> Result<Service> {
    let root = root.to_owned();
    // A client that went away is not our trouble.
    Service::start(listener, move |stream| drop(converse(stream, &root)))
}

fn converse(stream: &TcpStream, root: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(IDLE_SECS)))?;
    stream.set_write_timeout(Some(Duration::from_secs(IDLE_SECS)))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    // Set by CONNECT: what follows is meant for that host.
    let mut tunnel: Option<String> = None;
    while let Some(request) = read_request(&mut reader)? {
        if request.method == "CONNECT" {
            let (name, port) = request.target.split_once(':').unwrap_or((&request.target, "443"));
            if port != "80" || !is_known(root, name) {
                return refuse(&mut writer, "403 Forbidden");
            }
            tunnel = Some(name.to_owned());
            writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            continue;
        }
        let found = locate(root, &request, tunnel.as_deref());
        answer(&mut writer, &request, found.as_deref())?;
        if request.closes {
            return Ok(());
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl io::BufRead) -> io::Result<Option<Request>> {
    let first = read_line(reader)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        host: String::new(),
        if_modified_since: String::new(),
        closes: words.next() == Some("HTTP/1.0"),
    };
    for _ in 0..LINES_MAX {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok(Some(request));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "host" => value.clone_into(&mut request.host),
            "if-modified-since" => value.clone_into(&mut request.if_modified_since),
            "connection" => request.closes |= value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Ok(None)
}

fn read_line(reader: &mut impl io::BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// Returns the file that a request names; `http://host/path` as proxies get it, or a path and `Host:`.
fn locate(root: &Path, request: &Request, tunnel: Option<&str>) -> Option<PathBuf> {
    let (host, path) = match request.target.strip_prefix("http://") {
        Some(rest) => rest.split_once('/')?,
        None => (tunnel.unwrap_or(request.host.as_str()), request.target.strip_prefix('/')?),
    };
    let host = host.split(':').next()?;
    if !is_known(root, host) {
        return None;
    }
    let path = percent_decoded(path)?;
    let plain = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
    let file = root.join(host).join(&path);
    (plain && file.is_file()).then_some(file)
}

fn is_known(root: &Path, host: &str) -> bool {
    !host.is_empty() && !host.contains('/') && !host.starts_with('.') && root.join(host).is_dir()
}

/// Undoes `%2b` and its like; `None` for anything that is not text afterwards.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn answer(out: &mut impl Write, request: &Request, found: Option<&Path>) -> io::Result<()> {
    let Some(path) = found else {
        return refuse(out, "404 Not Found");
    };
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    let modified = http_date(&meta);
    if request.if_modified_since == modified {
        return write!(out, "HTTP/1.1 304 Not Modified\r\nLast-Modified: {modified}\r\n\r\n");
    }
    let length = meta.len();
    write!(
        out,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nLast-Modified: {modified}\r\n\r\n"
    )?;
    if request.method == "GET" {
        io::copy(&mut file, out)?;
    }
    Ok(())
}

fn refuse(out: &mut impl Write, status: &str) -> io::Result<()> {
    write!(out, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")
}

fn http_date(meta: &fs::Metadata) -> String {
    let time = meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests;
