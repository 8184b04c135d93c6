//! Reloads at every step of a range and of its review.

use swath_checker::Call;
use swath_harness::World;

use crate::recording::Recording;
use crate::scene::{
    PHOTOGRAPHS, box_by_keys, hand_in, has_status, is_marked, is_shown, job, label, signed_in, take,
};
use swath_browser::Browser;

/// Waits until the submission shows this state for an item, also after a reload.
async fn stays_judged(browser: &Browser, place: usize, state: &str) {
    let item = format!(".submission li:nth-child({place}) button[data-state={state}]");
    browser.see(&item).await;
    browser.reload().await;
    browser.see(&item).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_at_any_step_loses_nothing_and_doubles_nothing() {
    let world = World::shared().await;
    let (team, recording) = (world.team("console").await, Recording::to(world).await);
    let (anna, rosa) = (team.annotator("Anna").await, team.reviewer("Rosa").await);
    let job = job(world, &team).await;
    let annotating = signed_in(&recording.origin(), &team, &anna, "/work").await;
    annotating.reload().await;
    annotating.says("Ready when you are").await;
    take(&annotating).await;
    is_shown(&annotating, 1).await;
    for place in 1..=PHOTOGRAPHS.len() {
        annotating.reload().await;
        is_shown(&annotating, place).await;
        annotating.press(&box_by_keys()).await;
        is_marked(&annotating, place, "draft").await;
        annotating.reload().await;
        is_shown(&annotating, place).await;
        is_marked(&annotating, place, "draft").await;
        annotating.see(".figures li button").await;
        annotating.enter().await;
        is_marked(&annotating, place, "saved").await;
    }
    annotating.reload().await;
    is_marked(&annotating, 1, "saved").await;
    annotating.click_on("Hand in").await;
    has_status(&team, &job, "COMPLETED", 1).await;
    annotating.reload().await;
    annotating.says("Ready when you are").await;

    let reviewing = signed_in(&recording.origin(), &team, &rosa, "/reviews").await;
    take(&reviewing).await;
    reviewing.see("footer.save button.main:enabled").await;
    for place in 1..=PHOTOGRAPHS.len() {
        reviewing.reload().await;
        reviewing.see(&format!(".submission li:nth-child({place}) button[aria-current=step]")).await;
        reviewing.see("footer.save button.main:enabled").await;
        match place {
            1 => {
                reviewing.enter().await;
                stays_judged(&reviewing, place, "accepted").await;
            }
            2 => {
                reviewing.press("1").await;
                stays_judged(&reviewing, place, "rejected").await;
            }
            _ => {
                reviewing.click_on("Accept the remaining").await;
                stays_judged(&reviewing, place, "accepted").await;
            }
        }
    }
    hand_in(&reviewing).await;
    has_status(&team, &job, "REJECTED", 1).await;
    reviewing.reload().await;
    reviewing.says("Ready when you are").await;

    take(&annotating).await;
    is_marked(&annotating, 1, "sent-back").await;
    annotating.reload().await;
    is_marked(&annotating, 1, "sent-back").await;
    label(&annotating, 1).await;
    hand_in(&annotating).await;
    has_status(&team, &job, "COMPLETED", 1).await;
    take(&reviewing).await;
    reviewing.see("footer.save button.main:enabled").await;
    reviewing.enter().await;
    hand_in(&reviewing).await;
    has_status(&team, &job, "ACCEPTED", 1).await;
    annotating.close().await;
    reviewing.close().await;
    assert_eq!(recording.done(|call| matches!(call, Call::Submit { .. })), 2);
    recording.agrees(&team, &job).await;
}
