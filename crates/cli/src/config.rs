//! Where this person's files are, and the address of the server. The only reader of the environment.

use crate::error::Failure;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Folders of this person.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// Keys, signed statements and `cli.toml`.
    pub config: PathBuf,
    home: Option<PathBuf>,
}

/// `cli.toml`: which server, and the token that opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    /// `http://127.0.0.1:8420`.
    pub server: String,
    pub token: String,
}

impl Access {
    fn to_text(&self) -> String {
        toml::to_string(self).expect("two strings always encode as TOML")
    }
}

impl Paths {
    pub(crate) fn find(config_dir: Option<PathBuf>) -> Result<Self, Failure> {
        let home = absolute("HOME");
        let usual = || {
            absolute("XDG_CONFIG_HOME")
                .or_else(|| home.as_ref().map(|home| home.join(".config")))
                .map(|dir| dir.join("patchwell"))
        };
        let config = config_dir.or_else(usual).ok_or_else(|| {
            Failure::user("there is no home folder to keep keys in").hint("give --config-dir DIR")
        })?;
        Ok(Self { config, home })
    }

    /// Returns where the server keeps its data unless `--data` says otherwise.
    pub(crate) fn data(&self) -> Result<PathBuf, Failure> {
        absolute("XDG_STATE_HOME")
            .or_else(|| self.home.as_ref().map(|home| home.join(".local/state")))
            .map(|dir| dir.join("patchwell"))
            .ok_or_else(|| {
                Failure::user("there is no home folder to keep data in").hint("give --data DIR")
            })
    }

    pub(crate) fn access_file(&self) -> PathBuf {
        self.config.join("cli.toml")
    }

    /// Reads `cli.toml`.
    pub(crate) fn access(&self) -> Result<Access, Failure> {
        let path = self.access_file();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::user(format!("could not read `{}`", path.display()))
                .because(&error)
                .hint("start the control plane once with `patchwell`; it writes this file")
        })?;
        toml::from_str(&text).map_err(|error| {
            Failure::user(format!("could not understand `{}`", path.display()))
                .because(&error)
                .hint(
                    "it has two lines: server = \"http://127.0.0.1:8420\" and token = \"pwlu_...\"",
                )
        })
    }

    pub(crate) fn write_access(&self, access: &Access) -> Result<(), Failure> {
        replace(&self.access_file(), access.to_text().as_bytes(), 0o600)
    }
}

/// Returns this person's name as the roster shall have it.
#[expect(clippy::disallowed_methods, reason = "the one file that reads the environment")]
pub(crate) fn login_name() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_usable = !name.is_empty() && name.len() <= 64 && name.chars().all(is_plain);
    if is_usable && name != "root" { name } else { "owner".to_owned() }
}

/// Returns whether the person asked for no colour (see no-color.org).
#[expect(clippy::disallowed_methods, reason = "the one file that reads the environment")]
pub(crate) fn wants_colour() -> bool {
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && !is_dumb
}

/// A relative path in these variables is to be ignored (XDG base directory specification).
#[expect(clippy::disallowed_methods, reason = "the one file that reads the environment")]
fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Makes a folder that only its owner can enter, with its parents.
pub(crate) fn make_dir(path: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        Failure::user(format!("could not make the folder `{}`", path.display()))
            .because(&error)
            .hint("choose another place with --data DIR or --config-dir DIR")
    })
}

/// Writes a file in whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let fresh = PathBuf::from(name);
    let write = || {
        let _absent = std::fs::remove_file(&fresh);
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    write().map_err(|error| {
        Failure::user(format!("could not write `{}`", path.display())).because(&error)
    })
}
