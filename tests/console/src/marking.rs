//! A reviewer marks a figure with a reason: its author sees both, and the next review shows the earlier verdict.

use serde_json::json;
use swath_browser::Browser;
use swath_harness::World;
use swath_harness::client::boxed;

use crate::scene::{hand_in, has_status, job_over, label, signed_in, take};

/// The Tab key in WebDriver.
const TAB: &str = "\u{e004}";

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_at_a_figure_reaches_its_author_and_the_next_review() {
    let world = World::shared().await;
    let team = world.team("console").await;
    let (anna, rosa) = (team.annotator("Anna").await, team.reviewer("Rosa").await);
    let reasons = json!([{"code": "loose", "title": "The box is too loose"}]);
    let wishes = json!({"title": "Everyday things", "reasons": reasons, "limits": {"figures": 5}});
    let job = job_over(world, &team, &["camera.png"], wishes).await;
    let lease = anna.lease(&job).await;
    let figures: Vec<_> = [40.0, 200.0].map(|x| boxed(x)["figures"][0].clone()).into();
    anna.confirm(&lease, 0, json!({"figures": figures, "tags": []})).await.ok();
    anna.submit(&lease).await.ok();

    let reviewing = signed_in(world.origin(), &team, &rosa, "/reviews").await;
    take(&reviewing).await;
    reviewing.says("The box is too loose").await;
    is_ready(&reviewing).await;
    // Selects the second figure.
    reviewing.press(&format!("{TAB}{TAB}x")).await;
    reviewing.see(".figures li:nth-child(2) button[aria-pressed=true]").await;
    reviewing.press("1").await;
    reviewing.see(".submission li:only-child button[data-state=rejected]").await;
    hand_in(&reviewing).await;
    has_status(&team, &job, "REJECTED", 1).await;

    let annotating = signed_in(world.origin(), &team, &anna, "/mine").await;
    annotating.says("Everyday things").await;
    annotating.click_on("Take it up").await;
    annotating.see(".strip li:only-child button[data-state=sent-back]").await;
    annotating.see(".figures li:nth-child(2) button.marked").await;
    annotating.misses(".figures li:nth-child(1) button.marked").await;
    annotating.says("✗ The box is too loose").await;
    label(&annotating, 1).await;
    hand_in(&annotating).await;
    has_status(&team, &job, "COMPLETED", 1).await;

    reviewing.goto(&format!("{}/reviews", world.origin())).await;
    take(&reviewing).await;
    reviewing.says("Rejected in the round before: The box is too loose · About 1 figure").await;
    is_ready(&reviewing).await;
    reviewing.press("o").await;
    // Side by side, the third figure is the one that the previous round did not have.
    reviewing.says("Round 1").await;
    reviewing.see(".other-picture canvas").await;
    reviewing.says("≠").await;
    reviewing.enter().await;
    hand_in(&reviewing).await;
    team.becomes(&job, "done", crate::scene::SYNC_TIMEOUT).await;
    annotating.close().await;
    reviewing.close().await;
}

async fn is_ready(browser: &Browser) {
    browser.see("footer.save button.main:enabled").await;
    browser.see(".figures li:nth-child(2) button").await;
}
