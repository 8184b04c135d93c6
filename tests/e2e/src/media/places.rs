//! Folders and buckets that belong to teams.

use serde_json::{Value, json};
use swath_harness::{Settings, Team, World};

use super::{gone, lease, media_url, png, refused, uri_of};
use crate::objects::{KEY, SECRET, store};

/// A server that shares no media, as in production.
async fn closed_world() -> World {
    let settings = Settings::default()
        .with("SWATH__MEDIA__SHARED", "")
        .with("SWATH__MEDIA__S3_ENDPOINT", store().await)
        .with("SWATH__MEDIA__S3_ACCESS_KEY", KEY)
        .with("SWATH__MEDIA__S3_SECRET_KEY", SECRET);
    World::start(settings).await.unwrap()
}

async fn give(world: &World, team: &Team, media: Value) {
    world.admin().put(&format!("/v1/teams/{}/media", team.id), media).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_its_teams_alone_and_can_be_taken_away() {
    let world = closed_world().await;
    let (ours, theirs) = (world.team("ours").await, world.team("theirs").await);
    let folder = world.media_folder("ours").unwrap();
    let beside = world.media_folder("theirs").unwrap();
    for folder in [&folder, &beside] {
        std::fs::write(folder.join("a.png"), png()).unwrap();
    }
    refused(&ours, json!({"folder": folder}), "source.folder").await;
    give(&world, &ours, json!({"folders": [folder]})).await;
    give(&world, &theirs, json!({"folders": [beside]})).await;
    let made = || async {
        let body = json!({"team": ours.id, "name": "a", "source": {"folder": folder}});
        (ours.manager.post("/v1/datasets", body).await.status() == 201).then_some(())
    };
    swath_harness::until("the folder to be known as the team's", super::PROPAGATION_TIMEOUT, made)
        .await
        .unwrap();

    for source in [
        json!({"folder": folder}),
        json!({"folder": folder.parent().unwrap()}),
        json!({"folder": "../ours"}),
        json!({"items": [{"uri": uri_of(&folder.join("a.png"))}]}),
        json!({"items": [{"uri": uri_of(&beside.join("../ours/a.png"))}]}),
        json!({"manifest": folder.join("missing.jsonl")}),
        json!({"pattern": format!("{}/{{}}.png", uri_of(&folder)), "count": 2}),
    ] {
        let problem = refused(&theirs, source, "source").await;
        assert!(!problem.to_string().contains("does not exist"), "{problem}");
    }
    // The meaning of a relative path depends on the team.
    let (_, _, lease) = lease(&ours, json!({"folder": "."})).await;
    let url = media_url(&lease.body, 0);
    world.stranger(None).get(&url).await.is(200);
    give(&world, &ours, json!({})).await;
    gone(&world, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_prefix_is_its_teams_alone_by_whole_steps() {
    let world = closed_world().await;
    let (ours, theirs) = (world.team("ours").await, world.team("theirs").await);
    give(&world, &ours, json!({"buckets": ["s3://pictures/b", "s3://lists/"]})).await;
    let (_, anna, lease) = lease(&ours, json!({"items": [{"uri": "s3://pictures/b/2.png"}]})).await;
    let url = media_url(&lease.body, 0);
    let signed = world.stranger(None).get(&url).await.found();
    assert!(signed.contains("X-Amz-Expires=60"), "{signed}");
    assert_eq!(world.stranger(None).get(&signed).await.is(200).text(), "pictures/b/2.png");
    assert!(anna.get(&format!("{}/media", lease.item(0))).await.found().contains("X-Amz-Expires=60"));

    for uri in ["s3://pictures/ba/2.png", "s3://pictures/b", "s3://pictures/2.png", "s3://picturesb/b/2.png"]
    {
        refused(&ours, json!({"items": [{"uri": uri}]}), "items[0]").await;
    }
    for uri in
        ["s3://../x", "s3://pictures/b/../../lists/x", "s3://pictures/b/./x", "s3://UP/x", "s3://pictures"]
    {
        refused(&ours, json!({"items": [{"uri": uri}]}), "items[0]").await;
    }
    for source in [
        json!({"items": [{"uri": "s3://pictures/b/2.png"}]}),
        json!({"manifest": "s3://lists/all.jsonl"}),
        json!({"pattern": "s3://pictures/b/{}.png", "count": 5}),
    ] {
        refused(&theirs, source, "source").await;
    }
    refused(&ours, json!({"manifest": "s3://lists/all.jsonl"}), "line 1").await;
    give(&world, &ours, json!({"buckets": []})).await;
    gone(&world, &url).await;
    let lost = swath_harness::until("the item to be lost", super::PROPAGATION_TIMEOUT, || async {
        let reply = anna.get(&lease.path("")).await.ok();
        reply["assignment"]["items"][0]["media_url"].is_null().then_some(())
    });
    lost.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_administrator_says_what_is_a_teams() {
    let world = World::shared().await;
    let team = world.team("places").await;
    let folder = world.media_folder("places").unwrap();
    let path = format!("/v1/teams/{}/media", team.id);
    team.manager.put(&path, json!({"folders": ["/"]})).await.refused(403, "forbidden");
    for (body, field) in [
        (json!({"folders": ["relative"]}), "folders[0]"),
        (json!({"folders": ["/ok", "/a/../b"]}), "folders[1]"),
        (json!({"folders": ["/ok", "/ok"]}), "folders[1]"),
        (json!({"folders": [format!("/{}", "x".repeat(2_000))]}), "folders[0]"),
        (json!({"folders": vec!["/ok"; 101]}), "folders"),
        (json!({"buckets": ["bucket/a"]}), "buckets[0]"),
        (json!({"buckets": ["s3://Bucket/a"]}), "buckets[0]"),
        (json!({"buckets": ["s3://bucket/../a"]}), "buckets[0]"),
        (json!({"everything": true}), "everything"),
    ] {
        world.admin().put(&path, body).await.invalid(field);
    }
    let media = json!({"folders": [folder], "buckets": ["s3://bucket/a/"]});
    let reply = world.admin().put(&path, media).await.ok();
    assert_eq!(reply["folders"], json!([folder]));
    let reply = team.manager.get(&path).await.ok();
    assert_eq!(reply["folders"], json!([folder.file_name().unwrap().to_str().unwrap()]));
    assert_eq!(reply["buckets"], json!(["s3://bucket/a/"]));
    assert_eq!(reply["everything"], false);
}
