//! The `patchwell-agent` program: a thin start, so that other programs can hold the agent as well.

fn main() -> std::process::ExitCode {
    agent::start(std::env::args_os().skip(1).collect())
}
