//! The day of a team, on a server where nothing stands: pictures, people, a job, labels, a reviewer's verdicts, rework, and the
//! export. By keyboard alone.

use serde_json::json;
use swath_browser::Browser;
use swath_harness::client::Job;
use swath_harness::{Settings, Team, World, until};

use crate::scene::{KNOWN, PHOTOGRAPHS, box_by_keys, copy_photograph, label_all, signed_in, take};
use crate::setting_up::{focus_is_on, invite, join, list};

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_team_by_keyboard_alone() {
    let world = World::start(Settings::default()).await.unwrap();
    let team = world.team("of the day").await;
    let manager = signed_in(world.origin(), &team, &team.manager, "/manage").await;
    send_pictures(&manager).await;
    let zoe = join(&invite(&manager, "Zoe", &[]).await, "Zoe").await;
    // A space takes the role of annotators away and gives that of reviewers.
    let rob = join(&invite(&manager, "Rob", &["annotator", "reviewer"]).await, "Rob").await;
    make_job(&manager).await;
    let jobs = list(&team, &format!("/v1/jobs?team={}", team.id)).await;
    let job = Job { id: jobs[0]["id"].as_str().unwrap().to_owned() };

    zoe.goto(&format!("{}/work", world.origin())).await;
    take(&zoe).await;
    label_all(&zoe).await;
    manager.says("3 items wait for review").await;
    rob.goto(&format!("{}/reviews", world.origin())).await;
    review(&rob, &[2]).await;
    manager.says("1 to be done again").await;

    zoe.goto(&format!("{}/work", world.origin())).await;
    take(&zoe).await;
    zoe.see(".strip li:only-child button[data-state=sent-back]").await;
    zoe.see("footer.save button.main:enabled").await;
    zoe.press(&box_by_keys()).await;
    zoe.enter().await;
    zoe.see(".done button.main").await;
    zoe.enter().await;
    manager.says("1 item waits for review").await;
    rob.goto(&format!("{}/reviews", world.origin())).await;
    review(&rob, &[]).await;
    team.becomes(&job, "done", KNOWN).await;

    manager.says("3 items accepted").await;
    export(&manager, &team, &job).await;
    for browser in [manager, zoe, rob] {
        browser.close().await;
    }
}

async fn send_pictures(browser: &Browser) {
    let computer = tempfile::tempdir().unwrap();
    for name in PHOTOGRAPHS {
        copy_photograph(name, &computer.path().join(name));
    }
    let chosen = PHOTOGRAPHS.map(|name| computer.path().join(name).display().to_string());
    browser.enter_on("Datasets").await;
    focus_is_on(browser, "Datasets").await;
    browser.enter_on("New dataset").await;
    browser.tab_to("Pictures").await;
    browser.see("input[type=file]").await.send_keys(&chosen.join("\n")).await.unwrap();
    browser.says("3 pictures").await;
    browser.type_into("Name", "Things").await;
    browser.enter_on("Make the dataset").await;
    focus_is_on(browser, "Things").await;
    browser.says("ready").await;
}

async fn make_job(browser: &Browser) {
    browser.enter_on("Jobs").await;
    focus_is_on(browser, "Jobs").await;
    browser.enter_on("New job").await;
    browser.see("fieldset .chips button").await;
    browser.enter_on("Things").await;
    browser.see(".pictures img").await;
    browser.type_into("Title", "Boxes around things").await;
    browser.type_into("Class 1", "thing").await;
    browser.enter_on("Make the job").await;
    focus_is_on(browser, "Boxes around things").await;
    browser.says("3 items wait to be labelled").await;
}

/// Takes the submission that waits, rejects the items at these places, accepts the others, and decides.
async fn review(browser: &Browser, rejected: &[usize]) {
    browser.see("main button.main:focus").await;
    browser.enter().await;
    browser.see(".submission").await;
    let count =
        browser.script("return document.querySelectorAll('.submission li').length").await.as_u64().unwrap();
    for place in 1..=count as usize {
        browser.see(&format!(".submission li:nth-child({place}) button[aria-current=step]")).await;
        browser.see("footer.save button.main:enabled").await;
        if rejected.contains(&place) {
            browser.press("1").await;
        } else {
            browser.enter().await;
        }
    }
    browser.see(".done button.main").await;
    browser.enter().await;
    browser.misses(".submission").await;
}

/// Exports the job, and compares what the browser keeps with what the API gives.
async fn export(browser: &Browser, team: &Team, job: &Job) {
    browser.enter_on("Export").await;
    browser.see(".parts form").await;
    browser.enter_on("Export").await;
    browser.says("is complete").await;
    let kept = browser.kept("Boxes around things.jsonl");
    let text = until("the file", KNOWN, async || std::fs::read_to_string(&kept).ok()).await.unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, team.export(job).await);
    let rounds: Vec<_> = lines.iter().map(|line| line["round"].clone()).collect();
    assert_eq!(rounds, [json!(1), json!(2), json!(1)], "{text}");
}
