//! The only file that starts a process. Nothing here ends one: a package transaction is never killed.
//!
//! Every process gets a fixed environment, no standard input, and `/` as its folder; arguments are
//! separate strings, there is no shell.

use std::io::{self, Read};
use std::process::{Command, Stdio};

/// Bytes of standard output kept at most: `apt-cache show` of 2,000 packages is about 6 MB.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of standard error kept for messages.
const ERROR_TAIL_BYTES: usize = 1_024;

/// What a finished process left.
#[derive(Debug)]
pub struct Ran {
    /// Exit code, or `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    /// The last 1,024 bytes of standard error.
    pub stderr_tail: String,
}

impl Ran {
    /// Returns standard output as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn is_ok(&self) -> bool {
        self.code == Some(0)
    }
}

/// Returns the command with our fixed environment: nothing inherited, because `APT_CONFIG`,
/// `DPKG_ROOT`, proxies or a locale would change what tools do and print.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one file that starts processes")]
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .current_dir("/")
        .stdin(Stdio::null());
    command
}

/// Runs `program` to its end and returns its output.
///
/// # Errors
/// The program could not be started, or its output could not be read.
pub fn run(program: &str, args: &[&str]) -> io::Result<Ran> {
    run_with(program, args, &[])
}

/// Runs `program` like `run`, with `env` added to the fixed environment.
///
/// # Errors
/// The program could not be started, or its output could not be read.
pub fn run_with(program: &str, args: &[&str], env: &[(&str, &str)]) -> io::Result<Ran> {
    let mut child = command(program, args)
        .envs(env.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stderr = child.stderr.take().ok_or_else(|| io::Error::other("no pipe"))?;
    let errors = std::thread::spawn(move || tail(&mut stderr));
    let mut stdout = Vec::new();
    if let Some(pipe) = child.stdout.as_mut() {
        pipe.take(OUTPUT_BYTES_MAX).read_to_end(&mut stdout)?;
    }
    let code = child.wait()?.code();
    let stderr_tail = errors.join().unwrap_or_default();
    Ok(Ran { code, stdout, stderr_tail })
}

/// Runs a package manager to its end, however long that takes. Its output goes to `log`; descriptors
/// that are not closed on exec are inherited, which is how it gets its status file and its lock.
///
/// # Errors
/// The program could not be started or waited for.
pub fn run_transaction(
    program: &str,
    args: &[&str],
    env: &[(&str, &str)],
    log: &std::fs::File,
) -> io::Result<Option<i32>> {
    let mut child = command(program, args)
        .envs(env.iter().copied())
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log.try_clone()?))
        .spawn()?;
    Ok(child.wait()?.code())
}

/// Starts `program` as a process of its own session that outlives this one, output to `log`.
/// For hosts without systemd.
///
/// # Errors
/// It could not be started.
pub fn start_detached(program: &str, args: &[&str], log: &std::fs::File) -> io::Result<()> {
    let mut all = vec!["--fork", program];
    all.extend(args);
    let code = command("setsid", &all)
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log.try_clone()?))
        .spawn()?
        .wait()?
        .code();
    if code == Some(0) { Ok(()) } else { Err(io::Error::other("setsid could not start it")) }
}

/// Starts `program` beside this one, output to `log`, in a process group of its own so that a
/// terminal's Ctrl-C reaches only who holds it. Its holder ends it and waits for it.
///
/// # Errors
/// It could not be started.
pub fn start_child(
    program: &str,
    args: &[&str],
    log: &std::fs::File,
) -> io::Result<std::process::Child> {
    use std::os::unix::process::CommandExt as _;
    command(program, args)
        .process_group(0)
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log.try_clone()?))
        .spawn()
}

/// Returns this very program, also when its file was replaced meanwhile.
///
/// # Errors
/// The system does not say.
pub fn own_program() -> io::Result<std::path::PathBuf> {
    let path = std::env::current_exe()?;
    // The kernel marks a replaced file; the new one has the old place.
    let text = path.to_string_lossy();
    Ok(text.strip_suffix(" (deleted)").map_or_else(|| path.clone(), std::path::PathBuf::from))
}

/// Returns the arguments before a role: the command line's program holds the agent under a word of its
/// own, the agent's program is nothing else.
pub fn own_prefix() -> Vec<String> {
    let first = std::env::args().nth(1).filter(|word| word == "agent");
    first.into_iter().collect()
}

fn tail(pipe: &mut impl Read) -> String {
    let mut kept: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..count]);
        let surplus = kept.len().saturating_sub(ERROR_TAIL_BYTES);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}
