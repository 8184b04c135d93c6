//! What the sittings have in common: a job over photographs, and people who sign in.

use std::path::{Path, PathBuf};

use serde_json::json;
use swath_harness::client::Job;
use swath_harness::{Person, Team, World};

use crate::browser::{Browser, ENTER};

/// Photographs of everyday things, in the order of the items.
pub const PHOTOGRAPHS: [&str; 3] = ["camera.png", "coins.png", "page.png"];

fn photograph(name: &str) -> PathBuf {
    let folder = std::env::var_os("SWATH_TEST_PICTURES").expect("run this through tests/run");
    Path::new(&folder).join(name)
}

/// A job over three photographs, in one range.
pub async fn job(world: &World, team: &Team) -> Job {
    let folder = world.media_folder("photographs").unwrap();
    for name in PHOTOGRAPHS {
        std::fs::copy(photograph(name), folder.join(name)).unwrap();
    }
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    team.job(&dataset, json!({"range_size": PHOTOGRAPHS.len(), "title": "Everyday things"})).await
}

pub async fn signed_in(world: &World, team: &Team, person: &Person, page: &str) -> Browser {
    let link = team.manager.post("/v1/sign-in-links", json!({"user": person.id})).await.created();
    let browser = Browser::open().await.unwrap();
    browser.goto(&format!("{}{page}#sign-in={}", world.origin(), link["code"].as_str().unwrap())).await;
    browser.see("main button.main").await;
    browser.press(&ENTER.to_string()).await;
    browser.says(&person.name).await;
    browser
}

/// Two corners of a box, set with a cross that arrow keys move.
pub fn box_by_keys() -> String {
    const RIGHT: &str = "\u{e014}";
    const DOWN: &str = "\u{e015}";
    format!("n {}{} ", RIGHT.repeat(20), DOWN.repeat(20))
}

/// Waits until the item is the one that is shown, with its picture.
pub async fn is_shown(browser: &Browser, place: usize) {
    browser.see(&format!(".strip li:nth-child({place}) button[aria-current=step]")).await;
    browser.see("footer.save button.main:enabled").await;
}

/// Labels a range of all photographs by keyboard, and hands it in.
pub async fn label_all(browser: &Browser) {
    browser.see("main.labelling").await;
    for place in 1..=PHOTOGRAPHS.len() {
        is_shown(browser, place).await;
        browser.press(&box_by_keys()).await;
        browser.press(&ENTER.to_string()).await;
        browser.see(&format!(".strip li:nth-child({place}) button[data-state=saved]")).await;
    }
    browser.see(".done button.main").await;
    browser.press(&ENTER.to_string()).await;
}
