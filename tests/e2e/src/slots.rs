//! Several opinions on one range: each from another user, and all of them count.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use swath_harness::World;

const SETTLE_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn every_range_gets_opinions_from_different_people() {
    let team = World::shared().await.team("slots").await;
    let dataset = team.dataset(4).await;
    let wishes = json!({"slots": 2, "range_size": 2, "review": {"rule": "none"}});
    let job = team.job(&dataset, wishes).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);

    let annas = [anna.work(&job).await, anna.work(&job).await];
    assert_ne!(annas[0].items(), annas[1].items(), "one range twice for one person");
    let problem = anna.ask(&job).await.refused(404, "no-work");
    assert!(problem["blockers"].to_string().contains("own"), "{problem}");
    bob.work(&job).await;
    bob.work(&job).await;

    team.becomes(&job, "done", SETTLE_TIMEOUT).await;
    assert_eq!(team.look(&job).await["progress"]["accepted"], 8);
    let lines = team.manager.get(&job.path("/export?format=jsonl")).await.is(200).lines();
    let seen = |line: &serde_json::Value| {
        (line["index"].as_u64(), line["slot"].as_u64(), line["author"].as_str().map(str::to_owned))
    };
    let seen: BTreeSet<_> = lines.iter().map(seen).collect();
    let places: BTreeSet<_> = seen.iter().map(|(index, slot, _)| (*index, *slot)).collect();
    let opinions: BTreeSet<_> = seen.iter().map(|(index, _, author)| (*index, author.clone())).collect();
    assert_eq!((lines.len(), places.len(), opinions.len()), (8, 8, 8), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_opinion_is_redone_in_its_own_slot() {
    let team = World::shared().await.team("slots").await;
    let dataset = team.dataset(2).await;
    let job = team.job(&dataset, json!({"slots": 2})).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let rosa = team.reviewer("rosa").await;
    let first = anna.work(&job).await;
    let rework = rosa.reject(&job, &[1]).await["rework"].clone();
    let path = format!("/v1/assignments/{}", rework["id"].as_str().unwrap_or_default());
    let rework = team.manager.get(&path).await.ok();
    assert_eq!(rework["slot"], first.body["assignment"]["slot"], "{rework}");
    assert_eq!(anna.work(&job).await.items(), [1]);
    bob.work(&job).await;
    rosa.reject(&job, &[]).await;
    rosa.reject(&job, &[]).await;
    team.becomes(&job, "done", SETTLE_TIMEOUT).await;
    assert_eq!(team.look(&job).await["progress"]["accepted"], 4);
}
