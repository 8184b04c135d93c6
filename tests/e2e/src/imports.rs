//! Imports: all faults are reported at once, dry runs keep nothing, sizes can be set later, and exports contain what
//! came with an item.

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Dataset, Job};
use swath_harness::{Answer, Team, User, World, ids};

const NDJSON: &str = "application/x-ndjson";

async fn upload(team: &Team, kind: &str, body: &str, query: &str) -> Answer {
    let path = format!("/v1/datasets?team={}&name={}{query}", team.id, ids::named("upload"));
    team.manager.request(Method::POST, &path).body(kind, body).send().await
}

async fn datasets(team: &Team) -> usize {
    team.manager.list(&format!("/v1/datasets?team={}", team.id)).await.len()
}

/// A job without review over a whole dataset.
async fn job(team: &Team, dataset: &Dataset, more: Value) -> Job {
    let mut wishes = json!({"review": {"rule": "none"}, "range_size": 100});
    for (field, value) in more.as_object().into_iter().flatten() {
        wishes[field] = value.clone();
    }
    team.job(dataset, wishes).await
}

/// Labels all items and waits until they are accepted.
async fn labelled(team: &Team, job: &Job) -> User {
    let anna = team.annotator("anna").await;
    anna.work(job).await;
    team.becomes(job, "done", std::time::Duration::from_secs(30)).await;
    anna
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_of_a_manifest_are_named_at_once() {
    let team = World::shared().await.team("imports").await;
    let text = "uri;width;height\nhttps://h.example/1.png;4;3\n1.png;4;3\nhttps://h.example/1.png;4;3\nhttps://h.example/2.png;0;3\n";
    let problem = upload(&team, "text/csv", text, "").await.invalid("line 3");
    let faults = problem["errors"].as_array().unwrap();
    let mut lines: Vec<_> = faults.iter().map(|fault| fault["line"].as_u64().unwrap()).collect();
    lines.sort_unstable();
    assert_eq!((lines, &problem["faults"]), (vec![3, 4, 5], &json!(3)), "{problem}");
    let items = json!([{"uri": "x"}, {"uri": "https://h.example/1.png"}, {"uri": "https://h.example/1.png"}]);
    let body = json!({"team": team.id, "name": "bad", "source": {"items": items}});
    let problem = team.manager.post("/v1/datasets", body).await.invalid("source.items[0].uri");
    let places: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|fault| fault["index"].clone()).collect();
    assert_eq!(json!(places), json!([0, 2]), "{problem}");
    assert_eq!(datasets(&team).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_checks_everything_and_keeps_nothing() {
    let team = World::shared().await.team("imports").await;
    let good = "{\"uri\":\"https://h.example/1.png\",\"width\":4,\"height\":3}\n{\"uri\":\"https://h.example/2.png\"}\n";
    let report = upload(&team, NDJSON, good, "&dry_run=true").await.ok();
    assert_eq!(report, json!({"count": 2, "without_size": 1}));
    upload(&team, NDJSON, "{}\n", "&dry_run=true").await.invalid("line 1");
    let pattern = json!({"pattern": "https://h.example/{}.png", "count": 7});
    let body = json!({"team": team.id, "name": "trial", "source": pattern, "dry_run": true});
    assert_eq!(team.manager.post("/v1/datasets", body).await.ok()["count"], 7);
    assert_eq!(datasets(&team).await, 0);

    let dataset = team.dataset(2).await;
    let more = json!({"items": [{"uri": "https://h.example/new.png"}]});
    let path = format!("/v1/datasets/{}", dataset.id);
    let report = team.manager.post(&format!("{path}/items?dry_run=true"), more.clone()).await.ok();
    assert_eq!(report["count"], 1);
    assert_eq!(team.manager.get(&path).await.ok()["count"], 2);
    assert_eq!(team.manager.post(&format!("{path}/items"), more).await.created()["count"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_files_are_named_or_left_out_on_request() {
    let world = World::shared().await;
    let team = world.team("imports").await;
    let folder = world.media_folder("broken").unwrap();
    std::fs::write(folder.join("b10.bmp"), BMP).unwrap();
    std::fs::write(folder.join("b2.bmp"), BMP).unwrap();
    for bad in ["a.png", "c.jpg"] {
        std::fs::write(folder.join(bad), b"<html>not found</html>").unwrap();
    }
    std::fs::write(folder.join("readme.txt"), b"").unwrap();
    let source = json!({"folder": folder});
    let body = json!({"team": team.id, "name": "broken", "source": source});
    let problem = team.manager.post("/v1/datasets", body).await.invalid("a.png");
    assert!(
        problem["errors"].as_array().unwrap().len() == 2 && problem.to_string().contains("c.jpg"),
        "{problem}"
    );
    let dataset = team.dataset_from(json!({"folder": folder, "skip_bad": true})).await;
    let reply = team.manager.get(&format!("/v1/datasets/{}", dataset.id)).await.ok();
    assert_eq!((&reply["count"], &reply["notes"]["left_out"]), (&json!(2), &json!(2)), "{reply}");
    assert_eq!(reply["notes"]["ignored"], json!({".txt": 1}));
    let names: Vec<_> = team.manager.list(&format!("/v1/datasets/{}/items", dataset.id)).await;
    let names: Vec<_> =
        names.iter().map(|item| item["uri"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["b2.bmp", "b10.bmp"]);
}

/// A bitmap of two by one pixels.
const BMP: &[u8] = b"BM\x3e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\0\0\0\xff\0\0\0";

#[tokio::test(flavor = "multi_thread")]
async fn sizes_are_told_later_and_an_export_without_them_is_refused() {
    let team = World::shared().await.team("imports").await;
    let pattern = team.dataset_from(json!({"pattern": "https://h.example/{}.png", "count": 3})).await;
    let listed = (0..3).map(|n| json!({"uri": format!("https://h.example/{n}.png")})).collect::<Vec<_>>();
    let listed = team.dataset_from(json!({"items": listed})).await;
    for dataset in [pattern, listed] {
        let job = job(&team, &dataset, json!({})).await;
        assert_eq!(team.look(&job).await["exports_lack"]["items_without_size"], 3);
        labelled(&team, &job).await;
        let export = |more: &str| format!("/v1/jobs/{}/export?format=coco{more}", job.id);
        let problem = team.manager.get(&export("")).await.refused(422, "lossy");
        assert_eq!(
            (&problem["items"], problem["errors"].as_array().unwrap().len()),
            (&json!(3), 3),
            "{problem}"
        );
        team.manager.get(&export("").replace("coco", "supervisely")).await.refused(422, "lossy");
        let left = team.manager.get(&export("&lossy=true")).await.ok();
        assert_eq!(
            (left["images"].as_array().unwrap().len(), &left["info"]["swath"]["unknown_size"]),
            (0, &json!(3))
        );

        let sizes = format!("/v1/datasets/{}/sizes", dataset.id);
        let tell =
            async |lines: &str| team.manager.request(Method::POST, &sizes).body(NDJSON, lines).send().await;
        let bad = "{\"index\":3,\"width\":9,\"height\":9}\n{\"index\":0,\"width\":0,\"height\":9}\nx\n";
        assert_eq!(tell(bad).await.invalid("line 1")["faults"], 3);
        tell("{\"index\":0,\"width\":9,\"height\":9}\n{\"index\":0,\"width\":8,\"height\":9}\n")
            .await
            .invalid("line 2");
        tell("").await.invalid("no size");
        let good =
            (0..3).map(|n| format!("{{\"index\":{n},\"width\":640,\"height\":480}}\n")).collect::<String>();
        assert_eq!(tell(&good).await.ok(), json!({"told": 3, "changed": 3}));
        assert_eq!(tell(&good).await.ok(), json!({"told": 3, "changed": 0}), "again it is no news");
        let listed = json!({"sizes": [{"index": 0, "width": 640, "height": 480}]});
        assert_eq!(team.manager.post(&sizes, listed).await.ok(), json!({"told": 1, "changed": 0}));
        let twice =
            json!({"sizes": [{"index": 0, "width": 1, "height": 1}, {"index": 0, "width": 2, "height": 1}]});
        team.manager.post(&sizes, twice).await.invalid("sizes[1]");
        team.manager
            .post(&sizes, json!({"sizes": [{"index": 9, "width": 1, "height": 1}]}))
            .await
            .invalid("sizes[0].index");
        assert_eq!(team.look(&job).await["exports_lack"]["items_without_size"], 0);
        let whole = team.manager.get(&export("")).await.ok();
        assert_eq!(whole["images"].as_array().unwrap().len(), 3, "{whole}");
        assert_eq!(whole["images"][0]["width"], 640);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_browsers_that_agree_make_a_size_that_refuses_nothing() {
    let team = World::shared().await.team("imports").await;
    let dataset = team.dataset_from(json!({"items": [{"uri": "https://h.example/1.png"}]})).await;
    let job = job(&team, &dataset, json!({"slots": 2, "range_size": 1})).await;
    let (anna, bert) = (team.annotator("anna").await, team.annotator("bert").await);
    let (of_anna, of_bert) = (anna.lease(&job).await, bert.lease(&job).await);
    let picture = |lease: &swath_harness::client::Lease| format!("{}/picture", lease.item(0));
    anna.put(&picture(&of_anna), json!({"width": 40, "height": 30})).await.no_content();
    anna.put(&picture(&of_anna), json!({"width": 40, "height": 30})).await.no_content();
    bert.put(&picture(&of_bert), json!({"width": 41, "height": 30})).await.no_content();
    let items = format!("/v1/datasets/{}/items", dataset.id);
    assert_eq!(team.manager.list(&items).await[0]["size"], "unknown");
    bert.put(&picture(&of_bert), json!({"width": 40, "height": 30})).await.no_content();
    assert_eq!(team.manager.list(&items).await[0]["size"], "provisional");
    let shown = anna.items(&of_anna).await;
    assert_eq!((&shown[0]["width"], &shown[0]["size_is_provisional"]), (&json!(40), &json!(true)));
    let far = json!({"class": "thing", "shape": "rectangle", "geometry": {"x": 100, "y": 100, "width": 5, "height": 5}});
    anna.put(&of_anna.item(0), json!({"figures": [far], "tags": []})).await.ok();
    for bad in [
        json!({}),
        json!({"width": 4}),
        json!({"width": 0, "height": 4}),
        json!({"width": 4, "height": 4, "missing": true}),
    ] {
        anna.put(&picture(&of_anna), bad).await.invalid("");
    }
    bert.put(&picture(&of_anna), json!({"missing": true})).await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_gone_is_told_to_managers_once() {
    let world = World::shared().await;
    let team = world.team("imports").await;
    let folder = world.media_folder("gone").unwrap();
    let path = folder.join("a.bmp");
    std::fs::write(&path, BMP).unwrap();
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let job = job(&team, &dataset, json!({})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let url = lease.body["assignment"]["items"][0]["media_url"].as_str().unwrap().to_owned();
    std::fs::remove_file(&path).unwrap();
    for _ in 0..3 {
        world.stranger(None).get(&url).await.refused(404, "not-found");
    }
    let reply = team.manager.get(&format!("/v1/datasets/{}", dataset.id)).await.ok();
    assert_eq!(
        (&reply["pictures_missing"], &team.look(&job).await["pictures_missing"]),
        (&json!(1), &json!(1))
    );
    std::fs::write(&path, BMP).unwrap();
    let report = format!("{}/picture", lease.item(0));
    // Each gateway is asked in turn, and each remembers what it has recorded itself.
    for looks in [1, 2, 1, 2] {
        anna.put(&report, json!({"width": 2, "height": 1})).await.no_content();
        for _ in 0..looks {
            assert_eq!(team.look(&job).await["pictures_missing"], 0);
        }
        anna.put(&report, json!({"missing": true})).await.no_content();
        assert_eq!(team.look(&job).await["pictures_missing"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_with_an_item_comes_out_with_its_labels() {
    let team = World::shared().await.team("imports").await;
    let text = "uri,patient,secret\nhttps://h.example/1.png,P-17,s3cret\nhttps://h.example/2.png,,x\n";
    let made = upload(&team, "text/csv", text, "").await.created();
    let dataset = team.dataset_ready(made["id"].as_str().unwrap()).await;
    let job = job(&team, &dataset, json!({"shown_meta": ["patient"]})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let shown: Vec<_> = lease.body["assignment"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["meta"].clone())
        .collect();
    assert_eq!(json!(shown), json!([{"patient": "P-17"}, null]));
    assert_eq!(anna.items(&lease).await[0]["meta"], json!({"patient": "P-17"}));
    anna.finish(&lease).await;
    team.becomes(&job, "done", std::time::Duration::from_secs(30)).await;
    assert_eq!(team.export(&job).await[0]["meta"], json!({"patient": "P-17", "secret": "s3cret"}));
    let all = team.manager.get(&format!("/v1/jobs/{}/export?items=all", job.id)).await.is(200).lines();
    assert_eq!(all[0]["meta"]["patient"], "P-17");
    let items = team.manager.list(&format!("/v1/datasets/{}/items", dataset.id)).await;
    assert_eq!(items[1]["meta"], json!({"secret": "x"}));
}
