//! The day of a team, on a server where nothing stands: pictures, people, a job, labels, a reviewer's verdicts, rework, and the
//! export. Once by keyboard alone and once by mouse; in the distributed shape through nginx as it is shipped.

use serde_json::json;
use swath_browser::Browser;
use swath_harness::client::Job;
use swath_harness::{Settings, Team, World, until};

use crate::hand::Hand;
use crate::recording::Recording;
use crate::scene::{KNOWN, PHOTOGRAPHS, copy_photograph, signed_in};
use crate::setting_up::{focus_is_on, invite, join, list};

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_team_by_keyboard_alone() {
    the_day_of_a_team(Hand::Keys).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_team_by_mouse() {
    the_day_of_a_team(Hand::Mouse).await;
}

async fn the_day_of_a_team(hand: Hand) {
    let world = World::start(Settings::default()).await.unwrap();
    let team = world.team("of the day").await;
    let recording = Recording::to(&world).await;
    let manager = signed_in(&recording.origin(), &team, &team.manager, "/manage").await;
    send_pictures(&manager, hand).await;
    let zoe = join(&invite(&manager, hand, "Zoe", &[]).await, hand, "Zoe").await;
    // One takes the role of annotators away, the other gives that of reviewers.
    let rob = join(&invite(&manager, hand, "Rob", &["annotator", "reviewer"]).await, hand, "Rob").await;
    make_job(&manager, hand).await;
    let jobs = list(&team, &format!("/v1/jobs?team={}", team.id)).await;
    let job = Job { id: jobs[0]["id"].as_str().unwrap().to_owned() };

    go(&zoe, &recording, "/work").await;
    hand.take(&zoe).await;
    for place in 1..=PHOTOGRAPHS.len() {
        hand.label(&zoe, place).await;
    }
    hand.finish(&zoe).await;
    manager.says("3 items wait for review").await;
    go(&rob, &recording, "/reviews").await;
    review(&rob, hand, &[2]).await;
    manager.says("1 to be done again").await;

    go(&zoe, &recording, "/work").await;
    hand.take(&zoe).await;
    zoe.see(".strip li:only-child button[data-state=sent-back]").await;
    hand.label(&zoe, 1).await;
    hand.finish(&zoe).await;
    manager.says("1 item waits for review").await;
    go(&rob, &recording, "/reviews").await;
    review(&rob, hand, &[]).await;
    team.becomes(&job, "done", KNOWN).await;

    manager.says("3 items accepted").await;
    export(&manager, hand, &team, &job).await;
    for browser in [manager, zoe, rob] {
        browser.close().await;
    }
    recording.agrees(&team, &job).await;
}

async fn go(browser: &Browser, recording: &Recording, page: &str) {
    browser.goto(&format!("{}{page}", recording.origin())).await;
}

async fn send_pictures(browser: &Browser, hand: Hand) {
    let computer = tempfile::tempdir().unwrap();
    for name in PHOTOGRAPHS {
        copy_photograph(name, &computer.path().join(name));
    }
    let chosen = PHOTOGRAPHS.map(|name| computer.path().join(name).display().to_string());
    hand.press(browser, "Datasets").await;
    focus_is_on(browser, "Datasets").await;
    hand.press(browser, "New dataset").await;
    // The dialog in which files are chosen belongs to the browser.
    browser.see("input[type=file]").await.send_keys(&chosen.join("\n")).await.unwrap();
    browser.says("3 pictures").await;
    hand.fill(browser, "Name", "Things").await;
    hand.press(browser, "Make the dataset").await;
    focus_is_on(browser, "Things").await;
    browser.says("ready").await;
}

async fn make_job(browser: &Browser, hand: Hand) {
    hand.press(browser, "Jobs").await;
    focus_is_on(browser, "Jobs").await;
    hand.press(browser, "New job").await;
    browser.see("fieldset .chips button").await;
    hand.press(browser, "Things").await;
    browser.see(".pictures img").await;
    hand.fill(browser, "Title", "Boxes around things").await;
    hand.fill(browser, "Class 1", "thing").await;
    hand.press(browser, "Make the job").await;
    focus_is_on(browser, "Boxes around things").await;
    browser.says("3 items wait to be labelled").await;
}

/// Takes the submission that waits, rejects the items at these places, accepts the others, and decides.
async fn review(browser: &Browser, hand: Hand, rejected: &[usize]) {
    hand.take(browser).await;
    browser.see(".submission").await;
    let count =
        browser.script("return document.querySelectorAll('.submission li').length").await.as_u64().unwrap();
    for place in 1..=count as usize {
        browser.see(&format!(".submission li:nth-child({place}) button[aria-current=step]")).await;
        browser.see("footer.save button.main:enabled").await;
        hand.judge(browser, !rejected.contains(&place)).await;
    }
    hand.finish(browser).await;
    browser.misses(".submission").await;
}

/// Exports the job, and compares what the browser keeps with what the API gives.
async fn export(browser: &Browser, hand: Hand, team: &Team, job: &Job) {
    hand.press(browser, "Export").await;
    browser.see(".parts form").await;
    match hand {
        Hand::Keys => browser.enter_on("Export").await,
        Hand::Mouse => browser.click(".parts form button[type=submit]").await,
    }
    browser.says("is complete").await;
    let kept = browser.kept("Boxes around things.jsonl");
    let text = until("the file", KNOWN, async || std::fs::read_to_string(&kept).ok()).await.unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, team.export(job).await);
    let rounds: Vec<_> = lines.iter().map(|line| line["round"].clone()).collect();
    assert_eq!(rounds, [json!(1), json!(2), json!(1)], "{text}");
}
