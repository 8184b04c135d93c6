//! Counters of the locks; the services hand them to Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Acquired;

/// Totals since the locks were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Locks granted.
    pub granted: u64,
    /// Locks refused because another lease holds them.
    pub refused: u64,
    /// Locks without an answer in time.
    pub unknown: u64,
    /// Failed calls to the server: errors and timeouts.
    pub errors: u64,
    /// Keeps and frees that were dropped: the server was away or the queue was full.
    pub dropped: u64,
    /// True while callers are kept from a server that fails.
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
