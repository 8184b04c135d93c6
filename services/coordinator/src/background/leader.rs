//! The leader lease: each loop runs in one coordinator at a time, the one that holds the loop's lease in the database.

use std::time::Duration;

use swath_domain::time::{Micros, seconds};
use swath_runtime::Context;
use swath_store::StoreError;
use tokio::time::{Interval, MissedTickBehavior};

/// How long a lease lasts after its last renewal, in microseconds. Another process takes over after that.
const LEASE: Micros = seconds(5);

/// The shortest time between two steps of a round.
const STEP_MIN: Duration = Duration::from_millis(1);

/// The share of a round over which its steps are spread.
const SPREAD: f64 = 0.8;

/// The lease of one loop, and the pace at which the loop runs.
pub(super) struct LeaderLease {
    context: Context,
    name: &'static str,
    pace: Interval,
    /// Whether the database did not answer last time, so that the failure is logged once.
    is_unavailable: bool,
}

impl LeaderLease {
    pub(super) fn new(context: Context, name: &'static str) -> Self {
        let mut pace = tokio::time::interval(Duration::from_millis(context.config.work.sweep_millis));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { context, name, pace, is_unavailable: false }
    }

    /// The pace that spreads this many steps over most of a round. The first step is due at once.
    pub(super) fn divided(&self, steps: usize) -> Interval {
        let step = self.pace.period().mul_f64(SPREAD / steps.max(1) as f64);
        let mut pace = tokio::time::interval(step.max(STEP_MIN));
        pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
        pace
    }

    /// Waits for the next round in which this process is the leader. Returns false at shutdown.
    pub(super) async fn next(&mut self) -> bool {
        loop {
            tokio::select! {
                _ = self.pace.tick() => {}
                () = self.context.shutdown.cancelled() => {
                    self.release().await;
                    return false;
                }
            }
            // With an unsynchronised clock we would expire live leases, so skip the round.
            if !self.context.clock_is_fresh() {
                continue;
            }
            let now = self.context.now();
            let until = now + LEASE;
            let taken =
                self.context.store.leader_lease_take(self.name, self.context.instance, now, until).await;
            self.log_once(taken.as_ref().err());
            if matches!(taken, Ok(true)) {
                return true;
            }
        }
    }

    /// Logs that the database is away and that it is back, but not every round in between.
    fn log_once(&mut self, error: Option<&StoreError>) {
        let was_unavailable = std::mem::replace(&mut self.is_unavailable, error.is_some());
        match error {
            Some(error) if was_unavailable => {
                tracing::debug!(duty = self.name, %error, "the leader lease still cannot be taken");
            }
            Some(error) => {
                tracing::warn!(duty = self.name, %error, "the leader lease cannot be taken; trying again");
            }
            None if was_unavailable => tracing::info!(duty = self.name, "leader leases can be taken again"),
            None => {}
        }
    }

    async fn release(&self) {
        if let Err(error) = self.context.store.leader_lease_give(self.name, self.context.instance).await {
            tracing::debug!(duty = self.name, %error, "the leader lease was not released; it will expire");
        }
    }
}
