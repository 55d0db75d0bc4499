use super::*;
use std::net::SocketAddr;

/// Serves a folder with one file, sends `request`, and returns the whole answer.
fn check(request: &str, expected_start: &str, expected_end: &str) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("deb.debian.org/pool/a+b");
    crate::files::put(&place, "content").unwrap();
    crate::files::put(&folder.path().join("secret"), "secret").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr: SocketAddr = listener.local_addr().unwrap();
    let _service = serve(listener, folder.path()).unwrap();
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with(expected_start), "{answer}");
    assert!(answer.ends_with(expected_end), "{answer}");
    assert!(!answer.contains("secret"), "{answer}");
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n";

#[test]
fn a_host_gets_a_file_by_host_name_and_path() {
    check("GET /pool/a%2bb HTTP/1.1\r\nHost: deb.debian.org\r\n\r\n", OK, "\r\n\r\ncontent");
    check("GET /pool/a+b HTTP/1.1\r\nHost: deb.debian.org:80\r\n\r\n", OK, "content");
    check("HEAD /pool/a+b HTTP/1.1\r\nHost: deb.debian.org\r\n\r\n", OK, "\r\n\r\n");
}

#[test]
fn requests_on_one_connection_are_answered_in_order() {
    let one = "GET /pool/a+b HTTP/1.1\r\nHost: deb.debian.org\r\n\r\n";
    let two = "GET /absent HTTP/1.1\r\nHost: deb.debian.org\r\n\r\n";
    check(&format!("{one}{two}"), OK, "404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn the_proxy_forms_lead_to_the_same_files() {
    check("GET http://deb.debian.org/pool/a+b HTTP/1.1\r\nHost: x\r\n\r\n", OK, "content");
    let inner = "GET /pool/a+b HTTP/1.1\r\nHost: deb.debian.org\r\n\r\n";
    let tunnel = format!("CONNECT deb.debian.org:80 HTTP/1.1\r\n\r\n{inner}");
    check(&tunnel, "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200", "content");
}

#[test]
fn nothing_else_is_served_and_nothing_is_fetched_from_outside() {
    let missing = "HTTP/1.1 404 Not Found";
    for target in ["/../secret", "/%2e%2e/secret", "/pool", "//etc/passwd", "/%ff"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: deb.debian.org\r\n\r\n");
        check(&request, missing, "\r\n\r\n");
    }
    check("GET http://example.org/ HTTP/1.1\r\n\r\n", missing, "\r\n\r\n");
    check("GET /secret HTTP/1.1\r\nHost: ..\r\n\r\n", missing, "\r\n\r\n");
    check("CONNECT deb.debian.org:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 403 Forbidden", "\r\n\r\n");
    check("CONNECT example.org:80 HTTP/1.1\r\n\r\n", "HTTP/1.1 403 Forbidden", "\r\n\r\n");
}
