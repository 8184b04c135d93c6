//! What the tests share: a job over photographs, users who sign in, and a range that is labelled by keyboard.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::client::Job;
use swath_harness::{Team, User, World, until};

use swath_browser::Browser;

/// Photographs of everyday things, in the order of the items.
pub const PHOTOGRAPHS: [&str; 3] = ["camera.png", "coins.png", "page.png"];
/// How long the server may take to know what was done on the page.
pub const SYNC_TIMEOUT: Duration = Duration::from_secs(30);

/// Copies a photograph into a folder of a server.
pub fn copy_photograph(name: &str, to: &Path) {
    let folder = std::env::var_os("SWATH_TEST_PICTURES").expect("run this through tests/run");
    std::fs::copy(Path::new(&folder).join(name), to).unwrap();
}

/// A job over three photographs, in one range.
pub async fn job(world: &World, team: &Team) -> Job {
    job_with(world, team, json!({})).await
}

/// The same job, with further fields that replace the defaults.
pub async fn job_with(world: &World, team: &Team, wishes: Value) -> Job {
    let mut body = json!({"range_size": PHOTOGRAPHS.len(), "title": "Everyday things"});
    if let (Some(body), Value::Object(wishes)) = (body.as_object_mut(), wishes) {
        body.extend(wishes);
    }
    job_over(world, team, &PHOTOGRAPHS, body).await
}

/// A job over these photographs.
pub async fn job_over(world: &World, team: &Team, photographs: &[&str], wishes: Value) -> Job {
    let folder = world.media_folder("photographs").unwrap();
    for (place, name) in photographs.iter().enumerate() {
        // The order of the names is the order of the items.
        copy_photograph(name, &folder.join(format!("{place}-{name}")));
    }
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    team.job(&dataset, wishes).await
}

/// A browser in which the user has signed in, on the given page.
pub async fn signed_in(origin: &str, team: &Team, user: &User, page: &str) -> Browser {
    let browser = Browser::open().await.unwrap();
    sign_in(&browser, origin, team, user, page).await;
    browser
}

/// Signs a user in, in a browser where nobody is signed in.
pub async fn sign_in(browser: &Browser, origin: &str, team: &Team, user: &User, page: &str) {
    let link = team.manager.post("/v1/sign-in-links", json!({"user": user.id})).await.created();
    // Leaves the page first, so that it is loaded again even if it was open.
    browser.goto("about:blank").await;
    browser.goto(&format!("{origin}{page}#sign-in={}", link["code"].as_str().unwrap())).await;
    browser.see("main button.main:focus").await;
    browser.enter().await;
    browser.see("header.shell").await;
    browser.says(&user.name).await;
}

/// Takes the next work, on a page where the user holds none.
pub async fn take(browser: &Browser) {
    browser.see("main.calm button.main:focus").await;
    browser.enter().await;
}

/// Makes the page ask for work, unless it has found some by itself.
pub async fn look_now(browser: &Browser) {
    const LOOK: &str = "
        const look = [...document.querySelectorAll('button')].find((one) => one.textContent.includes('Look now'));
        look?.click();
        return look !== undefined || document.querySelector('.strip') !== null;";
    browser.holds("a look for work", LOOK).await;
}

/// Keys that draw a box: a cross, moved by the arrow keys, sets two corners.
pub fn box_by_keys() -> String {
    const RIGHT: &str = "\u{e014}";
    const DOWN: &str = "\u{e015}";
    format!("n {}{} ", RIGHT.repeat(20), DOWN.repeat(20))
}

/// Waits until this item is shown with its picture.
pub async fn is_shown(browser: &Browser, place: usize) {
    browser.see(&format!(".strip li:nth-child({place}) button[aria-current=step]")).await;
    browser.see("footer.save button.main:enabled").await;
}

/// Waits until the range shows this state for an item.
pub async fn is_marked(browser: &Browser, place: usize, state: &str) {
    browser.see(&format!(".strip li:nth-child({place}) button[data-state={state}]")).await;
}

/// Draws a box on an item by keyboard, and saves it.
pub async fn label(browser: &Browser, place: usize) {
    is_shown(browser, place).await;
    browser.press(&box_by_keys()).await;
    browser.enter().await;
}

/// Labels a range of all photographs by keyboard, and submits it.
pub async fn label_all(browser: &Browser) {
    browser.see("main.labelling").await;
    for place in 1..=PHOTOGRAPHS.len() {
        label(browser, place).await;
        is_marked(browser, place, "saved").await;
    }
    hand_in(browser).await;
}

/// Submits finished work.
pub async fn hand_in(browser: &Browser) {
    browser.see(".done button.main").await;
    browser.enter().await;
}

/// Waits until this number of assignments of the job have a status.
pub async fn has_status(team: &Team, job: &Job, status: &str, count: usize) {
    let what = format!("{count} assignments to be {status}");
    let look = || async {
        let rows = team.assignments(job).await;
        (rows.iter().filter(|row| row["status"] == status).count() == count).then_some(())
    };
    until(&what, SYNC_TIMEOUT, look).await.unwrap();
}
