use super::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::PrivatePkcs8KeyDer;

struct Shop {
    ca: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

fn shop() -> Shop {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca = params.self_signed(&key).unwrap().der().clone();
    Shop { ca, issuer: Issuer::new(params, key) }
}

fn server(shop: &Shop, name: &str, shows_ca: bool) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = params.signed_by(&key, &shop.issuer).unwrap().der().clone();
    let chain = if shows_ca { vec![leaf, shop.ca.clone()] } else { vec![leaf] };
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

/// Shakes hands in memory. Returns the client's error, if any.
fn handshake(client: ClientConfig, server: Arc<ServerConfig>, name: &str) -> Option<Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = rustls::ServerConnection::new(server).unwrap();
    for _ in 0..10 {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            // The client's alert about a bad certificate is no matter of this test.
            server.process_new_packets().ok();
        }
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            if let Err(error) = client.process_new_packets() {
                return Some(error);
            }
        }
    }
    assert!(!client.is_handshaking());
    None
}

#[test]
fn a_server_of_the_pinned_ca_is_joined_and_its_ca_is_kept() {
    let shop = shop();
    let (client, pinned) = joining(Digest::of(&shop.ca)).unwrap();
    assert_eq!(handshake(client, server(&shop, "patch.example", true), "patch.example"), None);
    assert_eq!(pinned.ca(), Some(shop.ca));
    assert_eq!(pinned.other(), None);
}

#[test]
fn a_server_by_address_is_checked_by_its_address() {
    let shop = shop();
    let (client, _) = joining(Digest::of(&shop.ca)).unwrap();
    assert_eq!(handshake(client, server(&shop, "127.0.0.1", true), "127.0.0.1"), None);
    let (client, _) = joining(Digest::of(&shop.ca)).unwrap();
    assert!(handshake(client, server(&shop, "127.0.0.2", true), "127.0.0.1").is_some());
}

#[test]
fn a_server_of_another_ca_is_refused_and_its_ca_is_named() {
    let (ours, theirs) = (shop(), shop());
    let (client, pinned) = joining(Digest::of(&ours.ca)).unwrap();
    assert!(handshake(client, server(&theirs, "patch.example", true), "patch.example").is_some());
    assert_eq!(pinned.ca(), None);
    assert_eq!(pinned.other(), Some(Digest::of(&theirs.ca)));
}

#[test]
fn showing_our_ca_beside_a_certificate_of_another_one_does_not_help() {
    let (ours, theirs) = (shop(), shop());
    let mixed = Shop { ca: ours.ca.clone(), issuer: theirs.issuer };
    let (client, pinned) = joining(Digest::of(&ours.ca)).unwrap();
    assert!(handshake(client, server(&mixed, "patch.example", true), "patch.example").is_some());
    assert_eq!(pinned.ca(), None);
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let shop = shop();
    let (client, pinned) = joining(Digest::of(&shop.ca)).unwrap();
    assert!(handshake(client, server(&shop, "other.example", true), "patch.example").is_some());
    assert_eq!(pinned.ca(), None);
}

#[test]
fn an_enrolled_host_speaks_only_to_its_own_ca() {
    let (ours, theirs) = (shop(), shop());
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(Vec::new()).unwrap().signed_by(&key, &ours.issuer).unwrap();
    let identity = || Identity::from_pem(leaf.pem().as_bytes(), key.serialize_pem().as_bytes());
    let client = || enrolled(ours.ca.clone(), identity().unwrap()).unwrap();
    assert_eq!(handshake(client(), server(&ours, "patch.example", false), "patch.example"), None);
    assert!(handshake(client(), server(&theirs, "patch.example", true), "patch.example").is_some());
    assert!(handshake(client(), server(&ours, "other.example", true), "patch.example").is_some());
}

#[test]
fn tls_1_2_is_not_offered() {
    let shop = shop();
    let (client, _) = joining(Digest::of(&shop.ca)).unwrap();
    let name = ServerName::try_from("patch.example").unwrap();
    let mut connection = rustls::ClientConnection::new(Arc::new(client), name).unwrap();
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    // `supported_versions` (0x002b) holds one version, 0x0304.
    let only_1_3 = [0x00, 0x2b, 0x00, 0x03, 0x02, 0x03, 0x04];
    assert!(hello.windows(only_1_3.len()).any(|bytes| bytes == only_1_3));
}
