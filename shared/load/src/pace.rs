//! When people begin, and how long they think.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use crate::plan::{Drive, Plan};

/// The pace of everybody; clones share the open loop's slots.
#[derive(Clone)]
pub struct Pace {
    drive: Drive,
    began: Instant,
    slots: Arc<Slots>,
}

/// The open loop's moments: those that have come, and how many of them are taken.
struct Slots {
    due: Semaphore,
    next: AtomicU64,
}

impl Pace {
    /// The pace that is planned.
    ///
    /// # Errors
    /// When the open loop's thread cannot be started.
    pub fn new(plan: &Plan, began: Instant) -> std::io::Result<Self> {
        let slots = Arc::new(Slots { due: Semaphore::new(0), next: AtomicU64::new(0) });
        if let Drive::Rate(rate) = plan.drive {
            let slots = Arc::downgrade(&slots);
            thread::Builder::new().name("pace".into()).spawn(move || strike(&slots, began, rate))?;
        }
        Ok(Self { drive: plan.drive, began, slots })
    }

    /// When the run began: the zero of everybody's clock.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Waits until the next assignment is due. In an open loop that moment is told, also where it has passed: what
    /// a late start costs is the server's, and must not vanish from the latency.
    pub async fn due(&self) -> Option<Instant> {
        let Drive::Rate(rate) = self.drive else { return None };
        // Nobody closes it; should somebody, nobody is held up.
        if let Ok(permit) = self.slots.due.acquire().await {
            permit.forget();
        }
        let slot = self.slots.next.fetch_add(1, Ordering::Relaxed);
        Some(due(self.began, slot, rate))
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

#[expect(clippy::cast_precision_loss, reason = "a slot's time needs no more digits")]
fn due(began: Instant, slot: u64, rate: f64) -> Instant {
    began + Duration::from_secs_f64(slot as f64 / rate)
}

/// Tells of each moment as it comes, until nobody listens. A thread of its own: tokio's timers go by the millisecond, and
/// what they are late would count as the server's.
fn strike(slots: &Weak<Slots>, began: Instant, rate: f64) {
    for slot in 0.. {
        thread::sleep(due(began, slot, rate).saturating_duration_since(Instant::now()));
        let Some(slots) = slots.upgrade() else { return };
        slots.due.add_permits(1);
    }
}
