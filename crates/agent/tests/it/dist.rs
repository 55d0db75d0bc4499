//! The units in `dist/`: their exposure score is shown and stays low.

use agent::hands::process;
use std::path::Path;

/// Tenths; a root service without a sandbox has 96.
const SCORE_MAX: u32 = 15;

/// Reads `... exposure level for NAME: 1.2 OK` as tenths.
fn score(text: &str) -> Option<u32> {
    let line = text.lines().find(|line| line.contains("Overall exposure level"))?;
    let number = line.rsplit_once(": ")?.1.split(' ').next()?;
    number.replace('.', "").parse().ok()
}

#[test]
fn both_halves_are_shut_in() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist").canonicalize().unwrap();
    for half in ["net", "root"] {
        let unit = dist.join(format!("patchwell-agent-{half}.service"));
        let args = ["security", "--offline=true", "--no-pager", unit.to_str().unwrap()];
        let Ok(ran) = process::run("systemd-analyze", &args) else {
            println!("not measured: there is no systemd-analyze on this machine");
            return;
        };
        let found = score(&ran.text()).unwrap_or_else(|| panic!("{}", ran.stderr_tail));
        println!("patchwell-agent-{half}.service: {}.{}", found / 10, found % 10);
        assert!(found <= SCORE_MAX, "{half}: {found} tenths");
    }
}

#[test]
fn neither_half_has_a_capability_and_only_one_has_a_network() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist");
    let read = |half: &str| {
        std::fs::read_to_string(dist.join(format!("patchwell-agent-{half}.service"))).unwrap()
    };
    let (net, root) = (read("net"), read("root"));
    for unit in [&net, &root] {
        assert!(unit.lines().any(|line| line == "CapabilityBoundingSet="));
        assert!(unit.lines().any(|line| line == "NoNewPrivileges=yes"));
    }
    assert!(root.lines().any(|line| line == "PrivateNetwork=yes"));
    assert!(root.lines().any(|line| line == "RestrictAddressFamilies=AF_UNIX"));
    assert!(net.lines().any(|line| line == "User=patchwell"));
}
