//! A range by mouse from lease to rework, with one picture by touch.

use serde_json::json;
use swath_harness::World;

use crate::input_device::BOX;
use crate::recording::Recording;
use crate::scene::{PHOTOGRAPHS, has_status, is_marked, is_shown, job, look_now, signed_in};
use swath_browser::{Browser, Pointer};

/// The picture that is labelled by touch.
const TOUCHED: usize = 2;

/// Draws a box on the current picture, and saves the item.
async fn label(browser: &Browser, pointer: Pointer) {
    browser.drag(pointer, ".picture", BOX[0], BOX[1]).await;
    browser.see(".figures li button").await;
    let save = "footer.save button.main";
    match pointer {
        Pointer::Mouse => browser.click(save).await,
        Pointer::Finger => browser.tap(save).await,
    }
}

/// Waits until the submission shows this state for an item.
async fn is_judged(browser: &Browser, place: usize, state: &str) {
    browser.see(&format!(".submission li:nth-child({place}) button[data-state={state}]")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_goes_its_whole_way_by_mouse_and_one_picture_by_touch() {
    let world = World::shared().await;
    let (team, recording) = (world.team("console").await, Recording::to(world).await);
    let (anna, rosa) = (team.annotator("Anna").await, team.reviewer("Rosa").await);
    let job = job(world, &team).await;
    let annotating = signed_in(&recording.origin(), &team, &anna, "/work").await;
    annotating.click_on("Take the next range").await;
    for place in 1..=PHOTOGRAPHS.len() {
        is_shown(&annotating, place).await;
        annotating.click("button[aria-label=Box]").await;
        label(&annotating, if place == TOUCHED { Pointer::Finger } else { Pointer::Mouse }).await;
        is_marked(&annotating, place, "saved").await;
    }
    annotating.click(".done button.main").await;
    has_status(&team, &job, "COMPLETED", 1).await;

    let reviewing = signed_in(&recording.origin(), &team, &rosa, "/reviews").await;
    reviewing.click_on("Take the next submission").await;
    reviewing.see("footer.save button.main:enabled").await;
    reviewing.click(".reject-reasons button:nth-child(1)").await;
    is_judged(&reviewing, 1, "rejected").await;
    reviewing.click("footer.save button.main:enabled").await;
    is_judged(&reviewing, 2, "accepted").await;
    reviewing.click_on("Accept the remaining").await;
    is_judged(&reviewing, 3, "accepted").await;
    reviewing.click(".done button.main").await;
    has_status(&team, &job, "REJECTED", 1).await;

    look_now(&annotating).await;
    is_shown(&annotating, 1).await;
    is_marked(&annotating, 1, "sent-back").await;
    annotating.see(".note .sent-back").await;
    annotating.drag(Pointer::Mouse, ".picture", (60.0, 40.0), (120.0, 90.0)).await;
    annotating.click("footer.save button.main:enabled").await;
    annotating.click(".done button.main").await;
    has_status(&team, &job, "COMPLETED", 1).await;

    look_now(&reviewing).await;
    reviewing.click("footer.save button.main:enabled").await;
    reviewing.click(".done button.main").await;
    has_status(&team, &job, "ACCEPTED", 1).await;
    annotating.close().await;
    reviewing.close().await;
    let exported = team.export(&job).await;
    assert_eq!(exported.len(), PHOTOGRAPHS.len());
    for line in exported {
        let figures = line["annotation"]["figures"].as_array().cloned().unwrap_or_default();
        assert!(figures.iter().all(|figure| figure["class"] == json!("thing")), "{line}");
        assert!(!figures.is_empty(), "{line}");
    }
    recording.agrees(&team, &job).await;
}
