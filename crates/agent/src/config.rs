//! The agent's settings: `/etc/patchwell/agent.toml`, written by `enrol`. Nothing here has effects.

use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the settings are unless `--config` says otherwise.
pub const CONFIG_PATH: &str = "/etc/patchwell/agent.toml";
/// Where the agent keeps its state unless `enrol --state` says otherwise.
pub const STATE_DIR: &str = "/var/lib/patchwell";
const SOCKET_PATH: &str = "/run/patchwell/agent.sock";
const POLICY_PATH: &str = "/etc/patchwell/policy.toml";

/// Where the server is, and where things lie on this host. A misspelt key is an error, not a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `host:port` of the server's agent gateway.
    pub server: String,
    /// Holds `net/` and `root/`, one for each half.
    #[serde(default = "state_dir")]
    pub state: PathBuf,
    /// Where the two halves meet.
    #[serde(default = "socket_path")]
    pub socket: PathBuf,
    /// The host's own ceilings; the file need not exist.
    #[serde(default = "policy_path")]
    pub policy: PathBuf,
}

impl Config {
    /// Returns settings for `server` with everything else in its usual place below `state`.
    pub fn new(server: &str, state: &Path) -> Self {
        let is_usual = state == Path::new(STATE_DIR);
        let beside = |usual: &str, name: &str| {
            if is_usual { PathBuf::from(usual) } else { state.join(name) }
        };
        Self {
            server: server.to_owned(),
            state: state.to_owned(),
            socket: beside(SOCKET_PATH, "agent.sock"),
            policy: beside(POLICY_PATH, "policy.toml"),
        }
    }

    /// Reads the settings.
    ///
    /// # Errors
    /// The file is missing, unreadable, or says something that is not a setting.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(format!("could not read `{}`", path.display()))
                .because(error)
                .hint("join this host to a server first, with `patchwell-agent enrol`")
        })?;
        parse(&text).map_err(|error| {
            Failure::new(format!("could not understand `{}`", path.display()))
                .because(error)
                .hint("known settings are server, state, socket and policy")
        })
    }

    /// Returns the settings as the file's text.
    pub fn to_text(&self) -> String {
        toml::to_string(self).expect("four strings always encode as TOML")
    }

    /// Returns the folder that only the network half writes.
    pub fn net_dir(&self) -> PathBuf {
        self.state.join("net")
    }

    /// Returns the folder that only the root half and its work units write.
    pub fn root_dir(&self) -> PathBuf {
        self.state.join("root")
    }
}

fn parse(text: &str) -> Result<Config, toml::de::Error> {
    toml::from_str(text)
}

fn state_dir() -> PathBuf {
    STATE_DIR.into()
}

fn socket_path() -> PathBuf {
    SOCKET_PATH.into()
}

fn policy_path() -> PathBuf {
    POLICY_PATH.into()
}

#[cfg(test)]
mod tests;
