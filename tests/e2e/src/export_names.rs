//! The names of pictures in exports, and the opinions that an export contains.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::World;
use swath_harness::client::Job;
use swath_harness::{Team, User};

const SETTLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The part of a picture of 30 by 20 pixels that Swath reads.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x1e\0\0\0\x14\x08\0\0\0\0\0\0\0\0";

/// Items of known size, because COCO needs sizes.
fn items(uris: &[&str]) -> Value {
    let item = |uri: &&str| json!({"uri": uri, "width": 40, "height": 30});
    json!({"items": uris.iter().map(item).collect::<Vec<_>>()})
}

async fn coco(manager: &User, job: &Job, more: &str) -> Value {
    manager.get(&job.path(&format!("/export?format=coco{more}"))).await.ok()
}

fn names(document: &Value) -> Vec<&str> {
    let images = document["images"].as_array().unwrap().iter();
    images.map(|image| image["file_name"].as_str().unwrap()).collect()
}

async fn done(team: &Team, job: &Job, annotators: &[&str]) {
    for name in annotators {
        team.annotator(name).await.work(job).await;
    }
    team.becomes(job, "done", SETTLE_TIMEOUT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_stay_when_the_dataset_grows() {
    let team = World::shared().await.team("names").await;
    let dataset = team.dataset_from(items(&["https://a.example/d/1.png", "https://a.example/d/2.png"])).await;
    let job = team.job(&dataset, json!({"review": {"rule": "none"}})).await;
    done(&team, &job, &["anna"]).await;
    let before = coco(&team.manager, &job, "").await;
    assert_eq!(names(&before), ["1.png", "2.png"]);

    let append = format!("/v1/datasets/{}/items", dataset.id);
    team.manager.post(&append, items(&["https://b.example/3\\.png"])).await.created();
    assert_eq!(coco(&team.manager, &job, "").await, before);
    let later = team.job(&dataset, json!({"review": {"rule": "none"}})).await;
    done(&team, &later, &["bob"]).await;
    let after = coco(&team.manager, &later, "").await;
    assert_eq!(names(&after), ["a.example/d/1.png", "a.example/d/2.png", "b.example/3%5C.png"]);
    let reply = &after["info"]["swath"];
    assert_eq!(reply["changed"], json!({"name_escaped": 1}));
    assert_eq!(reply["renamed"][0]["name"], "b.example/3%5C.png", "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_a_folders_pictures_are_their_paths_below_it() {
    let world = World::shared().await;
    let team = world.team("names").await;
    let folder = world.media_folder("names").unwrap();
    std::fs::create_dir(folder.join("only here")).unwrap();
    let kept = ["50%.png", "c#1.png", "q?3F15.png", "10:00~a b.png"].map(|name| format!("only here/{name}"));
    for path in &kept {
        std::fs::write(folder.join(path), PICTURE).unwrap();
    }
    std::fs::write(folder.join("only here/new\nline.png"), PICTURE).unwrap();
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let job = team.job(&dataset, json!({"review": {"rule": "none"}})).await;
    done(&team, &job, &["anna"]).await;
    let document = coco(&team.manager, &job, "").await;
    let (found, lost): (Vec<_>, Vec<_>) =
        names(&document).into_iter().partition(|name| folder.join(name).exists());
    assert_eq!(BTreeSet::from_iter(found), kept.iter().map(String::as_str).collect());
    assert_eq!(lost, ["only here/new%0Aline.png"]);
    assert_eq!(document["info"]["swath"]["changed"], json!({"name_escaped": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_one_slot_holds_its_opinions_alone() {
    let team = World::shared().await.team("names").await;
    let dataset = team.dataset_from(items(&["https://a.example/1.png"])).await;
    let job = team.job(&dataset, json!({"slots": 2, "review": {"rule": "none"}})).await;
    done(&team, &job, &["anna", "bob"]).await;
    let slots = |document: &Value| -> Vec<u64> {
        let drawn = document["annotations"].as_array().unwrap().iter();
        drawn.map(|figure| figure["swath"]["slot"].as_u64().unwrap()).collect()
    };
    assert_eq!(slots(&coco(&team.manager, &job, "").await), [0, 1]);
    assert_eq!(slots(&coco(&team.manager, &job, "&slot=1").await), [1]);
    for more in ["", "&items=all"] {
        let lines = team.manager.get(&job.path(&format!("/export?slot=0{more}"))).await.is(200).lines();
        assert_eq!((lines.len(), &lines[0]["slot"]), (1, &json!(0)), "{more}");
    }
    for refused in ["2", "-1", "first"] {
        team.manager.get(&job.path(&format!("/export?slot={refused}"))).await.invalid("slot");
    }
}
