//! `swath move`: an embedded installation becomes a distributed one in the middle of its work.

use std::time::Duration;

use serde_json::json;
use swath_harness::process::{Environment, swath};
use swath_harness::servers::{Addresses, Database};
use swath_harness::{Deployment, Settings, World, until};

use crate::consistency;

const JOB_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs `swath move`. Returns whether it succeeded, and its output.
async fn moved(from: &str, to: &str) -> (bool, String) {
    let command = swath(&["move", "--from", from, "--to", to], &Environment::new()).unwrap();
    let output = tokio::process::Command::from(command).kill_on_drop(true).output().await.unwrap();
    (output.status.success(), [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_outside_of_the_data_folder_is_not_moved_while_it_is_served() {
    let servers = Addresses::from_environment().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let from = format!("sqlite:{}", elsewhere.path().join("outside.db").display());
    let settings = Settings::default().with("SWATH__STORE__URL", &from);
    let mut small = World::start_as(Deployment::Embedded, settings).await.unwrap();
    let database = Database::create(&servers.postgres).await.unwrap();
    let (done, said) = moved(&from, database.url()).await;
    assert!(!done && said.contains("outside.db is in use"), "{said}");
    small.services_mut()[0].terminate().await.unwrap();
    let (done, said) = moved(&from, database.url()).await;
    assert!(done, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_installation_goes_on_distributed_where_it_stood() {
    let servers = Addresses::from_environment().unwrap();
    let mut small = World::start_as(Deployment::Embedded, Settings::default()).await.unwrap();
    let team = small.team("outgrown").await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let job = team
        .job(
            &team.dataset(9).await,
            json!({"range_size": 3, "title": "Größe \"1\" — \\ and 'quotes'",
            "instructions": "a tab\t\nand a \\N of its own"}),
        )
        .await;
    anna.work(&job).await;
    rosa.reject(&job, &[1]).await;
    let rework = anna.lease(&job).await;
    anna.confirm_all(&rework).await;
    let before = team.look(&job).await;

    let database = Database::create(&servers.postgres).await.unwrap();
    let from = format!("sqlite:{}", small.services()[0].data().display());
    let (done, said) = moved(&from, database.url()).await;
    assert!(!done && said.contains("is in use"), "a running installation is not moved: {said}");
    small.services_mut()[0].terminate().await.unwrap();
    let (done, said) = moved(&from, database.url()).await;
    assert!(done && said.contains("decision_log"), "{said}");
    let (done, said) = moved(&from, database.url()).await;
    assert!(!done && said.contains("already holds an installation"), "{said}");

    let settings = Settings::default().with("SWATH__STORE__URL", database.url());
    let large = World::start_as(Deployment::Distributed(servers), settings).await.unwrap();
    let (anna, rosa) = (anna.at(large.origin()), rosa.at(large.origin()));
    let manager = team.manager.at(large.origin());
    let after = manager.get(&job.path("")).await.ok();
    crate::map_agrees(&manager, &job).await;
    for kept in ["title", "instructions", "counts", "progress", "status", "created_at"] {
        assert!(!before[kept].is_null() && after[kept] == before[kept], "{kept}: {before} {after}");
    }
    // The lease is valid under the same id, and the items saved under it are there.
    anna.submit(&rework).await.ok();
    rosa.reject(&job, &[]).await;
    for _ in 0..2 {
        anna.work(&job).await;
        rosa.reject(&job, &[]).await;
    }
    let is_done = || async { (manager.get(&job.path("")).await.ok()["status"] == "done").then_some(()) };
    until("the job to be done", JOB_TIMEOUT, is_done).await.unwrap();

    consistency::is_consistent(&database, 9).await;
}
