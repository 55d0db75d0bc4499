//! Starting: what stands in the way is said, with what to do.

use crate::rig::Rig;
use server::{Server, StartError};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

#[test]
fn a_second_server_on_the_same_folder_is_told_so() {
    let rig = Rig::new();
    let Err(refused) = rig.start_another() else { panic!("two servers share a folder") };
    assert!(refused.to_string().contains("another Patchwell uses the data folder"), "{refused}");
    assert!(refused.hint().contains("--data"));
}

#[test]
fn a_port_in_use_is_named() {
    let rig = Rig::new();
    let other = tempfile::tempdir().unwrap();
    let mut settings = rig.settings();
    settings.data = other.path().join("data");
    settings.console = rig.server().console_addr();
    let Err(refused) = Server::start(settings) else { panic!("one port, two servers") };
    assert!(matches!(refused, StartError::PortInUse { what: "console", .. }), "{refused}");
    assert!(refused.hint().contains("--console"));
}

#[test]
fn a_name_that_is_no_address_is_refused() {
    let rig = Rig::new();
    let mut settings = rig.settings();
    settings.gateway_name = "patchwell".to_owned();
    let Err(refused) = Server::start(settings) else { panic!("it has no port") };
    assert!(refused.hint().contains(":8421"), "{refused}");
}

#[test]
fn the_ca_key_is_readable_by_its_owner_only_and_stays() {
    let mut rig = Rig::new();
    let before = rig.app().ca_digest();
    let path = rig.settings().data.join("ca/ca.key");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    rig.restart();
    assert_eq!(rig.app().ca_digest(), before);
}

#[test]
fn a_full_stop_ends_parked_polls_and_frees_the_folder() {
    let mut rig = Rig::new();
    let host = rig.host("web");
    std::thread::scope(|threads| {
        let parked = threads.spawn(|| host.orders(0, 200));
        crate::rig::rest(300);
        rig.restart();
        assert!(parked.join().unwrap().orders.is_empty());
    });
}

#[test]
fn a_silent_connection_is_closed_at_the_handshake_deadline() {
    let rig = Rig::new();
    let mut silent = TcpStream::connect(rig.server().gateway_addr()).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    silent.write_all(&[0x16]).unwrap();
    let mut byte = [0];
    let closed = silent.read(&mut byte);
    assert!(matches!(closed, Ok(0)), "{closed:?}");
}

#[test]
fn half_a_request_is_closed_at_its_deadline() {
    let rig = Rig::new();
    let tcp = TcpStream::connect(rig.server().gateway_addr()).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let connection = rustls::ClientConnection::new(crate::host::client(None), name).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, tcp);
    stream.write_all(b"GET /agent/v1/orders HTTP/1.1\r\nhost: ").unwrap();
    let mut rest = Vec::new();
    let timed_out = |e: &std::io::Error| matches!(e.kind(), std::io::ErrorKind::WouldBlock);
    let closed = stream.read_to_end(&mut rest);
    assert!(!closed.as_ref().is_err_and(timed_out), "still open: {closed:?}");
}

#[test]
fn the_gateways_certificate_is_of_the_ca_and_for_the_name_that_agents_are_told() {
    let rig = Rig::new();
    let asks = |name: &str| {
        let tls = crate::host::strict_client(&rig);
        crate::host::shakes_hands(rig.server().gateway_addr(), &tls, name)
    };
    assert!(asks("127.0.0.1"));
    assert!(asks("localhost"));
    assert!(!asks("patchwell.example"));
}

#[test]
fn sign_in_links_work_once_and_tokens_are_checked() {
    let rig = Rig::new();
    let link = rig.server().sign_in_link().unwrap();
    let secret = link.rsplit('/').next().unwrap();
    let app = rig.app();
    assert_eq!(server::tokens::use_link(&app, secret).unwrap().person, "owner");
    assert!(server::tokens::use_link(&app, secret).is_err());
    let token = rig.server().cli_token("anna").unwrap();
    assert_eq!(server::tokens::api_holder(&app, &token).unwrap().person, "anna");
    assert!(server::tokens::api_holder(&app, "pwlu_nonsense").is_err());
    rig.clock.advance(91 * 86_400);
    assert!(server::tokens::api_holder(&app, &token).is_err());
}
