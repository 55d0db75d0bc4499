use super::*;
use expect_test::expect;

fn options(token: &str, ca: &str) -> Options {
    Options {
        server: Some("patch.example:8421".to_owned()),
        token: Some(token.to_owned()),
        ca: Some(ca.to_owned()),
        tenant_root: Some(format!("sha256:{}", "1".repeat(64))),
        ..Options::default()
    }
}

fn token() -> String {
    trust::token::make("pwlj_", &[7; 32])
}

#[test]
fn a_join_line_is_read() {
    let join = join(&options(&token(), &"a".repeat(64))).unwrap();
    assert_eq!(join.ca.to_string(), "a".repeat(64));
    assert_eq!(join.tenant_root.to_string(), "1".repeat(64));
    assert_eq!(join.state, Path::new(STATE_DIR));
}

#[test]
fn each_mistake_in_a_join_line_says_what_to_do() {
    let digest = "a".repeat(64);
    let mut without_port = options(&token(), &digest);
    without_port.server = Some("patch.example".to_owned());
    let mut without_server = options(&token(), &digest);
    without_server.server = None;
    let mistakes =
        [options("pwlj_x", &digest), options(&token(), "sha256:12"), without_port, without_server];
    let texts: Vec<_> = mistakes.iter().map(|options| join(options).unwrap_err().chain()).collect();
    expect![[r#"
        the token is not a join token, or was mistyped
        hint: it begins with `pwlj_`; copy the whole of it

        --ca cannot be read: `12` is not a SHA-256 digest (64 hexadecimal digits)
        hint: copy it whole from the line that `patchwell enrol token` printed

        `patch.example` is no address of a server
        hint: say host and port, as in `patch.example.org:8421`

        `enrol` needs --server
        hint: `patchwell enrol token` on the server prints the whole line"#]]
    .assert_eq(&texts.join("\n\n"));
}

#[test]
fn the_host_key_is_an_openssh_key_that_only_its_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.key");
    let public = host_key(&path).unwrap();
    assert!(public.starts_with("ssh-ed25519 "), "{public}");
    let key = ssh_key::PrivateKey::read_openssh_file(&path).unwrap();
    assert_eq!(key.public_key().to_openssh().unwrap(), public);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn folders_are_closed_to_others_and_the_root_half_s_can_be_crossed() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new("a:1", &folder.path().join("state"));
    make_folders(&config).unwrap();
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(config.net_dir()), 0o700);
    assert_eq!(mode(config.net_dir().join("spool")), 0o700);
    assert_eq!(mode(config.root_dir()), 0o711);
}

#[test]
fn a_request_names_nobody() {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let pem = csr(&key).unwrap();
    let request = rcgen::CertificateSigningRequestParams::from_pem(&pem).unwrap();
    assert_eq!(request.params.distinguished_name, rcgen::DistinguishedName::new());
    assert!(request.params.subject_alt_names.is_empty());
}

#[test]
fn an_enrolled_host_is_not_enrolled_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&token(), &"a".repeat(64));
    options.state = Some(folder.path().to_owned());
    fs::create_dir(folder.path().join("net")).unwrap();
    let identity = NetIdentity {
        host: HostId(1),
        name: "web-1".to_owned(),
        renewal: Renewal { generation: 1, renew_at: 0, expires_at: 0 },
    };
    put_json(&folder.path().join("net/host.json"), &identity).unwrap();
    let failure = start(&options).unwrap_err();
    assert_eq!(failure.to_string(), "this host is enrolled already, as `web-1`");
}

#[test]
fn a_server_that_cannot_be_reached_is_said_with_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&token(), &"a".repeat(64));
    options.state = Some(folder.path().join("state"));
    options.config = folder.path().join("agent.toml");
    // Nothing listens on port 1 of the loopback.
    options.server = Some("127.0.0.1:1".to_owned());
    let failure = start(&options).unwrap_err().chain();
    expect![[r#"
        could not join the server at 127.0.0.1:1: could not reach the server at 127.0.0.1:1: io: Connection refused (os error 111)
        hint: check the address, and that the server runs and no firewall is in between; the name must be the one the server was told with --gateway-name"#]].assert_eq(&failure);
    assert!(!options.config.exists(), "a failed enrolment leaves no settings behind");
}

#[test]
fn users_are_found_by_their_whole_name() {
    let passwd =
        "root:x:0:0:root:/root:/bin/bash\npatchwell2:x:5:6::/:/x\npatchwell:x:998:997::/:/x\n";
    assert_eq!(user(passwd, "patchwell"), Some((998, 997)));
    assert_eq!(user(passwd, "nobody"), None);
    assert_eq!(user("patchwell:x", "patchwell"), None);
}

#[test]
fn a_certificate_becomes_pem_and_back() {
    use rustls_pki_types::pem::PemObject as _;
    let der = CertificateDer::from(vec![7; 100]);
    assert_eq!(CertificateDer::from_pem_slice(pem(&der).as_bytes()).unwrap(), der);
}
