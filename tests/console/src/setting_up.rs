//! A manager sets up datasets, people and jobs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swath_browser::Browser;
use swath_harness::{Team, World, until};

use crate::input_device::InputDevice;
use crate::scene::{
    PHOTOGRAPHS, SYNC_TIMEOUT, copy_photograph, is_shown, job_with, look_now, signed_in, take,
};

/// A small picture as a data URI.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC";

/// The Backspace key in WebDriver.
const BACKSPACE: char = '\u{e003}';

/// A file on the manager's computer.
fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Chooses a file in the browser's dialog.
async fn choose(browser: &Browser, path: &Path) {
    let field = browser.see("input[type=file]").await;
    field.send_keys(&path.display().to_string()).await.unwrap();
}

/// The focused element contains this text.
pub async fn focus_is_on(browser: &Browser, words: &str) {
    let script = format!("return document.activeElement.textContent.includes('{words}')");
    browser.holds(&format!("the focus on `{words}`"), &script).await;
}

/// The field with this name shows this error, and has the focus.
async fn refuses(browser: &Browser, name: &str, words: &str) {
    let script = format!(
        "const field = document.activeElement;
        const said = (field.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent);
        return field.ariaInvalid === 'true' && [...field.labels].some((one) => one.textContent.includes('{name}')) && said.join().includes('{words}')"
    );
    browser.holds(&format!("a fault of `{name}`"), &script).await;
}

pub async fn list(team: &Team, path: &str) -> Vec<Value> {
    let told = team.manager.get(path).await.ok();
    told["items"].as_array().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_a_person_and_a_job_are_made_by_keyboard_alone() {
    let world = World::shared().await;
    let team = world.team("setting-up").await;
    let browser = signed_in(world.origin(), &team, &team.manager, "/manage").await;
    make_dataset(&browser).await;
    let link = invite(&browser, InputDevice::Keys, "Zoe", &[]).await;
    let zoe = join(&link, InputDevice::Keys, "Zoe from elsewhere").await;
    make_job(&browser).await;

    let jobs = list(&team, &format!("/v1/jobs?team={}", team.id)).await;
    let job = team.manager.get(&format!("/v1/jobs/{}", jobs[0]["id"].as_str().unwrap())).await.ok();
    assert_eq!((&job["title"], &job["range_size"]), (&json!("Red things"), &json!(50)), "{job}");
    let classes =
        json!([{"name": "thing", "shape": "rectangle"}, {"name": "other thing", "shape": "rectangle"}]);
    assert_eq!(job["classes"], classes);
    assert_eq!(job["annotators"].as_array().map(Vec::len), Some(1), "{job}");

    zoe.goto(&format!("{}/work", world.origin())).await;
    take(&zoe).await;
    look_now(&zoe).await;
    is_shown(&zoe, 1).await;
    zoe.close().await;
    browser.close().await;
}

async fn make_dataset(browser: &Browser) {
    let computer = tempfile::tempdir().unwrap();
    browser.enter_on("Datasets").await;
    focus_is_on(browser, "Datasets").await;
    browser.see("nav.lists a[aria-current=page][href*=datasets]").await;
    browser.enter_on("New dataset").await;
    browser.type_into("Where the items come from", "A manifest").await;
    browser.type_into("Name", "Small pictures").await;
    browser.tab_to("Manifest").await;
    choose(browser, &file(computer.path(), "bad.csv", "uri\nhttps://a.example/1.png\nnowhere\n\"\n")).await;
    browser.enter_on("Make the dataset").await;
    browser.says("2 faults. Nothing was taken in.").await;
    browser.says("line 3").await;
    browser.tab_to("Manifest").await;
    choose(browser, &file(computer.path(), "good.jsonl", &format!("{{\"uri\": \"{PICTURE}\"}}\n"))).await;
    browser.enter_on("Only check it").await;
    browser.says("Nothing is wrong with it: 1 item would come in.").await;
    browser.enter_on("Make the dataset").await;
    focus_is_on(browser, "Small pictures").await;
    browser.says("ready").await;
    browser.holds("the picture", "return document.querySelector('.pictures img')?.naturalWidth === 10").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_the_managers_computer_become_a_dataset() {
    let world = World::shared().await;
    let team = world.team("uploading").await;
    let browser = signed_in(world.origin(), &team, &team.manager, "/manage?datasets=new").await;
    let computer = tempfile::tempdir().unwrap();
    for (place, name) in PHOTOGRAPHS.iter().enumerate() {
        copy_photograph(name, &computer.path().join(format!("{}.png", place + 9)));
    }
    file(computer.path(), "notes.png", "this is a text");
    browser.tab_to("Pictures").await;
    // As a dialog sorts them; people count 9 before 10.
    let chosen = ["10.png", "11.png", "9.png", "notes.png"]
        .map(|name| computer.path().join(name).display().to_string());
    browser.see("input[type=file]").await.send_keys(&chosen.join("\n")).await.unwrap();
    browser.says("4 pictures").await;
    browser.type_into("Name", "Sent pictures").await;
    browser.enter_on("Make the dataset").await;
    browser.says("notes.png").await;
    browser.see("[role=alert]").await;
    assert_eq!(list(&team, &format!("/v1/datasets?team={}", team.id)).await, Vec::<Value>::new());

    browser.reload().await;
    browser.tab_to("Pictures").await;
    browser.see("input[type=file]").await.send_keys(&chosen[..3].join("\n")).await.unwrap();
    browser.says("3 pictures").await;
    browser.type_into("Name", "Sent pictures").await;
    browser.enter_on("Make the dataset").await;
    focus_is_on(&browser, "Sent pictures").await;
    browser.says("ready").await;
    const THUMBNAILS: &str = "
        const shown = [...document.querySelectorAll('.pictures img')];
        return shown.length === 3 && shown.every((one) => one.complete && one.naturalWidth > 0 && one.naturalWidth <= 256);";
    browser.holds("thumbnails", THUMBNAILS).await;
    let datasets = list(&team, &format!("/v1/datasets?team={}", team.id)).await;
    let items = list(&team, &format!("/v1/datasets/{}/items", datasets[0]["id"].as_str().unwrap())).await;
    let names = items.iter().map(|item| item["uri"].as_str().unwrap().rsplit('/').next().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["9.png", "10.png", "11.png"]);
    browser.close().await;
}

/// Creates an invitation with these roles toggled, and returns its link.
pub async fn invite(browser: &Browser, device: InputDevice, name: &str, roles: &[&str]) -> String {
    device.press(browser, "People").await;
    focus_is_on(browser, "People").await;
    for role in roles {
        device.tick(browser, role).await;
    }
    device.fill(browser, "For whom", name).await;
    device.press(browser, "Make an invitation").await;
    browser.see(".secret input:focus").await;
    let link = browser.script("return document.activeElement.value").await;
    device.press(browser, "Copy").await;
    browser.says("Copied.").await;
    device.press(browser, "I have it").await;
    browser.misses(".secret").await;
    focus_is_on(browser, "Make an invitation").await;
    browser.says("good until").await;
    link.as_str().expect("a link").to_owned()
}

/// Opens the link in a browser of its own, and joins.
pub async fn join(link: &str, device: InputDevice, name: &str) -> Browser {
    let browser = Browser::open().await.unwrap();
    browser.goto(link).await;
    browser.see("form input:focus").await;
    browser.press(name).await;
    browser.enter().await;
    browser.see("input[readonly]:focus").await;
    device.press(&browser, "I have it").await;
    browser.see("header.shell").await;
    browser.says(name).await;
    let kept =
        browser.script("return location.href + JSON.stringify({...localStorage, ...sessionStorage})").await;
    assert!(!kept.to_string().contains("swath_"), "{kept}");
    browser
}

async fn make_job(browser: &Browser) {
    browser.enter_on("Jobs").await;
    focus_is_on(browser, "Jobs").await;
    browser.enter_on("New job").await;
    browser.see("fieldset .chips button").await;
    browser.enter_on("Small pictures").await;
    browser.see(".pictures img").await;
    browser.type_into("Title", "Red things").await;
    browser.type_into("Class 1", "thing").await;
    browser.enter().await;
    browser
        .holds("the next class", "return document.activeElement.labels?.[0]?.textContent === 'Class 2'")
        .await;
    browser.press("other thing").await;
    browser.type_into("Find by name", "zoe").await;
    browser.see("fieldset .chips button:nth-child(2)").await;
    browser.enter_on("Zoe from elsewhere").await;
    browser.enter_on("Make the job").await;
    focus_is_on(browser, "Red things").await;
    browser.says("waits to be labelled: 1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_stays_and_what_is_wrong_stands_at_its_field() {
    let world = World::shared().await;
    let team = world.team("setting-up").await;
    job_with(world, &team, json!({})).await;
    let browser = signed_in(world.origin(), &team, &team.manager, "/manage?new").await;
    browser.type_into("Title", "Half a job").await;
    browser.enter_on("Make the job").await;
    refuses(&browser, "Find by name", "Choose a dataset").await;
    browser.reload().await;
    browser.says("The draft is kept").await;
    browser.see("fieldset .chips button").await;
    browser.enter_on("dataset").await;
    browser.see(".pictures li").await;
    browser.type_into("Class 1", "thing").await;
    browser.type_into("Pictures in a range", "5000").await;
    browser.type_into("Rounds", "x").await;
    browser.enter_on("Make the job").await;
    refuses(&browser, "Rounds", "invalid type").await;
    browser.press(&BACKSPACE.to_string()).await;
    browser.enter_on("Make the job").await;
    refuses(&browser, "Pictures in a range", "must be between 1 and 1000").await;
    browser.press(&BACKSPACE.to_string()).await;
    browser.enter_on("Make the job").await;
    focus_is_on(&browser, "Half a job").await;
    assert_eq!(list(&team, &format!("/v1/jobs?team={}&name=half", team.id)).await[0]["range_size"], 500);
    browser.goto(&format!("{}/manage?new", world.origin())).await;
    browser.see("fieldset .chips button").await;
    browser
        .holds(
            "an empty form",
            "return [...document.querySelectorAll('input')].every((one) => one.value !== 'Half a job')",
        )
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_loses_what_they_hold_and_the_page_says_so_before() {
    let world = World::shared().await;
    let team = world.team("setting-up").await;
    let anna = team.annotator("Anna").await;
    let job = job_with(world, &team, json!({})).await;
    anna.lease(&job).await;
    let browser = signed_in(world.origin(), &team, &team.manager, "/manage?people").await;
    browser.type_into("Find by name", "anna").await;
    browser
        .holds("one person", "return document.querySelectorAll('.rows button[aria-expanded]').length === 1")
        .await;
    browser.enter_on("Details").await;
    browser.says("Everyday things").await;
    browser.says("being labelled").await;

    browser.tab_to("reviewer").await;
    browser.press(" ").await;
    browser.enter_on("Save the roles").await;
    browser.says("Saved.").await;
    browser.says("annotator, reviewer").await;
    browser.enter_on("Make a token").await;
    browser.see(".secret input:focus").await;
    browser.enter_on("I have it").await;
    browser.says("never used").await;
    let tokens = list(&team, &format!("/v1/tokens?team={}&user={}", team.id, anna.id)).await;
    assert_eq!(tokens.len(), 2, "{tokens:?}");

    browser.enter_on("Remove from the team").await;
    browser.says("holds 1 range. It goes back to the queue at once").await;
    browser.enter_on("Remove Anna").await;
    browser.see("#find-person:focus").await;
    browser.says("There is nobody of this name").await;
    let rows = team.assignments(&job).await;
    assert_eq!((&rows[0]["status"], &rows[0]["holder"]), (&json!("PENDING"), &Value::Null), "{rows:?}");
    until("the token to end", SYNC_TIMEOUT, async || {
        (anna.get("/v1/me").await.status() == 401).then_some(())
    })
    .await
    .unwrap();
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_changed_counted_and_exported() {
    let world = World::shared().await;
    let team = world.team("setting-up").await;
    let anna = team.annotator("Anna").await;
    let job = job_with(world, &team, json!({"review": {"rule": "none"}})).await;
    let lease = anna.lease(&job).await;
    anna.finish(&lease).await;
    team.becomes(&job, "done", SYNC_TIMEOUT).await;
    let browser = signed_in(world.origin(), &team, &team.manager, &format!("/manage?job={}", job.id)).await;

    browser.enter_on("Settings").await;
    browser.type_into("Title", "Everyday things and more").await;
    browser.enter_on("Save").await;
    browser.says("Saved.").await;
    browser
        .holds(
            "the new title",
            "return document.querySelector('h1').textContent === 'Everyday things and more'",
        )
        .await;
    assert_eq!(team.look(&job).await["title"], "Everyday things and more");

    browser.enter_on("Export").await;
    browser.see(".parts form").await;
    browser.enter_on("Export").await;
    browser.says("is complete").await;
    let kept = browser.download("Everyday things and more.jsonl");
    let text = until("the file", SYNC_TIMEOUT, async || std::fs::read_to_string(&kept).ok()).await.unwrap();
    assert_eq!(text.lines().count(), PHOTOGRAPHS.len(), "{text}");

    browser.enter_on("People and rounds").await;
    browser.see(".table td a").await;
    browser.enter_on("1").await;
    focus_is_on(&browser, "Assignments").await;
    browser.says("Only: labelled by Anna").await;
    browser.see(".assignments .rows li").await;
    assert!(browser.script("return location.search").await.as_str().unwrap().contains("author="));
    browser.enter_on("Show all").await;
    browser.misses(".assignments p a").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_takes_in_who_is_signed_in_and_is_good_once() {
    let world = World::shared().await;
    let (team, other) = (world.team("setting-up").await, world.team("setting-up").await);
    let ben = other.annotator("Ben").await;
    let path = format!("/v1/teams/{}/invitations", team.id);
    let made = team.manager.post(&path, json!({"roles": ["reviewer"]})).await.created();
    let link = format!("{}/#invitation={}", world.origin(), made["invitation"].as_str().unwrap());

    let browser = Browser::open().await.unwrap();
    browser.goto(&format!("{}/mine", world.origin())).await;
    browser.see("#token:focus").await;
    browser.press(ben.token()).await;
    browser.enter().await;
    browser.says("What I hold").await;
    // In the tab in which the console is open, the link changes the end of the address alone.
    browser.goto(&link.replace("/#", "/mine#")).await;
    browser.says("You join as Ben").await;
    browser.see("button.main:focus").await;
    browser.enter().await;
    browser.see("input[readonly]:focus").await;
    browser.enter_on("I have it").await;
    browser.see("header.shell").await;
    let me =
        browser.script_async("fetch('/v1/me').then((told) => told.json()).then(arguments[0])", Vec::new());
    let me = me.await.unwrap();
    assert_eq!((&me["user"]["id"], &me["teams"][0]["id"]), (&json!(ben.id), &json!(team.id)), "{me}");
    assert_eq!(me["teams"][0]["roles"], json!(["reviewer"]));

    let late = Browser::open().await.unwrap();
    late.goto(&link).await;
    late.says("This invitation is not good any more").await;
    late.enter_on("Sign in instead").await;
    late.see("#token").await;
    late.close().await;
    browser.close().await;
}
