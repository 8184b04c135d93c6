//! The metrics service: items and assignments by state, leases, expiries, rejects, queue depth and waiting age, by job
//! up to a configured number of jobs and summed as `other` beyond. It reads counters that every transition keeps; no
//! scrape counts rows.

mod books;
mod gauges;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::IntCounter;
use swath_bus::Queue;
use swath_domain::Time;
use swath_domain::job::Job;
use swath_domain::progress::{Counter, Progress};
use swath_domain::time::seconds;
use swath_runtime::Context;
use swath_store::Result;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::books::Books;
use crate::gauges::{Gauges, Sums};

/// Jobs read at once.
const PAGE: i64 = 500;
/// Teams whose queues are looked at in one round.
const TEAMS: i64 = 200;
/// A lease that has less time left is about to run out.
const SOON: i64 = seconds(60);
/// How far leases that run out are counted.
const LEASES: i64 = 10_000;

/// One metrics service.
pub struct Metrics {
    context: Context,
    gauges: Gauges,
    failures: IntCounter,
    books: Arc<Books>,
}

impl Metrics {
    /// A metrics service over the process' parts; its gauges move once [`Metrics::run`] does.
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let (gauges, books) = (Gauges::new()?, Arc::new(Books::new(context.clone())?));
        let failures = IntCounter::new(
            "swath_counters_failures_total",
            "Rounds in which the counters could not be read.",
        )?;
        context.registry.register(Box::new(gauges.shown()))?;
        context.registry.register(Box::new(failures.clone()))?;
        Ok(Arc::new(Self { context, gauges, failures, books }))
    }

    /// Reads the counters again and again until shutdown, and checks the books at leisure.
    pub async fn run(self: Arc<Self>) {
        tokio::join!(self.read(), self.books.clone().run());
    }

    async fn read(&self) {
        let mut pace =
            tokio::time::interval(Duration::from_secs(self.context.config.metrics.age_seconds.max(1)));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = pace.tick() => {}
                () = self.context.shutdown.cancelled() => return,
            }
            if let Err(error) = self.tick(self.context.now()).await {
                self.failures.inc();
                tracing::warn!(%error, "the counters could not be read");
            }
        }
    }

    /// One round: all undone jobs, the first of them by name and the rest as `other`.
    pub async fn tick(&self, now: Time) -> Result<()> {
        let began = Instant::now();
        let mut named = Vec::new();
        let (mut other, mut sums, mut held) = (Progress::default(), Sums::default(), 0);
        let mut after = Uuid::nil();
        loop {
            let jobs = self.context.store.jobs_undone(after, PAGE).await?;
            let Some(last) = jobs.last().map(|job| job.id.0) else { break };
            let counters = self.context.store.progress_between(after, last).await?;
            let counters: HashMap<_, _> = counters.into_iter().collect();
            after = last;
            for job in jobs {
                let progress = counters.get(&job.id).copied().unwrap_or_default();
                sums.add(&job, &progress, now);
                held += progress.get(Counter::InProgress) + progress.get(Counter::InReview);
                if named.len() < self.context.config.metrics.jobs {
                    named.push((job, progress));
                } else {
                    other.merge(&progress);
                }
            }
        }
        let ages = self.ages(&named).await?;
        self.show(&named, &ages, now);
        self.gauges.show("other", &other);
        self.gauges.sum(&sums);
        self.show_leases(held, now).await?;
        self.show_queues().await?;
        self.gauges.read_at.set(now.0 as f64 / 1e6);
        self.gauges.read_for.set(began.elapsed().as_secs_f64());
        self.gauges.publish();
        Ok(())
    }

    /// Since when the oldest work of each job waits: for an annotator, and for a reviewer.
    async fn ages(&self, named: &[(Job, Progress)]) -> Result<Vec<[Option<Time>; 2]>> {
        let mut ages = Vec::with_capacity(named.len());
        for (job, progress) in named {
            let waits = progress.get(Counter::Pending) + progress.get(Counter::Completed) > 0;
            let (pending, review) =
                if waits { self.context.store.oldest_waiting(job.id).await? } else { (None, None) };
            ages.push([pending, review]);
        }
        Ok(ages)
    }

    fn show(&self, named: &[(Job, Progress)], ages: &[[Option<Time>; 2]], now: Time) {
        self.gauges.reset();
        for ((job, progress), ages) in named.iter().zip(ages) {
            let label = job.id.to_string();
            self.gauges.show(&label, progress);
            self.gauges.describe(&label, job);
            for (stage, since) in ["annotate", "review"].iter().zip(ages) {
                let age = since.map_or(0.0, |since| (now - since).max(0) as f64 / 1e6);
                self.gauges.age.with_label_values(&[label.as_str(), stage]).set(age);
            }
        }
    }

    async fn show_leases(&self, held: i64, now: Time) -> Result<()> {
        let store = &self.context.store;
        let grace = seconds(self.context.config.work.grace_seconds as i64);
        let overdue = store.leases_until(now + -grace, LEASES).await?;
        let soon = store.leases_until(now + SOON, LEASES).await?;
        for (state, count) in [("live", held), ("expiring", soon), ("overdue", overdue)] {
            self.gauges.leases.with_label_values(&[state]).set(count as f64);
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
