//! The OpenAPI document, tested by schemathesis with all of its checks, as each of four roles.

use std::time::Duration;

use serde_json::json;
use swath_harness::{Deployment, Settings, User, World};

use crate::fetched;

/// How long each role is tested, in seconds. The tool succeeds when the time is over.
const ROLE_SECONDS: &str = "35";
/// How long to wait for the end of the tool.
const SCHEMATHESIS_TIMEOUT: Duration = Duration::from_secs(90);

/// Operations with a rule that the schema cannot express. They may refuse a valid request with 422, which the tool
/// would report as a fault. All other operations accept whatever matches their schema.
const RULES: [(&str, &str); 32] = [
    ("POST /v1/assignments/{assignment_id}/cancel", "a text has no hidden characters"),
    ("POST /v1/assignments/{assignment_id}/reassign", "the person is an annotator of the team"),
    ("POST /v1/assignments/{assignment_id}/reopen", "a text has no hidden characters"),
    ("POST /v1/datasets", "a source is of one kind"),
    ("POST /v1/datasets/{dataset_id}/sizes", "an item is one of the dataset"),
    ("POST /v1/datasets/{dataset_id}/items", "an address is one that is served"),
    ("POST /v1/invitations/accept", "a name is for a new account"),
    ("POST /v1/jobs", "dataset and people are the team's"),
    ("GET /v1/jobs/{job_id}/assignments", "a range is one of the job's, and an order is one of the status"),
    ("GET /v1/jobs/{job_id}/coverage", "a range is one of the job's"),
    ("GET /v1/jobs/{job_id}/export", "a slot is one of the job's, and nothing may be left out"),
    ("GET /v1/me/work", "a moment is at most a month ago"),
    ("PATCH /v1/jobs/{job_id}", "people are the team's"),
    ("POST /v1/jobs/{job_id}/cancel", "a text has no hidden characters"),
    ("POST /v1/leases", "a team is named by a person of several"),
    ("DELETE /v1/leases/{lease_id}", "a text has no hidden characters"),
    ("POST /v1/leases/{lease_id}/submit", "an item is one of the lease"),
    ("PUT /v1/leases/{lease_id}/items/{index}", "an item is one of the lease"),
    ("POST /v1/reviews", "a team is named by a person of several"),
    ("DELETE /v1/reviews/{review_id}", "a text has no hidden characters"),
    ("PUT /v1/reviews/{review_id}/items/{index}", "an item is one of the review"),
    ("POST /v1/reviews/{review_id}/submit", "an item is one of the review"),
    ("POST /v1/session", "a link or a token is given, and not both"),
    ("POST /v1/sign-in-links", "an administrator's session has no team"),
    ("POST /v1/teams/{team_id}/invitations", "a text has no hidden characters"),
    ("PUT /v1/teams/{team_id}/members/{user_id}", "the person is one who may be added"),
    ("POST /v1/teams", "a name has no hidden characters"),
    ("POST /v1/teams/{team_id}/files", "a body is a picture, and a name a path without `..`"),
    ("PUT /v1/teams/{team_id}/media", "a folder is an absolute path"),
    ("POST /v1/tokens", "a time lies ahead"),
    ("POST /v1/users", "an address is one of e-mail"),
    ("PATCH /v1/users/{user_id}", "an address is one of e-mail"),
];

fn settings() -> String {
    let expected = "[\"2xx\", \"3xx\", 401, 403, 404, 409, 422, 429, \"5xx\"]";
    let rules = RULES.map(|(operation, rule)| {
        format!(
            "[[operations]] # {rule}\ninclude-name = \"{operation}\"\n\
             checks.positive_data_acceptance.expected-statuses = {expected}\n"
        )
    });
    rules.concat()
}

async fn play(world: &World, user: &User, token: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), settings()).unwrap();
    let mut command = tokio::process::Command::new(fetched("schemathesis"));
    command.current_dir(folder.path()).kill_on_drop(true).arg("run");
    command.arg(format!("{}/openapi.json", world.origin()));
    command.arg("-H").arg(format!("Authorization: Bearer {token}"));
    command.args(["--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "5"]);
    // A stream of events never ends, and the tool would wait for the end.
    command.args(["--exclude-path", "/v1/events"]);
    command.args(["--max-time", ROLE_SECONDS, "--seed", "7", "--generation-database", "none", "--no-color"]);
    let output =
        tokio::time::timeout(SCHEMATHESIS_TIMEOUT, command.output()).await.expect("the tool ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}:\n{said}", user.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_does_what_its_document_says() {
    let world = World::start_as(Deployment::Embedded, Settings::default()).await.unwrap();
    let team = world.team("played").await;
    let dataset = team.dataset(40).await;
    let job = team.job(&dataset, json!({})).await;
    let (annotator, reviewer) = (team.annotator("annotator").await, team.reviewer("reviewer").await);
    annotator.work(&job).await;
    annotator.lease(&job).await;
    reviewer.review(&job).await;
    let manager = team.member("second manager", &["manager"]).await;
    for user in [&annotator, &reviewer, &manager] {
        play(&world, user, user.token()).await;
    }
    play(&world, &world.admin(), world.admin_token()).await;
}
