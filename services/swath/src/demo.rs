//! `swath demo`: simulated users annotate real handwritten digits over the real API, from the first range to the
//! export.
//!
//! Nothing is abbreviated. The server is the ordinary one, in this process. The users are those of `swath load` with
//! a task of their own: they know the server only by its address and their tokens, look at the pictures that it
//! serves, make mistakes, abandon work, and correct themselves. Finally the export is compared with the dataset's own
//! answers.

mod args;
mod demo_server;
mod digit_task;
mod digits;
mod summary;
mod users;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use swath_api::jobs::JobView;
use swath_domain::job::JobStatus;
use swath_load::{Drive, Habits, Plan, Run};
use tokio::time::Instant;

use crate::cli::progress::{Meter, Progress};
use demo_server::DemoServer;
use digit_task::DigitTask;
use summary::Summary;
use users::DemoUsers;

pub use args::DemoArgs;

/// How long the whole demo may take.
const DEMO_TIMEOUT: Duration = Duration::from_secs(300);
/// How long an unanswered call is repeated. A computer that is busy with something else is no reason to fail.
const REPEAT_MAX: Duration = Duration::from_secs(60);
/// How long an attempt waits for its answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an annotator looks at a picture, in seconds.
const ANNOTATE_SECONDS: f64 = 0.1;
/// How long a reviewer looks at a picture, in seconds.
const REVIEW_SECONDS: f64 = 0.012;

/// Plays the demo to its end, or half of it if the user is to continue the job. Fails unless all of that is accepted
/// and agrees with the dataset's own answers.
pub async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let began = Instant::now();
    let server = DemoServer::start(&args).await?;
    let played = tokio::time::timeout(DEMO_TIMEOUT, play(&args, &server, began)).await;
    let late = || {
        format!(
            "the demo did not end within {} seconds; its data is in {}",
            DEMO_TIMEOUT.as_secs(),
            server.folder()
        )
    };
    let (users, summary) = match played.with_context(late).flatten() {
        Ok(played) => played,
        Err(error) => {
            // The first failure is what the user needs to see.
            server.close().await.ok();
            return Err(error);
        }
    };
    summary.print(args.json)?;
    if args.serve {
        users.print_access(server.address()).await?;
        server.serve().await?;
    } else {
        server.close().await?;
    }
    summary.check(args.serve)
}

async fn play(args: &DemoArgs, server: &DemoServer, began: Instant) -> anyhow::Result<(DemoUsers, Summary)> {
    let users = DemoUsers::create(server, args.annotators, args.serve).await?;
    eprintln!(
        "{} digits, {} annotators, {} reviewers, at {}",
        server.digits.len(),
        users.scene.annotators.len(),
        users.scene.reviewers.len(),
        server.address()
    );
    work(args, server, &users).await?;
    let summary = Summary::take(&users, server, began).await?;
    Ok((users, summary))
}

/// Lets the simulated users work until the job is done, or half done.
async fn work(args: &DemoArgs, server: &DemoServer, users: &DemoUsers) -> anyhow::Result<()> {
    let (run, mut meter, mut is_half) = (Run::default(), Meter::new(), false);
    let over = run.over.clone();
    let mut watch = |job: &JobView| {
        let Some(progress) = job.summary.progress.map(Progress) else { return };
        meter.show(&progress);
        if args.serve && progress.is_half_decided() {
            is_half = true;
            over.cancel();
        }
    };
    let worked = swath_load::work(&plan(args, server, users), &users.scene, &run, &mut watch).await?;
    meter.end();
    match worked.status {
        JobStatus::Done => Ok(()),
        JobStatus::Active if is_half => Ok(()),
        status => bail!("the job became {status}"),
    }
}

/// The demo as a plan of a load.
fn plan(args: &DemoArgs, server: &DemoServer, users: &DemoUsers) -> Plan {
    Plan {
        annotators: users.scene.annotators.len(),
        reviewers: users.scene.reviewers.len(),
        items: server.digits.len() as u64,
        lease_seconds: users.lease_seconds,
        drive: Drive::ThinkByStage {
            annotate: ANNOTATE_SECONDS / args.speed,
            review: REVIEW_SECONDS / args.speed,
        },
        task: Arc::new(DigitTask { digits: server.digits.clone() }),
        habits: Habits::NONE,
        is_strict: true,
        last_leaves: true,
        gives_up: 0.0,
        repeat_for: REPEAT_MAX,
        attempt_timeout: ATTEMPT_TIMEOUT,
        seed: args.seed,
        check: false,
        ..Plan::default()
    }
}
