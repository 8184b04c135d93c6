//! Access to media: the installation's own files are never served, a team sees only its own, a holder only while the
//! lease is current, and only pictures are served.

mod attack;
mod places;

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Job, Lease};
use swath_harness::{Settings, Team, User, World, ids, until};

/// How long a change may take until every process knows it.
const PROPAGATION_TIMEOUT: Duration = Duration::from_secs(20);

/// The signature and header of a PNG.
fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(30_u32.to_be_bytes());
    bytes.extend(20_u32.to_be_bytes());
    bytes.extend([8, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

fn uri_of(path: &Path) -> String {
    format!("file://{}", path.display())
}

async fn refused(team: &Team, source: Value, about: &str) -> Value {
    let body = json!({"team": team.id, "name": ids::named("refused"), "source": source});
    team.manager.post("/v1/datasets", body).await.invalid(about)
}

/// A user with a lease on all items of a dataset.
async fn lease(team: &Team, source: Value) -> (Job, User, Lease) {
    let dataset = team.dataset_from(source).await;
    let job = team.job(&dataset, json!({"range_size": 100})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    (job, anna, lease)
}

fn media_url(lease: &Value, index: usize) -> String {
    let item = &lease["assignment"]["items"][index];
    item["media_url"].as_str().unwrap_or_else(|| panic!("no media_url in {item}")).to_owned()
}

/// Waits until a picture cannot be loaded any more.
async fn gone(world: &World, url: &str) {
    let nobody = world.stranger(None);
    let gone = until("the picture to be gone", PROPAGATION_TIMEOUT, || async {
        (nobody.get(url).await.status() == 404).then_some(())
    });
    gone.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pictures_are_served_with_their_own_type() {
    let world = World::shared().await;
    let team = world.team("kinds").await;
    let folder = world.media_folder("kinds").unwrap();
    std::fs::write(folder.join("quo\"te ä.jpg"), png()).unwrap();
    let (_, _, lease) = lease(&team, json!({"folder": folder})).await;
    let url = media_url(&lease.body, 0);
    let nobody = world.stranger(None);
    let shown = nobody.get(&url).await.is(200);
    assert_eq!(shown.bytes(), png());
    for (header, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, max-age=60"),
        (
            "content-disposition",
            "inline; filename=\"quo\\\"te _.jpg\"; filename*=UTF-8''quo%22te%20%C3%A4.jpg",
        ),
    ] {
        assert_eq!(shown.header(header), value, "{header}");
    }
    let others: [&[u8]; 6] = [
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b"SQLite format 3\0\x10\0\x01\x01\0@  \0\0\0\x01",
        b"plain text",
        b"",
    ];
    for content in others {
        std::fs::write(folder.join("quo\"te ä.jpg"), content).unwrap();
        nobody.get(&url).await.refused(404, "not-found");
        let other = folder.join(ids::named("other.png"));
        std::fs::write(&other, content).unwrap();
        refused(&team, json!({"items": [{"uri": uri_of(&other)}]}), "source.items[0].uri").await;
    }
    std::fs::remove_file(folder.join("quo\"te ä.jpg")).unwrap();
    std::fs::create_dir(folder.join("quo\"te ä.jpg")).unwrap();
    nobody.get(&url).await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_uris_hold_pictures_or_are_refused() {
    let team = World::shared().await.team("data").await;
    for uri in ["data:text/html,<script>", "data:image/svg+xml,<svg/>", "DATA:,x", "data:image/png"] {
        refused(&team, json!({"items": [{"uri": "https://a.example/1.png"}, {"uri": uri}]}), "items[1]")
            .await;
    }
    let good = "data:image/png;base64,iVBORw0KGgo=";
    let (_, anna, lease) = lease(&team, json!({"items": [{"uri": good}]})).await;
    assert_eq!(media_url(&lease.body, 0), good);
    assert_eq!(anna.get(&format!("{}/media", lease.item(0))).await.found(), good);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_of_the_server_is_shown() {
    let world = World::shared().await;
    let team = world.team("paths").await;
    let folder = world.media_folder("paths").unwrap();
    std::fs::create_dir(folder.join("sub dir")).unwrap();
    std::fs::write(folder.join("sub dir/a.png"), png()).unwrap();
    let (job, anna, lease) = lease(&team, json!({"folder": folder})).await;
    let shown = format!("{}/sub%20dir/a.png", folder.file_name().unwrap().to_str().unwrap());
    assert_eq!(lease.body["assignment"]["items"][0]["uri"], shown);
    anna.finish(&lease).await;
    let rosa = team.reviewer("rosa").await;
    let review = rosa.review(&job).await;
    assert_eq!(review.body["assignment"]["items"][0]["uri"], shown);
    rosa.decide(&review).await.ok();
    let path = folder.parent().unwrap().to_str().unwrap();
    for format in ["jsonl", "coco", "jsonl&items=all"] {
        let text = team.manager.get(&job.path(&format!("/export?format={format}"))).await.is(200).text();
        assert!(text.contains(&shown) && !text.contains(path), "{format}: {text}");
    }
    // Two links to one picture are one URI, named by the path of the picture below the root.
    std::os::unix::fs::symlink("sub dir/a.png", folder.join("b.png")).unwrap();
    std::os::unix::fs::symlink("sub dir/a.png", folder.join("c.png")).unwrap();
    let problem = refused(&team, json!({"folder": folder}), "source.folder").await;
    assert!(!problem.to_string().contains(path), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_on_the_server_is_not_quoted() {
    let world = World::shared().await;
    let team = world.team("manifests").await;
    let folder = world.media_folder("private").unwrap();
    for (name, content) in [
        ("a.csv", "password=hunter2\npassword=hunter2\n"),
        ("b.csv", "hunter2,hunter2\n"),
        ("c.jsonl", "password=hunter2\n"),
        ("d.ndjson", "{\"hunter2\": 1}\n"),
        ("e.jsonl", "{\"uri\": \"hunter2\"}\n{\"uri\": \"hunter2\"}\n"),
        ("f.csv", "uri\ns3://elsewhere/hunter2\n"),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
        let problem = refused(&team, json!({"manifest": folder.join(name)}), "line").await;
        assert!(!problem.to_string().contains("hunter2"), "{name}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_media_ends_with_the_lease_and_with_the_membership() {
    let world = World::shared().await;
    let team = world.team("ends").await;
    let folder = world.media_folder("ends").unwrap();
    std::fs::write(folder.join("a.png"), png()).unwrap();
    let (job, anna, lease) = lease(&team, json!({"folder": folder})).await;
    let url = media_url(&lease.body, 0);
    world.stranger(None).get(&url).await.is(200);
    anna.release(&lease).await.no_content();
    gone(world, &url).await;

    let lease = anna.lease(&job).await;
    let url = media_url(&lease.body, 0);
    world.stranger(None).get(&url).await.is(200);
    anna.finish(&lease).await;
    gone(world, &url).await;

    let rosa = team.reviewer("rosa").await;
    let review = rosa.review(&job).await;
    let url = media_url(&review.body, 0);
    world.stranger(None).get(&url).await.is(200);
    let member = format!("/v1/teams/{}/members/{}", team.id, rosa.id);
    team.manager.delete(&member).await.no_content();
    gone(world, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_has_expired_shows_nothing_until_it_is_renewed() {
    let world = World::shared().await;
    let team = world.team("expires").await;
    let folder = world.media_folder("expires").unwrap();
    std::fs::write(folder.join("a.png"), png()).unwrap();
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let job = team.job(&dataset, json!({"lease_seconds": 5})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let url = media_url(&lease.body, 0);
    gone(world, &url).await;
    assert!(anna.get(&lease.path("")).await.ok()["assignment"]["items"][0]["media_url"].is_null());
    anna.get(&format!("{}/media", lease.item(0))).await.refused(409, "stale-lease");
    anna.renew(&lease).await.is(200);
    let again = media_url(&anna.get(&lease.path("")).await.ok(), 0);
    let shown = until("the picture to be back", PROPAGATION_TIMEOUT, || async {
        (world.stranger(None).get(&again).await.status() == 200).then_some(())
    });
    shown.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_pipe_blocks_nothing_and_holds_up_no_end() {
    let mut world = World::start(Settings::default()).await.unwrap();
    let team = world.team("pipes").await;
    let folder = world.media_folder("pipes").unwrap();
    let pipe = |name: &str| {
        let mode = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(&folder.join(name), mode).unwrap();
    };
    std::fs::write(folder.join("a.png"), png()).unwrap();
    let (_, _, lease) = lease(&team, json!({"folder": folder})).await;
    let url = media_url(&lease.body, 0);
    std::fs::remove_file(folder.join("a.png")).unwrap();
    pipe("a.png");
    pipe("b.jsonl");
    for _ in 0..3 {
        world.stranger(None).get(&url).await.refused(404, "not-found");
        refused(&team, json!({"manifest": folder.join("b.jsonl")}), "source.manifest").await;
        refused(&team, json!({"items": [{"uri": uri_of(&folder.join("a.png"))}]}), "items[0]").await;
        refused(&team, json!({"folder": folder}), "a.png").await;
    }
    for service in world.services_mut() {
        let status = service.terminate().await.unwrap();
        assert!(status.success(), "{}: {status}", service.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_picture_can_be_asked_for_and_what_is_known_is_not_sent_again() {
    let world = World::shared().await;
    let team = world.team("media").await;
    let folder = world.media_folder("parts").unwrap();
    let mut picture = png();
    picture.extend((0..600_000_u32).map(|n| n as u8));
    std::fs::write(folder.join("a.png"), &picture).unwrap();
    let (_, _, lease) = lease(&team, json!({"folder": folder})).await;
    let url = media_url(&lease.body, 0);
    let nobody = world.stranger(None);
    let ask = async |method: Method, fields: &[(&str, &str)]| {
        let request = nobody.request(method, &url);
        fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
    };
    let whole = ask(Method::GET, &[]).await.is(200);
    assert!(whole.bytes() == picture && whole.header("accept-ranges") == "bytes");
    let tag = whole.header("etag").to_owned();
    for (range, from, to) in [
        ("bytes=0-99", 0, 100),
        ("bytes=400000-", 400_000, picture.len()),
        ("bytes=-7", picture.len() - 7, picture.len()),
    ] {
        let part = ask(Method::GET, &[("range", range), ("if-range", &tag)]).await.is(206);
        assert!(part.bytes() == &picture[from..to], "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/{}", to - 1, picture.len()));
        assert_eq!(
            (part.header("content-type"), part.header("x-content-type-options")),
            ("image/png", "nosniff")
        );
    }
    for whole in ["bytes=0-9,5-20,8-30,9-40", "pixels=0-9"] {
        assert!(ask(Method::GET, &[("range", whole)]).await.is(200).bytes() == picture, "{whole}");
    }
    let beyond = ask(Method::GET, &[("range", "bytes=9999999-")]).await.is(416);
    assert_eq!(beyond.header("content-range"), format!("bytes */{}", picture.len()));
    for fields in [&[][..], &[("range", "bytes=0-99")]] {
        let head = ask(Method::HEAD, fields).await.is(200);
        assert!(head.bytes().is_empty() && head.header("content-length") == picture.len().to_string());
        for name in ["etag", "accept-ranges", "content-type", "content-security-policy", "cache-control"] {
            assert_eq!(head.header(name), whole.header(name), "{name}");
        }
    }
    let known = ask(Method::GET, &[("if-none-match", &tag)]).await.is(304);
    assert!(known.bytes().is_empty() && known.header("etag") == tag);
    std::fs::write(folder.join("a.png"), &picture[..500_000]).unwrap();
    let changed = ask(Method::GET, &[("if-none-match", &tag)]).await.is(200);
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(
        ask(Method::GET, &[("range", "bytes=0-1"), ("if-range", &tag)]).await.is(200).bytes().len(),
        500_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_are_let_in_where_the_configuration_names_them() {
    let settings = Settings::default()
        .with("SWATH__SERVER__CORS_ORIGINS", "https://labels.example.org, https://b.example.org");
    let (strict, open) = (World::shared().await, World::start(settings).await.unwrap());
    let named = "https://labels.example.org";
    for (world, origin, is_let_in) in
        [(strict, named, false), (&open, named, true), (&open, "https://evil.example.org", false)]
    {
        let folder = world.media_folder("origins").unwrap();
        std::fs::write(folder.join("a.png"), png()).unwrap();
        let (_, anna, lease) = lease(&world.team("origins").await, json!({"folder": folder})).await;
        let media =
            world.stranger(None).request(Method::GET, &media_url(&lease.body, 0)).header("origin", origin);
        let api = anna.request(Method::GET, "/v1/leases").header("origin", origin);
        let preflight = world.stranger(None).request(Method::OPTIONS, "/v1/leases").header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "POST");
        for answer in [media.send().await, api.send().await, preflight.send().await] {
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed == origin, is_let_in, "{origin}: {allowed}");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
}
