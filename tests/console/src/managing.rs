//! A manager watches and controls the work: the board, a job, its assignments and their logs.

use serde_json::json;
use swath_browser::Browser;
use swath_harness::World;

use crate::scene::{PHOTOGRAPHS, SYNC_TIMEOUT, job_with, signed_in};
use swath_harness::until;

/// The board shows these jobs in this order.
async fn board_is(browser: &Browser, titles: &[&str]) {
    let script = format!(
        "return [...document.querySelectorAll('.jobs a')].map((link) => link.textContent).join() === '{}'",
        titles.join(",")
    );
    browser.holds(&format!("the board to show {titles:?}"), &script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_reassigns_a_range_and_finds_it_in_the_log() {
    let world = World::shared().await;
    let team = world.team("managing").await;
    let (anna, ben) = (team.annotator("Anna").await, team.annotator("Ben").await);
    let size = PHOTOGRAPHS.len() - 1;
    let late = json!({"title": "Late one", "due_date": "2026-01-01T00:00:00Z", "range_size": size});
    let job = job_with(world, &team, late).await;
    let plain = job_with(world, &team, json!({"title": "Plain one", "priority": "high"})).await;
    let lease = anna.lease(&job).await;

    let browser = signed_in(world.origin(), &team, &team.manager, "/manage").await;
    board_is(&browser, &["Late one", "Plain one"]).await;
    browser.says("overdue since").await;
    browser.click(".filters input").await;
    browser.press("PLAIN").await;
    board_is(&browser, &["Plain one"]).await;
    browser.click_on("Plain one").await;
    browser.click_on("Pause").await;
    browser.says("paused").await;
    assert_eq!(team.look(&plain).await["status"], "paused");
    browser.click_on("Resume").await;
    until("the job to be active", SYNC_TIMEOUT, async || {
        (team.look(&plain).await["status"] == "active").then_some(())
    })
    .await
    .unwrap();
    browser.click_on("All jobs").await;
    board_is(&browser, &["Late one", "Plain one"]).await;

    browser.click_on("Late one").await;
    browser.says("Anna").await;
    browser.says("2 items being labelled").await;
    browser.click_on("Reassign").await;
    browser.see("dialog[open] input:focus").await;
    browser.press("Ben is free").await;
    browser.click("fieldset input").await;
    browser.press("ben").await;
    browser.click_on("Ben").await;
    browser.click("dialog[open] button.main").await;
    browser.misses("dialog[open]").await;
    browser.says("kept for Ben").await;
    browser.click_on("Log").await;
    browser.says("reassigned it").await;
    browser.says("Ben is free").await;

    let rows = team.assignments(&job).await;
    let row = rows.iter().find(|row| row["id"] == lease.body["assignment"]["id"]).unwrap();
    assert_eq!((&row["status"], &row["reserved_for"]), (&json!("PENDING"), &json!(ben.id)));
    // After a reload the page shows the same job, and its link leads back to the board.
    browser.reload().await;
    browser.says("kept for Ben").await;
    browser.click_on("Manage").await;
    board_is(&browser, &["Late one", "Plain one"]).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_refused_says_why_and_changes_nothing() {
    let world = World::shared().await;
    let team = world.team("managing").await;
    let anna = team.annotator("Anna").await;
    let job = job_with(world, &team, json!({"review": {"rule": "none"}})).await;
    let lease = anna.lease(&job).await;
    let browser = signed_in(world.origin(), &team, &team.manager, "/manage").await;
    browser.click_on("Everyday things").await;
    browser.click_on("Reassign").await;
    browser.see("dialog[open] input:focus").await;
    anna.finish(&lease).await;
    team.becomes(&job, "done", SYNC_TIMEOUT).await;
    browser.press("too late").await;
    browser.enter().await;
    browser.see("dialog[open] [role=alert]").await;
    browser.press(&swath_browser::ESCAPE.to_string()).await;
    browser.misses("dialog[open]").await;
    assert_eq!(team.assignments(&job).await[0]["status"], "ACCEPTED");
    // Finished jobs do not take places from open ones.
    browser.click_on("All jobs").await;
    browser.says("There is no such job").await;
    browser.script("document.querySelector('.filters select').focus()").await;
    browser.press("done").await;
    board_is(&browser, &["Everyday things"]).await;
    browser.goto(&format!("{}/manage?job=00000000-0000-4000-8000-000000000000", world.origin())).await;
    browser.see(".banner.warning").await;
    browser.misses("main [role=status]").await;
    browser.close().await;
}
