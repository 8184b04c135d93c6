//! Two tabs of one user, and two users of one browser.

use serde_json::json;
use swath_checker::Call;
use swath_harness::{World, until};

use crate::recording::Recording;
use crate::scene::{
    SYNC_TIMEOUT, box_by_keys, hand_in, has_status, is_marked, is_shown, job, job_with, label, sign_in,
    signed_in, take,
};

/// The Delete key in WebDriver.
const DELETE: char = '\u{e017}';

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_of_one_person_do_not_overwrite_each_other_in_silence() {
    let world = World::shared().await;
    let (team, recording) = (world.team("console").await, Recording::to(world).await);
    let (anna, job) = (team.annotator("Anna").await, job(world, &team).await);
    let browser = signed_in(&recording.origin(), &team, &anna, "/work").await;
    take(&browser).await;
    for place in 1..=2 {
        label(&browser, place).await;
        is_marked(&browser, place, "saved").await;
    }

    // Both tabs show the first item as it was saved.
    let first = browser.open_tab().await;
    browser.goto(&format!("{}/work", recording.origin())).await;
    is_marked(&browser, 1, "saved").await;
    browser.click(".strip li:nth-child(1) button").await;
    is_shown(&browser, 1).await;

    let second = browser.switch_to(first).await;
    browser.click(".strip li:nth-child(1) button").await;
    is_shown(&browser, 1).await;
    browser.press(&box_by_keys()).await;
    browser.enter().await;
    is_marked(&browser, 1, "saved").await;
    let boxes = || async {
        let lease = anna.get("/v1/leases").await.ok()["items"][0].clone();
        lease["assignment"]["items"][0]["annotation"]["figures"].as_array().map_or(0, Vec::len)
    };
    until("both boxes", SYNC_TIMEOUT, || async { (boxes().await == 2).then_some(()) }).await.unwrap();

    // The second tab saves a change of the older state: it is told so, and nothing is replaced.
    let first = browser.switch_to(second).await;
    browser.press(&format!(".{DELETE}")).await;
    browser.enter().await;
    is_marked(&browser, 1, "refused").await;
    browser.click(".strip li:nth-child(1) button").await;
    browser.says("saved elsewhere in the meantime").await;
    assert_eq!(boxes().await, 2);

    // The first tab submits. The second one is told so.
    let second = browser.switch_to(first).await;
    browser.click(".strip li:nth-child(3) button").await;
    label(&browser, 3).await;
    is_marked(&browser, 3, "saved").await;
    hand_in(&browser).await;
    has_status(&team, &job, "COMPLETED", 1).await;
    browser.switch_to(second).await;
    browser.click_on("Save mine in its place").await;
    browser.says("It was handed in already").await;
    browser.close().await;
    recording.agrees(&team, &job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_person_has_not_sent_is_never_shown_to_or_sent_by_the_next() {
    let world = World::shared().await;
    let (team, recording) = (world.team("console").await, Recording::to(world).await);
    let (anna, ben) = (team.annotator("Anna").await, team.annotator("Ben").await);
    let job = job_with(world, &team, json!({"range_size": 2})).await;
    let browser = signed_in(&recording.origin(), &team, &anna, "/work").await;
    take(&browser).await;
    is_shown(&browser, 1).await;
    recording.refuse_saves(true);
    label(&browser, 1).await;
    is_marked(&browser, 1, "unsent").await;

    // Anna is warned, and signs out nevertheless.
    browser.click_on("Sign out").await;
    browser.says("1 item has not reached the server yet").await;
    browser.click_on("Sign out anyway").await;
    browser.misses("header.shell").await;
    sign_in(&browser, &recording.origin(), &team, &ben, "/mine").await;
    recording.refuse_saves(false);
    let kept = KEPT.replace("$USER", &anna.id);
    assert_eq!(browser.script_async(&kept, Vec::new()).await.unwrap(), 1, "Anna's item is not kept");
    browser.says("Everything that you saved is on the server").await;
    assert!(!browser.text().await.contains("not on the server yet"), "{}", browser.text().await);

    // Ben works through a range of his own. After that, anything that the page would send has been sent.
    browser.click_on("Work").await;
    take(&browser).await;
    label(&browser, 1).await;
    hand_in(&browser).await;
    has_status(&team, &job, "COMPLETED", 1).await;
    let saves = recording.done(|call| matches!(call, Call::Confirm { .. }));
    assert_eq!(saves, 1, "something of Anna's was sent");
    browser.click_on("Sign out").await;
    browser.misses("header.shell").await;

    // Anna signs in again, and her item is sent under the same lease.
    sign_in(&browser, &recording.origin(), &team, &anna, "/work").await;
    is_marked(&browser, 1, "saved").await;
    label(&browser, 2).await;
    hand_in(&browser).await;
    has_status(&team, &job, "COMPLETED", 2).await;
    assert_eq!(browser.script_async(&kept, Vec::new()).await.unwrap(), 0, "something is kept that was sent");
    browser.close().await;
    recording.agrees(&team, &job).await;
}

/// How many unsent items of a user this browser keeps.
const KEPT: &str = "
    const answer = arguments[0];
    const opening = indexedDB.open('swath');
    opening.onsuccess = () => {
        const items = opening.result.transaction('items').objectStore('items').index('user');
        const counting = items.count('$USER');
        counting.onsuccess = () => { opening.result.close(); answer(counting.result); };
    };";
