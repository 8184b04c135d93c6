//! Backup and restore: everything is lost but a dump of PostgreSQL, and the work goes on. Broker and Redis start empty.

use std::time::Duration;

use serde_json::json;
use swath_harness::servers::{Addresses, Database};
use swath_harness::{Deployment, Settings, World};

use crate::ledger;

use crate::{at, said_well};

const DONE: Duration = Duration::from_secs(30);

/// The roles' passwords.
const PASSWORD: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0f";

/// The dump of one database in another, which is empty, as docs/operations.md says it.
async fn restored(from: &str, maintenance: &str) -> Database {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump").display().to_string();
    said_well("pg_dump", &["--format=custom", "--file", &dump, from]).await;
    let empty = Database::create(maintenance).await.unwrap();
    roles(&empty).await;
    let owner = empty.url().replace("postgres@", "swath_owner@");
    said_well("pg_restore", &["--exit-on-error", "--no-owner", "--dbname", &owner, &dump]).await;
    // The restore has granted anew what the roles may not do.
    roles(&empty).await;
    empty
}

async fn roles(database: &Database) {
    let passwords = [("owner_password", PASSWORD), ("app_password", PASSWORD)];
    let [owner, app] = passwords.map(|(name, password)| format!("{name}={password}"));
    let file = at("deploy/postgres/roles.sql").display().to_string();
    said_well("psql", &["-XAtq", "-d", database.url(), "-v", &owner, "-v", &app, "-f", &file]).await;
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
    // A world migrates what it starts on, which is for the owner alone.
    let owner = copy.url().replace("postgres@", "swath_owner@");
    let settings = Settings::default().with("SWATH__STORE__URL", &owner);
    let after = World::start_as(Deployment::Distributed(servers), settings).await.unwrap();
    let (anna, rosa) = (anna.at(after.origin()), rosa.at(after.origin()));
    let manager = team.manager.at(after.origin());
    crate::map_agrees(&manager, &job).await;
    // The lease stands as it was granted, and so does what was saved under it.
    anna.submit(&rework).await.ok();
    rosa.reject(&job, &[]).await;
    for _ in 0..2 {
        anna.work(&job).await;
        rosa.reject(&job, &[]).await;
    }
    crate::map_agrees(&manager, &job).await;
    let done = swath_harness::until("the job to be done", DONE, || async {
        let told = manager.get(&job.path("")).await.ok();
        (told["status"] == "done").then_some(told)
    });
    assert_eq!(done.await.unwrap()["progress"]["accepted"], 9);
    ledger::is_closed(&copy, 9).await;
    ledger::is_closed_to(&copy.url().replace("postgres@", "swath_app@")).await;
}
