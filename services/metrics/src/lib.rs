//! The metrics service: items and assignments by state, leases, expiries, rejects, queue depth and waiting age. The most
//! urgent jobs, up to a configured number, have metrics of their own; the others are summed as `other`. The service reads
//! counters that every transition updates. No scrape counts rows.
//!
//! ```no_run
//! use swath_metrics::Metrics;
//! use swath_runtime::Context;
//!
//! /// Registers the metrics in the context's registry, which is scraped, and keeps them up to date.
//! fn start(context: Context) -> prometheus::Result<()> {
//!     tokio::spawn(Metrics::new(context)?.run());
//!     Ok(())
//! }
//! ```

mod conservation;
mod gauges;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus::IntCounter;
use swath_bus::Queue;
use swath_domain::Time;
use swath_domain::ids::TeamId;
use swath_domain::job::{JobHead, JobStatus};
use swath_domain::progress::{Counter, Progress};
use swath_domain::time::{Micros, seconds};
use swath_runtime::Context;
use swath_runtime::panics::keep_running;
use swath_store::{OldestWaiting, Result};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::conservation::Conservation;
use crate::gauges::{Gauges, Sums};

/// Jobs read at once.
const PAGE_JOBS: i64 = 500;
/// Teams whose queues are measured, at most.
const TEAMS_MAX: usize = 200;
/// The time between two measurements of the queues. The broker logs an error for each missing queue, so it is long.
const QUEUES_INTERVAL: Duration = Duration::from_secs(30);
/// A lease with less time left is about to expire.
const EXPIRING: Micros = seconds(60);
/// Missing pictures that are counted, at most.
const MISSING_PICTURES_MAX: i64 = 100_000;
/// Expiring and overdue leases that are counted, at most.
const LEASES_MAX: i64 = 10_000;

/// One metrics service.
pub struct Metrics {
    context: Context,
    gauges: Gauges,
    failures: IntCounter,
    conservation: Arc<Conservation>,
    /// When the queues were last measured.
    queues_measured: Mutex<Option<Instant>>,
}

impl Metrics {
    /// A metrics service of this process. Its gauges change once [`Metrics::run`] runs.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let gauges = Gauges::new()?;
        let conservation = Arc::new(Conservation::new(context.clone())?);
        let failures = IntCounter::new(
            "swath_counters_failures_total",
            "Rounds in which the counters could not be read.",
        )?;
        // Published before the first round too: if that never comes, the counters were last read in 1970, which alerts show.
        gauges.publish();
        context.registry.register(Box::new(gauges.published()))?;
        context.registry.register(Box::new(failures.clone()))?;
        Ok(Arc::new(Self { context, gauges, failures, conservation, queues_measured: Mutex::default() }))
    }

    /// Reads the counters periodically, and checks conservation in the background, until shutdown.
    pub async fn run(self: Arc<Self>) {
        let shutdown = &self.context.shutdown;
        tokio::join!(
            keep_running("counters", shutdown, || self.read()),
            keep_running("books", shutdown, || self.conservation.clone().run()),
        );
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

    /// Carries out one round over all jobs that are not done.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tick(&self, now: Time) -> Result<()> {
        let began = Instant::now();
        let mut named = Vec::new();
        let (mut other, mut sums, mut leased) = (Progress::default(), Sums::default(), 0);
        let mut teams = BTreeSet::new();
        let mut after = Uuid::nil();
        loop {
            let jobs = self.context.store.jobs_undone(after, PAGE_JOBS).await?;
            let Some(last) = jobs.last().map(|job| job.id.0) else { break };
            let counters = self.context.store.progress_between(after, last).await?;
            let counters: HashMap<_, _> = counters.into_iter().collect();
            after = last;
            for job in jobs {
                let progress = counters.get(&job.id).copied().unwrap_or_default();
                sums.add(&job, &progress, now);
                leased += progress.get(Counter::InProgress) + progress.get(Counter::InReview);
                if teams.len() < TEAMS_MAX {
                    teams.insert(job.team);
                }
                named.push((job, progress));
                if named.len() > self.context.config.metrics.jobs {
                    other.merge(&take_least_pressing(&mut named));
                }
            }
        }
        let ages = self.ages(&named).await?;
        self.show(&named, &ages, now);
        self.gauges.show("other", &other);
        self.gauges.sum(&sums);
        self.show_leases(leased, now).await?;
        self.show_pictures().await?;
        self.show_events(now).await?;
        self.show_queues(&teams).await;
        self.gauges.read_at.set(now.0 as f64 / 1e6);
        self.gauges.read_for.set(began.elapsed().as_secs_f64());
        self.gauges.publish();
        Ok(())
    }

    /// The times since when the oldest work of each job waits for an annotator and for a reviewer.
    async fn ages(&self, named: &[(JobHead, Progress)]) -> Result<Vec<OldestWaiting>> {
        let mut ages = Vec::with_capacity(named.len());
        for (job, progress) in named {
            let is_waiting = progress.get(Counter::Pending) + progress.get(Counter::Completed) > 0;
            ages.push(if is_waiting {
                self.context.store.oldest_waiting(job.id).await?
            } else {
                OldestWaiting::default()
            });
        }
        Ok(ages)
    }

    fn show(&self, named: &[(JobHead, Progress)], ages: &[OldestWaiting], now: Time) {
        self.gauges.reset();
        for ((job, progress), ages) in named.iter().zip(ages) {
            let label = job.id.to_string();
            self.gauges.show(&label, progress);
            self.gauges.describe(&label, job);
            for (stage, since) in [("annotate", ages.assignment), ("review", ages.submission)] {
                let age = since.map_or(0.0, |since| seconds_since(since, now));
                self.gauges.age.with_label_values(&[label.as_str(), stage]).set(age);
            }
        }
    }

    async fn show_leases(&self, leased: i64, now: Time) -> Result<()> {
        let store = &self.context.store;
        let grace = seconds(self.context.config.work.grace_seconds as i64);
        let overdue = store.leases_until(now - grace, LEASES_MAX).await?;
        let soon = store.leases_until(now + EXPIRING, LEASES_MAX).await?;
        for (state, count) in [("live", leased), ("expiring", soon), ("overdue", overdue)] {
            self.gauges.leases.with_label_values(&[state]).set(count as f64);
        }
        Ok(())
    }

    async fn show_pictures(&self) -> Result<()> {
        let store = &self.context.store;
        self.gauges.missing_pictures.set(store.all_pictures_missing(MISSING_PICTURES_MAX).await? as f64);
        self.gauges.measuring.set(store.datasets_measuring().await? as f64);
        self.gauges.file_bytes.set(store.all_file_usage().await? as f64);
        Ok(())
    }

    async fn show_events(&self, now: Time) -> Result<()> {
        let since = self.context.store.events_uncounted_since().await?;
        self.gauges.event_age.set(since.map_or(0.0, |since| seconds_since(since, now)));
        Ok(())
    }

    /// Measures the queues of the teams. A queue that cannot be measured is not shown.
    async fn show_queues(&self, teams: &BTreeSet<TeamId>) {
        if !self.queues_are_due() {
            return;
        }
        self.gauges.depth.reset();
        for (stage, queue) in
            [("annotate", Queue::Annotate as fn(TeamId) -> Queue), ("review", Queue::Review)]
        {
            if let Some(depth) = self.depth(teams, queue).await {
                self.gauges.depth.with_label_values(&[stage]).set(depth as f64);
            }
        }
    }

    fn queues_are_due(&self) -> bool {
        let mut measured = self.queues_measured.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = measured.is_none_or(|at| at.elapsed() >= QUEUES_INTERVAL);
        if is_due {
            *measured = Some(Instant::now());
        }
        is_due
    }

    async fn depth(&self, teams: &BTreeSet<TeamId>, queue: fn(TeamId) -> Queue) -> Option<u64> {
        let mut sum = 0;
        for team in teams {
            sum += self.context.bus.depth(queue(*team)).await?;
        }
        Some(sum)
    }
}

fn seconds_since(since: Time, now: Time) -> f64 {
    (now - since).to_duration().as_secs_f64()
}

/// Removes the job that least needs a label of its own: one that is not active, of low priority, due late, or new.
fn take_least_pressing(named: &mut Vec<(JobHead, Progress)>) -> Progress {
    let order = |job: &JobHead| {
        (job.status != JobStatus::Active, Reverse(job.priority), job.due.is_none(), job.due, job.id)
    };
    let least = named.iter().enumerate().max_by_key(|(_, (job, _))| order(job)).map(|(index, _)| index);
    least.map_or_else(Progress::default, |index| named.swap_remove(index).1)
}
