//! The gauges, and the counter that each series shows.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, GaugeVec, IntCounterVec, Opts};
use swath_domain::Time;
use swath_domain::job::{JobHead, JobStatus, Priority};
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
const EVENTS: [(Counter, &str); 7] = [
    (Counter::Leases, "lease"),
    (Counter::Expiries, "expiry"),
    (Counter::Submissions, "submission"),
    (Counter::Decisions, "decision"),
    (Counter::Rejects, "reject"),
    // Each rejected assignment has made one rework, and stays rejected.
    (Counter::Rejected, "rework"),
    (Counter::FirstPass, "first_pass"),
];
/// The statuses of jobs that are not done.
const UNDONE: [JobStatus; 3] = [JobStatus::Active, JobStatus::Paused, JobStatus::Cancelling];

/// The series of one round. They are filled unseen and published as a whole, so no scrape sees half of a round.
pub(crate) struct Gauges {
    items: GaugeVec,
    assignments: GaugeVec,
    events: IntCounterVec,
    info: GaugeVec,
    due: GaugeVec,
    jobs: GaugeVec,
    open_items: GaugeVec,
    overdue_items: GaugeVec,
    overdue_jobs: GaugeVec,
    /// Seconds that the oldest waiting work has waited.
    pub(crate) age: GaugeVec,
    /// Leases and reviews by how much time they have left.
    pub(crate) leases: GaugeVec,
    /// Pictures that could not be read.
    pub(crate) missing_pictures: Gauge,
    /// Datasets whose pictures wait to be measured.
    pub(crate) measuring: Gauge,
    /// Bytes of uploads and thumbnails.
    pub(crate) file_bytes: Gauge,
    /// Seconds that the oldest event has waited to be counted.
    pub(crate) event_age: Gauge,
    /// Messages in the queues.
    pub(crate) depth: GaugeVec,
    /// When the counters were last read, in seconds since 1970.
    pub(crate) read_at: Gauge,
    /// How many seconds the last reading took.
    pub(crate) read_for: Gauge,
    published: Published,
}

/// The round that scrapes see.
#[derive(Clone)]
pub(crate) struct Published {
    descs: Vec<Desc>,
    families: Arc<Mutex<Vec<MetricFamily>>>,
}

impl Collector for Published {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Sums over all jobs, including those without a label of their own.
#[derive(Default)]
pub(crate) struct Sums {
    statuses: [u32; UNDONE.len()],
    priorities: [Load; Priority::ALL.len()],
}

#[derive(Default, Clone, Copy)]
struct Load {
    open_items: i64,
    overdue_items: i64,
    overdue_jobs: u32,
}

impl Sums {
    /// Adds a job.
    pub(crate) fn add(&mut self, job: &JobHead, progress: &Progress, now: Time) {
        let counts = UNDONE.iter().zip(&mut self.statuses);
        counts.filter(|(status, _)| **status == job.status).for_each(|(_, count)| *count += 1);
        let undecided = progress.items().undecided();
        let is_overdue = job.due.is_some_and(|due| due < now) && undecided > 0;
        for (_, load) in Priority::ALL.iter().zip(&mut self.priorities).filter(|(of, _)| **of == job.priority)
        {
            load.open_items += undecided;
            load.overdue_items += if is_overdue { undecided } else { 0 };
            load.overdue_jobs += u32::from(is_overdue);
        }
    }
}

impl Gauges {
    pub(crate) fn new() -> prometheus::Result<Self> {
        let vec = |name: &str, help: &str, labels: &[&str]| GaugeVec::new(Opts::new(name, help), labels);
        let events = IntCounterVec::new(
            Opts::new(
                "swath_job_events_total",
                "What has happened in jobs that are not done; rejects and first passes are items.",
            ),
            &["job_id", "event"],
        )?;
        let read_at =
            Gauge::new("swath_counters_read_timestamp_seconds", "When the counters were last read.")?;
        let read_for =
            Gauge::new("swath_counters_read_seconds", "How long the last reading of the counters took.")?;
        let mut gauges = Self {
            items: vec("swath_items", "Items of jobs that are not done, by state.", &["job_id", "state"])?,
            assignments: vec(
                "swath_assignments",
                "Assignments of jobs that are not done, by status.",
                &["job_id", "status"],
            )?,
            events,
            info: vec(
                "swath_job_info",
                "Always 1: a job's team, title and priority.",
                &["job_id", "team", "title", "priority"],
            )?,
            due: vec("swath_job_due_timestamp_seconds", "When a job is due.", &["job_id"])?,
            jobs: vec("swath_jobs", "Jobs that are not done, by status.", &["status"])?,
            open_items: vec(
                "swath_open_items",
                "Items on which somebody still has to act, by priority.",
                &["priority"],
            )?,
            overdue_items: vec("swath_overdue_items", "Those of them whose job is overdue.", &["priority"])?,
            overdue_jobs: vec("swath_overdue_jobs", "Jobs that are overdue and not done.", &["priority"])?,
            age: vec(
                "swath_oldest_waiting_seconds",
                "How long the oldest work has waited.",
                &["job_id", "stage"],
            )?,
            leases: vec(
                "swath_leases",
                "Leases and reviews that are held: all of them, those that run out within a minute, and those whose time is over; the last two are counted up to 10,000.",
                &["state"],
            )?,
            missing_pictures: Gauge::new(
                "swath_missing_pictures",
                "Pictures that somebody wanted to see and that could not be read; counted up to 100,000.",
            )?,
            measuring: Gauge::new(
                "swath_datasets_measuring",
                "Datasets with pictures in the object store that wait to be measured.",
            )?,
            file_bytes: Gauge::new(
                "swath_file_bytes",
                "Bytes that the uploads and thumbnails of all teams take.",
            )?,
            event_age: Gauge::new(
                "swath_oldest_uncounted_event_seconds",
                "How long the oldest event has waited to be counted into the map of its job.",
            )?,
            depth: vec("swath_queue_depth", "Messages that wait in the queues.", &["stage"])?,
            read_at,
            read_for,
            published: Published { descs: Vec::new(), families: Arc::default() },
        };
        gauges.published.descs = gauges.all().into_iter().flat_map(Collector::desc).cloned().collect();
        Ok(gauges)
    }

    /// The collector to register.
    pub(crate) fn published(&self) -> Published {
        self.published.clone()
    }

    /// Publishes this round to scrapes.
    pub(crate) fn publish(&self) {
        let families = self.all().into_iter().flat_map(Collector::collect).collect();
        *self.published.families.lock().unwrap_or_else(PoisonError::into_inner) = families;
    }

    fn all(&self) -> [&dyn Collector; 18] {
        [
            &self.items,
            &self.assignments,
            &self.events,
            &self.info,
            &self.due,
            &self.jobs,
            &self.open_items,
            &self.overdue_items,
            &self.overdue_jobs,
            &self.age,
            &self.leases,
            &self.missing_pictures,
            &self.measuring,
            &self.file_bytes,
            &self.event_age,
            &self.depth,
            &self.read_at,
            &self.read_for,
        ]
    }

    /// Removes the series of jobs, some of which may be done by now.
    pub(crate) fn reset(&self) {
        for gauges in [&self.items, &self.assignments, &self.info, &self.due, &self.age] {
            gauges.reset();
        }
        self.events.reset();
    }

    /// Sets the counters of a job, or of all jobs without a label of their own.
    pub(crate) fn show(&self, job: &str, progress: &Progress) {
        for (counter, name) in ITEMS {
            self.items.with_label_values(&[job, name]).set(progress.get(counter) as f64);
        }
        for (counter, name) in ASSIGNMENTS {
            self.assignments.with_label_values(&[job, name]).set(progress.get(counter) as f64);
        }
        for (counter, name) in EVENTS {
            self.events.with_label_values(&[job, name]).inc_by(progress.get(counter).max(0).unsigned_abs());
        }
    }

    /// Sets what describes a job: team, title, priority and due date.
    pub(crate) fn describe(&self, label: &str, job: &JobHead) {
        let (team, priority) = (job.team.to_string(), name_of(job.priority));
        self.info.with_label_values(&[label, &team, &job.title, &priority]).set(1.0);
        if let Some(due) = job.due {
            self.due.with_label_values(&[label]).set(due.0 as f64 / 1e6);
        }
    }

    /// Sets the sums over all jobs.
    pub(crate) fn sum(&self, sums: &Sums) {
        for (status, count) in UNDONE.iter().zip(sums.statuses) {
            self.jobs.with_label_values(&[&format!("{status:?}").to_lowercase()]).set(f64::from(count));
        }
        for (priority, load) in Priority::ALL.iter().zip(sums.priorities) {
            let name = name_of(*priority);
            self.open_items.with_label_values(&[&name]).set(load.open_items as f64);
            self.overdue_items.with_label_values(&[&name]).set(load.overdue_items as f64);
            self.overdue_jobs.with_label_values(&[&name]).set(f64::from(load.overdue_jobs));
        }
    }
}

/// The priority as the API writes it.
#[expect(clippy::expect_used, reason = "an enum without fields is always valid JSON")]
fn name_of(priority: Priority) -> String {
    let json = serde_json::to_string(&priority).expect("a priority is valid JSON");
    json.trim_matches('"').to_owned()
}
