//! What must not be uploaded, and what an uploaded picture must not make possible.

use super::*;
use swath_harness::ids;

/// Files that are no pictures, whatever their names.
fn others() -> Vec<Vec<u8>> {
    let truncated = png(1)[..20].to_vec();
    [
        &b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>"[..],
        b"<?xml version=\"1.0\"?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b"GIF89a",
        b"plain text",
        b"",
        // A TIFF of 40 by 30, which browsers do not show.
        b"II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x28\0\0\0\x01\x01\x03\0\x01\0\0\0\x1e\0\0\0\0\0\0\0",
    ]
    .into_iter()
    .map(<[u8]>::to_vec)
    .chain([truncated])
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_by_its_content_is_refused() {
    let team = World::shared().await.team("kinds").await;
    for content in others() {
        for kind in ["image/png", "application/octet-stream", "image/svg+xml"] {
            let request = team.manager.request(Method::POST, &path(&team, "a.png"));
            request.body(kind, content.clone()).send().await.invalid("cannot be used");
        }
    }
    for kind in ["text/html", "multipart/form-data", "application/json", "text/plain"] {
        let request = team.manager.request(Method::POST, &path(&team, "a.png"));
        request.body(kind, png(1)).send().await.refused(415, "invalid");
    }
    assert_eq!(used(&team).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_a_page_as_well_is_shown_as_a_picture_alone() {
    let world = World::shared().await;
    let team = world.team("polyglot").await;
    let both = [png(1), b"<!doctype html><script>alert(1)</script>".to_vec()].concat();
    let uri = uploaded(&team, "page.html", both.clone()).await;
    let dataset = team.dataset_from(json!({"items": [{"uri": uri}]})).await;
    let job = team.job(&dataset, json!({})).await;
    let lease = team.annotator("anna").await.lease(&job).await;
    let url = lease.body["assignment"]["items"][0]["media_url"].as_str().unwrap();
    let shown = world.stranger(None).get(url).await.is(200);
    assert_eq!(shown.bytes(), both);
    for (header, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(shown.header(header), value, "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_lead_nowhere() {
    let team = World::shared().await.team("names").await;
    let long = "a".repeat(1_001);
    for bad in [
        "..",
        "../a.png",
        "a/../b.png",
        "/etc/a.png",
        "a//b.png",
        "a/",
        ".",
        "a%5Cb.png",
        "a%00.png",
        "a%0Ab",
        "",
        &long,
    ] {
        send(&team.manager, &team, bad, png(1)).await.invalid("name");
    }
    // A name that is encoded twice is an ordinary name and stays one.
    let uri = uploaded(&team, "%252e%252e/a.png", png(1)).await;
    assert!(uri.ends_with("/%252e%252e/a.png"), "{uri}");
    team.manager.request(Method::POST, &format!("/v1/teams/{}/files", team.id)).send().await.invalid("name");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_teams_pictures_do_not_exist() {
    let world = World::shared().await;
    let (team, other) = (world.team("one").await, world.team("two").await);
    let uri = uploaded(&other, "secret.png", png(1)).await;
    let unknown = "upload:01890000-0000-7000-8000-000000000001/secret.png";
    let refused = async |uri: &str| {
        let body =
            json!({"team": team.id, "name": ids::named("foreign"), "source": {"items": [{"uri": uri}]}});
        team.manager.post("/v1/datasets", body).await.invalid("source.items[0].uri")
    };
    let (foreign, unknown) = (refused(&uri).await, refused(unknown).await);
    assert_eq!(foreign["errors"][0]["message"], unknown["errors"][0]["message"]);
    for bad in [
        uri.replace("upload:", "UPLOAD:"),
        uri.replace("secret.png", "%73ecret.png"),
        uri.replace("secret.png", "../secret.png"),
        uri.replace("/secret.png", ""),
        "upload:../../swath-data/secret".to_owned(),
    ] {
        refused(&bad).await;
    }
    // A pattern cannot use it either, although its items are not checked one by one.
    let pattern = json!({"pattern": uri.replace("secret", "{}"), "count": 2});
    let body = json!({"team": other.id, "name": ids::named("pattern"), "source": pattern});
    other.manager.post("/v1/datasets", body).await.invalid("source.pattern");
    // For a manifest the problem names the line.
    let manifest = format!("{{\"uri\": \"https://a.example/1.png\"}}\n{{\"uri\": \"{uri}\"}}\n");
    let made = team.manager.request(Method::POST, &format!("/v1/datasets?name=foreign&team={}", team.id));
    let problem = made.body("application/x-ndjson", manifest).send().await.invalid("line 2");
    assert_eq!(problem["errors"][0]["line"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_of_files_is_no_media_wherever_it_lies() {
    if !World::shared().await.deployment().is_embedded() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let shared = root.path().display().to_string();
    let settings = Settings::default()
        .with("SWATH__MEDIA__ROOTS", &shared)
        .with("SWATH__MEDIA__SHARED", &shared)
        .with("SWATH__FILES__FOLDER", root.path().join("files").display().to_string());
    let world = World::start(settings).await.unwrap();
    let (team, other) = (world.team("private").await, world.team("curious").await);
    let uri = uploaded(&team, "a.png", png(1)).await;
    let id = uri.strip_prefix("upload:").unwrap().split('/').next().unwrap();
    let file = root.path().join("files").join(&id[34..]).join(id);
    assert_eq!(std::fs::read(&file).unwrap(), png(1));
    let refused = async |source: Value, about: &str| {
        let body = json!({"team": other.id, "name": ids::named("files"), "source": source});
        other.manager.post("/v1/datasets", body).await.invalid(about);
    };
    refused(json!({"items": [{"uri": format!("file://{}", file.display())}]}), "does not lie below").await;
    refused(json!({"folder": "files"}), "source.folder").await;
    std::os::unix::fs::symlink(&file, root.path().join("link.png")).unwrap();
    let link = root.path().join("link.png").display().to_string();
    refused(json!({"items": [{"uri": format!("file://{link}")}]}), "does not lie below").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_of_no_length_is_refused() {
    let settings = Settings::default().with("SWATH__FILES__PICTURE_BYTES", "1000");
    let world = World::start(settings).await.unwrap();
    let team = world.team("large").await;
    let large = [png(1), vec![0; 1_000]].concat();
    send(&team.manager, &team, "large.png", large).await.refused(413, "too-large");
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>(png(1))]);
    let request = reqwest::Client::new()
        .post(format!("{}{}", world.origin(), path(&team, "a.png")))
        .bearer_auth(team.manager.token())
        .header("content-type", "image/png")
        .body(reqwest::Body::wrap_stream(pieces));
    assert_eq!(request.send().await.unwrap().status(), 411);
    assert_eq!(used(&team).await, 0);
}
