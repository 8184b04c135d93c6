//! A team's whole work on an empty server: pictures, users, a job, labels, verdicts, rework, and the export. Once by
//! keyboard alone and once by mouse; in the distributed deployment through nginx as shipped.

use serde_json::json;
use swath_browser::Browser;
use swath_harness::client::Job;
use swath_harness::{Settings, Team, World, until};

use crate::input_device::InputDevice;
use crate::recording::Recording;
use crate::scene::{PHOTOGRAPHS, SYNC_TIMEOUT, copy_photograph, signed_in};
use crate::setting_up::{focus_is_on, invite, join, list};

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_team_by_keyboard_alone() {
    the_day_of_a_team(InputDevice::Keys).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_team_by_mouse() {
    the_day_of_a_team(InputDevice::Mouse).await;
}

async fn the_day_of_a_team(device: InputDevice) {
    let world = World::start(Settings::default()).await.unwrap();
    let team = world.team("of the day").await;
    let recording = Recording::to(&world).await;
    let manager = signed_in(&recording.origin(), &team, &team.manager, "/manage").await;
    send_pictures(&manager, device).await;
    let zoe = join(&invite(&manager, device, "Zoe", &[]).await, device, "Zoe").await;
    // One invitation has the annotator role removed, the other has the reviewer role added.
    let rob = join(&invite(&manager, device, "Rob", &["annotator", "reviewer"]).await, device, "Rob").await;
    make_job(&manager, device).await;
    let jobs = list(&team, &format!("/v1/jobs?team={}", team.id)).await;
    let job = Job { id: jobs[0]["id"].as_str().unwrap().to_owned() };

    go(&zoe, &recording, "/work").await;
    device.take(&zoe).await;
    for place in 1..=PHOTOGRAPHS.len() {
        device.label(&zoe, place).await;
    }
    device.finish(&zoe).await;
    manager.says("3 items wait for review").await;
    go(&rob, &recording, "/reviews").await;
    review(&rob, device, &[2]).await;
    manager.says("1 to be done again").await;

    go(&zoe, &recording, "/work").await;
    device.take(&zoe).await;
    zoe.see(".strip li:only-child button[data-state=sent-back]").await;
    device.label(&zoe, 1).await;
    device.finish(&zoe).await;
    manager.says("1 item waits for review").await;
    go(&rob, &recording, "/reviews").await;
    review(&rob, device, &[]).await;
    team.becomes(&job, "done", SYNC_TIMEOUT).await;

    manager.says("3 items accepted").await;
    export(&manager, device, &team, &job).await;
    for browser in [manager, zoe, rob] {
        browser.close().await;
    }
    recording.agrees(&team, &job).await;
}

async fn go(browser: &Browser, recording: &Recording, page: &str) {
    browser.goto(&format!("{}{page}", recording.origin())).await;
}

async fn send_pictures(browser: &Browser, device: InputDevice) {
    let computer = tempfile::tempdir().unwrap();
    for name in PHOTOGRAPHS {
        copy_photograph(name, &computer.path().join(name));
    }
    let chosen = PHOTOGRAPHS.map(|name| computer.path().join(name).display().to_string());
    device.press(browser, "Datasets").await;
    focus_is_on(browser, "Datasets").await;
    device.press(browser, "New dataset").await;
    // The dialog for choosing files belongs to the browser.
    browser.see("input[type=file]").await.send_keys(&chosen.join("\n")).await.unwrap();
    browser.says("3 pictures").await;
    device.fill(browser, "Name", "Things").await;
    device.press(browser, "Make the dataset").await;
    focus_is_on(browser, "Things").await;
    browser.says("ready").await;
}

async fn make_job(browser: &Browser, device: InputDevice) {
    device.press(browser, "Jobs").await;
    focus_is_on(browser, "Jobs").await;
    device.press(browser, "New job").await;
    browser.see("fieldset .chips button").await;
    device.press(browser, "Things").await;
    browser.see(".pictures img").await;
    device.fill(browser, "Title", "Boxes around things").await;
    device.fill(browser, "Class 1", "thing").await;
    device.press(browser, "Make the job").await;
    focus_is_on(browser, "Boxes around things").await;
    browser.says("3 items wait to be labelled").await;
}

/// Takes the next submission, rejects the items at these positions, accepts the others, and decides.
async fn review(browser: &Browser, device: InputDevice, rejected: &[usize]) {
    device.take(browser).await;
    browser.see(".submission").await;
    let count =
        browser.script("return document.querySelectorAll('.submission li').length").await.as_u64().unwrap();
    for place in 1..=count as usize {
        browser.see(&format!(".submission li:nth-child({place}) button[aria-current=step]")).await;
        browser.see("footer.save button.main:enabled").await;
        device.judge(browser, !rejected.contains(&place)).await;
    }
    device.finish(browser).await;
    browser.misses(".submission").await;
}

/// Exports the job, and compares the downloaded file with the API's answer.
async fn export(browser: &Browser, device: InputDevice, team: &Team, job: &Job) {
    device.press(browser, "Export").await;
    browser.see(".parts form").await;
    match device {
        InputDevice::Keys => browser.enter_on("Export").await,
        InputDevice::Mouse => browser.click(".parts form button[type=submit]").await,
    }
    browser.says("is complete").await;
    let kept = browser.download("Boxes around things.jsonl");
    let text = until("the file", SYNC_TIMEOUT, async || std::fs::read_to_string(&kept).ok()).await.unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, team.export(job).await);
    let rounds: Vec<_> = lines.iter().map(|line| line["round"].clone()).collect();
    assert_eq!(rounds, [json!(1), json!(2), json!(1)], "{text}");
}
