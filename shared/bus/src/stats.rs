//! Counters of one bus; the services hand them to Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

/// Totals since the bus was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Publishes asked for.
    pub published: u64,
    /// Publishes that the broker confirmed in time.
    pub confirmed: u64,
    /// Publishes without a confirm in time; confirmed and unknown add up to published once all have answered.
    pub unknown: u64,
    /// Messages that entered a subscription's buffer.
    pub received: u64,
    /// Deliveries that the broker had sent to somebody before.
    pub redelivered: u64,
    /// Connections made after the first of each direction.
    pub reconnects: u64,
    /// Messages dropped because this release cannot read them.
    pub dropped_undecodable: u64,
    /// True while the broker refuses publishes for want of memory or disk.
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

/// A relaxed counter: totals need no order among them.
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
