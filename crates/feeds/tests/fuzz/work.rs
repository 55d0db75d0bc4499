//! Counts what a parser asks of the memory: work that is the same on every machine, where seconds are not.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread has asked for since it began.
    static ASKED_BYTES: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, with a counter.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: usize) {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    // Threads that end have no counter any more.
    let _ = ASKED_BYTES.try_with(|asked| asked.set(asked.get().saturating_add(bytes)));
}

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe by its nature; this one hands everything on"
)]
// SAFETY: every call goes to the system's allocator with the arguments that the caller vouches for.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size.saturating_sub(layout.size()));
        // SAFETY: the caller's promise.
        unsafe { System.realloc(at, layout, new_size) }
    }
}

/// Returns what `run` returns and how many bytes it asked for on this thread.
pub(crate) fn counted<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let before = ASKED_BYTES.with(Cell::get);
    let result = run();
    (result, ASKED_BYTES.with(Cell::get) - before)
}
