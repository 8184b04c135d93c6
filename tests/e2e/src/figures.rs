//! The job metrics of the metrics service, compared with what was done in the jobs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use swath_harness::client::{Job, Team, User};
use swath_harness::{Settings, World, until};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Series by name and labels, as in `/metrics`.
type Figures = BTreeMap<String, f64>;

/// An installation whose metrics service has labels for one job and reads the counters every second.
async fn world() -> World {
    let settings =
        Settings::default().with("SWATH__METRICS__JOBS", "1").with("SWATH__METRICS__AGE_SECONDS", "1");
    World::start(settings).await.unwrap()
}

async fn figures(world: &World) -> Figures {
    let service = world.with_role("metrics").next().expect("a metrics service");
    let text = world.stranger(None).get(&service.metrics_url()).await.is(200).text();
    let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    lines.filter_map(|(series, value)| Some((series.to_owned(), value.parse().ok()?))).collect()
}

/// Waits until these series have these values.
async fn become_so(world: &World, expected: &Figures) {
    let current = async || {
        let mut current = figures(world).await;
        current.retain(|series, _| expected.contains_key(series));
        current
    };
    let equal =
        until("the figures", TIMEOUT, || async { (current().await == *expected).then_some(()) }).await;
    if let Err(late) = equal {
        assert_eq!(current().await, *expected, "{late}");
    }
}

fn of_job(job: &str, family: &str, label: &str, values: &[(&str, f64)]) -> Figures {
    // Labels are ordered by name.
    let series = |value: &str| {
        let mut labels = [format!("job_id=\"{job}\""), format!("{label}=\"{value}\"")];
        labels.sort();
        format!("{family}{{{}}}", labels.join(","))
    };
    values.iter().map(|(value, count)| (series(value), *count)).collect()
}

fn of(family: &str, label: &str, values: &[(&str, f64)]) -> Figures {
    values.iter().map(|(value, count)| (format!("{family}{{{label}=\"{value}\"}}"), *count)).collect()
}

/// Three ranges of five items: one has four rejected items that wait for their author, one is accepted, one waits for
/// a reviewer. Each kind of event has happened a different number of times.
async fn half_done(team: &Team) -> (Job, User) {
    let job = team.job(&team.dataset(15).await, json!({})).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    for _ in 0..3 {
        anna.work(&job).await;
    }
    rosa.reject(&job, &[0, 1, 2, 3]).await;
    rosa.reject(&job, &[]).await;
    (job, anna)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_in_a_job_is_what_its_figures_say() {
    let world = world().await;
    let team = world.team("figures").await;
    let (job, anna) = half_done(&team).await;
    let mut expected = Figures::new();
    let states = [("pending", 4.0), ("in_progress", 0.0), ("completed", 5.0), ("in_review", 0.0)];
    expected.extend(of_job(&job.id, "swath_items", "state", &states));
    let states = [("accepted", 6.0), ("skipped", 0.0), ("cancelled", 0.0)];
    expected.extend(of_job(&job.id, "swath_items", "state", &states));
    let statuses = [("pending", 1.0), ("in_progress", 0.0), ("completed", 1.0), ("in_review", 0.0)];
    expected.extend(of_job(&job.id, "swath_assignments", "status", &statuses));
    let statuses = [("accepted", 1.0), ("rejected", 1.0), ("cancelled", 0.0), ("waiting_for_manager", 0.0)];
    expected.extend(of_job(&job.id, "swath_assignments", "status", &statuses));
    // Reviews are leases too.
    let events = [("lease", 5.0), ("submission", 3.0), ("decision", 2.0), ("reject", 4.0), ("rework", 1.0)];
    expected.extend(of_job(&job.id, "swath_job_events_total", "event", &events));
    let events = [("expiry", 0.0), ("first_pass", 6.0)];
    expected.extend(of_job(&job.id, "swath_job_events_total", "event", &events));
    expected.extend(of("swath_leases", "state", &[("live", 0.0), ("expiring", 0.0), ("overdue", 0.0)]));
    expected.insert("swath_conservation_violations".to_owned(), 0.0);
    expected.insert("swath_oldest_uncounted_event_seconds".to_owned(), 0.0);
    become_so(&world, &expected).await;
    let current = figures(&world).await;
    for stage in ["annotate", "review"] {
        let waits = format!("swath_oldest_waiting_seconds{{job_id=\"{}\",stage=\"{stage}\"}}", job.id);
        assert!(current[&waits] > 0.0, "{stage}");
    }

    // The author takes the rework.
    anna.lease(&job).await;
    let mut expected = of_job(&job.id, "swath_items", "state", &[("pending", 0.0), ("in_progress", 4.0)]);
    let statuses = [("pending", 0.0), ("in_progress", 1.0)];
    expected.extend(of_job(&job.id, "swath_assignments", "status", &statuses));
    expected.extend(of("swath_leases", "state", &[("live", 1.0), ("expiring", 0.0), ("overdue", 0.0)]));
    expected.extend(of_job(&job.id, "swath_job_events_total", "event", &[("lease", 6.0)]));
    become_so(&world, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_without_a_label_are_summed_and_what_is_overdue_is_told_by_priority() {
    let world = world().await;
    let team = world.team("figures").await;
    team.job(&team.dataset(6).await, json!({})).await;
    let late = json!({"range_size": 2, "priority": "release_blocker", "due_date": "2020-01-01T00:00:00Z"});
    let late = team.job(&team.dataset(4).await, late).await;
    let urgent = team.job(&team.dataset(5).await, json!({"range_size": 1, "priority": "high"})).await;
    team.annotator("anna").await.lease(&urgent).await;

    // The most urgent job has the label, not the first one.
    let mut expected = of_job("other", "swath_items", "state", &[("pending", 10.0), ("in_progress", 1.0)]);
    expected.extend(of_job(&late.id, "swath_items", "state", &[("pending", 4.0)]));
    expected.extend(of_job("other", "swath_job_events_total", "event", &[("lease", 1.0)]));
    let open = [("low", 0.0), ("normal", 6.0), ("high", 5.0), ("release_blocker", 4.0)];
    expected.extend(of("swath_open_items", "priority", &open));
    let overdue = [("low", 0.0), ("normal", 0.0), ("high", 0.0), ("release_blocker", 4.0)];
    expected.extend(of("swath_overdue_items", "priority", &overdue));
    let jobs = [("low", 0.0), ("normal", 0.0), ("high", 0.0), ("release_blocker", 1.0)];
    expected.extend(of("swath_overdue_jobs", "priority", &jobs));
    expected.extend(of("swath_jobs", "status", &[("active", 3.0), ("paused", 0.0), ("cancelling", 0.0)]));
    become_so(&world, &expected).await;
    let labelled = figures(&world).await.into_keys().filter(|series| series.starts_with("swath_job_info{"));
    assert_eq!(labelled.count(), 1);
}
