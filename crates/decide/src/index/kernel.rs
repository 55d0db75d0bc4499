//! Kernel packages: which of them are code that can run, and which source they are really from.

/// Returns whether `package` is a kernel image in a stream (or the modules of one).
pub fn is_image(_stream: &str, _package: &str) -> bool {
    false
}
