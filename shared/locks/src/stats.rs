//! Counters of the locks, which the services expose to Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Acquired;

/// Totals since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Acquires that were granted.
    pub granted: u64,
    /// Acquires that were refused because another lease has the lock.
    pub refused: u64,
    /// Acquires without an answer in time.
    pub unknown: u64,
    /// Calls to the server that failed or timed out.
    pub errors: u64,
    /// Keeps and frees that were dropped because the server was unreachable or the queue was full.
    pub dropped: u64,
    /// True while the breaker keeps calls from a failing server.
    pub breaker_open: bool,
}

#[derive(Default)]
pub(crate) struct Counters {
    granted: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    errors: AtomicU64,
    dropped: AtomicU64,
}

impl Counters {
    pub fn acquired(&self, answers: &[Acquired]) {
        for answer in answers {
            let counter = match answer {
                Acquired::Granted => &self.granted,
                Acquired::Refused => &self.refused,
                Acquired::Unknown => &self.unknown,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub fn dropped(&self, locks: usize) {
        self.dropped.fetch_add(locks as u64, Ordering::Relaxed);
    }

    pub fn snapshot(&self, breaker_open: bool) -> Stats {
        Stats {
            granted: self.granted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            unknown: self.unknown.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            breaker_open,
        }
    }
}
