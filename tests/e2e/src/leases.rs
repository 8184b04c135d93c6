//! Leases: asking, saving, submitting, releasing.

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Job, Lease, annotation, boxed};
use swath_harness::{Team, World, ids};

async fn job_of(name: &str, count: usize) -> (Team, Job) {
    let team = World::shared().await.team(name).await;
    let dataset = team.dataset(count).await;
    let job = team.job(&dataset, json!({})).await;
    (team, job)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_says_everything_that_its_holder_needs() {
    let team = World::shared().await.team("leases").await;
    let dataset = team.dataset(5).await;
    let wishes = json!({"instructions": "Mind the corners.", "due_date": "2030-01-31T12:00:00Z",
        "description": "# Things\n", "limits": {"figures": 3}});
    let job = team.job(&dataset, wishes).await;

    let reply = team.annotator("anna").await.lease(&job).await.body;

    assert_eq!(reply["job"]["id"], job.id);
    assert_eq!(reply["job"]["description"], "# Things\n");
    assert_eq!(reply["job"]["limits"]["figures"], 3);
    assert_eq!(reply["assignment"]["instructions"], "Mind the corners.");
    assert!(
        reply["assignment"]["due_date"].as_str().is_some_and(|due| due.starts_with("2030-01-31T12:00:00"))
    );
    assert_eq!(reply["assignment"]["ranges"], json!([{"start": 0, "end": 5}]));
    assert_eq!(reply["assignment"]["round"], 1);
    assert_eq!(reply["assignment"]["items"][4]["uri"], "https://pictures.example/00004.png");
    let seconds = reply["expires_in"].as_i64().unwrap();
    assert!((1..=1800).contains(&seconds), "{seconds}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_again_gets_the_lease_that_they_hold() {
    let (team, job) = job_of("leases", 20).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let lease = anna.lease(&job).await;

    let again = Lease::of_work(anna.ask(&job).await.ok());
    assert_eq!((again.id.as_str(), again.fence()), (lease.id.as_str(), lease.fence()));
    let bobs = bob.lease(&job).await;
    assert_ne!(bobs.assignment(), lease.assignment());

    let held = anna.list("/v1/leases").await;
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["lease_id"], lease.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_everywhere_at_once_gives_one_lease() {
    let world = World::shared().await;
    let (team, job) = job_of("leases", 50).await;
    let anna = team.annotator("anna").await;
    anna.lease(&job).await;
    let gateways: Vec<String> = world.with_role("gateway").map(swath_harness::Service::url).collect();

    let asks = (0..12).map(|turn| {
        let (anna, job) = (anna.at(&gateways[turn % gateways.len()]), job.clone());
        async move { Lease::of_work(anna.ask(&job).await.ok()).id }
    });
    let mut leases = futures::future::join_all(asks).await;
    leases.dedup();
    assert_eq!(leases.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_ask_hears_its_first_answer() {
    let (team, job) = job_of("leases", 20).await;
    let anna = team.annotator("anna").await;
    let key = ids::fresh();
    let ask = |body: Value| {
        let request = anna.request(Method::POST, "/v1/leases").header("idempotency-key", &key);
        request.json(&body).send()
    };

    let first = Lease::of_work(ask(json!({"job": job.id})).await.created());
    anna.finish(&first).await;
    let replayed = ask(json!({"job": job.id})).await;
    assert_eq!(replayed.json()["lease_id"], first.id, "{}", replayed.text());
    ask(json!({"team": team.id})).await.refused(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_item_counts_its_revisions() {
    let (team, job) = job_of("leases", 5).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;

    let first = anna.confirm(&lease, 3, boxed(1.0)).await.ok();
    assert_eq!((&first["index"], &first["revision"]), (&json!(3), &json!(1)));
    assert_eq!(anna.confirm(&lease, 3, boxed(1.0)).await.ok()["revision"], 1);
    assert_eq!(anna.confirm(&lease, 3, boxed(2.0)).await.ok()["revision"], 2);

    let guarded = |revision: &str| {
        let request = anna.request(Method::PUT, &lease.item(3)).header("if-match", revision);
        request.json(&boxed(3.0)).send()
    };
    guarded("\"1\"").await.refused(412, "conflict");
    assert_eq!(guarded("\"2\"").await.ok()["revision"], 3);

    let standing = anna.get(&lease.path("")).await.ok();
    assert_eq!(standing["assignment"]["items"][3]["annotation"]["figures"], boxed(3.0)["figures"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_submission_hears_its_first_answer() {
    let (team, job) = job_of("leases", 5).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let submission = ids::fresh();
    let items = |x: f64| -> Vec<Value> {
        let numbered = lease.items().into_iter().map(|index| (index, boxed(x)));
        numbered
            .map(|(index, item)| json!({"index": index, "figures": item["figures"], "tags": []}))
            .collect()
    };
    let submit = |x: f64| {
        let body = json!({"submission_id": submission, "items": items(x)});
        let (anna, path) = (anna.clone(), lease.path("/submit"));
        async move { anna.post(&path, body).await }
    };

    let first = submit(1.0).await.ok();
    assert_eq!(
        first["assignment"]["status"].as_str().or(first["status"].as_str()),
        Some("COMPLETED"),
        "{first}"
    );
    assert_eq!(submit(1.0).await.ok(), first);
    submit(2.0).await.refused(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_submission_hears_what_is_missing() {
    let (team, job) = job_of("leases", 5).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    for index in [0, 2, 4] {
        anna.confirm(&lease, index, annotation(index)).await.ok();
    }

    let missing = anna.submit(&lease).await.incomplete();
    assert_eq!(missing, [1, 3]);

    anna.confirm(&lease, 1, annotation(1)).await.ok();
    anna.put(&lease.item(3), json!({"skip": {"reason": "too dark"}})).await.ok();
    anna.submit(&lease).await.ok();
    assert!(anna.list("/v1/leases").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_back_keeps_its_annotations_for_their_author_only() {
    let (team, job) = job_of("leases", 5).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let lease = anna.lease(&job).await;
    anna.confirm(&lease, 1, annotation(1)).await.ok();
    anna.release(&lease).await.no_content();

    let bobs = bob.lease(&job).await;
    assert_eq!(bobs.assignment(), lease.assignment());
    assert!(bobs.fence() > lease.fence());
    assert!(bobs.body["assignment"]["items"][1]["annotation"].is_null(), "{}", bobs.body);
    bob.release(&bobs).await.no_content();

    let again = anna.lease(&job).await;
    assert_eq!(again.body["assignment"]["items"][1]["annotation"]["figures"], annotation(1)["figures"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_lease_expires_later_and_not_earlier() {
    let (team, job) = job_of("leases", 5).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let renewed = anna.renew(&lease).await.ok();
    assert!(renewed["expires_at"].as_str() >= lease.body["expires_at"].as_str(), "{renewed}");
    assert!(renewed["expires_in"].as_i64().is_some_and(|seconds| seconds > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_the_same_request_as_an_empty_object() {
    let (team, _) = job_of("leases", 5).await;
    let anna = team.annotator("anna").await;
    let ask = || anna.request(Method::POST, "/v1/leases").header("idempotency-key", "first");
    let reply = ask().send().await.created();
    let again = ask().json(&json!({})).send().await;
    assert!(again.status() < 300 && again.json()["id"] == reply["id"], "{}", again.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reassigned_range_waits_for_the_person_it_was_given_to() {
    let (team, job) = job_of("leases", 5).await;
    let (anna, bob, carl) =
        (team.annotator("anna").await, team.annotator("bob").await, team.annotator("carl").await);
    let lease = anna.lease(&job).await;
    let path = format!("/v1/assignments/{}/reassign", lease.assignment());

    team.manager.post(&path, json!({"user": bob.id})).await.invalid("reason");
    team.manager.post(&path, json!({"user": bob.id, "reason": "bob knows these"})).await.ok();

    carl.ask(&job).await.refused(404, "no-work");
    assert_eq!(bob.lease(&job).await.assignment(), lease.assignment());
    let problem = anna.confirm(&lease, 0, annotation(0)).await.refused(409, "stale-lease");
    assert_eq!(problem["reason"], "reassigned", "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_asked_for_without_a_body() {
    let (team, job) = job_of("leases", 5).await;
    let anna = team.annotator("anna").await;
    let reply = anna.request(Method::POST, "/v1/leases").send().await.created();
    assert_eq!(reply["job"]["id"], job.id);
    let log = team.log(&job).await;
    let of_anna: Vec<_> = log.iter().filter(|entry| entry["actor"] == anna.id).collect();
    let is_named = |entry: &&Value| entry["actor_name"].as_str().is_some_and(|name| name.starts_with("anna"));
    assert!(!of_anna.is_empty() && of_anna.iter().all(is_named), "{of_anna:?}");
    let rosa = team.reviewer("rosa").await;
    rosa.request(Method::POST, "/v1/reviews").send().await.refused(404, "no-work");
}
