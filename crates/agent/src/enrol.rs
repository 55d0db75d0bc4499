//! Joining a server: makes this host's keys, shows the token, and keeps what the server gives.
//! There is no trust on first use: CA and tenant root come with the token.

use crate::Options;
use crate::clock;
use crate::config::{Config, STATE_DIR};
use crate::failure::{Failure, say};
use crate::files;
use crate::link::tls::joining;
use crate::link::{Gateway, LinkError};
use model::wire::{EnrolAnswer, EnrolRequest, Renewal};
use model::{Digest, HostId};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

/// The system user of the network half, where the package made one.
const NET_USER: &str = "patchwell";

/// `<state>/net/host.json`: what the network half knows of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetIdentity {
    pub host: HostId,
    /// The label that the server gave.
    pub name: String,
    pub renewal: Renewal,
}

/// `<state>/root/host.json`: what the root half checks orders against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootIdentity {
    pub host: HostId,
    /// Pinned: rosters count only when this root signed them.
    pub tenant_root: Digest,
}

/// What the join line says.
#[derive(Debug)]
struct Join {
    server: String,
    token: String,
    ca: Digest,
    tenant_root: Digest,
    state: PathBuf,
}

/// Runs the role `enrol`.
///
/// # Errors
/// Each with what to do; nothing that an earlier enrolment made is overwritten.
pub fn start(options: &Options) -> Result<(), Failure> {
    let join = join(options)?;
    let config = Config::new(&join.server, &join.state);
    if let Ok(bytes) = fs::read(config.net_dir().join("host.json")) {
        let name = serde_json::from_slice::<NetIdentity>(&bytes).map_or(String::new(), |h| h.name);
        return Err(Failure::new(format!("this host is enrolled already, as `{name}`")).hint(
            format!("to enrol it anew, stop the agent and remove `{}`", config.net_dir().display()),
        ));
    }
    make_folders(&config)?;
    let host_key = host_key(&config.root_dir().join("host.key"))?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
        .map_err(|error| Failure::new("could not make the transport key").because(error))?;
    let request = EnrolRequest {
        token: join.token.clone(),
        hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        csr_pem: csr(&key)?,
        host_key,
    };
    let (answer, ca) = ask(&join, &request)?;
    keep(&config, &answer, &Kept { ca, key: key.serialize_pem(), join: &join })?;
    put(&options.config, config.to_text().as_bytes(), 0o644)?;
    // Last: what tells that this host is enrolled.
    let identity = NetIdentity { host: answer.host, name: answer.name, renewal: answer.renewal };
    put_json(&config.net_dir().join("host.json"), &identity)?;
    give_to_net_user(&config.net_dir())?;
    say(&format!("enrolled at {} as `{}` ({})", join.server, identity.name, identity.host));
    Ok(())
}

fn join(options: &Options) -> Result<Join, Failure> {
    let need = |value: &Option<String>, name: &str| {
        value.clone().ok_or_else(|| {
            Failure::new(format!("`enrol` needs --{name}"))
                .hint("`patchwell enrol token` on the server prints the whole line")
        })
    };
    let token = need(&options.token, "token")?;
    if !trust::token::check(&token, "pwlj_") {
        return Err(Failure::new("the token is not a join token, or was mistyped")
            .hint("it begins with `pwlj_`; copy the whole of it"));
    }
    let server = need(&options.server, "server")?;
    if server.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
        return Err(Failure::new(format!("`{server}` is no address of a server"))
            .hint("say host and port, as in `patch.example.org:8421`"));
    }
    Ok(Join {
        server,
        token,
        ca: digest(&need(&options.ca, "ca")?, "ca")?,
        tenant_root: digest(&need(&options.tenant_root, "tenant-root")?, "tenant-root")?,
        state: options.state.clone().unwrap_or_else(|| STATE_DIR.into()),
    })
}

fn digest(text: &str, name: &str) -> Result<Digest, Failure> {
    text.strip_prefix("sha256:").unwrap_or(text).parse::<Digest>().map_err(|error| {
        Failure::new(format!("--{name} cannot be read"))
            .because(error)
            .hint("copy it whole from the line that `patchwell enrol token` printed")
    })
}

/// Makes the folders with their modes. `root` may be crossed but not listed: apt's own user fetches
/// package lists below it.
fn make_folders(config: &Config) -> Result<(), Failure> {
    let failed = |path: &Path, error: io::Error| {
        Failure::new(format!("could not make the folder `{}`", path.display()))
            .because(error)
            .hint("run as root, or name a folder of your own with --state")
    };
    fs::create_dir_all(&config.state).map_err(|error| failed(&config.state, error))?;
    let spool = config.net_dir().join("spool");
    for (path, mode) in [(config.net_dir(), 0o700), (config.root_dir(), 0o711), (spool, 0o700)] {
        fs::create_dir_all(&path)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

/// Makes the key that signs outcomes, and returns its public half. It never leaves the root half.
fn host_key(path: &Path) -> Result<String, Failure> {
    let failed = |error: ssh_key::Error| Failure::new("could not make the host key").because(error);
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new("could not make the host key").because(error.to_string()))?;
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&seed);
    let key = ssh_key::PrivateKey::new(pair.into(), "patchwell-host").map_err(failed)?;
    let text = key.to_openssh(ssh_key::LineEnding::LF).map_err(failed)?;
    put(path, text.as_bytes(), 0o600)?;
    key.public_key().to_openssh().map_err(failed)
}

/// Returns the certificate request for `key`. It names nobody: the server decides who this is.
pub(crate) fn csr(key: &KeyPair) -> Result<String, Failure> {
    let failed = |error| Failure::new("could not make the certificate request").because(error);
    let mut params = CertificateParams::new(Vec::new()).map_err(|e: rcgen::Error| failed(e))?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.serialize_request(key).map_err(failed)?.pem().map_err(failed)
}

fn ask(
    join: &Join,
    request: &EnrolRequest,
) -> Result<(EnrolAnswer, CertificateDer<'static>), Failure> {
    let act = || format!("could not join the server at {}", join.server);
    let (tls, pinned) = joining(join.ca).map_err(|error| Failure::new(act()).because(error))?;
    let answer = Gateway::new(&join.server, tls).enrol(request).map_err(|error| {
        let failure = Failure::new(act());
        if let Some(other) = pinned.other() {
            return failure
                .because(format!("its CA is sha256:{other}, not sha256:{}", join.ca))
                .hint(
                    "this is another server, or it was set up anew: make a new token there; \
                 if it was not, somebody is in between",
                );
        }
        let hint = hint(&error);
        failure.because(error).hint(hint)
    })?;
    let ca = pinned.ca().ok_or_else(|| Failure::new(act()).because("it showed no CA"))?;
    Ok((answer, ca))
}

fn hint(error: &LinkError) -> String {
    match error {
        LinkError::Refused { said, .. } if !said.hint.is_empty() => said.hint.clone(),
        LinkError::Refused { .. } => {
            "a token is good for a time and a number of hosts; make a new one with \
             `patchwell enrol token`"
        }
        .to_owned(),
        LinkError::Unreachable { .. } => "check the address, and that the server runs and no \
            firewall is in between; the name must be the one the server was told with --gateway-name"
            .to_owned(),
        LinkError::Malformed { .. } | LinkError::WrongObject { .. } | LinkError::Store { .. } => {
            "is that a Patchwell server, and of the same version?".to_owned()
        }
    }
}

struct Kept<'a> {
    ca: CertificateDer<'static>,
    key: String,
    join: &'a Join,
}

fn keep(config: &Config, answer: &EnrolAnswer, kept: &Kept<'_>) -> Result<(), Failure> {
    if answer.renewal.expires_at <= clock::now() {
        return Err(Failure::new("the server's certificate for this host is out of date already")
            .hint("compare the clocks of this host and of the server"));
    }
    let net = config.net_dir();
    put(&net.join("ca.pem"), pem(&kept.ca).as_bytes(), 0o600)?;
    put(&net.join("tls.key"), kept.key.as_bytes(), 0o600)?;
    put(&net.join("tls.pem"), answer.certificate_pem.as_bytes(), 0o600)?;
    let identity = RootIdentity { host: answer.host, tenant_root: kept.join.tenant_root };
    put_json(&config.root_dir().join("host.json"), &identity)
}

fn pem(der: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for start in (0..text.len()).step_by(64) {
        pem.push_str(&text[start..text.len().min(start + 64)]);
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}

fn give_to_net_user(folder: &Path) -> Result<(), Failure> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let Some((uid, gid)) = user(&passwd, NET_USER) else { return Ok(()) };
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let failed = |error: io::Error| {
        Failure::new(format!("could not give `{}` to user {NET_USER}", folder.display()))
            .because(error)
    };
    let entries = fs::read_dir(folder).map_err(failed)?.filter_map(Result::ok);
    for path in entries.map(|entry| entry.path()).chain([folder.to_owned()]) {
        chown(&path, Some(uid), Some(gid)).map_err(failed)?;
    }
    Ok(())
}

/// Returns user and group number of `name`, from the text of `/etc/passwd`.
fn user(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn put_json(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Failure::new("could not encode the host's identity").because(error))?;
    put(path, &bytes, 0o600)
}

fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).and_then(|()| files::put(path, bytes, mode)).map_err(|error| {
        Failure::new(format!("could not write `{}`", path.display()))
            .because(error)
            .hint("run as root, or name places of your own with --config and --state")
    })
}

#[cfg(test)]
mod tests;
