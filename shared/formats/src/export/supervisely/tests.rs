use std::collections::BTreeMap;
use std::io::Read;
use swath_domain::Slot;

use serde_json::{Value, json};
use tar::Archive;

use super::super::fixtures::{export, head, item, labels};
use super::super::format::Format;
use super::*;

/// The paths of the archive in order, and the texts of its files.
fn project(head: Head, items: &[Item]) -> (Vec<String>, BTreeMap<String, String>) {
    let bytes = export(Format::Supervisely, head, items);
    let (mut paths, mut files) = (Vec::new(), BTreeMap::new());
    for entry in Archive::new(bytes.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert_eq!(entry.header().mtime().unwrap(), 1_700_000_000);
        paths.push(path.clone());
        files.insert(path, text);
    }
    (paths, files)
}

fn json(files: &BTreeMap<String, String>, path: &str) -> Value {
    serde_json::from_str(&files[path]).unwrap()
}

#[test]
fn a_small_project_is_exactly_this() {
    let (paths, files) = project(head(1), &[item(0, labels())]);
    assert_eq!(
        paths,
        [
            "meta.json",
            "README.md",
            "my photos/",
            "my photos/ann/",
            "my photos/img/",
            "my photos/ann/sub%2F0.png.json",
            "swath-summary.json"
        ]
    );
    let annotation = json(&files, "my photos/ann/sub%2F0.png.json");
    assert_eq!(annotation["size"], json!({"width": 100, "height": 50}));
    assert_eq!(annotation["tags"], json!([{"name": "light", "value": "day"}, {"name": "note", "value": ""}]));
    assert_eq!(annotation["customBigData"]["swath"]["uri"], "sub/0.png");
    assert_eq!(
        annotation["objects"][0],
        json!({"classTitle": "car", "description": "", "geometryType": "rectangle",
            "tags": [{"name": "note", "value": "red"}], "labelerLogin": "00000000-0000-0000-0000-000000000005",
            "points": {"exterior": [[10.5, 5.0], [29.5, 14.0]], "interior": []}})
    );
    let drawn: Vec<_> = annotation["objects"].as_array().unwrap()[1..]
        .iter()
        .map(|object| (object["geometryType"].as_str().unwrap(), object["points"].clone()))
        .collect();
    assert_eq!(
        drawn,
        [
            ("polygon", json!({"exterior": [[0.0, 0.0], [10.0, 0.0], [10.0, 4.0]], "interior": []})),
            (
                "polygon",
                json!({"exterior": [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]],
                    "interior": [[[2.0, 2.0], [3.0, 2.0], [3.0, 3.0]]]})
            ),
            ("line", json!({"exterior": [[1.0, 1.0], [2.0, 2.0]], "interior": []})),
            ("point", json!({"exterior": [[1.0, 1.0]], "interior": []})),
            ("point", json!({"exterior": [[2.0, 2.0]], "interior": []})),
        ]
    );
    let summary = json(&files, SUMMARY);
    assert_eq!((&summary["figures"], &summary["left_out"]), (&json!(5), &json!({})));
    assert_eq!(summary["changed"], json!({"name_with_folders": 1, "points_made_single": 1}));
    assert_eq!(summary["renamed"], json!([{"index": 0, "uri": "sub/0.png", "name": "sub%2F0.png"}]));
}

#[test]
fn the_meta_names_every_class_and_tag() {
    let (_, files) = project(head(1), &[]);
    assert_eq!(
        json(&files, "meta.json"),
        json!({
            "classes": [
                {"title": "car", "shape": "rectangle", "color": "#FF0000", "geometry_config": {}, "hotkey": ""},
                {"title": "road", "shape": "polygon", "color": "#00FF48", "geometry_config": {}, "hotkey": ""},
                {"title": "thing", "shape": "any", "color": "#9000FF", "geometry_config": {}, "hotkey": ""},
            ],
            "tags": [
                {"name": "light", "value_type": "oneof_string", "values": ["day", "night"], "color": "#FF0000",
                    "hotkey": "", "applicable_type": "all", "classes": []},
                {"name": "note", "value_type": "any_string", "color": "#00FF48",
                    "hotkey": "", "applicable_type": "all", "classes": []},
            ],
            "projectType": "images",
        })
    );
}

#[test]
fn every_slot_is_a_dataset() {
    let second = Item { slot: Slot(1), ..item(0, json!({})) };
    let (_, files) = project(head(2), &[item(0, labels()), second]);
    assert!(files.contains_key("my photos~slot0/ann/sub%2F0.png.json"));
    assert!(files.contains_key("my photos~slot1/ann/sub%2F0.png.json"));
    assert_eq!(json(&files, SUMMARY)["changed"]["name_with_folders"], 1, "a name is counted once");
}

#[test]
fn a_chosen_slot_is_the_only_dataset() {
    let (_, files) =
        project(Head { slot: Some(Slot(1)), ..head(2) }, &[Item { slot: Slot(1), ..item(0, json!({})) }]);
    let folders: Vec<_> = files.keys().filter(|path| path.ends_with("/ann/")).collect();
    assert_eq!(folders, ["my photos/ann/"]);
    assert_eq!(json(&files, SUMMARY)["slot"], 1);
}

#[test]
fn names_cannot_leave_the_project() {
    let mut head = head(1);
    head.dataset_name = "../../meta.json".into();
    let evil = Item { uri: "file:///data/../../../etc/cron.d/x".into(), ..item(0, json!({})) };
    let long = Item { uri: format!("file:///data/{}.png", "n".repeat(180)), ..item(1, json!({})) };
    let (paths, _) = project(head, &[evil, long]);
    assert!(paths.contains(&"_.._.._meta.json/ann/..%2F..%2F..%2Fetc%2Fcron.d%2Fx.json".to_owned()));
    assert!(paths.contains(&format!("_.._.._meta.json/ann/{}.png.json", "n".repeat(180))));

    let mut reserved = super::super::fixtures::head(1);
    reserved.dataset_name = "Meta.json".into();
    assert!(project(reserved, &[]).0.contains(&"_Meta.json/".to_owned()));
}

#[test]
fn omitted_figures_are_counted() {
    let thin = json!({"figures": [
        {"class": "car", "shape": "rectangle", "geometry": {"x": 4, "y": 4, "width": 0.5, "height": 2}},
        {"class": "gone", "shape": "point", "geometry": {"points": [[1, 1]]}},
    ]});
    let unknown = Item { size: None, ..item(1, labels()) };
    let skipped = item(2, json!({"skip": {"reason": "blurred"}}));
    let (paths, files) = project(head(1), &[item(0, thin), unknown, skipped]);
    assert_eq!(paths.iter().filter(|path| path.ends_with(".png.json")).count(), 1);
    let objects = &json(&files, "my photos/ann/sub%2F0.png.json")["objects"];
    assert_eq!(objects[0]["points"]["exterior"], json!([[4.0, 4.0], [4.0, 5.0]]));
    let summary = json(&files, SUMMARY);
    assert_eq!((&summary["skipped"], &summary["unknown_size"]), (&json!(1), &json!(1)));
    assert_eq!(summary["changed"], json!({"name_with_folders": 1, "rectangle_widened_to_a_pixel": 1}));
    assert_eq!(
        summary["left_out"],
        json!({"figure_of_unknown_class": 1, "figure_of_unknown_size": 5, "tag_of_unknown_size": 2})
    );
}
