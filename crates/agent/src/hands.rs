//! What touches the host. `process` starts processes; nothing else does.

pub mod process;
