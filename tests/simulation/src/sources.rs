//! The time, ids and randomness of a simulated world. All of them follow from the seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use swath_domain::{Clock, Ids, Micros, Time};
use uuid::Uuid;

/// The clock of all processes. Only the simulation moves it.
#[derive(Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    /// A clock at a fixed time.
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000_000)))
    }

    /// Moves the clock forward or back.
    pub fn turn(&self, span: Micros) {
        self.0.fetch_add(span.0, Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

/// Ids that are numbered.
#[derive(Clone, Default)]
pub struct CountedIds(Arc<AtomicU64>);

impl CountedIds {
    fn count(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

impl Ids for CountedIds {
    fn next(&self, now: Time) -> Uuid {
        let millis = u128::from(now.millis().unsigned_abs());
        Uuid::from_u128((millis << 80) | (0x7 << 76) | (0b10 << 62) | self.count())
    }

    fn random(&self) -> Uuid {
        Uuid::from_u128((0x4 << 76) | (0b10 << 62) | self.count())
    }
}
