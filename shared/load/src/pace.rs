//! When users start assignments, and how long they think.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use swath_domain::Stage;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use crate::dice::Dice;
use crate::plan::{Drive, Plan};

/// The pace of all users. Clones share the slots of the open loop.
#[derive(Clone)]
pub struct Pace {
    drive: Drive,
    began: Instant,
    slots: Arc<Slots>,
}

/// The slots of the open loop: those that are due, and the number of those that are taken.
struct Slots {
    due: Semaphore,
    next: AtomicU64,
}

impl Pace {
    /// The pace of a plan.
    ///
    /// # Errors
    /// When the open loop's thread cannot be started.
    pub fn new(plan: &Plan, began: Instant) -> std::io::Result<Self> {
        let slots = Arc::new(Slots { due: Semaphore::new(0), next: AtomicU64::new(0) });
        if let Drive::Rate(rate) = plan.drive {
            let slots = Arc::downgrade(&slots);
            thread::Builder::new().name("pace".into()).spawn(move || add_slots(&slots, began, rate))?;
        }
        Ok(Self { drive: plan.drive, began, slots })
    }

    /// When the run began, from which all times are counted.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Waits until the next assignment is due. In an open loop it returns when that was, even if it is long ago: a late start
    /// is caused by the server and counts as latency.
    pub async fn due(&self) -> Option<Instant> {
        let Drive::Rate(rate) = self.drive else { return None };
        // The semaphore is never closed; if it were, users would just not wait.
        if let Ok(permit) = self.slots.due.acquire().await {
            permit.forget();
        }
        let slot = self.slots.next.fetch_add(1, Ordering::Relaxed);
        Some(due(self.began, slot, rate))
    }

    /// Thinks about an item, where the plan says so.
    pub async fn think(&self, stage: Stage, dice: &mut Dice) {
        let seconds = match (self.drive, stage) {
            (Drive::Think(seconds), _) => seconds,
            (Drive::ThinkByStage { annotate, .. }, Stage::Annotate) => annotate,
            (Drive::ThinkByStage { review, .. }, Stage::Review) => review,
            (Drive::Rate(_) | Drive::Saturate, _) => return,
        };
        sleep(Duration::from_secs_f64(seconds * dice.between(0.2, 1.8))).await;
    }

    /// Whether users have no time to think.
    pub fn is_driven(&self) -> bool {
        matches!(self.drive, Drive::Rate(_) | Drive::Saturate)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a slot's time needs no more digits")]
fn due(began: Instant, slot: u64, rate: f64) -> Instant {
    began + Duration::from_secs_f64(slot as f64 / rate)
}

/// Adds each slot when it is due, until the run is over. It is a thread of its own because tokio's timers are exact to a
/// millisecond only, and their delay would count as latency of the server.
fn add_slots(slots: &Weak<Slots>, began: Instant, rate: f64) {
    for slot in 0.. {
        thread::sleep(due(began, slot, rate).saturating_duration_since(Instant::now()));
        let Some(slots) = slots.upgrade() else { return };
        slots.due.add_permits(1);
    }
}
