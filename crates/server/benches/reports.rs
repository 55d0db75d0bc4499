//! What reports cost the server: CPU time of the whole process per report, through the gateway's real
//! router and the real store, without TLS. `cargo bench -p server --bench reports`.
#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch reads the clock")]

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use model::host::{AgentMode, HostFacts};
use model::package::{Origin, Package, PackageSet};
use model::report::{Conditions, PackagesBody, PendingSet, Report, ReportAnswer};
use model::wire::{EnrolAnswer, EnrolRequest, TokenRequest, path};
use model::{Digest, HostId};
use server::gateway::peer::{Peer, PeerOf};
use server::{Actor, Clock, Server, Settings};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use tower::ServiceExt as _;

type Anything<T> = Result<T, Box<dyn Error>>;

const PACKAGES: usize = 600;
const NEW_REPORTS: u32 = 300;
const SAME_REPORTS: u32 = 20_000;
/// Kernel ticks per second in `/proc/self/stat`; fixed at 100 for programs.
const TICKS: f64 = 100.0;

fn main() -> Anything<()> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        data: folder.path().join("data"),
        console: "127.0.0.1:0".parse()?,
        gateway: "127.0.0.1:0".parse()?,
        gateway_name: "127.0.0.1:0".to_owned(),
        proxy: None,
        clock: Clock::System,
        feeds: server::FeedsFrom::Nowhere,
    };
    let server = Server::start(settings)?;
    let router = server::gateway::router(server.app());
    let runtime = tokio::runtime::Runtime::new()?;
    let host = runtime.block_on(enrol(&server, &router))?;
    let peer = PeerOf(Some(Arc::new(Peer {
        tenant: server.app().tenant().tenant(),
        host,
        serial: String::new(),
        expires_at: i64::MAX,
    })));
    let mut set = packages();
    let mut full = report(&set);
    full.packages_body = PackagesBody::Full(set.packages.clone());
    full.pending_body = Some(PendingSet::default());
    measure("new report, whole set", 1, || runtime.block_on(send(&router, &peer, &full)))?;
    let mut changed = Vec::new();
    for _ in 0..NEW_REPORTS {
        let next = upgraded(&set);
        let mut new = report(&next);
        new.packages_body = PackagesBody::Diff(next.diff_from(&set));
        changed.push(new);
        set = next;
    }
    let mut changed = changed.iter();
    measure("new report, diff of two packages", NEW_REPORTS, || {
        let new = changed.next().ok_or("as many reports as calls")?;
        runtime.block_on(send(&router, &peer, new))
    })?;
    let same = report(&set);
    measure("unchanged report", SAME_REPORTS, || runtime.block_on(send(&router, &peer, &same)))?;
    server.stop();
    Ok(())
}

/// Prints CPU time and wall time per call, and the size of the last report.
fn measure(what: &str, count: u32, mut act: impl FnMut() -> Anything<usize>) -> Anything<()> {
    let (cpu, wall) = (cpu_secs()?, Instant::now());
    let mut bytes = 0;
    for _ in 0..count {
        bytes = act()?;
    }
    let per = 1_000.0 / f64::from(count);
    let (cpu, wall) = ((cpu_secs()? - cpu) * per, wall.elapsed().as_secs_f64() * per);
    println!("{what}: {cpu:.3} ms CPU, {wall:.3} ms, {bytes} bytes (x {count})");
    Ok(())
}

fn cpu_secs() -> Anything<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name, in brackets, may hold spaces; what counts comes after it.
    let rest = stat.rsplit(')').next().unwrap_or("");
    let ticks: f64 = rest.split_whitespace().skip(11).take(2).flat_map(str::parse::<f64>).sum();
    Ok(ticks / TICKS)
}

async fn send(router: &Router, peer: &PeerOf, report: &Report) -> Anything<usize> {
    let bytes = serde_json::to_vec(report)?;
    let length = bytes.len();
    let request = Request::post(path::REPORTS).extension(peer.clone()).body(Body::from(bytes))?;
    let answer = router.clone().oneshot(request).await?;
    let body = axum::body::to_bytes(answer.into_body(), 1_000_000).await?;
    let answer: ReportAnswer = serde_json::from_slice(&body)?;
    if answer.stored { Ok(length) } else { Err(format!("not stored: {answer:?}").into()) }
}

async fn enrol(server: &Server, router: &Router) -> Anything<HostId> {
    let app = server.app();
    let token = tokio::task::spawn_blocking(move || {
        let actor = Actor { scope: app.tenant(), person: "bench".to_owned() };
        let request = TokenRequest { uses: 1, ttl_secs: 600, tags: Vec::new() };
        server::tokens::make(&app, &actor, request)
    });
    let transport = rcgen::KeyPair::generate()?;
    let csr = rcgen::CertificateParams::default().serialize_request(&transport)?;
    let key = ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
    let request = EnrolRequest {
        token: token.await??.token,
        hostname: "bench".to_owned(),
        csr_pem: csr.pem()?,
        host_key: ssh_key::PrivateKey::from(key).public_key().to_openssh()?,
    };
    let body = Body::from(serde_json::to_vec(&request)?);
    let answer = router.clone().oneshot(Request::post(path::ENROL).body(body)?).await?;
    let body = axum::body::to_bytes(answer.into_body(), 1_000_000).await?;
    let answer: EnrolAnswer = serde_json::from_slice(&body)?;
    Ok(answer.host)
}

fn packages() -> PackageSet {
    let origin = Origin {
        label: "Debian".to_owned(),
        origin: "Debian".to_owned(),
        suite: "bookworm".to_owned(),
        site: "http://deb.debian.org/debian".to_owned(),
    };
    let package = |number: usize| Package {
        name: format!("package-with-a-usual-name-{number}"),
        arch: "amd64".to_owned(),
        version: "1:2.36.1-8+deb12u1".to_owned(),
        state: "ii".to_owned(),
        source: format!("source-{}", number / 3),
        source_version: "2.36.1-8+deb12u1".to_owned(),
        origin: Some(origin.clone()),
    };
    PackageSet::new((0..PACKAGES).map(package).collect())
}

/// Returns the set with two packages at their next version.
fn upgraded(set: &PackageSet) -> PackageSet {
    let mut packages = set.packages.clone();
    for package in packages.iter_mut().take(2) {
        let (stem, count) = package.version.rsplit_once('u').unwrap_or(("1", "0"));
        let next = count.parse::<u32>().unwrap_or(0) + 1;
        package.version = format!("{stem}u{next}");
    }
    PackageSet::new(packages)
}

fn report(set: &PackageSet) -> Report {
    let pending: Digest = PendingSet::default().digest();
    Report {
        seen_at: 0,
        facts: HostFacts {
            hostname: "bench".to_owned(),
            os_id: "debian".to_owned(),
            os_version: "12".to_owned(),
            os_codename: "bookworm".to_owned(),
            os_pretty: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            arch: "amd64".to_owned(),
            kernel_running: "6.1.0-30-amd64".to_owned(),
            kernel_newest: "6.1.0-30-amd64".to_owned(),
            kernel_package: None,
            kernel_next: String::new(),
            boot_id: "8f0ba2d4-27ab-4b49-a2bc-1b2d4a6c1f11".to_owned(),
            booted_at: 1_700_000_000,
            has_systemd: true,
            virtualization: "kvm".to_owned(),
            agent_mode: AgentMode::Systemd,
            agent_version: "0.0.0".to_owned(),
        },
        packages: set.set_digest(),
        installed: set.installed_digest(),
        pending,
        conditions: Conditions::default(),
        packages_body: PackagesBody::Known,
        pending_body: None,
    }
}
