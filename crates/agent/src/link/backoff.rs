//! How long to wait before asking a server again that did not answer. Pure: chance is an argument.

use std::time::Duration;

/// The shortest wait, so that a server that comes back is found soon.
const FIRST_SECS: f64 = 1.0;
/// The longest wait: a fleet that lost its server spreads over five minutes.
const LAST_SECS: f64 = 300.0;

/// Decorrelated jitter: each wait is random between the first one and three times the last one, so that
/// hosts that lost the server in the same moment do not come back in the same moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    last_secs: f64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { last_secs: FIRST_SECS }
    }
}

impl Backoff {
    /// Returns the next wait. `chance` is in 0..1. What the server asked for (`Retry-After`) counts
    /// as the least, stretched by up to a half.
    pub fn next(&mut self, chance: f64, retry_after_secs: Option<u32>) -> Duration {
        let chance = chance.clamp(0.0, 1.0);
        let most = (self.last_secs * 3.0).min(LAST_SECS);
        self.last_secs = FIRST_SECS + (most - FIRST_SECS) * chance;
        let asked = retry_after_secs
            .map_or(0.0, |secs| f64::from(secs).min(LAST_SECS) * (1.0 + chance / 2.0));
        Duration::from_secs_f64(self.last_secs.max(asked))
    }

    /// Forgets the waits: the server answered.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Returns `secs` less up to a sixteenth of it, so that polls of many hosts drift apart.
pub fn jittered(secs: u32, chance: f64) -> Duration {
    let secs = f64::from(secs);
    Duration::from_secs_f64(secs - secs / 16.0 * chance.clamp(0.0, 1.0))
}

/// Returns a number in 0..1 from the system's generator; a half where there is none.
pub fn chance() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_five_minutes_and_start_again_after_an_answer() {
        let mut backoff = Backoff::default();
        let mut waits: Vec<u64> = (0..8).map(|_| backoff.next(1.0, None).as_secs()).collect();
        assert_eq!(waits, [3, 9, 27, 81, 243, 300, 300, 300]);
        backoff.reset();
        waits = (0..3).map(|_| backoff.next(0.0, None).as_secs()).collect();
        assert_eq!(waits, [1, 1, 1]);
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(0.0, Some(60)).as_secs(), 60);
        assert_eq!(backoff.next(1.0, Some(60)).as_secs(), 90);
        assert_eq!(backoff.next(0.0, Some(u32::MAX)).as_secs(), 300);
    }

    #[test]
    fn polls_drift_apart_but_never_grow() {
        assert_eq!(jittered(240, 0.0).as_secs(), 240);
        assert_eq!(jittered(240, 1.0).as_secs(), 225);
        assert!((0.0..=1.0).contains(&chance()));
    }
}
