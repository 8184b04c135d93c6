//! The main job in short: cut, lease, label, review, rework, export.

use std::time::Duration;

use serde_json::json;
use swath_harness::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_becomes_accepted_annotations() {
    let world = World::shared().await;
    let team = world.team("smoke").await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let dataset = team.dataset(8).await;
    let job = team.job(&dataset, json!({"range_size": 5})).await;

    let first = anna.work(&job).await;
    let second = anna.work(&job).await;
    assert_eq!(first.items(), [0, 1, 2, 3, 4]);
    assert_eq!(second.items(), [5, 6, 7]);

    rosa.reject(&job, &[2]).await;
    rosa.reject(&job, &[]).await;
    let rework = anna.work(&job).await;
    assert_eq!(rework.items(), [2]);
    rosa.reject(&job, &[]).await;

    team.becomes(&job, "done", Duration::from_secs(30)).await;
    let mut exported: Vec<u64> =
        team.export(&job).await.iter().filter_map(|line| line["index"].as_u64()).collect();
    exported.sort_unstable();
    assert_eq!(exported, [0, 1, 2, 3, 4, 5, 6, 7]);
}
