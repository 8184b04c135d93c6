//! Bad input: the answer is a problem with a stable code that names the fault, and nothing has changed.

use std::os::unix::fs::symlink;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Dataset, annotation};
use swath_harness::{Settings, Team, World, ids};

async fn team() -> (Team, Dataset) {
    let team = World::shared().await.team("bad-input").await;
    let dataset = team.dataset(10).await;
    (team, dataset)
}

async fn jobs(team: &Team) -> usize {
    team.manager.list(&format!("/v1/jobs?team={}", team.id)).await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_makes_no_sense_is_refused_by_its_field() {
    let (team, dataset) = team().await;
    let backwards = json!({"ranges": [{"start": 7, "end": 3}]});
    let foreign = json!({"ranges": [{"start": 5, "end": 11}]});
    let overlapping = json!({"ranges": [{"start": 0, "end": 5}, {"start": 4, "end": 8}]});
    let refusals = [
        (json!({"range_size": 0}), "range_size"),
        (json!({"range_size": 1001}), "range_size"),
        (json!({"selection": backwards}), "ranges"),
        (json!({"selection": foreign}), "ranges"),
        (json!({"selection": overlapping}), "ranges"),
        (json!({"classes": []}), "classes"),
        (
            json!({"classes": [{"name": "a", "shape": "point"}, {"name": "a", "shape": "point"}]}),
            "classes[1]",
        ),
        (json!({"classes": [{"name": "a", "shape": "ellipse"}]}), "classes[0].shape"),
        (json!({"lease_seconds": 1}), "lease_seconds"),
        (json!({"title": ""}), "title"),
        (json!({"review": {"rule": "sample"}}), "percent"),
        (json!({"review": {"rule": "sample", "percent": 101}}), "percent"),
        (json!({"colour": "red"}), "colour"),
        (json!({"title": "a\u{0}b"}), "U+0000"),
    ];
    for (wishes, field) in refusals {
        team.manager.post("/v1/jobs", team.job_body(&dataset, wishes.clone())).await.invalid(field);
    }
    let nowhere = Dataset { id: "01890000-0000-7000-8000-000000000000".into() };
    let answer = team.manager.post("/v1/jobs", team.job_body(&nowhere, json!({}))).await;
    answer.refused(404, "not-found");
    assert_eq!(jobs(&team).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_that_makes_no_sense_is_refused() {
    let (team, _) = team().await;
    let world = World::shared().await;
    let empty = world.media_folder("empty").unwrap();
    std::fs::write(empty.join("readme.txt"), "no pictures here").unwrap();
    let before = team.manager.list(&format!("/v1/datasets?team={}", team.id)).await.len();
    let twice = json!([{"uri": "https://a.example/1.png"}, {"uri": "https://a.example/1.png"}]);
    let refusals = [
        (json!({"items": []}), "items"),
        (json!({"items": twice}), "items[1]"),
        (json!({"folder": empty}), "folder"),
        (json!({"folder": empty.join("missing")}), "folder"),
        (json!({"folder": "/etc"}), "folder"),
        (json!({"folder": empty.join("../../..")}), "folder"),
        (json!({"manifest": empty.join("missing.jsonl")}), "manifest"),
        (json!({"pattern": "https://a.example/no-number.jpg", "count": 10}), "pattern"),
        (json!({"pattern": "https://a.example/{:08}.jpg", "count": 0}), "count"),
        (json!({}), "source"),
    ];
    for (source, about) in refusals {
        let body = json!({"team": team.id, "name": ids::named("bad"), "source": source});
        team.manager.post("/v1/datasets", body).await.invalid(about);
    }
    let after = team.manager.list(&format!("/v1/datasets?team={}", team.id)).await.len();
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_leads_out_or_lies_is_refused_by_its_file() {
    let world = World::shared().await;
    let (team, _) = team().await;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.png"), "not yours").unwrap();
    type Spoil = fn(&Path, &Path);
    let faults: [(&str, Spoil); 4] = [
        ("no-picture.png", |file, _| std::fs::write(file, "this is no picture").unwrap()),
        ("dangling.png", |file, _| symlink("nowhere.png", file).unwrap()),
        ("outward.png", |file, outside| symlink(outside.join("secret.png"), file).unwrap()),
        ("outward", |file, outside| symlink(outside, file).unwrap()),
    ];
    for (name, spoil) in faults {
        let folder = world.media_folder("spoilt").unwrap();
        spoil(&folder.join(name), outside.path());
        let body = json!({"team": team.id, "name": ids::named("bad"), "source": {"folder": folder}});
        let problem = team.manager.post("/v1/datasets", body).await.invalid(name);
        assert!(!problem.to_string().contains(outside.path().to_str().unwrap()), "{problem}");
    }
    let datasets = team.manager.list(&format!("/v1/datasets?team={}", team.id)).await;
    assert_eq!(datasets.len(), 1, "only the one that is whole: {datasets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_to_wait_and_nobody_else() {
    let settings = Settings::default().with("SWATH__SERVER__REQUESTS_PER_SECOND", "20");
    let world = World::start(settings).await.unwrap();
    let team = world.team("hasty").await;
    let (hasty, calm) = (team.annotator("hasty").await, team.annotator("calm").await);
    let asks = futures::future::join_all((0..400).map(|_| hasty.get("/v1/me"))).await;
    let refused = asks.into_iter().find(|answer| answer.status() == 429).expect("nobody was refused");
    assert_eq!(refused.retry_after(), Some(1));
    refused.refused(429, "rate-limited");
    calm.get("/v1/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_the_wrong_kind_is_refused() {
    let (team, _) = team().await;
    let post =
        |kind: &str, body: Vec<u8>| team.manager.request(Method::POST, "/v1/jobs").body(kind, body).send();
    post("text/plain", b"{}".to_vec()).await.refused(415, "invalid");
    post("application/json", b"{\"title\": ".to_vec()).await.refused(400, "invalid");
    post("application/json", b"[1, 2]".to_vec()).await.is(422);
    let large = format!("{{\"title\": \"{}\"}}", "x".repeat(16 << 20));
    post("application/json", large.into_bytes()).await.refused(413, "too-large");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_bounds() {
    let (team, _) = team().await;
    for query in ["limit=0", "limit=1001", "limit=many", "after=nonsense", "colour=red"] {
        team.manager.get(&format!("/v1/jobs?{query}")).await.invalid("");
    }
    team.manager.get("/v1/jobs/not-an-id").await.refused(404, "not-found");
    team.manager.get("/v1/nothing-here").await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_has_bounds() {
    let (team, dataset) = team().await;
    let keyed = |key: String, body: Value| {
        team.manager.request(Method::POST, "/v1/jobs").header("idempotency-key", &key).json(&body).send()
    };
    let body = team.job_body(&dataset, json!({}));
    keyed("x".repeat(65), body.clone()).await.invalid("Idempotency-Key");

    let key = ids::fresh();
    let first = keyed(key.clone(), body.clone()).await.created();
    assert_eq!(keyed(key.clone(), body.clone()).await.json()["id"], first["id"]);
    let mut other = body;
    other["title"] = json!("another title");
    keyed(key, other).await.refused(409, "conflict");
    assert_eq!(jobs(&team).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_are_not_in_the_lease_are_refused() {
    let (team, dataset) = team().await;
    let job = team.job(&dataset, json!({})).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let lease = anna.lease(&job).await;
    assert_eq!(lease.items(), [0, 1, 2, 3, 4]);
    for index in [5, 10_000] {
        anna.confirm(&lease, index, annotation(index)).await.invalid(&index.to_string());
    }
    let path = format!("/v1/leases/{}/items/minus-one", lease.id);
    let answer = anna.put(&path, annotation(0)).await;
    assert!(matches!(answer.status(), 400 | 404 | 422), "{}", answer.text());

    anna.finish(&lease).await;
    let review = rosa.review(&job).await;
    rosa.verdict(&review, 7, "reject").await.invalid("7");
    rosa.put(&review.item(1), json!({"verdict": "maybe"})).await.invalid("verdict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_no_token() {
    let (team, _) = team().await;
    let world = World::shared().await;
    let anna = team.annotator("anna").await;
    let token = world.admin().post("/v1/tokens", json!({"user": anna.id})).await.created();
    let annas = world.stranger(token["token"].as_str());
    annas.get("/v1/me").await.ok();

    let path = format!("/v1/tokens/{}", token["id"].as_str().unwrap_or_default());
    world.admin().delete(&path).await.no_content();
    let refused =
        swath_harness::until("the token to be refused", std::time::Duration::from_secs(10), || async {
            let answer = annas.get("/v1/me").await;
            (answer.status() != 200).then_some(answer)
        });
    refused.await.unwrap().refused(401, "unauthenticated");
    anna.get("/v1/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_no_token() {
    let (team, _) = team().await;
    let world = World::shared().await;
    let anna = team.annotator("anna").await;
    let body = json!({"user": anna.id, "expires_at": "2020-01-01T00:00:00Z"});
    let answer = world.admin().post("/v1/tokens", body).await;
    // A token that was never valid may be refused when it is created or when it is used.
    if answer.status() == 201 {
        let annas = world.stranger(answer.created()["token"].as_str());
        annas.get("/v1/me").await.refused(401, "unauthenticated");
    } else {
        answer.invalid("expires_at");
    }
}
