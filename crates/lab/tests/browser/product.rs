//! The one-command start as a child process, with folders of its own, and what it printed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running `patchwell` on free ports; asked to stop when dropped.
pub(crate) struct Product {
    child: Child,
    home: tempfile::TempDir,
    pub(crate) console: String,
    pub(crate) link: String,
}

fn binary() -> PathBuf {
    let mut path = std::env::current_exe().expect("this test has a path");
    path.pop();
    path.pop();
    path.join("patchwell")
}

impl Product {
    /// Starts it and waits until it printed the link and this machine's first report is in.
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = command(&home)
            .args(["up", "--console", "127.0.0.1:0", "--gateway", "127.0.0.1:0"])
            // What is shown comes from files of the test, not from what was published today.
            .args(["--feeds", "off"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e} (build it first)", binary().display()));
        let (send, lines) = std::sync::mpsc::channel();
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // Nobody listens any more once the link was seen; the pipe is still drained.
                drop(send.send(line));
            }
        });
        let mut seen = String::new();
        let link = loop {
            let line = lines
                .recv_timeout(Duration::from_secs(120))
                .unwrap_or_else(|_| panic!("no sign-in link; it printed:\n{seen}"));
            seen.push_str(&line);
            seen.push('\n');
            if let Some(at) = line.find("http://")
                && line.contains("sign-in")
            {
                break line[at..].trim().to_owned();
            }
        };
        let end = link["http://".len()..].find('/').expect("a path") + "http://".len();
        let product = Self { child, home, console: link[..end].to_owned(), link };
        product.wait_for_report();
        product
    }

    /// Returns the answer of a command of the command line, as JSON.
    pub(crate) fn ask(&self, args: &[&str]) -> serde_json::Value {
        let ran = command(&self.home).args(args).arg("--json").output().unwrap();
        serde_json::from_slice(&ran.stdout).unwrap_or(serde_json::Value::Null)
    }

    /// Loads feeds that say: dpkg, which this machine has, is vulnerable and exploited; bash has no fix.
    pub(crate) fn import_feeds(&self) {
        let codename = os_release("VERSION_CODENAME");
        let open = |status: &str, fixed: &str| {
            let mut release = serde_json::json!({ "status": status, "urgency": "high",
                "repositories": { &codename: "0" } });
            if !fixed.is_empty() {
                release["fixed_version"] = fixed.into();
            }
            serde_json::json!({ "description": "made up for the browser test", "scope": "remote",
                "releases": { &codename: release } })
        };
        let tracker = serde_json::json!({
            "dpkg": { "CVE-2026-100001": open("resolved", "99:1-1") },
            "bash": { "CVE-2026-100002": open("open", "") },
        });
        let kev = serde_json::json!({
            "title": "CISA Catalog of Known Exploited Vulnerabilities",
            "catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T12:00:00.000Z", "count": 1,
            "vulnerabilities": [{
                "cveID": "CVE-2026-100001", "vendorProject": "Debian", "product": "dpkg",
                "vulnerabilityName": "dpkg made-up vulnerability", "dateAdded": "2026-11-20",
                "shortDescription": "made up", "requiredAction": "update", "dueDate": "2026-11-23",
                "knownRansomwareCampaignUse": "Known", "notes": "", "cwes": [],
            }],
        });
        let folder = self.home.path().join("feeds");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, document) in [("kev.json", kev), ("tracker.json", tracker)] {
            #[expect(clippy::disallowed_methods, reason = "a document of this test")]
            std::fs::write(folder.join(name), document.to_string()).unwrap();
        }
        let ran = command(&self.home).args(["feeds", "import"]).arg(&folder).output().unwrap();
        assert!(ran.status.success(), "import: {}", String::from_utf8_lossy(&ran.stderr));
    }

    pub(crate) fn host_id(&self) -> String {
        self.ask(&["host", "list"])[0]["id"].as_str().expect("one host").to_owned()
    }

    pub(crate) fn change_id(&self) -> Option<String> {
        self.ask(&["change", "list"])[0]["id"].as_str().map(str::to_owned)
    }

    pub(crate) fn kernel(&self) -> String {
        std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap().trim().to_owned()
    }

    fn wait_for_report(&self) {
        for _ in 0..120 {
            if self.ask(&["host", "list"])[0]["reported_at"].is_i64() {
                return;
            }
            #[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
            std::thread::sleep(Duration::from_millis(500));
        }
        panic!("no report of this machine within a minute");
    }
}

fn os_release(key: &str) -> String {
    let text = std::fs::read_to_string("/etc/os-release").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    line.expect("Debian has it").trim_matches('"').to_owned()
}

impl Drop for Product {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        #[expect(clippy::disallowed_methods, reason = "a test ends what it started")]
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        drop(asked);
        drop(self.child.wait());
    }
}

fn command(home: &tempfile::TempDir) -> Command {
    #[expect(clippy::disallowed_methods, reason = "a test starts the product")]
    let mut command = Command::new(binary());
    command
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path().join("state"))
        .env("XDG_CONFIG_HOME", home.path().join("config"));
    command
}
