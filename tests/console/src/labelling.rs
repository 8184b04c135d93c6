//! A range from its first picture to its hand-in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use swath_harness::client::Job;
use swath_harness::{Person, Team, World, until};

use crate::browser::{Browser, ENTER};

/// How long the server may take to know what was done on the page.
const KNOWN: Duration = Duration::from_secs(30);
/// Photographs of everyday things, in the order of the items.
const PHOTOGRAPHS: [&str; 3] = ["camera.png", "coins.png", "page.png"];

fn photograph(name: &str) -> PathBuf {
    let folder = std::env::var_os("SWATH_TEST_PICTURES").expect("run this through tests/run");
    Path::new(&folder).join(name)
}

/// A job over three photographs, in one range.
async fn job(world: &World, team: &Team) -> Job {
    let folder = world.media_folder("photographs").unwrap();
    for name in PHOTOGRAPHS {
        std::fs::copy(photograph(name), folder.join(name)).unwrap();
    }
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    team.job(&dataset, json!({"range_size": PHOTOGRAPHS.len(), "title": "Everyday things"})).await
}

async fn signed_in(world: &World, team: &Team, person: &Person) -> Browser {
    let link = team.manager.post("/v1/sign-in-links", json!({"user": person.id})).await.created();
    let browser = Browser::open().await.unwrap();
    browser.goto(&format!("{}/work#sign-in={}", world.origin(), link["code"].as_str().unwrap())).await;
    browser.see("main button.main").await;
    browser.press(&ENTER.to_string()).await;
    browser.says(&person.name).await;
    browser
}

/// Two corners of a box, set with a cross that arrow keys move.
fn box_by_keys() -> String {
    const RIGHT: &str = "\u{e014}";
    const DOWN: &str = "\u{e015}";
    format!("n {}{} ", RIGHT.repeat(20), DOWN.repeat(20))
}

/// Waits until the item is the one that is shown, with its picture.
async fn is_shown(browser: &Browser, place: usize) {
    browser.see(&format!(".strip li:nth-child({place}) button[aria-current=step]")).await;
    browser.see("footer.save button.main:enabled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_labelled_and_handed_in_by_keyboard_alone() {
    let world = World::shared().await;
    let team = world.team("console").await;
    let (anna, job) = (team.annotator("Anna").await, job(world, &team).await);
    let browser = signed_in(world, &team, &anna).await;
    browser.see("main button.main").await;
    browser.press(&ENTER.to_string()).await;
    browser.says("Everyday things").await;
    for place in 1..=PHOTOGRAPHS.len() {
        is_shown(&browser, place).await;
        browser.press(&box_by_keys()).await;
        browser.press(&ENTER.to_string()).await;
        browser.see(&format!(".strip li:nth-child({place}) button[data-state=saved]")).await;
    }
    browser.see(".done button.main").await;
    browser.press(&ENTER.to_string()).await;
    let handed_in = || async {
        let rows = team.assignments(&job).await;
        rows.iter().any(|row| row["status"] == "COMPLETED").then_some(())
    };
    until("the range to be handed in", KNOWN, handed_in).await.unwrap();
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
