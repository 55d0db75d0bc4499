//! What questions about exposure cost at the size of a large fleet: a synthetic fleet by seed in the state of a
//! real server, real advisory rows in its store, questions over HTTP.
//! `cargo bench -p server --bench exposures -- [HOSTS [ROWS]]`; 100,000 hosts and 1,300,000 rows unless said
//! otherwise.
#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch reads the clock")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures and synthetic shapes are approximate"
)]

#[path = "../../decide/benches/fleet/synthetic.rs"]
mod synthetic;

use decide::index::HostEntry;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, RowSet};
use model::cve::{CveStatement, Epss, Kev};
use model::exposure::{CveListPage, CveView, ExposurePage};
use serde::de::DeserializeOwned;
use server::{Actor, Clock, Server, Settings};
use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use synthetic::Fleet;

type Anything<T> = Result<T, Box<dyn Error>>;

/// Rows of one source: a real load is about as large.
const ROWS_OF_SOURCE: u64 = 100_000;
/// CVEs whose pages are opened.
const PAGES: usize = 300;
/// Advisories that come in while one waits.
const ARRIVALS: u32 = 20;

fn main() -> Anything<()> {
    // `cargo bench` adds `--bench`.
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let (hosts, rows) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(1_300_000));
    let folder = tempfile::tempdir()?;
    let server = Server::start(Settings {
        data: folder.path().join("data"),
        console: "127.0.0.1:0".parse()?,
        gateway: "127.0.0.1:0".parse()?,
        gateway_name: "127.0.0.1:0".to_owned(),
        proxy: None,
        clock: Clock::System,
        feeds: server::FeedsFrom::Nowhere,
    })?;
    let app = server.app();
    let actor = Actor { scope: app.tenant(), person: "bench".to_owned() };
    let fleet = Fleet { seed: 26, tenant: app.tenant().tenant(), has_offers: true };
    println!("{hosts} hosts, {rows} rows");
    let start = Instant::now();
    let entries = (0..hosts).map(|number| (format!("host-{number}"), fleet.host(number, 0, 0)));
    server::exposures::put_synthetic(&app, entries)?;
    print("hosts into the state", start.elapsed());
    let start = Instant::now();
    for (number, first) in (0..rows).step_by(ROWS_OF_SOURCE as usize).enumerate() {
        let set = set(&fleet, number, first..(first + ROWS_OF_SOURCE).min(rows));
        server::feeds::take(&app, &actor, "synthetic", vec![set])?;
    }
    print("rows into store and state", start.elapsed());
    let start = Instant::now();
    server::feeds::take(&app, &actor, "synthetic", statements(&fleet, rows.div_ceil(6)))?;
    print("a catalogue and a day's scores of every CVE", start.elapsed());
    println!("{:<52} {} MB resident", "memory", status("VmRSS")?);
    let web = Web {
        address: server.console_addr(),
        cookie: session(&server)?,
        token: server.cli_token("bench")?,
    };
    pages(&web)?;
    lists(&web)?;
    arrivals(&web, &fleet)?;
    println!("{:<52} {} MB resident", "memory at the end", status("VmRSS")?);
    server.stop();
    Ok(())
}

/// Opens the pages of the CVEs with the most hosts, and of others.
fn pages(web: &Web) -> Anything<()> {
    let (first, took) = timed(|| web.api::<CveListPage>("/exposures/cves?limit=1000"))?;
    print("the list by CVE, first time (makes the timeline)", took);
    let (_, took) = timed(|| web.api::<CveListPage>("/exposures/cves?limit=50"))?;
    print("the list by CVE, again", took);
    println!("{:<52} {}", "CVEs with exposed hosts", first.total);
    let mut cves = first.cves;
    cves.sort_by_key(|line| std::cmp::Reverse(line.hosts));
    println!("{:<52} {}", "hosts of the most common one", cves.first().map_or(0, |c| c.hosts));
    let (mut api, mut console) = (Vec::new(), Vec::new());
    for line in cves.iter().take(PAGES) {
        let path = format!("/cves/{}", line.cve);
        api.push(timed(|| web.api::<CveView>(&path))?.1);
        console.push(timed(|| web.page(&path))?.1);
    }
    quantiles("a CVE through the API", api);
    quantiles("a CVE's page of the console", console);
    Ok(())
}

fn lists(web: &Web) -> Anything<()> {
    for (what, path) in [
        ("exposures, first page", "/exposures?limit=50"),
        ("exposures in the KEV catalogue", "/exposures?kev=1&limit=50"),
        ("exposures due in 3 days", "/exposures?due=3&limit=50"),
        ("exposures of one package", "/exposures?package=source-7&limit=50"),
        ("hosts, first page", "/exposures/hosts?limit=50"),
        ("actions", "/actions"),
        ("deadlines", "/deadlines"),
        ("end of life", "/end-of-life"),
    ] {
        let first = timed(|| web.get(&format!("/api/v1{path}"), true))?.1;
        let again = timed(|| web.get(&format!("/api/v1{path}"), true))?.1;
        println!("{what:<52} {} (first time {})", shown(again), shown(first));
    }
    Ok(())
}

/// A new advisory is handed in over HTTP; then its hosts are asked for.
fn arrivals(web: &Web, fleet: &Fleet) -> Anything<()> {
    let (mut import, mut list) = (Vec::new(), Vec::new());
    for number in 0..ARRIVALS {
        let cve = format!("CVE-2026-{}", 5_000_000 + number);
        let newest = fleet.versions(1, u64::from(number)).saturating_sub(1);
        let fixed = Fleet::version(1, u64::from(number), newest);
        let body = format!(
            r#"{{"id":"NEW-{number}","modified":"2026-11-01T00:00:00Z","upstream":["{cve}"],
            "affected":[{{"package":{{"ecosystem":"Debian:12","name":"{}"}},
            "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#,
            Fleet::source(u64::from(number)),
        );
        let path = format!("/api/v1/feeds/import?name=new-{number}.json");
        import.push(timed(|| web.post(&path, &body))?.1);
        let path = format!("/exposures?cve={cve}&limit=1000");
        let (page, took) = timed(|| web.api::<ExposurePage>(&path))?;
        if page.hosts == 0 && newest > 0 {
            return Err(format!("{cve} has no hosts").into());
        }
        list.push(took);
    }
    let both = import.iter().zip(&list).map(|(a, b)| *a + *b).collect();
    quantiles("a new advisory, handed in and durable", import);
    quantiles("its first 1000 hosts through the API", list);
    quantiles("both together", both);
    Ok(())
}

fn set(fleet: &Fleet, number: usize, rows: std::ops::Range<u64>) -> RowSet {
    let source = format!("synthetic-{number}");
    let mut set = RowSet::new(Feed::DebianTracker, &source, Extent::Whole);
    set.rows = rows.map(|number| fleet.row(number)).collect();
    let mut names: Vec<&str> = set.rows.iter().map(|row| row.advisory.as_str()).collect();
    names.dedup();
    set.advisories = names
        .into_iter()
        .map(|id| Advisory {
            id: id.to_owned(),
            kind: AdvisoryKind::Security,
            published_at: Some(1_780_000_000),
            modified_at: None,
            withdrawn_at: None,
            label: Label::High,
            title: String::new(),
            cves: Vec::new(),
            urls: Vec::new(),
            needs_reboot: false,
        })
        .collect();
    set.entries = set.rows.len() as u64;
    set
}

/// KEV entries of the CVEs that the fleet says are exploited, and a score of each CVE.
fn statements(fleet: &Fleet, cves: u64) -> Vec<RowSet> {
    let mut kev = RowSet::new(Feed::Kev, "kev", Extent::Whole);
    let mut epss = RowSet::new(Feed::Epss, "epss", Extent::Whole);
    for number in 0..cves {
        let (micro, is_kev) = fleet.hazard(number);
        let mut statement = CveStatement::of(Fleet::cve(number));
        if is_kev {
            statement.kev = Some(Kev {
                added: "2026-10-01".to_owned(),
                due: "2026-10-22".to_owned(),
                is_ransomware: false,
                name: "synthetic".to_owned(),
            });
            kev.cves.push(statement);
            continue;
        }
        statement.epss = Some(Epss { score_ppm: micro, percentile_ppm: micro });
        epss.cves.push(statement);
    }
    kev.entries = kev.cves.len() as u64;
    epss.entries = epss.cves.len() as u64;
    vec![kev, epss]
}

struct Web {
    address: SocketAddr,
    cookie: String,
    token: String,
}

impl Web {
    fn api<T: DeserializeOwned>(&self, path: &str) -> Anything<T> {
        Ok(serde_json::from_slice(&self.get(&format!("/api/v1{path}"), true)?)?)
    }

    fn page(&self, path: &str) -> Anything<()> {
        let page = self.get(path, false)?;
        if !String::from_utf8_lossy(&page).contains("<html") {
            return Err(format!("{path} is no page").into());
        }
        Ok(())
    }

    fn get(&self, path: &str, is_api: bool) -> Anything<Vec<u8>> {
        let who = if is_api {
            format!("authorization: Bearer {}", self.token)
        } else {
            format!("cookie: {}", self.cookie)
        };
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nhost: console\r\nconnection: close\r\n{who}\r\n\r\n"
        ))
    }

    fn post(&self, path: &str, body: &str) -> Anything<Vec<u8>> {
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nhost: console\r\nconnection: close\r\n\
             authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        ))
    }

    fn ask(&self, request: &str) -> Anything<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").ok_or("no head")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        if !head.starts_with("HTTP/1.1 200") {
            return Err(format!("{head}\n{}", String::from_utf8_lossy(&bytes[end..])).into());
        }
        Ok(bytes.split_off(end + 4))
    }
}

/// Signs in with a one-time link, as a browser does.
fn session(server: &Server) -> Anything<String> {
    let link = server.sign_in_link()?;
    let path = link.splitn(4, '/').nth(3).ok_or("no path")?;
    let mut stream = TcpStream::connect(server.console_addr())?;
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: console\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let set = text.lines().find_map(|line| line.strip_prefix("set-cookie: ")).ok_or("no cookie")?;
    Ok(set.split(';').next().unwrap_or(set).to_owned())
}

fn timed<T>(act: impl FnOnce() -> Anything<T>) -> Anything<(T, Duration)> {
    let start = Instant::now();
    let value = act()?;
    Ok((value, start.elapsed()))
}

fn quantiles(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        let last = times.len().saturating_sub(1);
        times.get(((last as f64) * share).round() as usize).copied().unwrap_or_default()
    };
    println!("{what:<52} p50 {} p99 {} ({} times)", shown(at(0.5)), shown(at(0.99)), times.len());
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

fn print(what: &str, time: Duration) {
    println!("{what:<52} {}", shown(time));
}

/// Returns a line of `/proc/self/status` in megabytes.
fn status(name: &str) -> Anything<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    let kib = line.trim_start_matches(':').split_whitespace().next().ok_or("no number")?;
    Ok(kib.parse::<u64>()? / 1024)
}

/// Names the type that the generator makes, so that a change of it is noticed here.
const _: fn(&Fleet, u64, u64, u64) -> HostEntry = Fleet::host;
