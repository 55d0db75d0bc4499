//! A WebDriver session (W3C WebDriver, level 1) with Debian's chromedriver: open, find, type, click, look.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Key under which WebDriver returns an element's reference (W3C WebDriver 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One browser window; closed with its driver when dropped.
pub(crate) struct Browser {
    driver: Child,
    base: String,
    agent: ureq::Agent,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts chromedriver on a free port of loopback and opens one headless window.
    pub(crate) fn start(width: u32, height: u32, dark: bool) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test starts the browser")]
        let mut driver = Command::new("chromedriver")
            .args(["--port=0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let port = port_of(&mut driver);
        let profile = tempfile::tempdir().unwrap();
        let mut args = vec![
            "--headless".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        if dark {
            args.push("--blink-settings=preferredColorScheme=0".into());
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(std::time::Duration::from_secs(60)))
            .build()
            .new_agent();
        let mut browser = Self {
            driver,
            base: format!("http://127.0.0.1:{port}/session"),
            agent,
            _profile: profile,
        };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": args},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let made = browser.post("", &wanted);
        let id = made["sessionId"].as_str().expect("a session").to_owned();
        browser.base = format!("{}/{id}", browser.base);
        browser
    }

    pub(crate) fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub(crate) fn url(&self) -> String {
        self.get("/url").as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn title(&self) -> String {
        self.get("/title").as_str().unwrap_or_default().to_owned()
    }

    /// Returns the visible text of the first element that matches the CSS selector.
    pub(crate) fn text(&self, css: &str) -> String {
        let element = self.find(css);
        self.get(&format!("/element/{element}/text")).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn click(&self, css: &str) {
        let element = self.find(css);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Returns whether an element matches the CSS selector.
    pub(crate) fn has(&self, css: &str) -> bool {
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].is_string()
    }

    pub(crate) fn cookie(&self, name: &str) -> String {
        self.get(&format!("/cookie/{name}"))["value"].as_str().expect("a cookie").to_owned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.post("/cookie", &json!({ "cookie": { "name": name, "value": value, "path": "/" } }));
    }

    /// Runs a script in the page and returns its value.
    pub(crate) fn script(&self, source: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": source, "args": [] }))
    }

    /// Returns a PNG of the window.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        use base64::Engine as _;
        let text = self.get("/screenshot");
        base64::engine::general_purpose::STANDARD
            .decode(text.as_str().expect("a picture"))
            .expect("base64")
    }

    /// Returns what the browser's console complained about since the last call (blocked by policy, script errors).
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        log.as_array()
            .map(|entries| entries.iter().map(|e| e["message"].to_string()).collect())
            .unwrap_or_default()
    }

    fn find(&self, css: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT]
            .as_str()
            .unwrap_or_else(|| panic!("no `{css}` on {}: {found}", self.url()))
            .to_owned()
    }

    fn get(&self, path: &str) -> Value {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call().expect("driver");
        let mut body: Value = answer.body_mut().read_json().expect("JSON");
        body["value"].take()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.base);
        let mut answer = self.agent.post(url).send_json(body).expect("driver");
        let mut body: Value =
            answer.body_mut().with_config().limit(64 * 1024 * 1024).read_json().expect("JSON");
        body["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let closed = self.agent.delete(&self.base).call();
        drop(closed);
        let ended = self.driver.kill().and_then(|()| self.driver.wait());
        drop(ended);
    }
}

/// Reads the port that chromedriver chose from its first lines.
fn port_of(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
    for line in lines.map_while(Result::ok).take(10) {
        if let Some(rest) = line.split("started successfully on port ").nth(1)
            && let Ok(port) = rest.trim_end_matches('.').trim().parse()
        {
            return port;
        }
    }
    panic!("chromedriver did not say its port");
}
