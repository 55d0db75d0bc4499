//! A repository on loopback: serves files, counts requests, and is an HTTP proxy for absolute addresses.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Shelf {
    files: BTreeMap<String, Vec<u8>>,
    moved: BTreeMap<String, String>,
    asked: Vec<String>,
}

pub(crate) struct FileServer {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
}

impl FileServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let shared = Arc::clone(&shelf);
        // Ends with the test process: it only waits for connections.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shelf));
            }
        });
        Self { address, shelf }
    }

    pub(crate) fn site(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn put(&self, files: &[(String, Vec<u8>)]) {
        self.shelf.lock().unwrap().files.extend(files.iter().cloned());
    }

    /// Answers `path` with where it is now.
    pub(crate) fn shift(&self, path: &str, to: &str) {
        self.shelf.lock().unwrap().moved.insert(path.to_owned(), to.to_owned());
    }

    /// Request targets in the order in which they came.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shelf.lock().unwrap().asked.clone()
    }
}

fn serve(stream: TcpStream, shelf: &Mutex<Shelf>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let target = line.split(' ').nth(1).unwrap_or("").to_owned();
        let mut has = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                break;
            }
            if let Some(etag) = line.to_lowercase().strip_prefix("if-none-match: ") {
                etag.trim().clone_into(&mut has);
            }
        }
        let path = target.splitn(4, '/').nth(3).filter(|_| target.starts_with("http://"));
        let path = path.map_or(target.clone(), |path| format!("/{path}"));
        let (found, moved) = {
            let mut shelf = shelf.lock().unwrap();
            shelf.asked.push(target);
            (shelf.files.get(&path).cloned(), shelf.moved.get(&path).cloned())
        };
        let etag = found.as_ref().map(|body| format!("\"{}\"", model::Digest::of(body).short()));
        let status = match (&etag, moved) {
            (_, Some(to)) => format!("302 Found\r\nlocation: {to}"),
            (Some(etag), None) if *etag == has => "304 Not Modified".to_owned(),
            (Some(etag), None) => format!("200 OK\r\netag: {etag}"),
            (None, None) => "404 Not Found".to_owned(),
        };
        let body = if status.starts_with("304") { Vec::new() } else { found.unwrap_or_default() };
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
        let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        if sent.is_err() {
            return;
        }
    }
}
