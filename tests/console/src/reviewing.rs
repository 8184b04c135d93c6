//! A submission from its first picture to its rework.

use std::time::Duration;

use swath_harness::{World, until};

use crate::scene::{PHOTOGRAPHS, box_by_keys, job, label_all, signed_in};
use swath_browser::ENTER;

/// How long the server may take to know what was done on the page.
const SYNC_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn one_item_is_rejected_redone_and_accepted_by_keyboard_alone() {
    let (world, enter) = (World::shared().await, ENTER.to_string());
    let team = world.team("console").await;
    let (anna, rosa) = (team.annotator("Anna").await, team.reviewer("Rosa").await);
    let job = job(world, &team).await;
    let annotating = signed_in(world.origin(), &team, &anna, "/work").await;
    annotating.see("main button.main").await;
    annotating.press(&enter).await;
    label_all(&annotating).await;

    let reviewing = signed_in(world.origin(), &team, &rosa, "/reviews").await;
    reviewing.see("main button.main").await;
    reviewing.press(&enter).await;
    for place in 1..=PHOTOGRAPHS.len() {
        reviewing.see(&format!(".submission li:nth-child({place}) button[aria-current=step]")).await;
        reviewing.see("footer.save button.main:enabled").await;
        let (key, state) = if place == 2 { ("1", "rejected") } else { (enter.as_str(), "accepted") };
        reviewing.press(key).await;
        reviewing.see(&format!(".submission li:nth-child({place}) button[data-state={state}]")).await;
    }
    // Verdicts survive a reload.
    reviewing.reload().await;
    reviewing.see(".submission li:nth-child(2) button[data-state=rejected]").await;
    reviewing.see(".done button.main").await;
    reviewing.press(&enter).await;

    annotating.goto(&format!("{}/work", world.origin())).await;
    annotating.see("main button.main").await;
    annotating.press(&enter).await;
    annotating.see(".strip li:only-child button[data-state=sent-back]").await;
    annotating.see("footer.save button.main:enabled").await;
    annotating.press(&box_by_keys()).await;
    annotating.press(&enter).await;
    annotating.see(".done button.main").await;
    annotating.press(&enter).await;

    let handed_in = || async {
        let rows = team.assignments(&job).await;
        rows.iter().any(|row| row["round"] == 2 && row["status"] == "COMPLETED").then_some(())
    };
    until("the rework to be handed in", SYNC_TIMEOUT, handed_in).await.unwrap();
    let review = rosa.review(&job).await;
    assert_eq!(review.items(), [1]);
    rosa.decide(&review).await.ok();
    let is_done = || async { (team.look(&job).await["status"] == "done").then_some(()) };
    until("the job to be done", SYNC_TIMEOUT, is_done).await.unwrap();
    assert_eq!(team.export(&job).await.len(), PHOTOGRAPHS.len());
    annotating.close().await;
    reviewing.close().await;
}
