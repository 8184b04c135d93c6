//! Counters of the bus, which the services expose to Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

/// Totals since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Publishes that were started.
    pub published: u64,
    /// Publishes that the broker confirmed in time.
    pub confirmed: u64,
    /// Publishes without a confirm in time. Once all have ended, confirmed and unknown add up to published.
    pub unknown: u64,
    /// Messages that entered a subscription's buffer.
    pub received: u64,
    /// Messages that the broker had delivered before.
    pub redelivered: u64,
    /// Connections opened after the first of each direction.
    pub reconnects: u64,
    /// Messages dropped because this release cannot read them.
    pub dropped_undecodable: u64,
    /// True while the broker blocks publishes because it is short of memory or disk.
    pub blocked: bool,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub published: Counter,
    pub confirmed: Counter,
    pub unknown: Counter,
    pub received: Counter,
    pub redelivered: Counter,
    pub reconnects: Counter,
    pub dropped_undecodable: Counter,
}

/// A counter with relaxed ordering, because the totals need not be consistent with each other.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub fn snapshot(&self, blocked: bool) -> Stats {
        Stats {
            published: self.published.get(),
            confirmed: self.confirmed.get(),
            unknown: self.unknown.get(),
            received: self.received.get(),
            redelivered: self.redelivered.get(),
            reconnects: self.reconnects.get(),
            dropped_undecodable: self.dropped_undecodable.get(),
            blocked,
        }
    }
}
