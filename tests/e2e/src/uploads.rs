//! Uploaded pictures: who may upload, what is accepted, and who sees it.

mod attack;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::Answer;
use swath_harness::{Settings, Team, User, World};

/// A complete PNG of this grey, eight by six pixels.
pub(crate) fn png(grey: u8) -> Vec<u8> {
    grey_png(8, 6, grey)
}

/// A complete PNG of one grey.
pub(crate) fn grey_png(width: u32, height: u32, grey: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![grey; (width * height) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

fn path(team: &Team, name: &str) -> String {
    format!("/v1/teams/{}/files?name={name}", team.id)
}

async fn send(user: &User, team: &Team, name: &str, content: Vec<u8>) -> Answer {
    user.request(Method::POST, &path(team, name)).body("application/octet-stream", content).send().await
}

/// Uploads a picture and returns its URI.
async fn uploaded(team: &Team, name: &str, content: Vec<u8>) -> String {
    let reply = send(&team.manager, team, name, content).await.created();
    reply["uri"].as_str().unwrap().to_owned()
}

async fn used(team: &Team) -> i64 {
    team.manager.get(&format!("/v1/teams/{}/files", team.id)).await.ok()["bytes"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_picture_is_labelled_reviewed_and_exported_by_its_name() {
    let world = World::shared().await;
    let team = world.team("uploads").await;
    let reply = send(&team.manager, &team, "night/a%20b.png", png(7)).await.created();
    assert_eq!(
        (&reply["type"], &reply["width"], &reply["height"], &reply["bytes"]),
        (&json!("image/png"), &json!(8), &json!(6), &json!(png(7).len()))
    );
    let first = reply["uri"].as_str().unwrap().to_owned();
    assert_eq!(first, format!("upload:{}/night/a%20b.png", reply["id"].as_str().unwrap()));
    let second = uploaded(&team, "night/c.png", png(8)).await;
    let manifest = format!("{{\"uri\": \"{first}\"}}\n{{\"uri\": \"{second}\", \"labels\": [\"dark\"]}}\n");
    let made = team.manager.request(Method::POST, &format!("/v1/datasets?name=night&team={}", team.id));
    let made = made.body("application/x-ndjson", manifest).send().await.created();
    let dataset = team.dataset_ready(made["id"].as_str().unwrap()).await;
    let items = team.manager.list(&format!("/v1/datasets/{}/items", dataset.id)).await;
    assert_eq!(
        (&items[0]["uri"], &items[0]["width"], &items[0]["size"]),
        (&json!(first), &json!(8), &json!("known"))
    );

    let job = team.job(&dataset, json!({})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let url = lease.body["assignment"]["items"][0]["media_url"].as_str().unwrap().to_owned();
    let nobody = world.stranger(None);
    let shown = nobody.get(&url).await.is(200);
    assert_eq!(shown.bytes(), png(7));
    for (header, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, max-age=60"),
        ("content-disposition", "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png"),
    ] {
        assert_eq!(shown.header(header), value, "{header}");
    }
    let part = nobody.request(Method::GET, &url).header("range", "bytes=1-3").send().await.is(206);
    assert_eq!(part.bytes(), b"PNG");
    let known = nobody.request(Method::GET, &url).header("if-none-match", shown.header("etag")).send().await;
    known.is(304);
    anna.finish(&lease).await;
    let rosa = team.reviewer("rosa").await;
    let review = rosa.review(&job).await;
    let url = review.body["assignment"]["items"][1]["media_url"].as_str().unwrap();
    assert_eq!(nobody.get(url).await.is(200).bytes(), png(8));
    rosa.decide(&review).await.ok();
    let coco = team.manager.get(&job.path("/export?format=coco")).await.ok();
    let names: Vec<_> =
        coco["images"].as_array().unwrap().iter().map(|image| image["file_name"].clone()).collect();
    assert_eq!(json!(names), json!(["a b.png", "c.png"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_kept_once_and_a_name_stands_once_in_a_dataset() {
    let team = World::shared().await.team("same").await;
    let first = send(&team.manager, &team, "a.png", png(1)).await.created();
    let bytes = used(&team).await;
    assert_eq!(bytes, png(1).len() as i64);
    let again = send(&team.manager, &team, "b.png", png(1)).await.ok();
    assert_eq!((&again["id"], used(&team).await), (&first["id"], bytes));
    let other = uploaded(&team, "a.png", png(2)).await;
    let items = json!({"items": [{"uri": first["uri"]}, {"uri": again["uri"]}]});
    let dataset = team.dataset_from(items).await;
    let more = json!({"items": [{"uri": other}]});
    let appended = team.manager.post(&format!("/v1/datasets/{}/items", dataset.id), more).await;
    appended.invalid("is in the dataset already");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_send_at_once_stay_within_the_quota() {
    // All files have the same length, however well they compress.
    let sized = |grey| [png(grey), vec![0; 200 - png(grey).len()]].concat();
    let bytes = sized(0).len();
    let most = bytes * 5 + bytes / 2;
    let settings = Settings::default().with("SWATH__FILES__TEAM_BYTES", most.to_string());
    let world = World::start(settings).await.unwrap();
    let team = world.team("quota").await;
    let sends = (0..12).map(|grey| {
        let (team, content) = (team.clone(), sized(grey));
        async move { send(&team.manager, &team, &format!("{grey}.png"), content).await }
    });
    let answers = futures::future::join_all(sends).await;
    let taken = answers.iter().filter(|answer| answer.status() == 201).count();
    let refused: Vec<_> = answers.into_iter().filter(|answer| answer.status() != 201).collect();
    assert_eq!((taken, refused.len()), (5, 7));
    refused.into_iter().for_each(|answer| drop(answer.refused(413, "too-large")));
    assert_eq!(used(&team).await, (bytes * 5) as i64);
    let reply = team.manager.get(&format!("/v1/teams/{}/files", team.id)).await.ok();
    assert_eq!((&reply["bytes_most"], &reply["is_configured"]), (&json!(most), &json!(true)));
    // Another team has a quota of its own.
    let other = world.team("other").await;
    uploaded(&other, "a.png", png(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_dataset_names_is_deleted_and_what_one_names_stays() {
    let settings = Settings::default().with("SWATH__FILES__UNUSED_SECONDS", "1");
    let world = World::start(settings).await.unwrap();
    let team = world.team("unused").await;
    let kept = uploaded(&team, "kept.png", png(1)).await;
    let dataset = team.dataset_from(json!({"items": [{"uri": kept}]})).await;
    let lost = uploaded(&team, "lost.png", png(2)).await;
    let swept = swath_harness::until("the sweep", std::time::Duration::from_secs(60), || async {
        (used(&team).await == png(1).len() as i64).then_some(())
    });
    swept.await.unwrap();
    let more = json!({"items": [{"uri": lost}]});
    team.manager
        .post(&format!("/v1/datasets/{}/items", dataset.id), more)
        .await
        .invalid("names no uploaded picture");
    let job = team.job(&dataset, json!({})).await;
    let lease = team.annotator("anna").await.lease(&job).await;
    let url = lease.body["assignment"]["items"][0]["media_url"].as_str().unwrap();
    assert_eq!(world.stranger(None).get(url).await.is(200).bytes(), png(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_for_files_uploads_are_refused_by_the_settings_name() {
    let world = World::start(Settings::default()).await.unwrap();
    if world.deployment().is_embedded() {
        return;
    }
    let nowhere = ["ENDPOINT", "BUCKET", "PREFIX"]
        .into_iter()
        .fold(Settings::default(), |settings, key| settings.with(&format!("SWATH__FILES__S3_{key}"), ""));
    let world = World::start(nowhere).await.unwrap();
    let team = world.team("nowhere").await;
    let problem = send(&team.manager, &team, "a.png", png(1)).await.refused(503, "unavailable");
    assert!(problem["detail"].as_str().unwrap().contains("files.s3_bucket"), "{problem}");
    let reply: Value = team.manager.get(&format!("/v1/teams/{}/files", team.id)).await.ok();
    assert_eq!(reply["is_configured"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_instructions_is_shown_to_the_team_until_it_is_deleted() {
    let world = World::shared().await;
    let (team, other) = (world.team("guideline").await, world.team("others").await);
    let send = team.manager.request(Method::POST, &format!("{}&purpose=guideline", path(&team, "how.png")));
    let reply = send.body("image/png", png(5)).send().await.created();
    let shown = reply["uri"].as_str().unwrap().to_owned();
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({"instructions": format!("Like this: ![how]({shown})")})).await;
    let anna = team.annotator("anna").await;
    let html = anna.get(&job.path("")).await.ok()["instructions_html"].as_str().unwrap().to_owned();
    assert!(html.contains(&format!("src=\"{shown}\"")), "{html}");
    let seen = anna.get(&shown).await.is(200);
    assert_eq!((seen.bytes(), seen.header("content-type")), (&*png(5), "image/png"));
    assert_eq!(seen.header("x-content-type-options"), "nosniff");
    anna.request(Method::GET, &shown).header("if-none-match", seen.header("etag")).send().await.is(304);
    let elsewhere = shown.replace(&team.id, &other.id);
    for foreign in [&shown, &elsewhere] {
        other.manager.get(foreign).await.refused(404, "not-found");
        other.manager.delete(foreign).await.refused(404, "not-found");
    }
    // A picture for items cannot be seen by its id, and is kept while an item names it.
    let item = uploaded(&team, "a.png", png(6)).await;
    let id = item.strip_prefix("upload:").unwrap().split('/').next().unwrap();
    let by_id = format!("/v1/teams/{}/files/{id}", team.id);
    team.manager.get(&by_id).await.refused(404, "not-found");
    team.dataset_from(json!({"items": [{"uri": item}]})).await;
    team.manager.delete(&by_id).await.refused(409, "conflict");
    let as_item = format!("upload:{}/how.png", reply["id"].as_str().unwrap());
    let body = json!({"team": team.id, "name": "no items", "source": {"items": [{"uri": as_item}]}});
    team.manager.post("/v1/datasets", body).await.invalid("names no uploaded picture");
    anna.delete(&shown).await.refused(403, "forbidden");
    team.manager.delete(&shown).await.no_content();
    anna.get(&shown).await.refused(404, "not-found");
    assert_eq!(used(&team).await, png(6).len() as i64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_uploaded_from_the_command_line() {
    let team = World::shared().await.team("folder").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub dir")).unwrap();
    for (name, grey) in
        [("10.png", 10), ("9.png", 9), ("sub dir/ä.png", 1), ("notes.txt", 2), (".hidden.png", 3)]
    {
        std::fs::write(folder.path().join(name), png(grey)).unwrap();
    }
    let run = swath(&team, &["dataset", "add", "Streets", "--upload", folder.path().to_str().unwrap()]).await;
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(String::from_utf8_lossy(&run.stderr).contains("3/3 pictures"));
    let dataset = team.manager.list(&format!("/v1/datasets?team={}", team.id)).await.remove(0);
    let items = team.manager.list(&format!("/v1/datasets/{}/items", dataset["id"].as_str().unwrap())).await;
    let names: Vec<_> = items
        .iter()
        .map(|item| item["uri"].as_str().unwrap().split_once('/').unwrap().1.to_owned())
        .collect();
    assert_eq!(names, ["9.png", "10.png", "sub%20dir/%C3%A4.png"]);
    std::fs::write(folder.path().join("bad.png"), "no picture").unwrap();
    let run = swath(&team, &["dataset", "add", "Again", "--upload", folder.path().to_str().unwrap()]).await;
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && said.contains("bad.png") && said.contains("not a picture"), "{said}");
}

/// Runs the program as the team's manager.
async fn swath(team: &Team, arguments: &[&str]) -> std::process::Output {
    let mut command = tokio::process::Command::new(std::env::var("SWATH_TEST_BINARY").unwrap());
    let url = World::shared().await.origin();
    command.args(arguments).env("SWATH_URL", url).env("SWATH_TOKEN", team.manager.token());
    command.kill_on_drop(true).output().await.unwrap()
}
