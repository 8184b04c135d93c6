//! `swath check`: stored data that would be refused today.

use std::process::Output;

use serde_json::{Value, json};
use swath_harness::process::swath;
use swath_harness::{Deployment, Settings, World};

async fn check(world: &World, arguments: &[&str]) -> Output {
    let command = swath(arguments, world.services()[0].environment()).unwrap();
    tokio::process::Command::from(command).output().await.unwrap()
}

/// Makes a job larger than allowed, as an older version could.
const ENLARGE: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10)
with database:
    database.execute(\"UPDATE jobs SET spec = json_set(spec, '$.description', ?)\", ('x' * 70_000,))
";

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_today_is_listed_beside_a_running_server() {
    let world = World::start(Settings::default()).await.unwrap();
    let team = world.team("check").await;
    let dataset = team.dataset(5).await;
    let job = team.job(&dataset, json!({})).await;
    let sound = check(&world, &["check", "--json"]).await;
    assert_eq!(sound.status.code(), Some(0), "{sound:?}");
    let reply: Value = serde_json::from_slice(&sound.stdout).unwrap();
    assert_eq!(reply, json!({"findings": [], "more": false}));
    if matches!(world.deployment(), Deployment::Embedded) {
        let file = world.services()[0].data().join("swath.db");
        let enlarge = tokio::process::Command::new("python3").args(["-c", ENLARGE]).arg(file).status();
        assert!(enlarge.await.unwrap().success());
        let found = check(&world, &["check", "--json"]).await;
        assert_eq!(found.status.code(), Some(1), "{found:?}");
        let reply: Value = serde_json::from_slice(&found.stdout).unwrap();
        let first = &reply["findings"][0];
        assert_eq!((&first["kind"], &first["subject"]), (&json!("large-job"), &json!(job.id)), "{reply}");
        let lines = check(&world, &["check"]).await;
        assert!(String::from_utf8_lossy(&lines.stdout).contains(&job.id), "{lines:?}");
    }
    // The server keeps working, and the job too.
    team.annotator("anna").await.work(&job).await;
}
