//! The main job at scale: 40 annotators and 4 reviewers on 1,797 real digits, with mistakes and abandoned work, until
//! every digit is accepted.

mod crowd;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::client::Job;
use swath_harness::{Team, World, digits, until};

use crate::invariants::Invariants;
use crowd::{Crowd, digit_of};

pub use crowd::Memory;

const ANNOTATORS: usize = 40;
const REVIEWERS: usize = 4;
/// Far longer than needed on a slow machine: a test that is stuck must fail instead of hang.
const TIMEOUT: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_labels_every_digit_rightly() {
    let world = World::shared().await;
    let team = world.team("digits").await;
    let answers = Arc::new(digits::answers().unwrap());
    let dataset = team.dataset(digits::COUNT).await;
    let job = team.job(&dataset, wishes()).await;

    let crowd = Crowd::gather(&team, &job, answers.clone(), ANNOTATORS, REVIEWERS).await;
    let memory = tokio::select! {
        memory = crowd.work() => memory,
        () = stuck(&team, &job) => unreachable!("the watcher only panics"),
    };

    let seen = team.becomes(&job, "done", Duration::from_secs(30)).await;
    let settled = settled(&seen["progress"]);
    assert_eq!(settled, digits::COUNT as u64, "{}", seen["progress"]);
    assert!(memory.rejected.values().any(|items| !items.is_empty()), "nobody was ever wrong");

    let invariants = Invariants::of(world, &team, &job, digits::COUNT as u64).await;
    invariants.hold();
    invariants.hold_for(&memory);
    invariants.hold_in_the_database().await;
    let wrong = invariants.accepted().filter(|line| {
        let index = line["index"].as_u64().unwrap_or(u64::MAX);
        digit_of(&line["annotation"]) != answers.get(index as usize).copied()
    });
    assert_eq!(wrong.count(), 0, "an accepted digit is not what it is");
}

fn wishes() -> Value {
    let values: Vec<String> = (0..10).map(|digit: u8| digit.to_string()).collect();
    json!({
        "title": "digits",
        "classes": [{"name": "digit", "shape": "rectangle"}],
        "tags": [{"name": "digit", "values": values}],
        "limits": {"figures": 1, "tags": 1},
        "range_size": 20,
        "lease_seconds": 8,
    })
}

fn settled(progress: &Value) -> u64 {
    ["accepted", "skipped"].iter().filter_map(|state| progress[state].as_u64()).sum()
}

/// Fails with the job's state if it is not done in time.
async fn stuck(team: &Team, job: &Job) {
    let done =
        until("the crowd", TIMEOUT, || async { (team.look(job).await["status"] == "done").then_some(()) });
    if done.await.is_err() {
        panic!("the crowd is stuck: {}", team.look(job).await);
    }
    std::future::pending().await
}
