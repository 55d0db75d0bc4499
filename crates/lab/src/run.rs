//! One run of the lab: hosts, their network, and the package server; from `up` to `down`.

use crate::base::{self, Base, Release};
use crate::boot;
use crate::host::{Host, Wanted};
use crate::listen::Service;
use crate::net::{GATEWAY_PORT, Net, PREFIX, address};
use crate::process::ProcessId;
use crate::tree::{self, Tree};
use crate::{Say, Settings, files, forward, leftovers, wait, web};
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Hosts of one lab at most: addresses end at 10.77.0.254, memory (33 MB each) well before.
const HOSTS_MAX: usize = 64;

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wish {
    pub hosts: usize,
    pub release: Release,
    /// Beside those that every host has.
    pub packages: Vec<String>,
    /// Where connections to `10.77.0.1:8421` go on this machine.
    pub gateway: SocketAddr,
    /// Where the saved packages are offered as a proxy; port 0 takes any.
    pub proxy: SocketAddr,
}

/// What a running lab writes down about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sheet {
    pub run: String,
    /// The process that keeps it.
    pub owner: ProcessId,
    pub release: Release,
    /// All hosts have booted.
    pub is_up: bool,
    pub hosts: Vec<Host>,
    pub gateway: SocketAddr,
    /// `http://…` for `--proxy`.
    pub proxy: String,
}

/// A lab that this process keeps. Dropping it takes it down.
#[derive(Debug)]
pub struct Lab {
    pub hosts: Vec<Host>,
    pub sheet: Sheet,
    folder: PathBuf,
    disks: PathBuf,
    over: Arc<AtomicBool>,
    keepers: Vec<JoinHandle<()>>,
    services: Vec<Service>,
}

impl Lab {
    /// Makes what is missing, boots the hosts and waits until they are up. Leftovers of dead runs go first.
    ///
    /// # Errors
    /// Not root, a tool is missing, the mirror does not answer, or a host does not boot.
    pub fn up(settings: &Settings, wish: &Wish, say: Say<'_>) -> Result<Self> {
        if wish.hosts == 0 || wish.hosts > HOSTS_MAX {
            bail!("a lab has 1 to {HOSTS_MAX} hosts");
        }
        if !rustix::process::geteuid().is_root() {
            bail!("the lab boots containers and needs root");
        }
        leftovers::remove(settings, say)?;
        let base = base::ensure(settings, wish.release, &wish.packages, say)?;
        let tree = tree::ensure(settings, &base, say)?;
        let mut lab = Self::begin(settings, wish)?;
        lab.build(wish, &base, &tree)?;
        for host in &lab.hosts {
            host.wait_up().with_context(|| console_tail(host))?;
        }
        lab.sheet.is_up = true;
        lab.write_down()?;
        Ok(lab)
    }

    /// Writes down that there is a run, before anything is made: leftovers are then found.
    fn begin(settings: &Settings, wish: &Wish) -> Result<Self> {
        let owner = ProcessId::own()?;
        let run = format!("{:x}-{:x}", owner.pid, wait::now_nanos() & 0xfff_ffff);
        let disks = settings.cache.join("runs").join(&run);
        let folder = settings.state.join(&run);
        let sheet = Sheet {
            run,
            owner,
            release: wish.release,
            is_up: false,
            hosts: Vec::new(),
            gateway: wish.gateway,
            proxy: String::new(),
        };
        let lab = Self {
            hosts: Vec::new(),
            sheet,
            folder,
            disks,
            over: Arc::new(AtomicBool::new(false)),
            keepers: Vec::new(),
            services: Vec::new(),
        };
        lab.write_down()?;
        Ok(lab)
    }

    fn build(&mut self, wish: &Wish, base: &Base, tree: &Tree) -> Result<()> {
        let net = Net::make(&self.sheet.run)?;
        self.services.push(web::serve(net.listen(80)?, &tree.web)?);
        self.services.push(forward::serve(net.listen(GATEWAY_PORT)?, wish.gateway)?);
        let proxy = TcpListener::bind(wish.proxy)
            .with_context(|| format!("could not listen on {} for the proxy", wish.proxy))?;
        self.sheet.proxy = format!("http://{}", proxy.local_addr()?);
        self.services.push(web::serve(proxy, &tree.web)?);
        let mut lower = OsString::from(&tree.layer);
        lower.push(":");
        lower.push(&base.root);
        for number in 1..=wish.hosts {
            net.plug(number)?;
            let host = self.host(&net, number);
            self.services.push(forward::serve_on_host(&host.space, wish.gateway.port())?);
            boot::prepare(&host)?;
            host.want(Wanted::Up)?;
            self.keepers.push(keeper(host.clone(), lower.clone(), Arc::clone(&self.over)));
            self.hosts.push(host.clone());
            self.sheet.hosts.push(host);
        }
        self.write_down()
    }

    fn host(&self, net: &Net, number: usize) -> Host {
        let name = format!("lab-{number}");
        Host {
            number,
            addr: address(number),
            space: net.host_space(number),
            group: format!("{PREFIX}{}-{number}", self.sheet.run),
            folder: self.folder.join(&name),
            disk: self.disks.join(&name),
            name,
        }
    }

    fn write_down(&self) -> Result<()> {
        files::put_json(&self.folder.join("lab.json"), &self.sheet)
    }

    /// Returns whether someone asked this lab to end (`lab down` from another process).
    pub fn is_asked_to_end(&self) -> bool {
        self.folder.join("end").exists()
    }

    /// Ends all hosts and removes what the run made.
    ///
    /// # Errors
    /// Something could not be removed; the next start of a lab tries again.
    pub fn down(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if self.over.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        self.services.clear();
        for host in &self.hosts {
            host.want(Wanted::Down)?;
        }
        let ended: Vec<Result<()>> = self.hosts.iter().map(Host::end).collect();
        for keeper in self.keepers.drain(..) {
            drop(keeper.join());
        }
        ended.into_iter().collect::<Result<()>>()?;
        leftovers::clear(&self.sheet.run, &self.folder, &self.disks)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // A failed clean-up is done again by the next start.
        self.end().ok();
    }
}

fn keeper(host: Host, lower: OsString, over: Arc<AtomicBool>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        if let Err(error) = boot::keep(&host, &lower, &over) {
            let text = format!("{error:#}\n");
            // Read by who waits for the host in vain.
            files::put(&host.folder.join("keeper.log"), text).ok();
        }
    })
}

fn console_tail(host: &Host) -> String {
    let read = |name: &str| std::fs::read_to_string(host.folder.join(name)).unwrap_or_default();
    let said = format!("{}{}", read("console.log"), read("keeper.log"));
    format!("{} did not boot; its console ends with: {}", host.name, crate::process::tail(&said))
}

/// Returns the labs that run on this machine, oldest first.
///
/// # Errors
/// A lab's file cannot be understood.
pub fn list(settings: &Settings) -> Result<Vec<Sheet>> {
    let mut sheets = Vec::new();
    let Ok(folders) = std::fs::read_dir(&settings.state) else { return Ok(sheets) };
    for folder in folders {
        let sheet: Option<Sheet> = files::get_json(&folder?.path().join("lab.json"))?;
        sheets.extend(sheet.filter(|sheet| sheet.owner.is_alive()));
    }
    sheets.sort_by_key(|sheet| sheet.owner.started);
    Ok(sheets)
}
