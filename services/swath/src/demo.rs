//! `swath demo`: simulated users annotate real handwritten digits over the real API, from the first range to the export.
//!
//! Nothing in here takes a short cut. The server is the ordinary one, in this process. The users are those of `swath load`
//! with a task of their own: they know the server by its address and their tokens only, look at the pictures that it serves,
//! make mistakes, walk away, and correct themselves. In the end the export is compared with the dataset's own answers.

mod args;
mod cast;
mod digit_task;
mod digits;
mod stage;
mod summary;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use swath_load::{Drive, Habits, Plan, Run};
use tokio::time::Instant;

use crate::cli::progress::{Meter, Progress};
use cast::Cast;
use digit_task::DigitTask;
use stage::Stage;
use summary::Summary;

pub use args::DemoArgs;

/// How long the whole demo may take.
const DEADLINE: Duration = Duration::from_secs(300);
/// How long a call without an answer is repeated.
const REPEAT_MAX: Duration = Duration::from_secs(15);
/// How long an annotator looks at a picture, in seconds.
const ANNOTATE_SECONDS: f64 = 0.1;
/// How long a reviewer looks at a picture, in seconds.
const REVIEW_SECONDS: f64 = 0.012;

/// Plays the demo to its end or, if the user who watches continues the job, to its half. Fails unless all of that is
/// accepted and agrees with the dataset's own answers.
pub async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let began = Instant::now();
    let stage = Stage::set(&args).await?;
    let played = tokio::time::timeout(DEADLINE, play(&args, &stage, began)).await;
    let late = || {
        format!(
            "the demo did not end within {} seconds; its data is in {}",
            DEADLINE.as_secs(),
            stage.folder()
        )
    };
    let (cast, summary) = match played.with_context(late).flatten() {
        Ok(played) => played,
        Err(error) => {
            // The first failure is what the user needs to see.
            stage.close().await.ok();
            return Err(error);
        }
    };
    summary.print(args.json)?;
    if args.serve {
        cast.introduce(stage.address()).await?;
        stage.serve().await?;
    } else {
        stage.close().await?;
    }
    summary.check(args.serve)
}

async fn play(args: &DemoArgs, stage: &Stage, began: Instant) -> anyhow::Result<(Cast, Summary)> {
    let cast = Cast::assemble(stage, args.annotators, args.serve).await?;
    eprintln!(
        "{} digits, {} annotators, {} reviewers, at {}",
        stage.digits.len(),
        cast.scene.annotators.len(),
        cast.scene.reviewers.len(),
        stage.address()
    );
    work(args, stage, &cast).await?;
    let summary = Summary::take(&cast, stage, began).await?;
    Ok((cast, summary))
}

/// Lets all users work until the job is done, or half done.
async fn work(args: &DemoArgs, stage: &Stage, cast: &Cast) -> anyhow::Result<()> {
    let (run, mut meter, mut is_half) = (Run::default(), Meter::new(), false);
    let over = run.over.clone();
    let mut watch = |job: &serde_json::Value| {
        let Ok(progress) = serde_json::from_value::<Progress>(job["progress"].clone()) else { return };
        meter.show(&progress);
        if args.serve && progress.is_half_decided() {
            is_half = true;
            over.cancel();
        }
    };
    let worked = swath_load::work(&plan(args, stage, cast), &cast.scene, &run, &mut watch).await?;
    meter.end();
    match worked.status.as_str() {
        "done" => Ok(()),
        "active" if is_half => Ok(()),
        status => bail!("the job became {status}"),
    }
}

/// The demo as a plan of a load.
fn plan(args: &DemoArgs, stage: &Stage, cast: &Cast) -> Plan {
    Plan {
        annotators: cast.scene.annotators.len(),
        reviewers: cast.scene.reviewers.len(),
        items: stage.digits.len() as u64,
        lease_seconds: cast.lease_seconds,
        drive: Drive::ThinkByStage {
            annotate: ANNOTATE_SECONDS / args.speed,
            review: REVIEW_SECONDS / args.speed,
        },
        task: Arc::new(DigitTask { digits: stage.digits.clone() }),
        habits: Habits::NONE,
        is_strict: true,
        last_leaves: true,
        gives_up: 0.0,
        patience: REPEAT_MAX,
        seed: args.seed,
        check: false,
        ..Plan::default()
    }
}
