//! Scenes with a bound of their own, played by a few people whose every step is known.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::json;
use swath_harness::client::{Job, Lease};
use swath_harness::proxy::Line;
use swath_harness::{Person, until};
use tokio::time::Instant;

use super::{SHAPE, Standing};
use crate::report::Row;

/// The shortest lease that there is, in seconds.
const LEASE: u64 = 5;
/// How long after its time a lease whose holder is gone may stay with them.
const GONE: Duration = Duration::from_secs(30);
/// What a lost hint may cost.
const HINT: Duration = Duration::from_secs(5);

/// Plays the scene of this name.
pub(super) async fn play(standing: &mut Standing, name: &str) -> anyhow::Result<Row> {
    let (began, bound) = match name {
        "a holder who is gone" => (gone(standing).await?, GONE),
        "a hint that is lost" => (lost(standing).await?, HINT),
        other => bail!("no fault is called `{other}`"),
    };
    let took = began.elapsed();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let found = (took > bound).then(|| format!("it took {millis} ms, and may take {} s", bound.as_secs()));
    Ok(Row {
        fault: name.to_owned(),
        shape: SHAPE,
        operations: 2,
        unavailable_ms: 0,
        recovered_ms: millis,
        violations: u64::from(found.is_some()),
        found: found.into_iter().collect(),
    })
}

/// A holder is gone, and so are the gateway that leased to them and the coordinator that would sweep: somebody else
/// has the work soon after its time. Gives the end of the lease's time.
async fn gone(standing: &mut Standing) -> anyhow::Result<Instant> {
    let team = standing.world.team("gone").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({"range_size": 3, "lease_seconds": LEASE})).await;
    let (anna, bela) = (team.annotator("anna").await, team.annotator("bela").await);
    let gateway = standing.service("gateway-1")?.url();
    let held = anna.at(&gateway).lease(&job).await;
    let over = Instant::now() + Duration::from_secs(LEASE);
    standing.service("gateway-1")?.kill();
    standing.service("coordinator")?.kill();
    tokio::time::sleep_until(over).await;
    standing.service("coordinator")?.start().await?;
    standing.service("gateway-1")?.start().await?;
    let taken = leased(&bela, &job, GONE * 2).await?;
    ensure!(taken.assignment() == held.assignment(), "another assignment than the one that was held");
    Ok(over)
}

/// A rework is announced by a message that nobody gets. Gives the moment at which it was made.
async fn lost(standing: &mut Standing) -> anyhow::Result<Instant> {
    let team = standing.world.team("lost").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({"range_size": 3})).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    anna.work(&job).await;
    standing.rabbit.set(Line::Deaf);
    rosa.reject(&job, &[1]).await;
    let made = Instant::now();
    let taken = leased(&anna, &job, HINT * 6).await;
    standing.rabbit.mend();
    ensure!(taken?.items() == [1], "another item than the one that was rejected");
    Ok(made)
}

async fn leased(person: &Person, job: &Job, deadline: Duration) -> anyhow::Result<Lease> {
    let taken = until("a lease", deadline, || async {
        let answer = person.ask(job).await;
        (answer.status() == 201).then(|| answer.json())
    });
    Ok(Lease::of_work(taken.await.context("nobody got the work")?))
}
