//! `server`: the control plane alone.

use crate::allinone;
use crate::commands::up::Serving;
use crate::config::Paths;
use crate::error::Failure;
use clap::Args;

/// Start the control plane without enrolling this machine
#[derive(Args)]
pub(crate) struct Server {
    #[command(flatten)]
    serving: Serving,
}

impl Server {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        allinone::run(paths, &self.serving, allinone::Mode::WithoutHost)
    }
}
