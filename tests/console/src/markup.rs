//! Markup in any field that a user can fill is shown as text on every page.

use serde_json::json;
use swath_harness::client::Job;
use swath_harness::{Team, World};

use crate::scene::{
    box_by_keys, copy_photograph, hand_in, is_marked, is_shown, label, look_now, signed_in, take,
};
use swath_browser::{Browser, ESCAPE, TAB};

/// The number of items of the job.
const ITEMS: usize = 3;

/// Markup that would take effect on another user's page if it were not escaped.
fn markup(field: &str) -> String {
    format!("\"'><img src=x onerror=marked=1 data-injected>&lt;{field}")
}

/// Markup for a field that may contain Markdown.
fn markdown(field: &str) -> String {
    format!(
        "{field} [link](javascript:marked=1) <a href=\"javascript:marked=1\" data-injected>here</a>\n\n\
         <script data-injected>marked=1</script><img src=x onerror=marked=1 data-injected>"
    )
}

/// No part of the markup became an element or ran as a script.
async fn is_plain(browser: &Browser) {
    let injected = browser.script(
        "return [window.marked, document.querySelectorAll('[data-injected], a[href^=\"javascript:\" i]').length]",
    );
    assert_eq!(injected.await, json!([null, 0]), "the page says: {}", browser.text().await);
}

/// The page shows what was typed into these fields, unchanged.
async fn shows(browser: &Browser, fields: &[&str]) {
    for field in fields {
        browser.says(&markup(field)).await;
    }
    is_plain(browser).await;
}

async fn job(world: &World, team: &Team) -> Job {
    let folder = world.media_folder("photographs").unwrap();
    for place in 0..ITEMS {
        copy_photograph("coins.png", &folder.join(format!("{place} {}.png", markup("file"))));
    }
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let wishes = json!({
        "title": markup("title"),
        "description": markdown("description"),
        "instructions": markdown("instructions"),
        "classes": [{"name": markup("class"), "shape": "rectangle"}],
        "tags": [{"name": markup("tag")}, {"name": markup("choice"), "values": [markup("value")]}],
        "range_size": ITEMS,
    });
    team.job(&dataset, wishes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_any_field_is_text_on_every_page() {
    let world = World::shared().await;
    let team = world.team(&markup("team")).await;
    let anna = team.annotator(&markup("annotator")).await;
    let rosa = team.reviewer(&markup("reviewer")).await;
    job(world, &team).await;

    let annotating = Browser::open().await.unwrap();
    annotating.goto(&format!("{}/work", world.origin())).await;
    annotating.see("#token").await;
    annotating.press(anna.token()).await;
    annotating.enter().await;
    shows(&annotating, &["annotator"]).await;
    work(&annotating).await;

    let reviewing = signed_in(world.origin(), &team, &rosa, "/reviews").await;
    review(&reviewing).await;
    reviewing.close().await;

    rework(&annotating).await;
    annotating.close().await;

    let managing = signed_in(world.origin(), &team, &team.manager, "/manage").await;
    manage(&managing).await;
    managing.close().await;
}

async fn work(browser: &Browser) {
    take(browser).await;
    is_shown(browser, 1).await;
    shows(browser, &["title", "class", "tag", "choice", "value"]).await;
    browser.says("description").await;
    browser.says("instructions").await;
    browser.press(&box_by_keys()).await;
    browser.click(".panel input[type=checkbox]").await;
    browser.click(".panel input[type=text]").await;
    browser.press(&markup("words")).await;
    browser.enter().await;
    browser.enter().await;
    is_marked(browser, 1, "saved").await;
    is_shown(browser, 2).await;
    browser.press("s").await;
    browser.see("dialog[open]").await;
    browser.press(&markup("skip")).await;
    browser.enter().await;
    is_marked(browser, 2, "skipped").await;
    label(browser, 3).await;
    is_marked(browser, 3, "saved").await;
    browser.click(".strip li:nth-child(2) button").await;
    shows(browser, &["skip"]).await;
    browser.click_on("My list").await;
    shows(browser, &["title", "annotator"]).await;
    browser.click_on("Work").await;
    browser.click_on("Hand in").await;
    browser.says("There is no work for you").await;
}

async fn review(browser: &Browser) {
    take(browser).await;
    browser.see("footer.save button.main:enabled").await;
    shows(browser, &["title", "class", "tag", "words", "reviewer"]).await;
    browser.press("r").await;
    browser.see("dialog[open]").await;
    browser.press(&format!("{}{TAB}{}", markup("reason"), markup("comment"))).await;
    browser.click_on("Reject it").await;
    browser.see(".submission li:nth-child(1) button[data-state=rejected]").await;
    shows(browser, &["skip"]).await;
    browser.click(".submission li:nth-child(1) button").await;
    shows(browser, &["reason", "comment"]).await;
    browser.reload().await;
    browser.see("footer.save button.main:enabled").await;
    browser.press("r").await;
    browser.see("dialog[open]").await;
    is_plain(browser).await;
    browser.press("\u{e00c}").await;
    browser.click_on("Accept the remaining").await;
    hand_in(browser).await;
    browser.says("There is nothing for you to review").await;
}

async fn rework(browser: &Browser) {
    look_now(browser).await;
    is_shown(browser, 1).await;
    shows(browser, &["reason", "comment", "class"]).await;
    browser.click_on("Give back").await;
    browser.see("dialog[open]").await;
    browser.press(&markup("return")).await;
    browser.enter().await;
    browser.see("main.calm button.main").await;
    is_plain(browser).await;
    browser.click_on("My list").await;
    browser.says("What I hold").await;
    is_plain(browser).await;
}

async fn manage(browser: &Browser) {
    shows(browser, &["title"]).await;
    browser.click(".jobs a").await;
    shows(browser, &["title", "annotator"]).await;
    browser
        .script("document.querySelectorAll('.rows button[aria-expanded]').forEach((one) => one.click())")
        .await;
    shows(browser, &["return", "reviewer"]).await;
    browser.click_on("People and rounds").await;
    browser.see(".table").await;
    shows(browser, &["annotator"]).await;
    browser.click_on("Settings").await;
    browser.see(".parts textarea").await;
    shows(browser, &["reviewer"]).await;
    browser.click_on("Reassign").await;
    browser.see("dialog[open] .chips button:nth-child(2)").await;
    shows(browser, &["annotator"]).await;
    browser.press(&ESCAPE.to_string()).await;
    browser.misses("dialog[open]").await;
    set_up(browser).await;
}

/// The pages on which managers create datasets and jobs and manage people.
async fn set_up(browser: &Browser) {
    browser.click_on("Datasets").await;
    browser.click(".jobs a").await;
    browser.see(".pictures li").await;
    shows(browser, &["file"]).await;
    browser.click_on("Make a job of it").await;
    browser.see(".pictures li").await;
    shows(browser, &["file", "annotator", "reviewer"]).await;
    browser.click_on("People").await;
    shows(browser, &["annotator", "reviewer"]).await;
    browser.script("document.querySelectorAll('button[aria-expanded]').forEach((one) => one.click())").await;
    browser.see(".tokens li").await;
    browser.click_on("Remove from the team").await;
    browser.see(".sure").await;
    is_plain(browser).await;
    browser.click("form.fields input[type=text]").await;
    browser.press(&markup("note")).await;
    browser.enter().await;
    shows(browser, &["note"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_does_wrong_is_in_the_log() {
    let world = World::shared().await;
    let browser = Browser::open().await.unwrap();
    browser.goto(world.origin()).await;
    browser.see("#token").await;
    assert!(browser.faults().await.is_empty());
    browser.script("document.body.insertAdjacentHTML('beforeend', '<p onclick=\"marked=1\">')").await;
    browser.script("document.querySelector('p[onclick]').click()").await;
    browser.script("setTimeout(() => { throw new Error('nobody catches this'); })").await;
    browser.holds("the error", "return new Promise((done) => setTimeout(() => done(true)))").await;
    let faults = browser.faults().await.join(" ");
    assert!(faults.contains("Content Security Policy") && faults.contains("nobody catches this"), "{faults}");
    browser.close().await;
}
