//! Backup and restore: everything is lost but a dump of PostgreSQL, and the work goes on. Broker and Redis start empty.

use std::time::Duration;

use serde_json::json;
use swath_harness::servers::{Addresses, Database};
use swath_harness::{Settings, Shape, World};

use crate::ledger;

use crate::said_well;

const DONE: Duration = Duration::from_secs(30);

/// The dump of one database in another, which is empty.
async fn restored(from: &str, maintenance: &str) -> Database {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump").display().to_string();
    said_well("pg_dump", &["--format=custom", "--file", &dump, from]).await;
    let empty = Database::create(maintenance).await.unwrap();
    said_well("pg_restore", &["--exit-on-error", "--no-owner", "--dbname", empty.url(), &dump]).await;
    empty
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_goes_on_where_it_was_taken() {
    let servers = Addresses::from_environment().unwrap();
    let before = World::start(Settings::default()).await.unwrap();
    let team = before.team("restored").await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let job = team.job(&team.dataset(9).await, json!({"range_size": 3})).await;
    anna.work(&job).await;
    rosa.reject(&job, &[1]).await;
    let rework = anna.lease(&job).await;
    assert_eq!(rework.items(), [1]);
    anna.confirm_all(&rework).await;

    let copy = restored(before.database().unwrap().url(), &servers.postgres).await;
    // What happens after the dump is lost with the rest, and nobody is told that it was kept.
    drop(before);

    // A world has names of its own on the broker and in Redis, where nothing stands yet.
    let settings = Settings::default().with("SWATH__STORE__URL", copy.url());
    let after = World::start_as(Shape::Distributed(servers), settings).await.unwrap();
    let (anna, rosa) = (anna.at(after.origin()), rosa.at(after.origin()));
    // The lease stands as it was granted, and so does what was saved under it.
    anna.submit(&rework).await.ok();
    rosa.reject(&job, &[]).await;
    for _ in 0..2 {
        anna.work(&job).await;
        rosa.reject(&job, &[]).await;
    }
    let manager = team.manager.at(after.origin());
    let done = swath_harness::until("the job to be done", DONE, || async {
        let told = manager.get(&job.path("")).await.ok();
        (told["status"] == "done").then_some(told)
    });
    assert_eq!(done.await.unwrap()["progress"]["accepted"], 9);
    ledger::is_closed(&copy, 9).await;
}
