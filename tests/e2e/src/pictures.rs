//! Real photographs with boxes and polygons are exported, and read back by independent readers: pycocotools, panlabel
//! and Supervisely's SDK.

mod drawing;
mod readers;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swath_harness::client::Job;
use swath_harness::{Team, User, World};

use drawing::{Drawing, Figure};

/// Photographs of scikit-image: colour and grey, PNG and JPEG.
const PHOTOGRAPHS: [&str; 6] =
    ["astronaut.png", "camera.png", "coffee.png", "coins.png", "retina.jpg", "rocket.jpg"];

/// Annotated photographs, all of them accepted.
struct Album {
    team: Team,
    job: Job,
    drawn: Vec<(String, Drawing)>,
}

async fn album(sketch: fn(usize, u32, u32) -> Drawing) -> Album {
    let world = World::shared().await;
    let team = world.team("pictures").await;
    let folder = world.media_folder("photographs").unwrap();
    for name in PHOTOGRAPHS {
        std::fs::copy(fetched().join(name), folder.join(name)).unwrap();
    }
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let classes = json!([{"name": "box", "shape": "rectangle"}, {"name": "outline", "shape": "polygon"},
        {"name": "spot", "shape": "point"}]);
    let spec =
        json!({"classes": classes, "tags": [{"name": "note"}], "review": {"rule": "none"}, "range_size": 4});
    let job = team.job(&dataset, spec).await;
    let drawn = draw(&team.annotator("anna").await, &job, sketch).await;
    team.becomes(&job, "done", std::time::Duration::from_secs(30)).await;
    Album { team, job, drawn }
}

async fn draw(anna: &User, job: &Job, sketch: fn(usize, u32, u32) -> Drawing) -> Vec<(String, Drawing)> {
    let mut drawn = Vec::new();
    while drawn.len() < PHOTOGRAPHS.len() {
        let lease = anna.lease(job).await;
        for item in lease.body["assignment"]["items"].as_array().unwrap() {
            let index = item["index"].as_u64().unwrap();
            let name = name_of(item["uri"].as_str().unwrap());
            let (width, height) = readers::size_of(&fetched().join(&name));
            let drawing = sketch(drawn.len(), width, height);
            anna.confirm(&lease, index, drawing.annotation()).await.ok();
            see(anna, item, &name).await;
            drawn.push((name, drawing));
        }
        anna.submit(&lease).await.ok();
    }
    drawn
}

/// The holder can load the photograph itself through a URL that needs no token.
async fn see(anna: &User, item: &Value, name: &str) {
    let url = item["media_url"].as_str().unwrap_or_else(|| panic!("no media_url in {item}"));
    let nobody = World::shared().await.stranger(None);
    let picture = nobody.get(url).await.is(200);
    assert_eq!(picture.bytes(), std::fs::read(fetched().join(name)).unwrap(), "{name}");
    assert!(picture.header("content-type").starts_with("image/"), "{}", anna.name);
}

fn fetched() -> PathBuf {
    let folder = std::env::var_os("SWATH_TEST_PICTURES");
    folder.expect("SWATH_TEST_PICTURES is not set: run this through tests/run").into()
}

fn name_of(uri: &str) -> String {
    Path::new(uri).file_name().unwrap().to_str().unwrap().to_owned()
}

async fn export(album: &Album, format: &str) -> Vec<u8> {
    let path = album.job.path(&format!("/export?format={format}&lossy=true"));
    let first = album.team.manager.get(&path).await.is(200);
    let second = album.team.manager.get(&path).await.is(200);
    assert!(first.bytes() == second.bytes(), "the same state gives the same bytes: {format}");
    first.bytes().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn pycocotools_reads_the_same_figures_back() {
    let album = album(drawing::everything).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("coco.json");
    std::fs::write(&file, export(&album, "coco").await).unwrap();

    let found = readers::pycocotools(&file).await;
    let expected: Vec<_> = album.drawn.iter().flat_map(|(name, drawing)| drawing.as_coco(name)).collect();
    assert_eq!(found.len(), expected.len());
    for figure in expected {
        assert!(found.iter().any(|read| figure.is(read)), "{figure:?} is not among {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn panlabel_reads_the_same_boxes_back_from_coco() {
    let album = album(drawing::boxes).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("coco.json");
    std::fs::write(&file, export(&album, "coco").await).unwrap();

    let found = readers::panlabel_coco(&file);
    let mut expected: Vec<_> =
        album.drawn.iter().flat_map(|(name, drawing)| drawing.as_corners(name)).collect();
    expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisely_project_holds_every_figure_and_names_every_class() {
    let album = album(drawing::everything).await;
    let folder = tempfile::tempdir().unwrap();
    readers::unpack(&export(&album, "supervisely").await, folder.path()).await;

    let project = readers::project(folder.path());
    let titles: Vec<_> = project.classes.iter().map(String::as_str).collect();
    assert_eq!(titles, ["box", "outline", "spot"]);
    for (name, drawing) in &album.drawn {
        let objects = project.objects.get(name).unwrap_or_else(|| panic!("no annotation of {name}"));
        assert_eq!(objects, &drawing.as_supervisely(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn superviselys_own_sdk_reads_a_project() {
    let album = album(drawing::everything).await;
    let folder = tempfile::tempdir().unwrap();
    readers::unpack(&export(&album, "supervisely").await, folder.path()).await;

    let found = readers::sdk(folder.path(), |name| fetched().join(name)).await;
    assert_eq!(found["classes"], json!(["box", "outline", "spot"]));
    assert_eq!(found["pictures"].as_object().unwrap().len(), album.drawn.len());
    for (name, drawing) in &album.drawn {
        let picture = &found["pictures"][name];
        let (width, height) = readers::size_of(&fetched().join(name));
        assert_eq!(picture["size"], json!([width, height]), "{name}");
        assert_eq!(picture["tags"], json!([["note", "whole"]]), "{name}");
        assert_eq!(readers::objects(picture), drawing.as_sdk(), "{name}");
        for object in picture["objects"].as_array().unwrap() {
            assert_eq!(object["tags"], json!([["note", object["classTitle"]]]), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_coco_cannot_hold_is_counted() {
    let album = album(drawing::everything).await;
    let file: Value = serde_json::from_slice(&export(&album, "coco").await).unwrap();
    let count =
        |of: fn(&Figure) -> bool| album.drawn.iter().map(|(_, drawing)| drawing.count(of)).sum::<usize>();
    let spots = count(|figure| matches!(figure, Figure::Spot(_)));
    let left_out = &file["info"]["swath"]["left_out"];
    assert_eq!(left_out, &json!({"point": spots, "tag_of_left_out_figure": spots}));
    assert_eq!(file["info"]["swath"]["figures"], file["annotations"].as_array().map_or(0, Vec::len));
}

#[tokio::test(flavor = "multi_thread")]
async fn items_of_unknown_size_are_counted() {
    let team = World::shared().await.team("pictures").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({"review": {"rule": "none"}})).await;
    team.annotator("anna").await.work(&job).await;
    team.becomes(&job, "done", std::time::Duration::from_secs(30)).await;
    let file = team.manager.get(&job.path("/export?format=coco&lossy=true")).await.ok();
    assert_eq!(file["info"]["swath"]["unknown_size"], 3, "{}", file["info"]);
    assert_eq!(file["info"]["swath"]["left_out"]["figure_of_unknown_size"], 3, "{}", file["info"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_holders_see_pictures_and_links_cannot_be_forged() {
    let world = World::shared().await;
    let team = world.team("pictures").await;
    let folder = world.media_folder("private").unwrap();
    std::fs::copy(fetched().join("coins.png"), folder.join("coins.png")).unwrap();
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let job = team.job(&dataset, json!({})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;

    let media = format!("{}/media", lease.item(0));
    let link = anna.get(&media).await.found();
    let nobody = world.stranger(None);
    nobody.get(&link).await.is(200);
    let mut forged = link.clone();
    let last = forged.pop().unwrap_or('A');
    forged.push(if last == 'A' { 'B' } else { 'A' });
    let status = nobody.get(&forged).await.status();
    assert!(matches!(status, 401 | 403 | 404), "{forged}: {status}");

    anna.release(&lease).await.no_content();
    anna.get(&media).await.refused(409, "stale-lease");
}
