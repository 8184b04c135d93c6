//! A loop that is one coordinator's duty at a time.

use std::time::Duration;

use swath_domain::time::seconds;
use swath_runtime::Context;
use tokio::time::{Interval, MissedTickBehavior};

/// How long a duty stays with a process that is gone, in microseconds.
const KEPT: i64 = seconds(5);

/// The pace of a loop, and the row that says whose turn it is.
pub(crate) struct Duty {
    context: Context,
    name: &'static str,
    pace: Interval,
}

impl Duty {
    pub(crate) fn new(context: Context, name: &'static str) -> Self {
        let mut pace = tokio::time::interval(Duration::from_millis(context.config.work.sweep_millis));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { context, name, pace }
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
            let now = self.context.now();
            match self.context.store.duty_take(self.name, self.context.instance, now, now + KEPT).await {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) => tracing::warn!(duty = self.name, %error, "the duty could not be taken"),
            }
        }
    }

    async fn give_back(&self) {
        if let Err(error) = self.context.store.duty_give(self.name, self.context.instance).await {
            tracing::debug!(duty = self.name, %error, "the duty was not given back; it runs out by itself");
        }
    }
}
