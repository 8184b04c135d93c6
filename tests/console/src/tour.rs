//! A tour of every page in each of its states.

use serde_json::{Value, json};
use swath_harness::client::{Job, Lease};
use swath_harness::{Team, User, World};

use crate::scene::{hand_in, is_marked, is_shown, job_over, label, look_now, sign_in, signed_in, take};
use swath_browser::{Browser, ESCAPE, Theme};

/// Colourful photographs, in the order of the items.
const PHOTOGRAPHS: [&str; 3] = ["coffee.png", "chelsea.png", "rocket.jpg"];

/// Visits every page, and calls `look` with a name for each.
pub async fn of_every_page(look: impl AsyncFn(&Browser, &str)) {
    let world = World::shared().await;
    let team = world.team("tour").await;
    let (anna, rosa) = (team.annotator("Anna").await, team.reviewer("Rosa").await);
    for user in [&anna, &rosa] {
        // A plain name, without the suffix that makes names of tests unique.
        let name = json!({"name": user.name});
        world.admin().patch(&format!("/v1/users/{}", user.id), name).await.ok();
    }
    let job = job(world, &team).await;
    begin(&anna, &job).await;

    let annotating = Browser::open().await.unwrap();
    annotating.goto(&format!("{}/", world.origin())).await;
    annotating.see("#token").await;
    look(&annotating, "sign-in").await;
    annotating.goto(&format!("{}/work#sign-in=a-code", world.origin())).await;
    annotating.says("Sign in with this link").await;
    look(&annotating, "sign-in-link").await;
    sign_in(&annotating, world.origin(), &team, &anna, "/work").await;
    work(&annotating, &look).await;

    let reviewing = signed_in(world.origin(), &team, &rosa, "/reviews").await;
    review(&reviewing, &look).await;
    reviewing.close().await;

    rework(&annotating, &team, &job, &look).await;
    annotating.close().await;
    let manager = signed_in(world.origin(), &team, &team.manager, "/manage").await;
    manager.see(".jobs li").await;
    look(&manager, "manage").await;
    manager.click_on("Things on a table").await;
    manager.click_on("Log").await;
    manager.see(".log li").await;
    look(&manager, "manage-job").await;
    manager.click_on("Reassign").await;
    manager.see("dialog[open] .chips").await;
    look(&manager, "manage-reassign").await;
    manager.press(&ESCAPE.to_string()).await;
    manager.misses("dialog[open]").await;
    parts_of_a_job(&manager, &look).await;
    datasets(&manager, &look).await;
    new_job(&manager, &look).await;
    let link = people(&manager, &look).await;
    manager.close().await;
    joining(&link, &look).await;
}

async fn parts_of_a_job(browser: &Browser, look: &impl AsyncFn(&Browser, &str)) {
    browser.click_on("People and rounds").await;
    browser.see(".table a").await;
    look(browser, "manage-job-people").await;
    browser.click_on("Settings").await;
    browser.see(".parts .chips button:nth-child(2)").await;
    look(browser, "manage-job-settings").await;
    browser.click_on("Export").await;
    browser.see(".parts form select").await;
    look(browser, "manage-job-export").await;
    browser.click_on("Call off").await;
    browser.see(".sure").await;
    look(browser, "manage-job-call-off").await;
}

async fn datasets(browser: &Browser, look: &impl AsyncFn(&Browser, &str)) {
    browser.click_on("Datasets").await;
    browser.see(".jobs li").await;
    look(browser, "manage-datasets").await;
    browser.click(".jobs a").await;
    browser.see(".pictures li").await;
    look(browser, "manage-dataset").await;
    browser.click_on("All datasets").await;
    browser.click_on("New dataset").await;
    browser.see("input[type=file]").await;
    look(browser, "manage-new-dataset").await;
    browser.script("document.querySelector('form select').focus()").await;
    browser.press("A manifest").await;
    browser.see("input[type=file]:not([multiple]):not([webkitdirectory])").await;
    let computer = tempfile::tempdir().unwrap();
    let manifest = computer.path().join("streets.csv");
    let lines = (1..40).map(|line| format!("streets/{line}.jpg\n")).collect::<String>();
    std::fs::write(&manifest, format!("uri\n{lines}")).unwrap();
    let field = browser.see("input[type=file]").await;
    field.send_keys(&manifest.display().to_string()).await.unwrap();
    browser.click_on("Make the dataset").await;
    browser.see(".faults li").await;
    look(browser, "manage-new-dataset-faults").await;
}

async fn new_job(browser: &Browser, look: &impl AsyncFn(&Browser, &str)) {
    browser.click_on("Jobs").await;
    browser.click_on("New job").await;
    browser.see(".fields > fieldset .chips button").await;
    look(browser, "manage-new-job").await;
    browser.click(".fields > fieldset .chips button").await;
    browser.see(".pictures li").await;
    browser.click_on("Add a tag").await;
    browser.click_on("Make the job").await;
    browser.see("[aria-invalid=true]:focus").await;
    look(browser, "manage-new-job-faults").await;
}

/// Returns the link of an invitation.
async fn people(browser: &Browser, look: &impl AsyncFn(&Browser, &str)) -> String {
    browser.click_on("People").await;
    browser.see(".rows li").await;
    look(browser, "manage-people").await;
    browser.click_on("Details").await;
    browser.see(".tokens li").await;
    browser.click_on("Make a sign-in link").await;
    browser.see(".secret").await;
    browser.click_on("Remove from the team").await;
    browser.see(".sure").await;
    look(browser, "manage-person").await;
    browser.click_on("I have it").await;
    browser.click_on("Make an invitation").await;
    browser.see(".secret").await;
    look(browser, "manage-invitation").await;
    let link = browser.script("return document.querySelector('.secret input').value").await;
    link.as_str().expect("a link").to_owned()
}

async fn joining(link: &str, look: &impl AsyncFn(&Browser, &str)) {
    let browser = Browser::open().await.unwrap();
    browser.goto(link).await;
    browser.see("form input:focus").await;
    look(&browser, "join").await;
    browser.press("Zoe").await;
    browser.enter().await;
    browser.see("input[readonly]").await;
    look(&browser, "joined").await;
    browser.close().await;
}

async fn job(world: &World, team: &Team) -> Job {
    let wishes = json!({
        "title": "Things on a table",
        "description": "Photographs of everyday things, for a robot that lays tables.",
        "instructions": "Draw a box around each thing that could be lifted.\nLeave out what is cut off by the edge of the picture.",
        "classes": [
            {"name": "cup", "shape": "rectangle"},
            {"name": "spoon", "shape": "polygon"},
            {"name": "animal", "shape": "polygon"},
            {"name": "vehicle", "shape": "any"},
        ],
        "tags": [{"name": "blurred"}, {"name": "light", "values": ["day", "lamp"]}],
        "range_size": PHOTOGRAPHS.len(),
    });
    job_over(world, team, &PHOTOGRAPHS, wishes).await
}

/// The annotation that the first picture has in advance.
fn breakfast() -> Value {
    json!({
        "figures": [
            {"class": "cup", "shape": "rectangle", "geometry": {"x": 170, "y": 16, "width": 242, "height": 287}},
            {"class": "spoon", "shape": "polygon", "geometry": {"exterior": [
                [397, 70], [414, 66], [424, 78], [418, 100], [390, 236], [403, 258], [406, 285], [395, 312],
                [370, 326], [345, 323], [328, 303], [328, 280], [340, 260], [364, 245], [378, 236], [402, 96],
            ]}},
        ],
        "tags": [{"name": "light", "value": "lamp"}],
    })
}

/// Leases the range and saves its first item, as another device of the user might.
async fn begin(anna: &User, job: &Job) -> Lease {
    let lease = anna.lease(job).await;
    anna.confirm(&lease, lease.items()[0], breakfast()).await.ok();
    lease
}

async fn work(browser: &Browser, look: &impl AsyncFn(&Browser, &str)) {
    browser.click(".strip li:nth-child(1) button").await;
    is_shown(browser, 1).await;
    browser.press(".").await;
    browser.see(".figures button[aria-pressed=true]").await;
    look(browser, "work").await;
    dialog(browser, "?", "work-keys", look).await;
    dialog(browser, "s", "work-skip", look).await;
    browser.click_on("Give back").await;
    browser.see("dialog[open]").await;
    look(browser, "work-give-back").await;
    browser.press(&ESCAPE.to_string()).await;
    browser.misses("dialog[open]").await;
    browser.click_on("My list").await;
    browser.says("Things on a table").await;
    look(browser, "mine").await;
    browser.click_on("Work").await;
    for place in 2..=PHOTOGRAPHS.len() {
        label(browser, place).await;
        is_marked(browser, place, "saved").await;
    }
    browser.see(".done button.main").await;
    look(browser, "work-done").await;
    hand_in(browser).await;
    browser.says("There is no work for you").await;
    look(browser, "work-none").await;
}

async fn review(browser: &Browser, look: &impl AsyncFn(&Browser, &str)) {
    browser.see("main.calm button.main").await;
    look(browser, "reviews-resting").await;
    take(browser).await;
    browser.see("footer.save button.main:enabled").await;
    look(browser, "review").await;
    dialog(browser, "?", "review-keys", look).await;
    dialog(browser, "r", "review-reject", look).await;
    browser.press("1").await;
    browser.see(".submission button[data-state=rejected]").await;
    browser.click_on("My list").await;
    browser.says("Things on a table").await;
    look(browser, "mine-reviews").await;
    browser.click_on("Review").await;
    browser.see("footer.save button.main:enabled").await;
    browser.click_on("Accept the remaining").await;
    browser.see(".done button.main").await;
    look(browser, "review-done").await;
    hand_in(browser).await;
    browser.says("There is nothing for you to review").await;
    look(browser, "reviews-none").await;
}

/// The rejected item comes back to Anna, and is reassigned while she works.
async fn rework(browser: &Browser, team: &Team, job: &Job, look: &impl AsyncFn(&Browser, &str)) {
    look_now(browser).await;
    is_shown(browser, 1).await;
    look(browser, "work-sent-back").await;
    let rows = team.assignments(job).await;
    let held = rows.iter().find(|row| row["round"] == 2).expect("there is a rework");
    let path = format!("/v1/assignments/{}/reassign", held["id"].as_str().unwrap());
    team.manager.post(&path, json!({"reason": "it is urgent"})).await.ok();
    browser.enter().await;
    browser.says("This range is not yours any more").await;
    look(browser, "work-lost").await;
}

/// Opens a dialog by its key, calls `look`, and closes it.
async fn dialog(browser: &Browser, key: &str, name: &str, look: &impl AsyncFn(&Browser, &str)) {
    browser.press(key).await;
    browser.see("dialog[open]").await;
    look(browser, name).await;
    browser.press(&ESCAPE.to_string()).await;
    browser.misses("dialog[open]").await;
}

/// Calls `look` in both themes, as a user sees them whose system prefers one.
pub async fn in_both_themes(browser: &Browser, look: impl AsyncFn(Theme)) {
    for theme in Theme::ALL {
        browser.prefers(theme).await;
        look(theme).await;
    }
}
