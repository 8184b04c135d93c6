//! Keeps the coverage of jobs: counts events into it, clears old ones away, and counts anew where the coverage differs from
//! the counters of a job.

use prometheus::{IntCounter, Registry};
use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::time::seconds;
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

use crate::duty::Duty;

/// Events counted in one transaction.
const PAGE: i64 = 1_000;
/// Such transactions in one round, so that others may take the duty over.
const PAGES_PER_ROUND: usize = 20;
/// How long events are kept once they are counted, in microseconds.
const KEPT: i64 = seconds(3_600);
/// Events cleared away in one transaction.
const CLEARED_AT_ONCE: i64 = 5_000;
/// Jobs whose coverage is compared with their counters in one round.
const CHECKED_AT_ONCE: i64 = 500;
/// Jobs that are counted anew in one round.
const RECOUNTS_PER_ROUND: usize = 5;
/// Between two rounds in which all jobs were compared, in microseconds.
const CHECK_PAUSE: i64 = seconds(60);

/// See the module.
pub struct Coverage {
    context: Context,
    metrics: CoverageMetrics,
    /// Where the comparison goes on.
    after: JobId,
    /// When it begins again.
    due: Time,
}

/// What is counted of the counting.
#[derive(Clone)]
pub struct CoverageMetrics {
    events: IntCounter,
    recounts: IntCounter,
}

impl CoverageMetrics {
    /// Registers the counters.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        Ok(Self {
            events: counter("swath_coverage_events_total", "Events counted into the coverage of jobs.")?,
            recounts: counter(
                "swath_coverage_recounts_total",
                "Jobs whose coverage was counted anew, because it differed from their counters.",
            )?,
        })
    }
}

impl Coverage {
    /// Over the process' parts.
    pub fn new(context: Context, metrics: CoverageMetrics) -> Self {
        Self { context, metrics, after: JobId(Uuid::nil()), due: Time(0) }
    }

    /// Counts until shutdown, while that is this process' duty.
    pub async fn run(mut self) {
        let mut duty = Duty::new(self.context.clone(), "coverage");
        while duty.next().await {
            if let Err(error) = self.tick(self.context.now()).await {
                tracing::warn!(%error, "counting the coverage of jobs will go on in the next round");
            }
        }
    }

    /// One round.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        for _ in 0..PAGES_PER_ROUND {
            let folded = self.context.store.coverage_fold(PAGE).await?;
            self.metrics.events.inc_by(folded.events as u64);
            if folded.is_restored {
                tracing::warn!(
                    "the database has another history than before: events begin anew, and jobs are compared"
                );
                (self.after, self.due) = (JobId(Uuid::nil()), now);
            }
            if !folded.is_behind {
                break;
            }
        }
        self.context.store.events_forget(now + -KEPT, CLEARED_AT_ONCE).await?;
        if self.due <= now {
            self.check(now).await?;
        }
        Ok(())
    }

    /// Compares the next jobs, and counts anew those that differ.
    async fn check(&mut self, now: Time) -> Result<()> {
        let check = self.context.store.coverage_check(self.after, CHECKED_AT_ONCE).await?;
        for job in check.wrong.iter().take(RECOUNTS_PER_ROUND) {
            tracing::info!(%job, "the coverage differs from the counters, and is counted anew");
            self.context.store.coverage_recount(*job).await?;
            self.metrics.recounts.inc();
        }
        // The next round goes on behind the last one that was put right.
        let is_more = check.wrong.len() > RECOUNTS_PER_ROUND;
        let last = if is_more { check.wrong.get(RECOUNTS_PER_ROUND - 1).copied() } else { check.last };
        match last {
            Some(last) => self.after = last,
            None => (self.after, self.due) = (JobId(Uuid::nil()), now + CHECK_PAUSE),
        }
        Ok(())
    }
}
