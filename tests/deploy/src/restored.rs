//! Backup and restore: everything is lost except a dump of PostgreSQL, and the work goes on. Broker and Redis start
//! empty.

use std::time::Duration;

use serde_json::json;
use swath_harness::servers::{Addresses, Database};
use swath_harness::{Deployment, Settings, World};

use crate::consistency;

use crate::{at, run_checked};

const JOB_TIMEOUT: Duration = Duration::from_secs(30);

/// The passwords of the database roles.
const PASSWORD: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0f";

/// A new database restored from a dump of another one, as docs/operations.md describes it.
async fn restored(from: &str, maintenance: &str) -> Database {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump").display().to_string();
    run_checked("pg_dump", &["--format=custom", "--file", &dump, from]).await;
    let empty = Database::create(maintenance).await.unwrap();
    roles(&empty).await;
    let owner = empty.url().replace("postgres@", "swath_owner@");
    run_checked("pg_restore", &["--exit-on-error", "--no-owner", "--dbname", &owner, &dump]).await;
    // The restore has granted the roles more than they may have.
    roles(&empty).await;
    empty
}

async fn roles(database: &Database) {
    let passwords = [("owner_password", PASSWORD), ("app_password", PASSWORD)];
    let [owner, app] = passwords.map(|(name, password)| format!("{name}={password}"));
    let file = at("deploy/postgres/roles.sql").display().to_string();
    run_checked("psql", &["-XAtq", "-d", database.url(), "-v", &owner, "-v", &app, "-f", &file]).await;
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
    // What happens after the dump is lost, but no client gets an acknowledgement for it.
    drop(before);

    // A world uses prefixes of its own on the broker and in Redis, so it finds nothing there.
    // A world migrates its database, which only the owner may do.
    let owner = copy.url().replace("postgres@", "swath_owner@");
    let settings = Settings::default().with("SWATH__STORE__URL", &owner);
    let after = World::start_as(Deployment::Distributed(servers), settings).await.unwrap();
    let (anna, rosa) = (anna.at(after.origin()), rosa.at(after.origin()));
    let manager = team.manager.at(after.origin());
    crate::map_agrees(&manager, &job).await;
    // The lease is as it was granted, and the items saved under it are there.
    anna.submit(&rework).await.ok();
    rosa.reject(&job, &[]).await;
    for _ in 0..2 {
        anna.work(&job).await;
        rosa.reject(&job, &[]).await;
    }
    crate::map_agrees(&manager, &job).await;
    let done = swath_harness::until("the job to be done", JOB_TIMEOUT, || async {
        let told = manager.get(&job.path("")).await.ok();
        (told["status"] == "done").then_some(told)
    });
    assert_eq!(done.await.unwrap()["progress"]["accepted"], 9);
    consistency::is_consistent(&copy, 9).await;
    consistency::is_append_only_for(&copy.url().replace("postgres@", "swath_app@")).await;
}
