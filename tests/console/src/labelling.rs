//! A range from its first picture to its submission.

use std::time::Duration;

use swath_harness::{World, until};

use crate::scene::{PHOTOGRAPHS, job, label_all, signed_in};
use swath_browser::ENTER;

/// How long the server may take to know what was done on the page.
const SYNC_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_labelled_and_handed_in_by_keyboard_alone() {
    let world = World::shared().await;
    let team = world.team("console").await;
    let (anna, job) = (team.annotator("Anna").await, job(world, &team).await);
    let browser = signed_in(world.origin(), &team, &anna, "/work").await;
    browser.see("main button.main").await;
    browser.press(&ENTER.to_string()).await;
    browser.says("Everyday things").await;
    label_all(&browser).await;
    let handed_in = || async {
        let rows = team.assignments(&job).await;
        rows.iter().any(|row| row["status"] == "COMPLETED").then_some(())
    };
    until("the range to be handed in", SYNC_TIMEOUT, handed_in).await.unwrap();
    let rosa = team.reviewer("Rosa").await;
    let review = rosa.review(&job).await;
    let document = rosa.get(&review.path("")).await.ok();
    let items = document["assignment"]["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(items.len(), PHOTOGRAPHS.len(), "{document}");
    for item in items {
        let figures = item["annotation"]["figures"].as_array().cloned().unwrap_or_default();
        assert!(figures.len() == 1 && figures[0]["shape"] == "rectangle", "{item}");
    }
    browser.close().await;
}
