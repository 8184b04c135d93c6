//! Keeps the coverage of jobs up to date: adds events to it, deletes old events, and recounts jobs whose coverage differs
//! from their counters.

use prometheus::{IntCounter, Registry};
use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::time::{Micros, seconds};
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

use super::leader::LeaderLease;

/// Events counted in one transaction.
const PAGE_EVENTS: i64 = 1_000;
/// Such transactions in one round, so that another process can become the leader.
const PAGES_PER_ROUND: usize = 20;
/// How long counted events are kept.
const EVENTS_KEPT: Micros = seconds(3_600);
/// Events that are deleted in one round, at most.
const EVENTS_DELETED_PER_ROUND: i64 = 5_000;
/// Jobs whose coverage is compared with their counters in one round.
const JOBS_CHECKED_PER_ROUND: i64 = 500;
/// Jobs that are recounted in one round, at most.
const RECOUNTS_PER_ROUND: usize = 5;
/// The pause after all jobs were compared.
const CHECK_PAUSE: Micros = seconds(60);

/// The loop that keeps the coverage of jobs up to date.
pub struct Coverage {
    context: Context,
    metrics: CoverageMetrics,
    /// The job after which the comparison continues.
    after: JobId,
    /// When the comparison begins again.
    due: Time,
}

/// The counters of the loop.
#[derive(Clone)]
pub struct CoverageMetrics {
    events: IntCounter,
    recounts: IntCounter,
}

impl CoverageMetrics {
    /// Registers the counters.
    ///
    /// # Errors
    /// When they are registered already.
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
    /// The coverage loop of this process.
    pub fn new(context: Context, metrics: CoverageMetrics) -> Self {
        Self { context, metrics, after: JobId(Uuid::nil()), due: Time(0) }
    }

    /// Counts until shutdown, in rounds in which this process is the leader.
    pub async fn run(mut self) {
        let mut lease = LeaderLease::new(self.context.clone(), "coverage");
        while lease.next().await {
            if let Err(error) = self.tick(self.context.now()).await {
                tracing::warn!(%error, "updating the coverage of jobs failed; the next round tries again");
            }
        }
    }

    /// Carries out one round.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        for _ in 0..PAGES_PER_ROUND {
            let folded = self.context.store.coverage_fold(PAGE_EVENTS).await?;
            self.metrics.events.inc_by(folded.events as u64);
            if folded.is_restored {
                tracing::warn!(
                    "the database was restored: events are read from its new history, and all jobs are compared"
                );
                (self.after, self.due) = (JobId(Uuid::nil()), now);
            }
            if !folded.is_behind {
                break;
            }
        }
        self.context.store.events_forget(now - EVENTS_KEPT, EVENTS_DELETED_PER_ROUND).await?;
        if self.due <= now {
            self.check(now).await?;
        }
        Ok(())
    }

    /// Compares the next jobs, and recounts those that differ.
    async fn check(&mut self, now: Time) -> Result<()> {
        let check = self.context.store.coverage_check(self.after, JOBS_CHECKED_PER_ROUND).await?;
        for job in check.wrong.iter().take(RECOUNTS_PER_ROUND) {
            tracing::info!(%job, "the coverage differs from the counters and is recounted");
            self.context.store.coverage_recount(*job).await?;
            self.metrics.recounts.inc();
        }
        // The next round continues after the last job that was recounted.
        let is_more = check.wrong.len() > RECOUNTS_PER_ROUND;
        let last = if is_more { check.wrong.get(RECOUNTS_PER_ROUND - 1).copied() } else { check.last };
        match last {
            Some(last) => self.after = last,
            None => (self.after, self.due) = (JobId(Uuid::nil()), now + CHECK_PAUSE),
        }
        Ok(())
    }
}
