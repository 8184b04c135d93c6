//! Signing in with a link, and signing out.

use serde_json::json;
use swath_harness::World;

use swath_browser::{Browser, ENTER};

#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_in_by_a_button_once_and_leaves_nothing_that_a_script_could_read() {
    let world = World::shared().await;
    let team = world.team("console").await;
    let anna = team.annotator("Anna").await;
    let link = team.manager.post("/v1/sign-in-links", json!({"user": anna.id})).await.created();
    let url = format!("{}/#sign-in={}", world.origin(), link["code"].as_str().unwrap());
    let browser = Browser::open().await.unwrap();
    browser.goto(&url).await;
    browser.see("main button.main").await;
    browser.press(&ENTER.to_string()).await;
    browser.says("Anna").await;
    let kept = browser.script(
        "return document.cookie + location.href + JSON.stringify({...localStorage, ...sessionStorage})",
    );
    let kept = kept.await.to_string();
    assert!(!kept.contains("swath_") && !kept.contains(link["code"].as_str().unwrap()), "{kept}");
    browser.reload().await;
    browser.says("Anna").await;

    // Another user finds the link in the browser's history.
    let other = Browser::open().await.unwrap();
    other.goto(&url).await;
    other.see("main button.main").await;
    other.press(&ENTER.to_string()).await;
    other.see("[role=alert]").await;
    other.close().await;
    browser.close().await;
}
