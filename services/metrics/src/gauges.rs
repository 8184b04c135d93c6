//! The gauges, and which counter each shows.

use prometheus::{Gauge, GaugeVec, IntCounter, Opts, Registry};
use swath_domain::progress::{Counter, Progress};

/// Items by state.
const ITEMS: [(Counter, &str); 7] = [
    (Counter::ItemsPending, "pending"),
    (Counter::ItemsInProgress, "in_progress"),
    (Counter::ItemsCompleted, "completed"),
    (Counter::ItemsInReview, "in_review"),
    (Counter::ItemsAccepted, "accepted"),
    (Counter::ItemsSkipped, "skipped"),
    (Counter::ItemsCancelled, "cancelled"),
];
/// Assignments by status.
const ASSIGNMENTS: [(Counter, &str); 8] = [
    (Counter::Pending, "pending"),
    (Counter::InProgress, "in_progress"),
    (Counter::Completed, "completed"),
    (Counter::InReview, "in_review"),
    (Counter::Accepted, "accepted"),
    (Counter::Rejected, "rejected"),
    (Counter::Cancelled, "cancelled"),
    (Counter::Held, "waiting_for_manager"),
];
/// What has happened so far in jobs that are not done.
const EVENTS: [(Counter, &str); 5] = [
    (Counter::Leases, "lease"),
    (Counter::Expiries, "expiry"),
    (Counter::Submissions, "submission"),
    (Counter::Decisions, "decision"),
    (Counter::Rejects, "reject"),
];

/// The gauges.
pub(crate) struct Gauges {
    items: GaugeVec,
    assignments: GaugeVec,
    events: GaugeVec,
    /// Seconds that the oldest waiting work has waited.
    pub(crate) age: GaugeVec,
    /// Messages in the queues.
    pub(crate) depth: GaugeVec,
    /// Jobs by status.
    pub(crate) jobs: GaugeVec,
    /// When the counters were last read, in seconds since 1970.
    pub(crate) read_at: Gauge,
    /// Rounds in which they could not be read.
    pub(crate) failures: IntCounter,
}

impl Gauges {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            let gauges = GaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauges.clone()))?;
            Ok::<_, prometheus::Error>(gauges)
        };
        let read_at =
            Gauge::new("swath_counters_read_timestamp_seconds", "When the counters were last read.")?;
        registry.register(Box::new(read_at.clone()))?;
        let failures =
            IntCounter::new("swath_counters_failures_total", "Rounds in which they could not be read.")?;
        registry.register(Box::new(failures.clone()))?;
        Ok(Self {
            items: gauges("swath_items", "Items of jobs that are not done, by state.", &["job", "state"])?,
            assignments: gauges(
                "swath_assignments",
                "Assignments of jobs that are not done.",
                &["job", "status"],
            )?,
            events: gauges(
                "swath_job_events",
                "What has happened in jobs that are not done.",
                &["job", "event"],
            )?,
            age: gauges(
                "swath_oldest_waiting_seconds",
                "How long the oldest work has waited.",
                &["job", "stage"],
            )?,
            depth: gauges("swath_queue_depth", "Messages that wait in the queues.", &["stage"])?,
            jobs: gauges("swath_jobs", "Jobs that are not done, by status.", &["status"])?,
            read_at,
            failures,
        })
    }

    /// Forgets the jobs of the round before; some may be done.
    pub(crate) fn reset(&self) {
        for gauges in [&self.items, &self.assignments, &self.events, &self.age] {
            gauges.reset();
        }
    }

    /// Shows the counters of one job, or of all the others.
    pub(crate) fn show(&self, job: &str, progress: &Progress) {
        let show = |gauges: &GaugeVec, counters: &[(Counter, &str)]| {
            for (counter, name) in counters {
                gauges.with_label_values(&[job, name]).set(progress.get(*counter) as f64);
            }
        };
        show(&self.items, &ITEMS);
        show(&self.assignments, &ASSIGNMENTS);
        show(&self.events, &EVENTS);
    }
}
