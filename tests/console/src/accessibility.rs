//! axe-core finds no violations on any page, in either theme.

use std::cell::RefCell;

use serde_json::Value;

use crate::tour;
use swath_browser::Browser;

/// Environment variable with the path of axe-core's script.
const AXE: &str = "SWATH_TEST_AXE";
/// Runs axe-core and returns its violations.
const RUN: &str = "
    const answer = arguments[0];
    const told = ({ id, help, nodes }) => `${id}: ${help}: ` + nodes.map(({ html }) => html).join(' ');
    axe.run(document, { resultTypes: ['violations'] })
        .then(({ violations }) => answer(violations.map(told)), (error) => answer([String(error)]));";

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_in_either_theme() {
    let script = std::env::var_os(AXE).expect("run this through tests/run");
    let script = std::fs::read_to_string(script).unwrap();
    let found = RefCell::new(Vec::new());
    tour::of_every_page(async |browser, page| {
        // The driver runs the script, because the page's content security policy would refuse it.
        browser.script(&script).await;
        tour::in_both_themes(browser, async |theme| {
            let violations = violations(browser).await;
            found
                .borrow_mut()
                .extend(violations.iter().map(|one| format!("{page}, {}: {one}", theme.name())));
        })
        .await;
    })
    .await;
    let found = found.into_inner();
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_a_button_without_a_name() {
    let script = std::fs::read_to_string(std::env::var_os(AXE).expect("run this through tests/run")).unwrap();
    let browser = Browser::open().await.unwrap();
    browser.script("document.body.append(document.createElement('button'))").await;
    browser.script(&script).await;
    let found = violations(&browser).await;
    assert!(found.iter().any(|one| one.starts_with("button-name")), "{found:?}");
    browser.close().await;
}

async fn violations(browser: &Browser) -> Vec<String> {
    let found = browser.script_async(RUN, Vec::new()).await.unwrap();
    let found = found.as_array().expect("axe-core answers with a list");
    found.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
