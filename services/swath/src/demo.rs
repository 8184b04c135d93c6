//! `swath demo`: simulated people label real handwritten digits over the real API, from the first range to the export.
//!
//! Nothing in here takes a short cut. The server is the ordinary one, in this process; the people know it by its
//! address and their tokens only, look at the pictures that it serves, make mistakes, walk away, and correct
//! themselves. In the end the export is compared with the dataset's own answers.

mod annotator;
mod cast;
mod digits;
mod people;
mod reviewer;
mod stage;
mod summary;

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cli::{Meter, Progress};
use cast::Cast;
use people::Pace;
use stage::Stage;
use summary::Summary;

/// What `swath demo` takes.
#[derive(Args)]
pub struct DemoArgs {
    /// Stop when half is done and keep the server up, with sign-in links and a token for each role
    #[arg(long)]
    serve: bool,
    /// End with the summary as one JSON document
    #[arg(long)]
    json: bool,
    /// Where to keep the data; a fresh temporary folder unless said otherwise
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: String,
    /// How many people label; the last one walks away in the middle of a range
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(2..=200))]
    annotators: u16,
    /// How much faster than usual everybody works
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Decides who errs where
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    seed: u64,
}

/// How long the whole play may take.
const DEADLINE: Duration = Duration::from_secs(300);
/// How often the job is asked how far it is.
const PROGRESS_PACE: Duration = Duration::from_millis(250);
/// How long people may take to finish what they are saying.
const CURTAIN_DEADLINE: Duration = Duration::from_secs(10);

/// Plays the demo, to its end or, where the person who watches goes on with it, to its half; fails unless all of that is
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
            // What went wrong first is what the person needs to hear.
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
        cast.annotators.len(),
        cast.reviewers.len(),
        stage.address()
    );
    let over = CancellationToken::new();
    let mut people = send_out(args, stage, &cast, &over);
    tokio::select! {
        done = follow(&cast, args.serve) => done?,
        failed = first_failure(&mut people) => failed?,
    }
    over.cancel();
    let curtain = tokio::time::timeout(CURTAIN_DEADLINE, all_end(&mut people)).await;
    curtain.context("somebody did not stop when the job was done")??;
    let summary = Summary::take(&cast, stage, began).await?;
    Ok((cast, summary))
}

/// Starts everybody's work.
fn send_out(
    args: &DemoArgs,
    stage: &Stage,
    cast: &Cast,
    over: &CancellationToken,
) -> JoinSet<anyhow::Result<()>> {
    let desk = |person: &people::Person, number: usize| people::Desk {
        person: person.clone(),
        job: cast.job,
        digits: stage.digits.clone(),
        pace: Pace::new(args.speed, args.seed.wrapping_add(number as u64)),
        over: over.clone(),
    };
    let mut people = JoinSet::new();
    for (number, person) in cast.annotators.iter().enumerate() {
        let manner = annotator::Manner::of(number, cast.annotators.len());
        people.spawn(annotator::run(desk(person, number), manner));
    }
    for (number, person) in cast.reviewers.iter().enumerate() {
        people.spawn(reviewer::run(desk(person, cast.annotators.len() + number)));
    }
    people
}

/// Shows how far the job is until it is done, or half done.
async fn follow(cast: &Cast, stops_half: bool) -> anyhow::Result<()> {
    #[derive(serde::Deserialize)]
    struct Job {
        status: String,
        progress: Progress,
    }
    let mut meter = Meter::new();
    loop {
        let job: Job = cast.manager.client.get(&format!("/v1/jobs/{}", cast.job), &[]).await?;
        meter.show(&job.progress);
        match job.status.as_str() {
            "done" => break meter.end(),
            "active" if stops_half && job.progress.is_half_decided() => break meter.end(),
            "active" => tokio::time::sleep(PROGRESS_PACE).await,
            status => bail!("somebody made the job {status}"),
        }
    }
    Ok(())
}

/// Ends only if somebody fails: one who has walked away is missed by nobody.
async fn first_failure(people: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    all_end(people).await?;
    std::future::pending().await
}

async fn all_end(people: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = people.join_next().await {
        ended.context("somebody fell over")??;
    }
    Ok(())
}

fn speed(text: &str) -> anyhow::Result<f64> {
    let speed: f64 = text.parse()?;
    ensure!((0.1..=1000.0).contains(&speed), "a speed lies between 0.1 and 1000");
    Ok(speed)
}
