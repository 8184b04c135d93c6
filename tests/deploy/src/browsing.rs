//! The console's pages through nginx: every call of the browser reaches its service.

use std::path::Path;

use serde_json::json;
use swath_browser::Browser;
use swath_harness::Team;
use swath_harness::client::User;

/// Keys that draw a box: a cross, moved by the arrow keys, sets two of its corners.
const BOX: &str = "n \u{e014}\u{e014}\u{e014}\u{e015}\u{e015}\u{e015} ";

pub async fn a_picture_is_labelled_and_accepted(admin: &User, origin: &str, folder: &Path) {
    let pictures = std::env::var_os("SWATH_TEST_PICTURES").expect("run this through tests/run");
    let media = folder.join("media/coins");
    std::fs::create_dir(&media).unwrap();
    std::fs::copy(Path::new(&pictures).join("coins.png"), media.join("coins.png")).unwrap();
    let team = Team::found(admin, "browsing").await;
    let (anna, rosa) = (team.annotator("Anna").await, team.reviewer("Rosa").await);
    let job = team.job(&team.dataset_from(json!({"folder": media})).await, json!({})).await;

    let annotating = signed_in(origin, &team, &anna, "/work").await;
    annotating.see("main.calm button.main:focus").await;
    annotating.enter().await;
    annotating.see(".picture[data-picture=shown]").await;
    annotating.see("footer.save button.main:enabled").await;
    annotating.press(BOX).await;
    annotating.enter().await;
    annotating.see(".done button.main").await;
    annotating.enter().await;
    annotating.see("main.calm").await;

    let reviewing = signed_in(origin, &team, &rosa, "/reviews").await;
    reviewing.see("main.calm button.main:focus").await;
    reviewing.enter().await;
    reviewing.see(".picture[data-picture=shown]").await;
    reviewing.see("footer.save button.main:enabled").await;
    reviewing.enter().await;
    reviewing.see(".done button.main").await;
    reviewing.enter().await;
    team.becomes(&job, "done", crate::TOOL_TIMEOUT).await;

    annotating.goto(&format!("{origin}/mine")).await;
    annotating.see("main").await;
    annotating.says("What I did today").await;
    annotating.close().await;
    reviewing.close().await;
}

async fn signed_in(origin: &str, team: &Team, user: &User, page: &str) -> Browser {
    let link = team.manager.post("/v1/sign-in-links", json!({"user": user.id})).await.created();
    let browser = Browser::open().await.unwrap();
    browser.goto(&format!("{origin}{page}#sign-in={}", link["code"].as_str().unwrap())).await;
    browser.see("main button.main:focus").await;
    browser.enter().await;
    browser.says(&user.name).await;
    browser
}
