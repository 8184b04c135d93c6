//! Checks conservation: the items of each job are in exactly one state each, and the counters agree with the rows. The check
//! reads every row of a job, so it runs slowly in the background and never in a scrape.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{Gauge, IntCounter, IntGauge, Opts};
use swath_domain::ids::JobId;
use swath_domain::job::JobStatus;
use swath_runtime::Context;
use swath_store::Result;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// Jobs read at once.
const PAGE_JOBS: i64 = 500;
/// The shortest pause between two rounds.
const ROUND_PAUSE: Duration = Duration::from_secs(10);
/// The pause after a job, as a multiple of the time that its check took.
const PAUSE_FACTOR: u32 = 10;
/// Consecutive jobs that cannot be checked before the round is given up. One that is too large must not hide the others.
const FAILURES_MAX: u32 = 3;

/// Checks every job that is not done, again and again.
pub struct Conservation {
    context: Context,
    violations: IntGauge,
    checked_at: Gauge,
    failures: IntCounter,
}

impl Conservation {
    /// A check of this process.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(context: Context) -> prometheus::Result<Self> {
        let violations = IntGauge::with_opts(Opts::new(
            "swath_conservation_violations",
            "Jobs whose items are not in exactly one state each, or whose counters disagree with their rows; must be 0.",
        ))?;
        let checked_at = Gauge::with_opts(Opts::new(
            "swath_conservation_checked_timestamp_seconds",
            "When conservation was last checked for all jobs.",
        ))?;
        let failures = IntCounter::new(
            "swath_conservation_failures_total",
            "Rounds in which conservation could not be checked.",
        )?;
        context.registry.register(Box::new(violations.clone()))?;
        context.registry.register(Box::new(checked_at.clone()))?;
        context.registry.register(Box::new(failures.clone()))?;
        Ok(Self { context, violations, checked_at, failures })
    }

    /// Checks until shutdown.
    pub async fn run(self: Arc<Self>) {
        let shutdown = self.context.shutdown.clone();
        let checking = async {
            loop {
                if let Err(error) = self.tick().await {
                    self.failures.inc();
                    tracing::warn!(%error, "conservation could not be checked");
                }
                sleep(ROUND_PAUSE).await;
            }
        };
        tokio::select! {
            () = checking => {}
            () = shutdown.cancelled() => {}
        }
    }

    /// Carries out one round over all jobs. The round counts only if all jobs could be checked, but a violation is shown at
    /// once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tick(&self) -> Result<()> {
        let (mut violations, mut after) = (0, Uuid::nil());
        let (mut failed, mut consecutive) = (Ok(()), 0);
        loop {
            let jobs = self.context.store.jobs_undone(after, PAGE_JOBS).await?;
            let Some(last) = jobs.last().map(|job| job.id.0) else { break };
            after = last;
            for job in jobs.iter().filter(|job| job.status != JobStatus::Cancelling) {
                let began = Instant::now();
                match self.is_conserved(job.id).await {
                    Ok(is_conserved) => {
                        violations += i64::from(!is_conserved);
                        self.violations.set(self.violations.get().max(violations));
                        consecutive = 0;
                    }
                    Err(error) if consecutive + 1 == FAILURES_MAX => return Err(error),
                    Err(error) => {
                        failed = Err(error);
                        consecutive += 1;
                    }
                }
                sleep(began.elapsed() * PAUSE_FACTOR).await;
            }
        }
        failed?;
        self.violations.set(violations);
        self.checked_at.set(self.context.now().0 as f64 / 1e6);
        Ok(())
    }

    async fn is_conserved(&self, job: JobId) -> Result<bool> {
        let Some(books) = self.context.store.books(job).await?.filter(|books| !books.balance()) else {
            return Ok(true);
        };
        let is_open = self.is_still_open(job).await?;
        if is_open {
            tracing::error!(%job, ?books, "the items of a job are not conserved");
        }
        Ok(!is_open)
    }

    /// Whether the job is still open. A job that was cancelled since then changes row by row, and is conserved again at the
    /// end.
    async fn is_still_open(&self, job: JobId) -> Result<bool> {
        let job = self.context.store.job_head(job).await?;
        Ok(job.is_some_and(|job| matches!(job.status, JobStatus::Active | JobStatus::Paused)))
    }
}
