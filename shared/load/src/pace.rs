//! When people begin, and how long they think.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::{Instant, sleep, sleep_until};

use crate::plan::{Drive, Plan};

/// The pace of everybody; clones share the open loop's slots.
#[derive(Clone)]
pub struct Pace {
    drive: Drive,
    began: Instant,
    next: Arc<AtomicU64>,
}

impl Pace {
    /// The pace that is planned.
    pub fn new(plan: &Plan, began: Instant) -> Self {
        Self { drive: plan.drive, began, next: Arc::new(AtomicU64::new(0)) }
    }

    /// When the run began: the zero of everybody's clock.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Waits until the next assignment is due. In an open loop that moment is told, also where it has passed: what
    /// a late start costs is the server's, and must not vanish from the latency.
    pub async fn due(&self) -> Option<Instant> {
        let Drive::Rate(rate) = self.drive else { return None };
        let slot = self.next.fetch_add(1, Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "a slot's time needs no more digits")]
        let due = self.began + Duration::from_secs_f64(slot as f64 / rate);
        sleep_until(due).await;
        Some(due)
    }

    /// Thinks, where people do.
    pub async fn think(&self, dice: &mut StdRng) {
        if let Drive::Think(seconds) = self.drive {
            sleep(Duration::from_secs_f64(seconds * dice.random_range(0.2..1.8))).await;
        }
    }

    /// Whether people have no time for anything but the work itself.
    pub fn is_driven(&self) -> bool {
        !matches!(self.drive, Drive::Think(_))
    }
}
