//! Failures while a page is open: nothing is lost, nothing is doubled, and the checker agrees afterwards.

use swath_checker::Call;
use swath_harness::proxy::Line;
use swath_harness::{Settings, World, until};

use crate::recording::Recording;
use crate::scene::{SYNC_TIMEOUT, hand_in, has_status, is_marked, is_shown, job, label, signed_in, take};
use swath_browser::Browser;

/// The Page Up key in WebDriver.
const PAGE_UP: &str = "\u{e00e}";
/// True once the browser has requested the neighbouring pictures, which are loaded before they are needed.
const NEIGHBOURS_ARE_THERE: &str = "return performance.getEntriesByType('resource').filter((one) => one.name.includes('/media/')).length >= 2";
/// True if no item of the submission shows a verdict that is being sent.
const ALL_IS_SENT: &str = "
    const signs = [...document.querySelectorAll('.submission .sign')];
    return signs.length === 3 && !signs.some((sign) => sign.textContent.includes('↑'))";

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_cut_loses_nothing_and_doubles_nothing() {
    let world = World::shared().await;
    let (team, recording) = (world.team("console").await, Recording::to(world).await);
    let (anna, job) = (team.annotator("Anna").await, job(world, &team).await);
    let browser = signed_in(&recording.origin(), &team, &anna, "/work").await;
    take(&browser).await;
    is_shown(&browser, 1).await;
    browser.holds("the next picture", NEIGHBOURS_ARE_THERE).await;

    // The network is cut: the page says so, continues, and keeps unsent items through a reload.
    recording.proxy.cut();
    label(&browser, 1).await;
    is_marked(&browser, 1, "unsent").await;
    browser.says("not on the server yet").await;
    browser.reload_offline().await;
    recording.proxy.mend();
    browser.reload().await;
    is_marked(&browser, 1, "saved").await;

    // The server saves an item, and its answer is lost.
    save_without_an_answer(&browser, &recording, 2).await;
    // The same for an item that was saved before: the page must not take its own save for somebody else's.
    browser.press(PAGE_UP).await;
    save_without_an_answer(&browser, &recording, 2).await;
    browser.reload().await;
    label(&browser, 3).await;
    is_marked(&browser, 3, "saved").await;

    // The server accepts the submission, and that answer is lost as well.
    browser.see(".done button.main").await;
    recording.proxy.set(Line::Mute);
    hand_in(&browser).await;
    let is_handed_in =
        || async { (recording.done(|call| matches!(call, Call::Submit { .. })) > 0).then_some(()) };
    until("the hand-in", SYNC_TIMEOUT, is_handed_in).await.unwrap();
    recording.proxy.interrupt().await;
    browser.says("There is no work for you").await;
    has_status(&team, &job, "COMPLETED", 1).await;
    browser.close().await;
    recording.agrees(&team, &job).await;
}

/// Saves an item so that the server stores it and the page gets no answer before its retry.
async fn save_without_an_answer(browser: &Browser, recording: &Recording, place: usize) {
    let saves = || recording.done(|call| matches!(call, Call::Confirm { .. }));
    let before = saves();
    is_shown(browser, place).await;
    recording.proxy.set(Line::Mute);
    label(browser, place).await;
    is_marked(browser, place, "unsent").await;
    until("the save", SYNC_TIMEOUT, || async { (saves() > before).then_some(()) }).await.unwrap();
    recording.proxy.interrupt().await;
    is_marked(browser, place, "saved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_finds_everything_again() {
    let mut world = World::start(Settings::default()).await.unwrap();
    let (team, recording) = (world.team("console").await, Recording::to(&world).await);
    let (anna, job) = (team.annotator("Anna").await, job(&world, &team).await);
    let browser = signed_in(&recording.origin(), &team, &anna, "/work").await;
    take(&browser).await;
    label(&browser, 1).await;
    is_marked(&browser, 1, "saved").await;
    is_shown(&browser, 2).await;

    world.services_mut().iter_mut().for_each(swath_harness::Service::kill);
    label(&browser, 2).await;
    is_marked(&browser, 2, "unsent").await;
    for service in world.services_mut() {
        service.launch().unwrap();
    }
    for service in world.services_mut() {
        service.ready().await.unwrap();
    }
    is_marked(&browser, 2, "saved").await;

    // The session, the lease and the saved items are the same as before.
    browser.reload().await;
    is_marked(&browser, 1, "saved").await;
    is_marked(&browser, 2, "saved").await;
    label(&browser, 3).await;
    hand_in(&browser).await;
    has_status(&team, &job, "COMPLETED", 1).await;
    browser.close().await;
    recording.agrees(&team, &job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_that_are_given_without_a_network_arrive_once() {
    let world = World::shared().await;
    let (team, recording) = (world.team("console").await, Recording::to(world).await);
    let (anna, rosa) = (team.annotator("Anna").await, team.reviewer("Rosa").await);
    let job = job(world, &team).await;
    anna.at(&recording.direct()).work(&job).await;
    let browser = signed_in(&recording.origin(), &team, &rosa, "/reviews").await;
    take(&browser).await;
    browser.see("footer.save button.main:enabled").await;
    browser.holds("the next picture", NEIGHBOURS_ARE_THERE).await;

    recording.proxy.cut();
    browser.enter().await;
    browser.see(".submission li:nth-child(2) button[aria-current=step]").await;
    browser.see("footer.save button.main:enabled").await;
    browser.press("1").await;
    browser.says("2 verdicts are not on the server yet").await;
    recording.proxy.mend();
    browser.misses(".range-actions .warning").await;
    browser.reload().await;
    browser.see(".submission li:nth-child(2) button[data-state=rejected]").await;
    browser.see("footer.save button.main:enabled").await;
    browser.enter().await;

    // The server decides, and its answer is lost.
    browser.see(".done button.main").await;
    browser.holds("all verdicts to be sent", ALL_IS_SENT).await;
    recording.proxy.set(Line::Mute);
    hand_in(&browser).await;
    let is_decided =
        || async { (recording.done(|call| matches!(call, Call::Decide { .. })) > 0).then_some(()) };
    until("the decision", SYNC_TIMEOUT, is_decided).await.unwrap();
    recording.proxy.interrupt().await;
    browser.says("There is nothing for you to review").await;
    has_status(&team, &job, "REJECTED", 1).await;
    browser.close().await;
    recording.agrees(&team, &job).await;
}
