//! What the second repository holds: each package in a version 1.0 that is fine and a 2.0 that shows
//! what its name says.

use super::Package;

pub(super) fn all() -> Vec<Package> {
    let mut all = Vec::new();
    for version in ["1.0", "2.0"] {
        let is_new = version == "2.0";
        all.push(plain("lab-hello", version));
        all.push(scripted("lab-bad-postinst", version, "postinst", fails(is_new)));
        all.push(scripted("lab-bad-preinst", version, "preinst", fails(is_new)));
        all.push(scripted("lab-slow", version, "postinst", slow(is_new)));
        all.push(conffile(version));
        all.push(service("lab-service", version, "/bin/sleep infinity"));
        // The new version's service ends at once with a failure.
        let starts = if is_new { "/bin/false" } else { "/bin/sleep infinity" };
        all.push(service("lab-bad-service", version, starts));
    }
    all
}

fn plain(name: &'static str, version: &'static str) -> Package {
    let path = match name {
        "lab-hello" => "usr/share/lab-hello/version",
        "lab-bad-postinst" => "usr/share/lab-bad-postinst/version",
        "lab-bad-preinst" => "usr/share/lab-bad-preinst/version",
        _ => "usr/share/lab-slow/version",
    };
    Package {
        name,
        version,
        files: vec![(path, 0o644, format!("{version}\n"))],
        scripts: Vec::new(),
        conffiles: Vec::new(),
    }
}

fn scripted(
    name: &'static str,
    version: &'static str,
    script: &'static str,
    body: String,
) -> Package {
    Package { scripts: vec![(script, body)], ..plain(name, version) }
}

fn fails(is_new: bool) -> String {
    if is_new {
        "echo \"this script fails on purpose\" >&2\nexit 1".to_owned()
    } else {
        ":".to_owned()
    }
}

fn slow(is_new: bool) -> String {
    if is_new { "sleep 8".to_owned() } else { ":".to_owned() }
}

fn conffile(version: &'static str) -> Package {
    Package {
        name: "lab-conffile",
        version,
        files: vec![("etc/lab-conffile.conf", 0o644, format!("# as of {version}\nlevel=1\n"))],
        scripts: Vec::new(),
        conffiles: vec!["etc/lab-conffile.conf"],
    }
}

fn service(name: &'static str, version: &'static str, starts: &str) -> Package {
    let path = if name == "lab-service" {
        "lib/systemd/system/lab-service.service"
    } else {
        "lib/systemd/system/lab-bad-service.service"
    };
    let unit = format!(
        "[Unit]\nDescription=Service of the lab, {version}\n\n[Service]\nExecStart={starts}\n\n\
         [Install]\nWantedBy=multi-user.target\n"
    );
    let after = format!(
        "if [ -d /run/systemd/system ]; then\n\
         systemctl daemon-reload\nsystemctl enable --quiet {name}.service\n\
         systemctl restart {name}.service || true\nfi"
    );
    let before = format!(
        "if [ -d /run/systemd/system ] && [ \"$1\" = remove ]; then\n\
         systemctl stop {name}.service || true\nfi"
    );
    Package {
        name,
        version,
        files: vec![(path, 0o644, unit)],
        scripts: vec![("postinst", after), ("prerm", before)],
        conffiles: Vec::new(),
    }
}
