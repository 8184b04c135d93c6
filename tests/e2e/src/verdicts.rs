//! Verdicts: the reasons of the job, the figures that a verdict names, and what the next round shows.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::client::{Job, Lease, boxed};
use swath_harness::{Answer, Team, User, World, ids, until};

/// How long a process may use what it has read about a job.
const PROPAGATION_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than the shortest lease that a job may have.
const EXPIRY_TIMEOUT: Duration = Duration::from_secs(30);

struct Scene {
    team: Team,
    job: Job,
    anna: User,
    rosa: User,
}

async fn scene(wishes: Value) -> Scene {
    let team = World::shared().await.team("verdicts").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, wishes).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    Scene { team, job, anna, rosa }
}

fn reasons() -> Value {
    json!([{"code": "loose", "title": "The box is too loose"}, {"code": "class", "title": "The class is wrong"}])
}

async fn judge(user: &User, review: &Lease, index: u64, verdict: Value) -> Answer {
    user.put(&review.item(index), verdict).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_names_reasons_takes_no_others() {
    let scene = scene(json!({"reasons": reasons()})).await;
    scene.anna.work(&scene.job).await;
    let review = scene.rosa.review(&scene.job).await;
    assert_eq!(review.body["job"]["reasons"], reasons());
    for verdict in [json!({"verdict": "reject"}), json!({"verdict": "reject", "reason": "ugly"})] {
        let problem = judge(&scene.rosa, &review, 0, verdict).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "reason", "{problem}");
    }
    let said = json!({"verdict": "reject", "reason": "loose", "comment": "by five pixels"});
    judge(&scene.rosa, &review, 0, said).await.ok();
    judge(&scene.rosa, &review, 1, json!({"verdict": "accept"})).await.ok();
    let decide = |reason: &str| {
        let verdict = json!({"index": 2, "verdict": "reject", "reason": reason});
        json!({"decision_id": ids::fresh(), "verdicts": [verdict]})
    };
    let problem = scene.rosa.post(&review.path("/submit"), decide("ugly")).await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "verdicts[0].reason", "{problem}");

    // A reason that is added while work goes on is valid at once.
    let more = json!([{"code": "ugly", "title": "It hurts the eye"}]);
    let job = scene.team.manager.patch(&scene.job.path(""), json!({"reasons": more})).await.ok();
    assert_eq!(job["reasons"], more);
    let decision = decide("ugly");
    let first = scene.rosa.post(&review.path("/submit"), decision.clone()).await.ok();
    // A repeated call gets the first answer, whatever the reasons are by then.
    scene.team.manager.patch(&scene.job.path(""), json!({"reasons": reasons()})).await.ok();
    assert_eq!(scene.rosa.post(&review.path("/submit"), decision).await.ok(), first);
    let rework = scene.anna.lease(&scene.job).await;
    let reply: Vec<_> = rework.body["assignment"]["items"].as_array().unwrap().iter().collect();
    assert_eq!(reply[0]["verdict"]["reason"], "loose");
    assert_eq!(reply[0]["verdict"]["comment"], "by five pixels");
    assert_eq!(reply[1]["verdict"]["reason"], "ugly");
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_that_are_named_later_are_needed_from_then_on() {
    let scene = scene(json!({})).await;
    scene.anna.work(&scene.job).await;
    let review = scene.rosa.review(&scene.job).await;
    judge(&scene.rosa, &review, 0, json!({"verdict": "reject", "reason": "ugly"})).await.ok();
    scene.team.manager.patch(&scene.job.path(""), json!({"reasons": reasons()})).await.ok();
    let is_refused = || async {
        let answer = judge(&scene.rosa, &review, 1, json!({"verdict": "reject", "reason": "ugly"})).await;
        (answer.code() == "invalid").then_some(())
    };
    until("the reasons to be known", PROPAGATION_TIMEOUT, is_refused).await.unwrap();
    judge(&scene.rosa, &review, 1, json!({"verdict": "reject", "reason": "class"})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_that_cannot_be_told_apart_are_refused() {
    let team = World::shared().await.team("verdicts").await;
    let dataset = team.dataset(3).await;
    let twice = json!([{"code": "a", "title": "one"}, {"code": "a", "title": "two"}]);
    let empty = json!([{"code": "a b", "title": "one"}, {"code": "c", "title": " "}]);
    for (reasons, fields) in
        [(twice, vec!["reasons[1].code"]), (empty, vec!["reasons[0].code", "reasons[1].title"])]
    {
        let body = team.job_body(&dataset, json!({"reasons": reasons}));
        let problem = team.manager.post("/v1/jobs", body).await.refused(422, "invalid");
        let reply: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
        assert_eq!(reply, fields, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_names_the_figures_that_it_is_about() {
    let scene = scene(json!({})).await;
    let lease = scene.anna.lease(&scene.job).await;
    let figures: Vec<_> = (0..3).map(|place| boxed(f64::from(place))["figures"][0].clone()).collect();
    for index in lease.items() {
        scene.anna.confirm(&lease, index, json!({"figures": figures, "tags": []})).await.ok();
    }
    scene.anna.submit(&lease).await.ok();
    let review = scene.rosa.review(&scene.job).await;
    let reject = |figures: Value| json!({"verdict": "reject", "reason": "loose", "figures": figures});
    for (figures, field) in [(json!([3]), "figures[0]"), (json!([1, 0, 1]), "figures[2]")] {
        let problem = judge(&scene.rosa, &review, 1, reject(figures)).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let many: Vec<_> = (0..101).collect();
    judge(&scene.rosa, &review, 1, reject(json!(many))).await.refused(422, "invalid");
    judge(&scene.rosa, &review, 1, reject(json!([2, 0]))).await.ok();
    let standing = scene.rosa.get(&review.path("")).await.ok();
    assert_eq!(standing["assignment"]["items"][1]["verdict"]["figures"], json!([2, 0]), "{standing}");
    let verdict = json!({"index": 2, "verdict": "reject", "figures": [7]});
    let body = json!({"decision_id": ids::fresh(), "verdicts": [verdict], "rest": "accept"});
    let problem = scene.rosa.post(&review.path("/submit"), body).await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "verdicts[0].figures[0]", "{problem}");
    scene.rosa.decide(&review).await.ok();

    let rework = scene.anna.lease(&scene.job).await;
    assert_eq!(rework.body["assignment"]["items"][0]["verdict"]["figures"], json!([2, 0]), "{}", rework.body);
    scene.anna.finish(&rework).await;
    let again = scene.rosa.review(&scene.job).await;
    let item = &again.body["assignment"]["items"][0];
    assert_eq!(item["former_verdict"]["figures"], json!([2, 0]), "{item}");
    assert_eq!(
        (&item["former_verdict"]["reason"], &item["verdict"]),
        (&json!("loose"), &Value::Null),
        "{item}"
    );
    let page = scene.rosa.get(&again.path("/items")).await.ok();
    assert_eq!(page["items"][0]["former_verdict"], item["former_verdict"], "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_shows_other_opinions_and_the_former_round() {
    let scene = scene(json!({"slots": 2})).await;
    let bob = scene.team.annotator("bob").await;
    scene.anna.work(&scene.job).await;
    scene.rosa.reject(&scene.job, &[1]).await;
    bob.work(&scene.job).await;
    scene.anna.work(&scene.job).await;
    let ruth = scene.team.reviewer("ruth").await;
    let reviews =
        [(&scene.rosa, scene.rosa.review(&scene.job).await), (&ruth, ruth.review(&scene.job).await)];
    let of_rework = |(_, review): &&(&User, Lease)| review.body["assignment"]["round"] == 2;
    let (reviewer, rework) = reviews.iter().find(of_rework).expect("the rework is under review");
    let opinions = reviewer.get(&format!("{}/opinions", rework.item(1))).await.ok();
    let reply: Vec<_> = opinions["items"].as_array().unwrap().iter().collect();
    assert_eq!(reply.len(), 2, "{opinions}");
    assert!(reply.iter().all(|opinion| opinion["annotation"]["figures"].is_array()), "{opinions}");
    let rejected = reply.iter().find(|opinion| opinion["status"] == "REJECTED").expect("the former round");
    assert_eq!(rejected["verdict"]["verdict"], "reject", "{opinions}");
    let first = reviewer.get(&format!("{}/opinions?limit=1", rework.item(1))).await.ok();
    let next = first["next"].as_str().expect("a second page");
    let second = reviewer.get(&format!("{}/opinions?limit=1&after={next}", rework.item(1))).await.ok();
    assert_eq!(json!([first["items"][0], second["items"][0]]), opinions["items"]);
    assert_eq!(second["next"], Value::Null);

    reviewer.get(&format!("{}/opinions", rework.item(0))).await.refused(404, "not-found");
    scene.anna.get(&format!("{}/opinions", rework.item(1))).await.refused(403, "forbidden");
    reviewer.release(rework).await.no_content();
    reviewer.get(&format!("{}/opinions", rework.item(1))).await.refused(409, "stale-lease");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_has_expired_shows_no_opinions_until_it_is_renewed() {
    let scene = scene(json!({"slots": 2, "lease_seconds": 5})).await;
    let bob = scene.team.annotator("bob").await;
    scene.anna.work(&scene.job).await;
    bob.work(&scene.job).await;
    let review = scene.rosa.review(&scene.job).await;
    let path = format!("{}/opinions", review.item(0));
    let reply = scene.rosa.get(&path).await.ok();
    assert_eq!(reply["items"].as_array().unwrap().len(), 1, "{reply}");
    let is_refused = || async { (scene.rosa.get(&path).await.code() == "stale-lease").then_some(()) };
    until("the review to expire", EXPIRY_TIMEOUT, is_refused).await.unwrap();
    scene.rosa.post(&review.path("/renew"), json!({})).await.ok();
    assert_eq!(scene.rosa.get(&path).await.ok(), reply);
}
