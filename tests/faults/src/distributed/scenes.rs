//! Scenes with a bound of their own, played by a few users.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::json;
use swath_harness::client::{Job, Lease};
use swath_harness::proxy::Line;
use swath_harness::{User, until};
use tokio::time::Instant;

use super::installation::{DEPLOYMENT, Installation};
use crate::report::Row;

/// The shortest lease that a job may have, in seconds.
const LEASE_SECONDS: u64 = 5;
/// How long after its expiry the lease of a holder who is gone may block the work.
const TAKEOVER_MAX: Duration = Duration::from_secs(30);
/// How much a lost hint may delay the work.
const LOST_HINT_MAX: Duration = Duration::from_secs(5);

/// Plays the scene of this name.
pub(super) async fn play(installation: &mut Installation, name: &str) -> anyhow::Result<Row> {
    let (began, bound) = match name {
        "a holder who is gone" => (holder_gone(installation).await?, TAKEOVER_MAX),
        "a hint that is lost" => (hint_lost(installation).await?, LOST_HINT_MAX),
        other => bail!("no fault is called `{other}`"),
    };
    let took = began.elapsed();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let found = (took > bound).then(|| format!("it took {millis} ms, and may take {} s", bound.as_secs()));
    Ok(Row {
        fault: name.to_owned(),
        deployment: DEPLOYMENT,
        operations: 2,
        unavailable_ms: 0,
        recovered_ms: millis,
        violations: u64::from(found.is_some()),
        found: found.into_iter().collect(),
    })
}

/// A holder is gone, and so are the gateway that granted the lease and the coordinator that would sweep. Somebody
/// else gets the work soon after the lease's expiry. Returns the time of expiry.
async fn holder_gone(installation: &mut Installation) -> anyhow::Result<Instant> {
    let team = installation.world.team("gone").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({"range_size": 3, "lease_seconds": LEASE_SECONDS})).await;
    let (anna, bela) = (team.annotator("anna").await, team.annotator("bela").await);
    let gateway = installation.service("gateway-1")?.url();
    let lease = anna.at(&gateway).lease(&job).await;
    let over = Instant::now() + Duration::from_secs(LEASE_SECONDS);
    installation.service("gateway-1")?.kill();
    installation.service("coordinator")?.kill();
    tokio::time::sleep_until(over).await;
    installation.service("coordinator")?.start().await?;
    installation.service("gateway-1")?.start().await?;
    let taken = leased(&bela, &job, TAKEOVER_MAX * 2).await?;
    ensure!(taken.assignment() == lease.assignment(), "another assignment than the leased one");
    Ok(over)
}

/// The message that announces a rework is lost. Returns the time at which the rework was made.
async fn hint_lost(installation: &mut Installation) -> anyhow::Result<Instant> {
    let team = installation.world.team("lost").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({"range_size": 3})).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    anna.work(&job).await;
    installation.rabbit.set(Line::Deaf);
    rosa.reject(&job, &[1]).await;
    let made = Instant::now();
    let taken = leased(&anna, &job, LOST_HINT_MAX * 6).await;
    installation.rabbit.mend();
    ensure!(taken?.items() == [1], "another item than the rejected one");
    Ok(made)
}

async fn leased(user: &User, job: &Job, deadline: Duration) -> anyhow::Result<Lease> {
    let taken = until("a lease", deadline, || async {
        let answer = user.ask(job).await;
        (answer.status() == 201).then(|| answer.json())
    });
    Ok(Lease::of_work(taken.await.context("no lease was granted")?))
}
