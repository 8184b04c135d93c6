//! Items and manifests in an object store: a store accepts Swath's signatures, and the secret stays secret.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use serde_json::json;
use swath_harness::{Settings, World, ports, until};

pub(crate) const KEY: &str = "AKIAEXAMPLE";
pub(crate) const SECRET: &str = "the-secret-of-the-object-store";
const MANIFEST: &str = "{\"uri\": \"s3://pictures/first one.png\"}\n{\"uri\": \"s3://pictures/b/2.png\"}\n";

/// A store with a manifest, a broken manifest and two pictures. It requires signatures with the right key.
pub(crate) async fn store() -> String {
    async fn get(Path(path): Path<String>, RawQuery(query): RawQuery) -> (StatusCode, Vec<u8>) {
        let query = query.unwrap_or_default();
        let needs = ["X-Amz-Signature=", "X-Amz-Expires=", &format!("X-Amz-Credential={KEY}")];
        if !needs.iter().all(|part| query.contains(part)) || query.contains(SECRET) {
            return (StatusCode::FORBIDDEN, Vec::new());
        }
        match path.as_str() {
            "lists/all.jsonl" => (StatusCode::OK, MANIFEST.into()),
            "lists/broken.jsonl" => (StatusCode::OK, format!("{MANIFEST}{{\"uri\": 7}}\n").into()),
            "pictures/first one.png" | "pictures/b/2.png" => (StatusCode::OK, path.into()),
            "pictures/turned.jpg" => (StatusCode::OK, turned_jpeg()),
            _ => (StatusCode::NOT_FOUND, Vec::new()),
        }
    }
    let listener = tokio::net::TcpListener::bind(ports::local(0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/{*path}", axum::routing::get(get));
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_listed_and_shown_through_signed_urls() {
    let settings = Settings::default()
        .with("SWATH__MEDIA__S3_ENDPOINT", store().await)
        .with("SWATH__MEDIA__S3_ACCESS_KEY", KEY)
        .with("SWATH__MEDIA__S3_SECRET_KEY", SECRET);
    let world = World::start(settings).await.unwrap();
    let team = world.team("objects").await;
    let dataset = team.dataset_from(json!({"manifest": "s3://lists/all.jsonl"})).await;
    let job = team.job(&dataset, json!({})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    for (index, path) in [(0, "pictures/first one.png"), (1, "pictures/b/2.png")] {
        let item = &lease.body["assignment"]["items"][index];
        assert_eq!(item["uri"], format!("s3://{path}"));
        let url = item["media_url"].as_str().unwrap_or_else(|| panic!("no media_url in {item}"));
        let signed = world.stranger(None).get(url).await.found();
        assert_eq!(world.stranger(None).get(&signed).await.is(200).text(), path);
        let link = anna.get(&format!("{}/media", lease.item(index as u64))).await.found();
        assert_eq!(world.stranger(None).get(&link).await.is(200).text(), path);
    }

    for (manifest, about) in [
        ("s3://lists/missing.jsonl", "404"),
        ("s3://lists/broken.jsonl", "line 3"),
        ("s3://lists/what.txt", ".jsonl"),
    ] {
        let body = json!({"team": team.id, "name": "bad", "source": {"manifest": manifest}});
        let problem = team.manager.post("/v1/datasets", body).await.invalid(about);
        assert!(!problem.to_string().contains("X-Amz"), "a signed URL is shown: {problem}");
    }
    assert_eq!(team.manager.list(&format!("/v1/datasets?team={}", team.id)).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_object_store_its_manifests_are_refused() {
    let team = World::shared().await.team("objects").await;
    let body = json!({"team": team.id, "name": "bad", "source": {"manifest": "s3://lists/all.jsonl"}});
    team.manager.post("/v1/datasets", body).await.invalid("object store");
}

/// The header of a JPEG that is stored 40 by 30 and displayed 30 by 40.
fn turned_jpeg() -> Vec<u8> {
    let exif = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let frame = b"\xff\xc0\0\x0b\x08\0\x1e\0\x28\x01\x01\x11\0\xff\xd9";
    [b"\xff\xd8".as_slice(), exif, frame].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_in_the_store_are_measured_and_missing_ones_counted() {
    let settings = Settings::default()
        .with("SWATH__MEDIA__S3_ENDPOINT", store().await)
        .with("SWATH__MEDIA__S3_ACCESS_KEY", KEY)
        .with("SWATH__MEDIA__S3_SECRET_KEY", SECRET);
    let world = World::start(settings).await.unwrap();
    let team = world.team("objects").await;
    let items = json!([{"uri": "s3://pictures/turned.jpg"}, {"uri": "s3://pictures/gone.jpg"},
        {"uri": "s3://pictures/told.jpg", "width": 7, "height": 5}, {"uri": "https://h.example/elsewhere.jpg"}]);
    let dataset = team.dataset_from(json!({"items": items})).await;
    let path = format!("/v1/datasets/{}/items", dataset.id);
    let is_measured = async || (team.manager.list(&path).await[0]["size"] == "known").then_some(());
    until("the picture is measured", Duration::from_secs(60), is_measured).await.unwrap();
    let items = team.manager.list(&path).await;
    let sizes: Vec<_> = items.iter().map(|item| (item["width"].clone(), item["height"].clone())).collect();
    assert_eq!(json!(sizes), json!([[30, 40], [null, null], [7, 5], [null, null]]));
    assert_eq!(items[0]["orientation"], 6);
    let is_counted = async || {
        let dataset = team.manager.get(&format!("/v1/datasets/{}", dataset.id)).await.ok();
        (dataset["pictures_missing"] == 1).then_some(())
    };
    until("the missing picture is counted", Duration::from_secs(60), is_counted).await.unwrap();
    let missing = team.manager.list(&format!("{path}?missing=true")).await;
    assert_eq!((missing.len(), &missing[0]["index"]), (1, &json!(1)));
}
