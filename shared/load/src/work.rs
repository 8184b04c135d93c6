//! Plays a plan: users work in a scene, and the checker checks the job.

use std::time::Duration;

use anyhow::Context;
use swath_api::jobs::JobView;
use swath_client::{Client, ClientError};
use swath_domain::job::JobStatus;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::history::{Recorder, SortedHistory};
use crate::pace::Pace;
use crate::person::Person;
use crate::plan::Plan;
use crate::report::{self, Ended, Report};
use crate::run::Run;
use crate::scene::Scene;
use crate::verify::verify;
use crate::worker::{Shared, Worker};
use crate::{annotator, reviewer};

/// How often the job is read.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long users may take to finish their calls when the run is over.
const STOP_TIMEOUT: Duration = Duration::from_secs(120);

/// Creates a scene, lets all users work until the job is done or the time is over, and checks the result.
///
/// `watch` gets the job about four times a second.
///
/// # Errors
/// When the scene cannot be created, or the two sides cannot be read afterwards. Violations are in the report
/// instead.
pub async fn run(
    client: &Client,
    plan: &Plan,
    run: &Run,
    mut watch: impl FnMut(&JobView),
) -> anyhow::Result<Report> {
    let scene = Scene::set(client, plan).await.context("the scene could not be set")?;
    let costs = report::costs(client, &plan.metrics).await;
    let work = work(plan, &scene, run, &mut watch).await?;
    let costs = report::difference(costs, report::costs(client, &plan.metrics).await);
    let findings = if plan.check { Some(verify(&scene, work.history).await?) } else { None };
    let ended = Ended { status: work.status.to_string(), seconds: work.seconds, server: costs, findings };
    Ok(Report::new(plan, &scene, &run.meter, ended))
}

/// The result of the users' work.
pub struct Work {
    /// The status of the job at the end.
    pub status: JobStatus,
    /// How long they worked, in seconds.
    pub seconds: f64,
    /// The history of their calls.
    pub history: SortedHistory,
}

/// Lets all users work in a scene until its job is done, the time is over or the run is ended.
///
/// # Errors
/// When a user does not stop, a task fails, the history cannot be written, or a call ends in a way that a strict plan
/// does not allow.
pub async fn work(
    plan: &Plan,
    scene: &Scene,
    run: &Run,
    watch: &mut impl FnMut(&JobView),
) -> anyhow::Result<Work> {
    let recorder = Recorder::start(plan.history.as_deref())?;
    let began = Instant::now();
    let pace = Pace::new(plan, began)?;
    let shared =
        Shared { job: scene.job, plan: plan.clone(), run: run.clone(), recorder: recorder.clone(), pace };
    let mut people = start_all(scene, &shared);
    let until = plan.seconds.map(|seconds| began + Duration::from_secs(seconds));
    let status = follow(scene, run, until, &mut people, watch, plan.is_strict).await;
    let seconds = began.elapsed().as_secs_f64();
    run.over.cancel();
    // The recorder is complete once its last clone is dropped.
    drop(shared);
    timeout(STOP_TIMEOUT, end(&mut people)).await.context("a user did not stop when the run was over")??;
    Ok(Work { status: status?, seconds, history: recorder.finish()? })
}

/// Starts all users.
fn start_all(scene: &Scene, shared: &Shared) -> JoinSet<anyhow::Result<()>> {
    let worker = |person: &Person, number: usize, seed: usize| {
        Worker::new(person.clone(), number, seed as u64, shared.clone())
    };
    let mut people = JoinSet::new();
    for (number, person) in scene.annotators.iter().enumerate() {
        people.spawn(annotator::run(worker(person, number, number)));
    }
    for (number, person) in scene.reviewers.iter().enumerate() {
        people.spawn(reviewer::run(worker(person, number, scene.annotators.len() + number)));
    }
    people
}

/// Follows the job until it is not active any more, the time is over, or the run is ended. Returns its last status.
async fn follow(
    scene: &Scene,
    run: &Run,
    until: Option<Instant>,
    people: &mut JoinSet<anyhow::Result<()>>,
    watch: &mut impl FnMut(&JobView),
    is_strict: bool,
) -> anyhow::Result<JobStatus> {
    let mut status = JobStatus::Active;
    loop {
        match scene.look().await {
            Ok(job) => {
                status = job.summary.status;
                watch(&job);
            }
            // An answer that cannot be read is no fault of the network: the load would never see the job end.
            Err(error) if is_strict || matches!(error, ClientError::Decode(_)) => return Err(error.into()),
            // A load may test a server that is sometimes unavailable.
            Err(_) => {}
        }
        let over = until.is_some_and(|until| Instant::now() >= until) || run.over.is_cancelled();
        if status != JobStatus::Active || over {
            return Ok(status);
        }
        tokio::select! {
            () = sleep(POLL_INTERVAL) => {}
            () = run.over.cancelled() => {}
            Some(ended) = people.join_next() => ended.context("a user failed")??,
        }
    }
}

async fn end(people: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = people.join_next().await {
        ended.context("a user failed")??;
    }
    Ok(())
}
