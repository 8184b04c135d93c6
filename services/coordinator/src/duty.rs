//! A loop that is one coordinator's duty at a time.

use std::time::Duration;

use swath_domain::time::seconds;
use swath_runtime::Context;
use swath_store::StoreError;
use tokio::time::{Interval, MissedTickBehavior};

/// How long a duty stays with a process that is gone, in microseconds.
const KEPT: i64 = seconds(5);

/// Between two steps of a round.
const SHORTEST: Duration = Duration::from_millis(1);

/// The pace of a loop, and the row that says whose turn it is.
pub(crate) struct Duty {
    context: Context,
    name: &'static str,
    pace: Interval,
    /// The store did not answer when last asked, which was said.
    is_blind: bool,
}

impl Duty {
    pub(crate) fn new(context: Context, name: &'static str) -> Self {
        let mut pace = tokio::time::interval(Duration::from_millis(context.config.work.sweep_millis));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { context, name, pace, is_blind: false }
    }

    /// The pace at which so many steps of one round are spread over most of it; the first is due at once.
    pub(crate) fn divided(&self, steps: usize) -> Interval {
        let step = self.pace.period().mul_f64(0.8 / steps.max(1) as f64);
        let mut pace = tokio::time::interval(step.max(SHORTEST));
        pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
        pace
    }

    /// Waits for the next round that is ours; false when the process is to end.
    pub(crate) async fn next(&mut self) -> bool {
        loop {
            tokio::select! {
                _ = self.pace.tick() => {}
                () = self.context.shutdown.cancelled() => {
                    self.give_back().await;
                    return false;
                }
            }
            // By a clock that nobody has measured live leases would lapse.
            if !self.context.clock_is_fresh() {
                continue;
            }
            let now = self.context.now();
            let taken =
                self.context.store.leader_lease_take(self.name, self.context.instance, now, now + KEPT).await;
            self.say_once(taken.as_ref().err());
            if matches!(taken, Ok(true)) {
                return true;
            }
        }
    }

    /// Says that the store is away and that it is back, and not at every tick that it is still away.
    fn say_once(&mut self, error: Option<&StoreError>) {
        let was_blind = std::mem::replace(&mut self.is_blind, error.is_some());
        match error {
            Some(error) if was_blind => tracing::debug!(duty = self.name, %error, "still no duty to be had"),
            Some(error) => tracing::warn!(duty = self.name, %error, "the duty could not be taken; trying on"),
            None if was_blind => tracing::info!(duty = self.name, "duties can be taken again"),
            None => {}
        }
    }

    async fn give_back(&self) {
        if let Err(error) = self.context.store.leader_lease_give(self.name, self.context.instance).await {
            tracing::debug!(duty = self.name, %error, "the duty was not given back; it runs out by itself");
        }
    }
}
