//! Thumbnails: the server makes them for the dataset's managers, as long as the team may see the picture.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::Dataset;
use swath_harness::{Settings, Team, World, until};

use crate::roles::INLINE;
use crate::uploads::grey_png;

fn path(dataset: &Dataset, index: usize) -> String {
    format!("/v1/datasets/{}/items/{index}/thumbnail", dataset.id)
}

async fn refused(team: &Team, dataset: &Dataset, index: usize, reason: &str) {
    let problem = team.manager.get(&path(dataset, index)).await.refused(404, "no-thumbnail");
    assert_eq!(problem["reason"], reason, "{problem}");
}

async fn used(team: &Team) -> i64 {
    team.manager.get(&format!("/v1/teams/{}/files", team.id)).await.ok()["bytes"].as_i64().unwrap()
}

/// The dimensions of a JPEG that Swath has made.
fn sides(jpeg: &[u8]) -> (usize, usize) {
    let size = imagesize::blob_size(jpeg).unwrap();
    (size.width, size.height)
}

async fn uploaded(team: &Team, name: &str, content: Vec<u8>) -> String {
    let request = team.manager.request(Method::POST, &format!("/v1/teams/{}/files?name={name}", team.id));
    let reply = request.body("image/png", content).send().await.created();
    reply["uri"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbnail_is_made_once_and_known_again() {
    let world = World::shared().await;
    let team = world.team("thumbs").await;
    let folder = world.media_folder("thumbs").unwrap();
    std::fs::write(folder.join("a.png"), grey_png(1_000, 400, 90)).unwrap();
    let uri = uploaded(&team, "b.png", grey_png(300, 900, 9)).await;
    let file = format!("file://{}", folder.join("a.png").display());
    let items =
        json!({"items": [{"uri": file}, {"uri": uri}, {"uri": INLINE}, {"uri": "https://a.example/1.png"}]});
    let dataset = team.dataset_from(items).await;
    let before = used(&team).await;
    for (index, expected) in [(0, (256, 102)), (1, (85, 256)), (2, (1, 1))] {
        let shown = team.manager.get(&path(&dataset, index)).await.is(200);
        assert_eq!((shown.header("content-type"), sides(shown.bytes())), ("image/jpeg", expected));
        assert_eq!(shown.header("cache-control"), "private, max-age=60");
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        let again = team.manager.request(Method::GET, &path(&dataset, index));
        again.header("if-none-match", shown.header("etag")).send().await.is(304);
    }
    refused(&team, &dataset, 3, "web").await;
    team.manager.get(&path(&dataset, 4)).await.refused(404, "not-found");
    let kept = used(&team).await;
    assert!(kept > before, "thumbnails are counted");
    // Thumbnails are kept, so the picture may be deleted.
    std::fs::remove_file(folder.join("a.png")).unwrap();
    team.manager.get(&path(&dataset, 0)).await.is(200);
    assert_eq!(used(&team).await, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_sees_thumbnails_as_long_as_it_may_see_the_picture() {
    let world = World::start(Settings::default().with("SWATH__MEDIA__SHARED", "s3://bucket")).await.unwrap();
    let (team, other) = (world.team("rights").await, world.team("others").await);
    let folder = world.media_folder("rights").unwrap();
    std::fs::write(folder.join("a.png"), grey_png(300, 300, 90)).unwrap();
    let media = format!("/v1/teams/{}/media", team.id);
    world.admin().put(&media, json!({"folders": [folder]})).await.is(200);
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    team.manager.get(&path(&dataset, 0)).await.is(200);
    other.manager.get(&path(&dataset, 0)).await.refused(404, "not-found");
    let anna = team.annotator("anna").await;
    anna.get(&path(&dataset, 0)).await.refused(403, "forbidden");
    world.stranger(None).get(&path(&dataset, 0)).await.refused(401, "unauthenticated");

    world.admin().put(&media, json!({"folders": []})).await.is(200);
    let gone = until("the thumbnail to be gone", Duration::from_secs(20), || async {
        (team.manager.get(&path(&dataset, 0)).await.status() == 404).then_some(())
    });
    gone.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_and_damaged_pictures_have_none_and_end_nothing() {
    let world = World::shared().await;
    let team = world.team("bombs").await;
    let folder = world.media_folder("bombs").unwrap();
    let claims = |width: u32, height: u32| {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    };
    std::fs::write(folder.join("1.png"), claims(60_000, 60_000)).unwrap();
    std::fs::write(folder.join("2.png"), claims(100, 100)).unwrap();
    std::fs::write(folder.join("3.png"), grey_png(9_000, 6_000, 0)).unwrap();
    std::fs::write(folder.join("4.png"), grey_png(400, 300, 0)).unwrap();
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let gets = (0..24).map(|ask| {
        let (team, path) = (team.clone(), path(&dataset, ask % 4));
        async move { (ask % 4, team.manager.get(&path).await) }
    });
    for (index, answer) in futures::future::join_all(gets).await {
        let reply: Value = answer.json();
        match index {
            0 | 2 => assert_eq!((answer.status(), &reply["reason"]), (404, &json!("too-large"))),
            1 => assert_eq!((answer.status(), &reply["reason"]), (404, &json!("unreadable"))),
            _ => assert_eq!((answer.status(), sides(answer.bytes())), (200, (256, 192))),
        }
    }
    std::fs::remove_file(folder.join("2.png")).unwrap();
    refused(&team, &dataset, 1, "missing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_thumbnails_are_deleted_and_made_again() {
    let world = World::start(Settings::default().with("SWATH__FILES__THUMBNAIL_SECONDS", "1")).await.unwrap();
    let team = world.team("old").await;
    let uri = uploaded(&team, "a.png", grey_png(300, 300, 9)).await;
    let dataset = team.dataset_from(json!({"items": [{"uri": uri}]})).await;
    let alone = used(&team).await;
    let first = team.manager.get(&path(&dataset, 0)).await.is(200);
    let swept =
        until("the sweep", Duration::from_secs(60), || async { (used(&team).await == alone).then_some(()) });
    swept.await.unwrap();
    assert_eq!(team.manager.get(&path(&dataset, 0)).await.is(200).bytes(), first.bytes());
}
