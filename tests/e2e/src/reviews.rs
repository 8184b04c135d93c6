//! Reviews: who may review, how a review is decided, and what follows.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::client::{Job, Lease};
use swath_harness::{Team, User, World, ids, until};

struct Scene {
    team: Team,
    job: Job,
    anna: User,
    rosa: User,
}

async fn scene(count: usize, wishes: Value) -> Scene {
    let team = World::shared().await.team("reviews").await;
    let dataset = team.dataset(count).await;
    let job = team.job(&dataset, wishes).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    Scene { team, job, anna, rosa }
}

impl Scene {
    async fn status(&self, assignment: &str) -> Value {
        self.team.manager.get(&format!("/v1/assignments/{assignment}")).await.ok()["status"].clone()
    }

    /// The number of items of the team that were rejected for a reason, summed over all services.
    async fn rejected(&self, reason: &str) -> f64 {
        let labels =
            format!("swath_review_rejected_items_total{{reason=\"{reason}\",team=\"{}\"}} ", self.team.id);
        let mut sum = 0.0;
        for service in World::shared().await.with_role("review") {
            let metrics = self.anna.get(&service.metrics_url()).await.is(200).text().to_owned();
            sum += metrics
                .lines()
                .filter_map(|line| line.strip_prefix(&labels)?.parse::<f64>().ok())
                .sum::<f64>();
        }
        sum
    }

    async fn children(&self, parent: &str) -> Vec<Value> {
        let all = self.team.assignments(&self.job).await;
        all.into_iter().filter(|assignment| assignment["parent"] == parent).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reviews_their_own_work() {
    let scene = scene(5, json!({})).await;
    let both = scene.team.member("both", &["annotator", "reviewer"]).await;
    both.work(&scene.job).await;

    let problem = both.ask_review(&scene.job).await.refused(404, "no-work");
    assert!(problem["blockers"].to_string().contains("own"), "{problem}");
    scene.rosa.review(&scene.job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_shows_the_work_and_is_a_lease() {
    let scene = scene(5, json!({})).await;
    let lease = scene.anna.work(&scene.job).await;
    let review = scene.rosa.review(&scene.job).await;

    assert_eq!(review.assignment(), lease.assignment());
    assert!(review.fence() > lease.fence());
    let item = &review.body["assignment"]["items"][2];
    assert_eq!(item["annotation"]["figures"], swath_harness::client::annotation(2)["figures"], "{item}");
    assert_eq!(scene.rosa.ask_review(&scene.job).await.ok()["review_id"], review.body["review_id"]);
    scene.rosa.renew(&review).await.ok();
    scene.rosa.verdict(&review, 2, "reject").await.ok();
    let standing = scene.rosa.get(&review.path("")).await.ok();
    assert!(standing["assignment"]["items"][2]["verdict"].to_string().contains("reject"), "{standing}");

    scene.rosa.release(&review).await.no_content();
    assert_eq!(scene.status(&lease.assignment()).await, "COMPLETED");
    let stale = scene.rosa.verdict(&review, 1, "accept").await.refused(409, "stale-lease");
    assert_eq!(stale["reason"], "released");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_needs_a_verdict_on_every_item() {
    let scene = scene(5, json!({})).await;
    let lease = scene.anna.work(&scene.job).await;
    let review = scene.rosa.review(&scene.job).await;
    for index in [0, 3] {
        scene.rosa.verdict(&review, index, "accept").await.ok();
    }

    let body = json!({"decision_id": ids::fresh()});
    let missing = scene.rosa.post(&review.path("/submit"), body.clone()).await.incomplete();
    assert_eq!(missing, [1, 2, 4]);
    for index in [1, 2, 4] {
        scene.rosa.verdict(&review, index, "accept").await.ok();
    }
    assert_eq!(scene.rosa.post(&review.path("/submit"), body).await.ok()["status"], "ACCEPTED");
    assert_eq!(scene.status(&lease.assignment()).await, "ACCEPTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_decision_hears_its_first_answer() {
    let scene = scene(5, json!({})).await;
    scene.anna.work(&scene.job).await;
    let review = scene.rosa.review(&scene.job).await;
    let decision = ids::fresh();
    let decide = |rejected: u64| {
        let verdict = json!({"index": rejected, "verdict": "reject", "reason": "no"});
        let body = json!({"decision_id": decision, "verdicts": [verdict], "rest": "accept"});
        let (rosa, path) = (scene.rosa.clone(), review.path("/submit"));
        async move { rosa.post(&path, body).await }
    };

    let first = decide(1).await.ok();
    assert_eq!(first["status"], "REJECTED");
    assert_eq!(decide(1).await.ok(), first);
    decide(2).await.refused(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_rejected_items_go_back_to_their_author() {
    let scene = scene(5, json!({})).await;
    let bob = scene.team.annotator("bob").await;
    let first = scene.anna.work(&scene.job).await;
    let decided = scene.rosa.reject(&scene.job, &[1, 4]).await;
    assert_eq!(decided["status"], "REJECTED");

    let children = scene.children(&first.assignment()).await;
    assert_eq!(children.len(), 1, "{children:?}");
    assert_eq!(
        children[0]["id"],
        decided["rework"]["id"].as_str().unwrap_or_default().to_owned(),
        "{decided}"
    );
    assert_eq!(children[0]["ranges"], json!([{"start": 1, "end": 2}, {"start": 4, "end": 5}]));
    bob.ask(&scene.job).await.refused(404, "no-work");
    let list = async |narrowed: &str| {
        let path = format!("/v1/jobs/{}/assignments?{narrowed}", scene.job.id);
        let reply = scene.team.manager.get(&path).await.ok();
        reply["items"].as_array().map(|rows| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>())
    };
    assert_eq!(list("round=2").await, Some(vec![children[0]["id"].clone()]));
    assert_eq!(list(&format!("author={}", scene.anna.id)).await, Some(vec![json!(first.assignment())]));
    assert_eq!(list(&format!("author={}&round=2", scene.anna.id)).await, Some(Vec::new()));
    // A range shows all its rounds.
    let both = vec![json!(first.assignment()), children[0]["id"].clone()];
    assert_eq!(list("range=0").await.as_ref(), Some(&both));
    assert_eq!(list("range=0&round=1").await, Some(vec![both[0].clone()]));
    assert_eq!(
        list(&format!("range=0&limit=1&after={}", first.assignment())).await,
        Some(vec![both[1].clone()])
    );
    for wrong in [
        "range=1",
        "round=0",
        "order=next",
        "order=next&status=ACCEPTED",
        "order=next&status=PENDING&range=0",
    ] {
        let path = format!("/v1/jobs/{}/assignments?{wrong}", scene.job.id);
        scene.team.manager.get(&path).await.refused(422, "invalid");
    }

    let rework = scene.anna.lease(&scene.job).await;
    assert_eq!(rework.items(), [1, 4]);
    assert_eq!(rework.body["assignment"]["round"], 2);
    assert_eq!(rework.body["assignment"]["parent"], first.assignment());

    let mut accepted: Vec<_> = scene.team.export(&scene.job).await;
    accepted.sort_by_key(|line| line["index"].as_u64());
    let indexes: Vec<_> = accepted.iter().filter_map(|line| line["index"].as_u64()).collect();
    assert_eq!(indexes, [0, 2, 3], "what was not rejected is final");
}

#[tokio::test(flavor = "multi_thread")]
async fn assignments_are_paged_through_in_the_order_in_which_they_are_handed_out() {
    let scene = scene(4, json!({"range_size": 1})).await;
    scene.anna.work(&scene.job).await;
    scene.rosa.reject(&scene.job, &[0]).await;
    let (mut order, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/jobs/{}/assignments?order=next&status=PENDING&limit=2{after}", scene.job.id);
        let page = scene.team.manager.get(&path).await.ok();
        let rows = page["items"].as_array().into_iter().flatten();
        order.extend(rows.map(|row| (row["round"].as_i64(), row["number"].as_i64())));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let expected = [(2, 0), (1, 1), (1, 2), (1, 3)].map(|(round, number)| (Some(round), Some(number)));
    assert_eq!(order, expected);
    let path = format!("/v1/jobs/{}/assignments?order=next&status=PENDING&after=12", scene.job.id);
    scene.team.manager.get(&path).await.refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn rework_waits_for_its_author_only_so_long() {
    let scene = scene(3, json!({"reserve_seconds": 2})).await;
    scene.anna.work(&scene.job).await;
    scene.rosa.reject(&scene.job, &[1]).await;
    let bob = scene.team.annotator("bob").await;
    let late = until("the reservation to run out", Duration::from_secs(30), || async {
        let answer = bob.ask(&scene.job).await;
        if answer.status() == 404 {
            assert!(answer.retry_after().is_some(), "no Retry-After: {answer:?}");
            return None;
        }
        Some(Lease::of_work(answer.created()))
    });
    let late = late.await.unwrap();
    assert_eq!(late.items(), [1]);
    bob.finish(&late).await;
    scene.rosa.reject(&scene.job, &[]).await;
    scene.team.becomes(&scene.job, "done", Duration::from_secs(30)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_last_round_the_work_waits_for_a_manager() {
    const ROUNDS: u64 = 5;
    let scene = scene(1, json!({})).await;
    let mut last = Value::Null;
    for round in 1..=ROUNDS {
        let lease = scene.anna.work(&scene.job).await;
        assert_eq!(lease.body["assignment"]["round"], round);
        last = scene.rosa.reject(&scene.job, &[0]).await;
    }

    let problem = scene.anna.ask(&scene.job).await.refused(404, "no-work");
    assert!(problem["blockers"].to_string().contains("manager"), "{problem}");
    let waiting = last["rework"]["id"].as_str().unwrap_or_else(|| panic!("{last}")).to_owned();
    let path = format!("/v1/assignments/{waiting}/reassign");
    scene.team.manager.post(&path, json!({"user": scene.anna.id, "reason": "once more"})).await.ok();
    scene.anna.work(&scene.job).await;
    scene.rosa.reject(&scene.job, &[]).await;
    scene.team.becomes(&scene.job, "done", Duration::from_secs(30)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_review_a_submission_is_accepted_as_it_comes() {
    let scene = scene(5, json!({"review": {"rule": "none"}})).await;
    let lease = scene.anna.work(&scene.job).await;
    let accepted = until("the submission to be accepted", Duration::from_secs(30), || async {
        (scene.status(&lease.assignment()).await == "ACCEPTED").then_some(())
    });
    accepted.await.unwrap();
    scene.rosa.ask_review(&scene.job).await.refused(404, "no-work");
    assert_eq!(scene.team.export(&scene.job).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_review_a_submission_with_all_its_items_is_accepted_at_once() {
    let scene = scene(5, json!({"review": {"rule": "none"}})).await;
    let lease = scene.anna.lease(&scene.job).await;
    let items: Vec<_> =
        lease.items().iter().map(|index| json!({"index": index, "skip": {"reason": "dark"}})).collect();
    let whole = json!({"submission_id": "whole", "items": items});
    let first = scene.anna.post(&lease.path("/submit"), whole.clone()).await.ok();
    assert_eq!(scene.status(&lease.assignment()).await, "ACCEPTED");
    let log = scene.team.log(&scene.job).await;
    let actions: Vec<_> = log.iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert!(actions.ends_with(&["grant", "submit", "waive"]), "{actions:?}");
    assert_eq!(scene.anna.post(&lease.path("/submit"), whole).await.ok(), first);
    scene.team.becomes(&scene.job, "done", Duration::from_secs(30)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_drawn_once_and_logged() {
    const SUBMISSIONS: usize = 20;
    let wishes = json!({"range_size": 1, "review": {"rule": "sample", "percent": 50}});
    let scene = scene(SUBMISSIONS, wishes).await;
    for _ in 0..SUBMISSIONS {
        scene.anna.work(&scene.job).await;
    }

    let mut reviewed = 0;
    while let Some(review) = next_review(&scene).await {
        scene.rosa.decide(&review).await.ok();
        reviewed += 1;
    }
    scene.team.becomes(&scene.job, "done", Duration::from_secs(30)).await;
    // 20 fair draws give equal results once in half a million runs.
    assert!((1..SUBMISSIONS).contains(&reviewed), "{reviewed} of {SUBMISSIONS}");
    let log = scene.team.log(&scene.job).await;
    let count = |action: &str| log.iter().filter(|entry| entry["action"] == action).count();
    assert_eq!((count("decide"), count("waive")), (reviewed, SUBMISSIONS - reviewed));
}

/// A reviewer gets `no-work` only if nothing is left for them.
async fn next_review(scene: &Scene) -> Option<Lease> {
    let answer = scene.rosa.ask_review(&scene.job).await;
    (answer.status() != 404).then(|| Lease::of_review(answer.created()))
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_work_can_be_reopened_with_a_reason() {
    let scene = scene(5, json!({})).await;
    let lease = scene.anna.work(&scene.job).await;
    scene.rosa.reject(&scene.job, &[]).await;
    let path = format!("/v1/assignments/{}/reopen", lease.assignment());

    scene.team.manager.post(&path, json!({})).await.invalid("reason");
    scene.team.manager.post(&path, json!({"reason": "the guideline changed"})).await.ok();
    assert!(scene.team.export(&scene.job).await.is_empty());
    let again = scene.anna.lease(&scene.job).await;
    assert_eq!(again.assignment(), lease.assignment());
    assert_eq!(again.items().len(), 5);
    let log = scene.team.manager.get(&format!("/v1/assignments/{}/log", lease.assignment())).await.ok();
    assert!(log.to_string().contains("the guideline changed"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn items_rejected_are_counted_by_the_reasons_that_stand_in_the_end() {
    let scene = scene(5, json!({})).await;
    scene.anna.work(&scene.job).await;
    let review = scene.rosa.review(&scene.job).await;
    let said =
        |index: u64, reason: &str| (review.item(index), json!({"verdict": "reject", "reason": reason}));
    for (path, verdict) in [said(0, "Box too loose"), said(1, "Wrong class"), said(3, "Wrong class")] {
        scene.rosa.put(&path, verdict).await.ok();
    }
    let verdicts = json!([
        {"index": 1, "verdict": "reject", "reason": " box  too LOOSE"},
        {"index": 2, "verdict": "reject"},
        {"index": 3, "verdict": "accept"},
    ]);
    let decision = json!({"decision_id": ids::fresh(), "verdicts": verdicts, "rest": "accept"});
    // The second time it only repeats the answer.
    for _ in 0..2 {
        scene.rosa.post(&review.path("/submit"), decision.clone()).await.ok();
    }
    assert_eq!(scene.rejected("box too loose").await, 2.0);
    assert_eq!(scene.rejected("none given").await, 1.0);
    assert_eq!(scene.rejected("wrong class").await, 0.0);
}
