//! People at work on any installation, over its public API: they label, err, correct themselves, give back, walk
//! away and review, repeat what was not answered as the API's documents say, and remember everything. Afterwards the
//! checker compares what they remember with what the server tells.

mod annotator;
mod history;
mod meter;
mod pace;
mod person;
mod plan;
mod report;
mod reviewer;
mod scene;
mod told;
mod verify;

pub use history::{Recorder, Remembered};
pub use meter::{CallStats, Kind, Meter};
pub use person::Person;
pub use plan::{Drive, Plan, Review};
pub use report::{Report, ServerCost};
pub use scene::{Scene, join};
pub use verify::verify;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use swath_client::Client;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::person::Desk;

/// How often the job is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long people may take to end what they are at when the run is over.
const CURTAIN: Duration = Duration::from_secs(120);

/// A run under way: whoever started it may look at it and end it.
#[derive(Clone)]
pub struct Run {
    /// What people have done so far.
    pub meter: Arc<Meter>,
    /// Cancelled when everybody shall go home.
    pub over: CancellationToken,
}

impl Default for Run {
    fn default() -> Self {
        Self { meter: Arc::new(Meter::default()), over: CancellationToken::new() }
    }
}

/// Sets the scene, lets everybody work until the job is done or the time is over, and has it all checked.
///
/// `watch` is told how the job stands, about twice a second.
///
/// # Errors
/// When the scene cannot be set, or the two sides cannot be read afterwards. What the checker finds is in the report.
pub async fn run(
    client: &Client,
    plan: &Plan,
    run: &Run,
    mut watch: impl FnMut(&Value),
) -> anyhow::Result<Report> {
    let scene = Scene::set(client, plan).await.context("the scene could not be set")?;
    let costs = report::costs(client, &plan.metrics).await;
    let work = work(plan, &scene, run, &mut watch).await?;
    let costs = report::difference(costs, report::costs(client, &plan.metrics).await);
    let findings = if plan.check { Some(verify(&scene, work.remembered).await?) } else { None };
    Ok(Report::new(plan, &scene, &run.meter, work.status, work.seconds, costs, findings))
}

/// What people have done.
pub struct Work {
    /// How the job stood at the end.
    pub status: String,
    /// How long they worked.
    pub seconds: f64,
    /// What they remember.
    pub remembered: Remembered,
}

/// Lets everybody work in a scene until its job is done, the time is over or the run is.
///
/// # Errors
/// When somebody does not go home, or a history cannot be kept.
pub async fn work(
    plan: &Plan,
    scene: &Scene,
    run: &Run,
    watch: &mut impl FnMut(&Value),
) -> anyhow::Result<Work> {
    let recorder = Recorder::start(plan.history.as_deref())?;
    let began = Instant::now();
    let mut people = send_out(plan, scene, run, &recorder, began)?;
    let until = plan.seconds.map(|seconds| began + Duration::from_secs(seconds));
    let status = follow(scene, run, until, &mut people, watch).await;
    let seconds = began.elapsed().as_secs_f64();
    run.over.cancel();
    timeout(CURTAIN, end(&mut people)).await.context("somebody did not go home")??;
    Ok(Work { status: status?, seconds, remembered: recorder.finish()? })
}

fn send_out(
    plan: &Plan,
    scene: &Scene,
    run: &Run,
    recorder: &Recorder,
    began: Instant,
) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
    let pace = pace::Pace::new(plan, began)?;
    let desk = |person: &Person, number: usize| {
        Desk::new(person.clone(), scene.job, plan, run.clone(), recorder.clone(), pace.clone(), number as u64)
    };
    let mut people = JoinSet::new();
    for (number, person) in scene.annotators.iter().enumerate() {
        people.spawn(annotator::run(desk(person, number)));
    }
    for (number, person) in scene.reviewers.iter().enumerate() {
        people.spawn(reviewer::run(desk(person, scene.annotators.len() + number)));
    }
    Ok(people)
}

/// Follows the job until it is over, the time is, or somebody says so; how it stood last.
async fn follow(
    scene: &Scene,
    run: &Run,
    until: Option<Instant>,
    people: &mut JoinSet<anyhow::Result<()>>,
    watch: &mut impl FnMut(&Value),
) -> anyhow::Result<String> {
    let mut status = String::from("active");
    loop {
        // A server that is away for a while is what a load may be about.
        if let Ok(job) = scene.look().await {
            job["status"].as_str().unwrap_or_default().clone_into(&mut status);
            watch(&job);
        }
        let over = until.is_some_and(|until| Instant::now() >= until) || run.over.is_cancelled();
        if status != "active" || over {
            return Ok(status);
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = run.over.cancelled() => {}
            Some(ended) = people.join_next() => ended.context("somebody fell over")??,
        }
    }
}

async fn end(people: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = people.join_next().await {
        ended.context("somebody fell over")??;
    }
    Ok(())
}
