//! Runs one target over changed seeds. What fails is written below the build folder and can be replayed by
//! its number or its file.

use crate::checks;
use crate::mutate;
use crate::random::Random;
use crate::settings::Settings;
use crate::work;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// An input that takes longer than this hangs, on the slowest machine; the largest takes 50 ms.
const HANG: Duration = Duration::from_secs(60);

/// Bytes that a parser may ask for per byte of its input, on top of `ASKED_BYTES_FLOOR`. What a parser builds
/// of a byte is at most a row and an advisory for some five bytes of text.
const ASKED_BYTES_PER_BYTE: u64 = 2_000;
/// What small inputs may ask for: tables, and the rows that the small limits of these runs allow.
const ASKED_BYTES_FLOOR: u64 = 48 << 20;

/// What is tried: it panics, or returns what is wrong.
pub(crate) type Check = fn(&[u8]) -> Result<(), String>;

/// Runs `check` over `seeds` and changes of them. Panics with all that is needed to repeat a failure.
pub(crate) fn run(target: &'static str, check: Check, seeds: &[Vec<u8>]) {
    let settings = Settings::read();
    if let Some(path) = &settings.input {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        return tried(check, &bytes).unwrap_or_else(|why| panic!("{target}: {why}"));
    }
    for (at, seed) in seeds.iter().enumerate() {
        // The seeds themselves are inputs, too.
        tried(check, seed).unwrap_or_else(|why| panic!("{target}: seed {at}: {why}"));
    }
    let iteration = AtomicU64::new(0);
    let (stop, stopped) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let iteration = &iteration;
        scope.spawn(move || watch(target, iteration, &stopped));
        let result =
            catch_unwind(AssertUnwindSafe(|| all(target, check, seeds, &settings, iteration)));
        drop(stop);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
}

fn all(
    target: &'static str,
    check: Check,
    seeds: &[Vec<u8>],
    settings: &Settings,
    iteration: &AtomicU64,
) {
    #[expect(clippy::disallowed_methods, reason = "a longer run ends by the clock")]
    let began = Instant::now();
    let used_before = checks::used_so_far();
    let mut bytes = 0;
    for number in settings.iteration.unwrap_or(0).. {
        let is_over = match (settings.iteration, settings.lasting) {
            (Some(only), _) => number > only,
            (None, Some(lasting)) => began.elapsed() > lasting,
            (None, None) => bytes >= settings.bytes_max || number >= settings.iterations_max,
        };
        if is_over {
            let used = checks::used_so_far() - used_before;
            println!(
                "{target}: {number} inputs, {bytes} bytes, {} seeds, {used} used",
                seeds.len()
            );
            // Changes that only ever break the grammar would try nothing.
            assert!(settings.iteration.is_some() || used * 50 > number, "{target}: {used} used");
            return;
        }
        iteration.store(number, Ordering::Relaxed);
        let mut random = Random::of(target, settings.seed, number);
        let input = mutate::input(&mut random, seeds);
        bytes += u64::try_from(input.len()).unwrap_or(u64::MAX);
        if let Err(why) = tried(check, &input) {
            let path = keep(target, number, &input);
            panic!(
                "{target}: seed {} iteration {number}: {why}\ninput: {}\nrepeat: cargo xtask fuzz {target} --input {}",
                settings.seed,
                path.display(),
                path.display()
            );
        }
    }
}

fn tried(check: Check, input: &[u8]) -> Result<(), String> {
    let (result, asked) = work::counted(|| catch_unwind(AssertUnwindSafe(|| check(input))));
    match result {
        Ok(result) => result?,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            return Err(format!("panicked: {}", text.unwrap_or("without a text")));
        }
    }
    let len = u64::try_from(input.len()).unwrap_or(u64::MAX);
    let asked_max = len.saturating_mul(ASKED_BYTES_PER_BYTE).saturating_add(ASKED_BYTES_FLOOR);
    if asked > asked_max {
        return Err(format!("asked for {asked} bytes of memory for {len} bytes of input"));
    }
    Ok(())
}

/// Writes a failing input below the build folder.
fn keep(target: &str, iteration: u64, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    let path = folder.join(format!("{target}-{iteration}"));
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    #[expect(clippy::disallowed_methods, reason = "a failing input is kept for who repairs it")]
    std::fs::write(&path, input).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    path
}

/// Ends the run when one input hangs: the harness itself would wait for ever, and not say for what.
fn watch(target: &str, iteration: &AtomicU64, stopped: &mpsc::Receiver<()>) {
    let mut last = u64::MAX;
    while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(HANG) {
        let now = iteration.load(Ordering::Relaxed);
        if now == last {
            eprintln!(
                "{target}: iteration {now} hangs (PATCHWELL_FUZZ_ITERATION={now} repeats it)"
            );
            std::process::abort();
        }
        last = now;
    }
}
