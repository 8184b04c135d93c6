//! The API's document, played by schemathesis with all of its checks, as each of four roles.

use std::time::Duration;

use serde_json::json;
use swath_harness::{Person, Settings, Shape, World};

use crate::fetched;

/// What one role may take, in seconds; the tool ends well when they are over.
const ROLE_SECONDS: &str = "35";
/// When the tool is given up.
const HUNG: Duration = Duration::from_secs(90);

/// A request may fit its schema and break a rule that no schema tells: an item of another lease, a person of another
/// team, a date in the past. Such a request is refused with 422, which the tool does not take for a refusal by itself.
const RULES: &str = "[checks.positive_data_acceptance]
expected-statuses = [\"2xx\", \"3xx\", 401, 403, 404, 409, 422, 429, \"5xx\"]
";

/// What would take the caller's own right away in the middle of the run.
const LEFT_OUT: [&str; 2] =
    ["delete_v1_teams_team_id_members_user_id", "put_v1_teams_team_id_members_user_id"];

async fn play(world: &World, person: &Person, token: &str, left_out: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), RULES).unwrap();
    let mut command = tokio::process::Command::new(fetched("schemathesis"));
    command.current_dir(folder.path()).kill_on_drop(true).arg("run");
    command.arg(format!("{}/openapi.json", world.origin()));
    command.arg("-H").arg(format!("Authorization: Bearer {token}"));
    command.args(["--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "5"]);
    command.args(["--max-time", ROLE_SECONDS, "--seed", "7", "--generation-database", "none", "--no-color"]);
    for id in left_out {
        command.args(["--exclude-operation-id", id]);
    }
    let output = tokio::time::timeout(HUNG, command.output()).await.expect("the tool ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}:\n{said}", person.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_does_what_its_document_says() {
    let world = World::start_as(Shape::Embedded, Settings::default()).await.unwrap();
    let team = world.team("played").await;
    let dataset = team.dataset(40).await;
    let job = team.job(&dataset, json!({})).await;
    let (annotator, reviewer) = (team.annotator("annotator").await, team.reviewer("reviewer").await);
    annotator.work(&job).await;
    annotator.lease(&job).await;
    reviewer.review(&job).await;
    let manager = team.member("second manager", &["manager"]).await;
    for person in [&annotator, &reviewer, &manager] {
        play(&world, person, person.token(), &LEFT_OUT).await;
    }
    play(&world, &world.admin(), world.admin_token(), &[]).await;
}
