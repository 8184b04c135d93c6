//! The metrics service: items and assignments by state, leases, expiries, rejects, queue depth and waiting age, by job
//! up to a configured number of jobs and summed as `other` beyond. It reads counters that every transition keeps; no
//! scrape counts rows.

mod gauges;

use std::sync::Arc;
use std::time::Duration;

use swath_bus::Queue;
use swath_domain::Time;
use swath_domain::job::{Job, JobStatus};
use swath_domain::progress::{Counter, Progress};
use swath_runtime::Context;
use swath_store::Result;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::gauges::Gauges;

/// Jobs read at once.
const PAGE: i64 = 500;
/// Teams whose queues are looked at in one round.
const TEAMS: i64 = 200;

/// One metrics service.
pub struct Metrics {
    context: Context,
    gauges: Gauges,
}

impl Metrics {
    /// A metrics service over the process' parts; its gauges move once [`Metrics::run`] does.
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let gauges = Gauges::new(&context.registry)?;
        Ok(Arc::new(Self { context, gauges }))
    }

    /// Reads the counters again and again until shutdown.
    pub async fn run(self: Arc<Self>) {
        let mut pace =
            tokio::time::interval(Duration::from_secs(self.context.config.metrics.age_seconds.max(1)));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = pace.tick() => {}
                () = self.context.shutdown.cancelled() => return,
            }
            if let Err(error) = self.tick(self.context.now()).await {
                self.gauges.failures.inc();
                tracing::warn!(%error, "the counters could not be read");
            }
        }
    }

    /// One round: all undone jobs, the first of them by name and the rest as `other`.
    pub async fn tick(&self, now: Time) -> Result<()> {
        let mut named = Vec::new();
        let mut other = Progress::default();
        let mut statuses = [0i64; 5];
        let mut after = Uuid::nil();
        loop {
            let jobs = self.context.store.jobs_undone(after, PAGE).await?;
            let Some(last) = jobs.last().map(|job| job.id.0) else { break };
            let counters = self.context.store.progress_between(after, last).await?;
            let counters: std::collections::HashMap<_, _> = counters.into_iter().collect();
            after = last;
            for job in jobs {
                statuses[job.status as usize] += 1;
                let progress = counters.get(&job.id).copied().unwrap_or_default();
                if named.len() < self.context.config.metrics.jobs {
                    named.push((job, progress));
                } else {
                    other.merge(&progress);
                }
            }
        }
        self.show(&named, &other, statuses, now).await?;
        self.show_queues().await?;
        self.gauges.read_at.set(now.0 as f64 / 1e6);
        Ok(())
    }

    async fn show(
        &self,
        named: &[(Job, Progress)],
        other: &Progress,
        statuses: [i64; 5],
        now: Time,
    ) -> Result<()> {
        self.gauges.reset();
        for (status, count) in JobStatus::ALL.iter().zip(statuses).take(3) {
            self.gauges.jobs.with_label_values(&[&format!("{status:?}").to_lowercase()]).set(count as f64);
        }
        self.gauges.show("other", other);
        for (job, progress) in named {
            let label = job.id.to_string();
            self.gauges.show(&label, progress);
            if progress.get(Counter::Pending) + progress.get(Counter::Completed) > 0 {
                let (pending, review) = self.context.store.oldest_waiting(job.id).await?;
                let age = |since: Option<Time>| since.map_or(0.0, |since| (now - since).max(0) as f64 / 1e6);
                self.gauges.age.with_label_values(&[&label, "annotate"]).set(age(pending));
                self.gauges.age.with_label_values(&[&label, "review"]).set(age(review));
            }
        }
        Ok(())
    }

    async fn show_queues(&self) -> Result<()> {
        let (mut annotate, mut review) = (0, 0);
        for (team, _) in self.context.store.teams(Uuid::nil(), TEAMS).await? {
            annotate += self.context.bus.depth(Queue::Annotate(team)).await.unwrap_or(0);
            review += self.context.bus.depth(Queue::Review(team)).await.unwrap_or(0);
        }
        self.gauges.depth.with_label_values(&["annotate"]).set(annotate as f64);
        self.gauges.depth.with_label_values(&["review"]).set(review as f64);
        Ok(())
    }
}
