//! Facts of the host apart from packages: release, kernel, boot, and whether a reboot is due.

use crate::collect::kernel;
use crate::collect::processes::TICKS_PER_SEC;
use crate::hands::process;
use crate::providers::system;
use model::host::{AgentMode, HostFacts, RebootReason};
use model::package::Package;
use model::problem::{Problem, Severity};
use std::fs;
use std::path::Path;

/// What systemd-detect-virt and `/run/systemd/container` say where PID 1 is not the machine's own.
const CONTAINERS: [&str; 12] = [
    "container",
    "container-other",
    "docker",
    "lxc",
    "lxc-libvirt",
    "openvz",
    "oci",
    "podman",
    "proot",
    "rkt",
    "systemd-nspawn",
    "wsl",
];

/// Returns the facts. What cannot be read is empty, and a problem where it matters.
pub(crate) fn facts(native: &str, packages: &[Package], problems: &mut Vec<Problem>) -> HostFacts {
    let text = fs::read_to_string("/etc/os-release")
        .or_else(|_| fs::read_to_string("/usr/lib/os-release"));
    let os = system::os_release(text.as_deref().unwrap_or_default());
    let os = |key: &str| os.get(key).cloned().unwrap_or_default();
    if os("ID").is_empty() {
        let text = "names no distribution, so support and patch kinds are unknown";
        problems.push(Problem::new(Severity::Warning, "/etc/os-release", text));
    }
    let uname = rustix::system::uname();
    let (boot_id, booted_at) = boot(problems);
    let has_systemd = Path::new("/run/systemd/system").is_dir();
    let virtualization = virtualization();
    let running = kernel::Running {
        release: &uname.release().to_string_lossy(),
        build: &uname.version().to_string_lossy(),
        booted_at,
    };
    // A container runs the machine's kernel and boots nothing.
    let (kernel_package, kernel_next) = if CONTAINERS.contains(&virtualization.as_str()) {
        (None, String::new())
    } else {
        let root = Path::new("/");
        (kernel::package(root, &running, packages), kernel::next(root))
    };
    HostFacts {
        hostname: uname.nodename().to_string_lossy().into_owned(),
        os_id: os("ID"),
        os_version: os("VERSION_ID"),
        os_codename: os("VERSION_CODENAME"),
        os_pretty: os("PRETTY_NAME"),
        arch: native.to_owned(),
        kernel_running: running.release.to_owned(),
        kernel_newest: newest_kernel(packages),
        kernel_package,
        kernel_next,
        boot_id,
        booted_at,
        has_systemd,
        virtualization,
        agent_mode: mode(has_systemd),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Returns how an agent with our rights can work here.
pub(crate) fn mode(has_systemd: bool) -> AgentMode {
    match (rustix::process::geteuid().is_root(), has_systemd) {
        (false, _) => AgentMode::Unprivileged,
        (true, true) => AgentMode::Systemd,
        (true, false) => AgentMode::Processes,
    }
}

/// Returns why the host should be rebooted.
pub(crate) fn reboot(facts: &HostFacts, packages: &[Package]) -> Vec<RebootReason> {
    let mut reasons = Vec::new();
    if Path::new("/run/reboot-required").exists() {
        let asked = fs::read_to_string("/run/reboot-required.pkgs").ok();
        reasons.extend(system::reboot_reasons(asked.as_deref()));
    }
    // A container runs the machine's kernel: no reboot of its own changes it.
    if !CONTAINERS.contains(&facts.virtualization.as_str()) {
        let running = &facts.kernel_running;
        let image = packages.iter().find(|package| {
            package.is_installed() && system::kernel_of_package(&package.name) == Some(running)
        });
        let version = image.map_or("", |package| &package.version);
        let uname = rustix::system::uname();
        let build = uname.version().to_string_lossy();
        reasons.extend(system::kernel_reason(running, &facts.kernel_newest, &build, version));
    }
    reasons
}

fn newest_kernel(packages: &[Package]) -> String {
    let installed = packages.iter().filter(|package| package.is_installed());
    let newest =
        system::newest_kernel(installed.filter_map(|p| system::kernel_of_package(&p.name)));
    if !newest.is_empty() {
        return newest;
    }
    let names: Vec<String> = fs::read_dir("/boot")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            entry.ok()?.file_name().to_str()?.strip_prefix("vmlinuz-").map(str::to_owned)
        })
        .collect();
    system::newest_kernel(names.iter().map(String::as_str))
}

fn boot(problems: &mut Vec<Problem>) -> (String, i64) {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let ticks = system::start_ticks(&read("/proc/1/stat"));
    let machine = system::machine_booted_at(&read("/proc/stat"));
    let id = read("/proc/sys/kernel/random/boot_id");
    let (Some(ticks), Some(machine), false) = (ticks, machine, id.is_empty()) else {
        let text = "does not say when this host was booted";
        problems.push(Problem::new(Severity::Warning, "/proc", text));
        return (id.trim().to_owned(), 0);
    };
    let secs = i64::try_from(ticks).unwrap_or_default() / TICKS_PER_SEC;
    (format!("{}.{ticks}", id.trim()), machine + secs)
}

fn virtualization() -> String {
    if let Ok(kind) = fs::read_to_string("/run/systemd/container") {
        return kind.trim().to_owned();
    }
    // Ends with 1 and says `none` on bare metal; the text is the answer either way.
    if let Ok(ran) = process::run("systemd-detect-virt", &[]) {
        return ran.text().trim().to_owned();
    }
    let environment = fs::read("/proc/1/environ").unwrap_or_default();
    let container = environment.split(|byte| *byte == 0).find_map(|pair| {
        std::str::from_utf8(pair).ok()?.strip_prefix("container=").map(str::to_owned)
    });
    container.unwrap_or_else(|| {
        if Path::new("/.dockerenv").exists() { "docker" } else { "none" }.to_owned()
    })
}
