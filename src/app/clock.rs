//! The only place that reads the time.

use std::sync::atomic::{AtomicI64, Ordering};

use rulegate_ledger::ids::Timestamp;

/// Tells the time; tests move it by hand.
#[derive(Debug, Default)]
pub struct Clock {
    /// Added to the system's time, in microseconds.
    offset_us: AtomicI64,
}

impl Clock {
    /// Now, in UTC.
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = chrono::Utc::now();
        Timestamp(now.timestamp_micros() + self.offset_us.load(Ordering::Relaxed))
    }

    /// Moves the clock, for tests and for telling the demonstration's past.
    pub fn set_offset_us(&self, offset_us: i64) {
        self.offset_us.store(offset_us, Ordering::Relaxed);
    }
}
