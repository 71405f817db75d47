//! Failed tries: after a few, a name or an address has to wait before another one is even looked at.

use std::collections::HashMap;
use std::sync::Mutex;

use rulegate_ledger::ids::Timestamp;

/// Tries at one name without any wait.
const FREE_TRIES: u32 = 5;
/// Tries from one address without any wait: behind a proxy many people share one.
const FREE_TRIES_ADDRESS: u32 = 50;
/// The longest wait, in microseconds.
const WAIT_MAX_US: i64 = 5 * 60 * 1_000_000;
/// Names and addresses remembered; beyond that the oldest half is forgotten.
const REMEMBERED_MAX: usize = 20_000;

/// Failures by account name or address. Guarded by its own lock, held only for map operations.
#[derive(Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, (u32, Timestamp)>>,
}

impl Throttle {
    /// How many seconds `key` has to wait before its next try; `None` if it may go on.
    pub fn wait_s(&self, key: &str, now: Timestamp) -> Option<u32> {
        let failures = self.failures.lock().ok()?;
        let (count, last) = failures.get(key)?;
        let free = if key.starts_with("address ") {
            FREE_TRIES_ADDRESS
        } else {
            FREE_TRIES
        };
        let doublings = count.checked_sub(free)?.min(20);
        let wait_us = (1_000_000i64 << doublings).min(WAIT_MAX_US);
        let left = last.0 + wait_us - now.0;
        (left > 0).then(|| u32::try_from(left / 1_000_000 + 1).unwrap_or(u32::MAX))
    }

    /// Another failure.
    pub fn failed(&self, key: &str, now: Timestamp) {
        let Ok(mut failures) = self.failures.lock() else {
            return;
        };
        if failures.len() >= REMEMBERED_MAX {
            let mut times: Vec<Timestamp> = failures.values().map(|(_, at)| *at).collect();
            times.sort();
            let middle = times[times.len() / 2];
            failures.retain(|_, (_, at)| *at > middle);
        }
        let entry = failures.entry(key.to_owned()).or_insert((0, now));
        *entry = (entry.0 + 1, now);
    }

    /// A success forgets the failures.
    pub fn succeeded(&self, key: &str) {
        if let Ok(mut failures) = self.failures.lock() {
            failures.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let throttle = Throttle::default();
        let at = |s: i64| Timestamp(s * 1_000_000);
        for _ in 0..5 {
            assert_eq!(throttle.wait_s("ana", at(0)), None);
            throttle.failed("ana", at(0));
        }
        assert!(throttle.wait_s("ana", at(0)).is_some());
        assert_eq!(throttle.wait_s("ana", at(2)), None);
        throttle.failed("ana", at(2));
        assert!(throttle.wait_s("ana", at(3)).is_some());
        throttle.succeeded("ana");
        assert_eq!(throttle.wait_s("ana", at(3)), None);
    }
}
