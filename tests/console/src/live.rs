//! Pages receive events live, and say when they cannot.

use serde_json::json;
use swath_browser::Browser;
use swath_harness::World;
use swath_harness::proxy::Proxy;

use crate::scene::{job, signed_in};

/// Stops the page's polling, so that it can only learn of changes from the stream.
async fn stop_the_clock(browser: &Browser) {
    const STOP: &str = "
        const real = window.setTimeout;
        window.setTimeout = (what, millis, ...rest) => (millis >= 9000 ? 0 : real(what, millis, ...rest));
        // This event makes the page poll once more, which clears the running timer.
        document.dispatchEvent(new Event('visibilitychange'));";
    browser.script(STOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_managers_see_what_the_other_one_and_the_annotators_do() {
    let world = World::shared().await;
    let team = world.team("live").await;
    let job = job(world, &team).await;
    let (anna, mia) = (team.annotator("Anna").await, team.member("Mia", &["manager"]).await);
    let page = format!("/manage?job={}", job.id);
    let first = signed_in(world.origin(), &team, &team.manager, &page).await;
    let second = signed_in(world.origin(), &team, &mia, &page).await;
    for browser in [&first, &second] {
        browser.says("3 items wait to be labelled").await;
        stop_the_clock(browser).await;
    }
    first.click_on("Pause").await;
    second.says("paused").await;
    second.click_on("Resume").await;
    first.says("active").await;
    anna.lease(&job).await;
    for browser in [&first, &second] {
        browser.says("Anna").await;
        browser.says("Range 1: 3 in progress").await;
    }
    first.close().await;
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_cut_goes_on_in_the_browser_without_a_gap() {
    let world = World::shared().await;
    let team = world.team("cut").await;
    let job = job(world, &team).await;
    let (proxy, origin) = Proxy::before(world.origin()).await.unwrap();
    let origin = origin.trim_end_matches('/');
    let browser = signed_in(origin, &team, &team.manager, &format!("/manage?job={}", job.id)).await;
    const LISTEN: &str = "
        window.heard = [];
        const stream = new EventSource('/v1/events');
        for (const event of ['ready', 'reset', 'job']) {
            stream.addEventListener(event, ({ data }) => window.heard.push(JSON.parse(data).action ?? event));
        }";
    let heard = async |what: &str| {
        browser.holds(what, &format!("return window.heard.join() === '{what}'")).await;
    };
    browser.script(LISTEN).await;
    heard("ready").await;
    team.manager.post(&job.path("/pause"), json!({})).await.ok();
    heard("ready,pause").await;
    browser.says("paused").await;
    stop_the_clock(&browser).await;

    proxy.cut();
    team.manager.post(&job.path("/resume"), json!({})).await.ok();
    proxy.mend();
    heard("ready,pause,resume,ready").await;
    browser.says("active").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_the_stream_says_so_and_asks_by_the_clock() {
    let world = World::shared().await;
    let team = world.team("polling").await;
    let job = job(world, &team).await;
    let anna = team.annotator("Anna").await;
    let browser = signed_in(world.origin(), &team, &team.manager, "/manage").await;
    browser.devtools("Network.enable", json!({})).await.unwrap();
    browser.devtools("Network.setBlockedURLs", json!({"urls": ["*/v1/events*"]})).await.unwrap();
    browser.goto(&format!("{}/manage?job={}", world.origin(), job.id)).await;
    browser.says("Not live at the moment").await;
    anna.lease(&job).await;
    browser.says("Range 1: 3 in progress").await;
    browser.devtools("Network.setBlockedURLs", json!({"urls": []})).await.unwrap();
    const IS_LIVE: &str = "return !document.body.textContent.includes('Not live at the moment')";
    browser.holds("the page to be live again", IS_LIVE).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_is_removed_is_signed_out_of_the_open_page() {
    let world = World::shared().await;
    let team = world.team("removed").await;
    let job = job(world, &team).await;
    let mia = team.member("Mia", &["manager"]).await;
    let browser = signed_in(world.origin(), &team, &mia, &format!("/manage?job={}", job.id)).await;
    browser.says("3 items wait to be labelled").await;
    stop_the_clock(&browser).await;
    team.manager.delete(&format!("/v1/teams/{}/members/{}", team.id, mia.id)).await.no_content();
    browser.misses("header.shell").await;
    browser.see("main").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_leads_from_the_whole_job_to_the_assignments_of_a_range_by_keyboard() {
    let world = World::shared().await;
    let team = world.team("map").await;
    let job = team.job(&team.dataset(5_000).await, json!({"range_size": 2, "title": "Long one"})).await;
    let anna = team.annotator("Anna").await;
    let lease = anna.lease(&job).await;
    let range = lease.body["assignment"]["number"].as_u64().unwrap();
    let browser = signed_in(world.origin(), &team, &team.manager, &format!("/manage?job={}", job.id)).await;
    browser.see(".map[role=slider] > span:nth-child(2)").await;
    browser.script("document.querySelector('.map').focus()").await;
    // The coverage of the whole job must not be shown as the answer to a closer look: the map is busy from the first
    // moment.
    const WATCH: &str = "
        const place = document.querySelector('.job-map');
        window.wasBusy = null;
        new MutationObserver(() => {
            if (window.wasBusy === null && place.textContent.includes('Back')) window.wasBusy = place.querySelector('.map').ariaBusy;
        }).observe(place, { subtree: true, childList: true, attributes: true, characterData: true });";
    browser.script(WATCH).await;
    // Moves right to the bucket in which somebody works, zooms in until it is a range, and moves to that.
    const HERE: &str = "
        const map = document.querySelector('.map[role=slider]:focus');
        const at = [...map.children].findIndex((one) => one.querySelector('[data-state=in_progress]'));
        const steps = at - Number(map.getAttribute('aria-valuenow'));";
    const IS_CLOSER: &str = "
        const map = document.querySelector('.map[role=slider]:focus[aria-busy=false]');
        return map !== null && document.querySelector('.job-map').textContent.includes('Back');";
    for is_range in [false, true] {
        let steps = browser.script(&format!("{HERE} return steps;")).await.as_i64().unwrap();
        let arrow = if steps < 0 { "\u{e012}" } else { "\u{e014}" };
        browser.press(&arrow.repeat(steps.unsigned_abs() as usize)).await;
        browser.holds("the stretch", &format!("{HERE} return steps === 0;")).await;
        browser.enter().await;
        if !is_range {
            browser.holds("a closer look", IS_CLOSER).await;
            assert_eq!(browser.script("return window.wasBusy").await, "true");
        }
    }
    let shown = format!("return new URLSearchParams(location.search).get('range') === '{range}'");
    browser.holds("the range in the address", &shown).await;
    browser.says(&format!("Only: Range {}", range + 1)).await;
    browser.see(".assignments .rows > li:only-child").await;
    // Escape leads back to the whole job.
    browser.script("document.querySelector('.map').focus()").await;
    browser.press(&swath_browser::ESCAPE.to_string()).await;
    browser
        .holds("the whole job", "return !document.querySelector('.job-map').textContent.includes('Back')")
        .await;
    browser.close().await;
}
