//! Manifests: streamed, all or nothing, and every fault is named by its line.

use std::fmt::Write;

use reqwest::Method;
use serde_json::json;
use swath_harness::{Answer, Team, World, ids};

const NDJSON: &str = "application/x-ndjson";

async fn upload(team: &Team, kind: &str, body: String) -> Answer {
    let path = format!("/v1/datasets?team={}&name={}", team.id, ids::named("manifest"));
    team.manager.request(Method::POST, &path).body(kind, body).send().await
}

fn lines(count: usize) -> String {
    (1..=count).fold(String::new(), |mut text, line| {
        let _ =
            writeln!(text, "{{\"uri\": \"https://pictures.example/{line}.jpg\", \"labels\": [\"street\"]}}");
        text
    })
}

async fn datasets(team: &Team) -> usize {
    team.manager.list(&format!("/v1/datasets?team={}", team.id)).await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_becomes_a_dataset() {
    let team = World::shared().await.team("manifests").await;
    let made = upload(&team, NDJSON, lines(2500)).await.created();
    let dataset = team.dataset_ready(made["id"].as_str().unwrap_or_default()).await;
    let job = team.job(&dataset, json!({"selection": {"ranges": [{"start": 2490, "end": 2500}]}})).await;
    let lease = team.annotator("anna").await.lease(&job).await;
    assert_eq!(lease.items(), [2490, 2491, 2492, 2493, 2494]);
    assert_eq!(lease.body["assignment"]["items"][0]["uri"], "https://pictures.example/2491.jpg");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_becomes_a_dataset() {
    let team = World::shared().await.team("manifests").await;
    let table = "uri\nhttps://pictures.example/a.jpg\nhttps://pictures.example/b.jpg\n";
    let made = upload(&team, "text/csv", table.to_owned()).await.created();
    let dataset = team.dataset_ready(made["id"].as_str().unwrap_or_default()).await;
    let job = team.job(&dataset, json!({})).await;
    let lease = team.annotator("anna").await.lease(&job).await;
    assert_eq!(lease.body["assignment"]["items"][1]["uri"], "https://pictures.example/b.jpg");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_line_at_the_very_end_spoils_it_all() {
    let team = World::shared().await.team("manifests").await;
    let bad_ends = [
        "{\"uri\": ",
        "{\"url\": \"https://pictures.example/x.jpg\"}",
        "{\"uri\": \"\"}",
        "{\"uri\": \"https://pictures.example/1.jpg\"}",
    ];
    for end in bad_ends {
        upload(&team, NDJSON, lines(3000) + end + "\n").await.invalid("3001");
    }
    upload(&team, "text/csv", "uri\nhttps://a.example/1.jpg\n\"unclosed\n".into()).await.invalid("3");
    assert_eq!(datasets(&team).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_manifest_is_refused() {
    let team = World::shared().await.team("manifests").await;
    for (kind, body) in [(NDJSON, ""), ("text/csv", "uri\n"), (NDJSON, "\n\n")] {
        upload(&team, kind, body.to_owned()).await.invalid("");
    }
    upload(&team, "application/xml", "<uri/>".into()).await.refused(415, "invalid");
    assert_eq!(datasets(&team).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_million_items_answer_at_once() {
    const MANY: u64 = 100_000_000;
    let team = World::shared().await.team("manifests").await;
    let source = json!({"pattern": "s3://bucket/{:08}.jpg", "count": MANY});
    let dataset = team.dataset_from(source).await;
    let job = team.job(&dataset, json!({"range_size": 1000})).await;
    let lease = team.annotator("anna").await.lease(&job).await;
    assert_eq!(lease.items().len(), 1000);
    assert_eq!(lease.body["assignment"]["items"][999]["uri"], "s3://bucket/00000999.jpg");
    let progress = team.look(&job).await["progress"].clone();
    assert_eq!(progress["pending"], MANY - 1000);
    assert_eq!(progress["in_progress"], 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn appending_changes_no_job() {
    let team = World::shared().await.team("manifests").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({})).await;
    let path = format!("/v1/datasets/{}/items", dataset.id);
    let body = json!({"items": [{"uri": "https://pictures.example/new.png"}]});
    let answer = team.manager.post(&path, body).await;
    assert!(matches!(answer.status(), 200 | 201), "{}", answer.text());

    assert_eq!(team.annotator("anna").await.lease(&job).await.items(), [0, 1, 2]);
    let later = team.job(&dataset, json!({})).await;
    assert_eq!(team.annotator("bob").await.lease(&later).await.items(), [0, 1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_by_label_takes_those_items_and_no_others() {
    let team = World::shared().await.team("manifests").await;
    let item = |index: usize| {
        let label = if index.is_multiple_of(3) { "night" } else { "day" };
        json!({"uri": format!("https://pictures.example/{index}.png"), "labels": [label]})
    };
    let items: Vec<_> = (0..10).map(item).collect();
    let dataset = team.dataset_from(json!({"items": items})).await;
    let job = team.job(&dataset, json!({"selection": {"labels": ["night"], "limit": 3}})).await;
    assert_eq!(team.annotator("anna").await.lease(&job).await.items(), [0, 3, 6]);
}
