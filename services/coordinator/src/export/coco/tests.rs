use serde_json::{Value, json};

use super::super::fixtures::{export, head, item, labels};
use super::super::{Format, Head};
use super::*;

fn document(head: Head, items: &[Item]) -> Value {
    serde_json::from_slice(&export(Format::Coco, head, items)).unwrap()
}

#[test]
fn a_small_document_is_exactly_this() {
    let document = document(head(1), &[item(0, labels()), item(3, json!({}))]);
    let provenance = |shape: &str| {
        json!({"shape": shape, "slot": 0, "round": 1, "revision": 2, "accepted_at": "2023-11-14T22:13:20Z",
            "author": "00000000-0000-0000-0000-000000000005", "reviewer": "00000000-0000-0000-0000-000000000006",
            "assignment": "00000000-0000-0000-0000-000000000007"})
    };
    let image = |id: i64, index: i64| {
        json!({"id": id, "file_name": format!("{index}.png"), "width": 100, "height": 50,
            "swath": {"index": index, "uri": format!("sub/{index}.png")}})
    };
    let mut images = [image(1, 0), image(4, 3)];
    for image in &mut images {
        image["file_name"] = json!(format!("sub/{}", image["file_name"].as_str().unwrap()));
    }
    assert_eq!(document["images"], json!(images));
    assert_eq!(
        document["annotations"],
        json!([
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10.5, 5.0, 20.0, 10.0], "area": 200.0, "iscrowd": 0,
                "segmentation": [[10.5, 5.0, 30.5, 5.0, 30.5, 15.0, 10.5, 15.0]], "swath": provenance("rectangle")},
            {"id": 2, "image_id": 1, "category_id": 2, "bbox": [0.0, 0.0, 10.0, 4.0], "area": 20.0, "iscrowd": 0,
                "segmentation": [[0.0, 0.0, 10.0, 0.0, 10.0, 4.0]], "swath": provenance("polygon")},
        ])
    );
    assert_eq!(
        document["categories"],
        json!([{"id": 1, "name": "car", "supercategory": ""}, {"id": 2, "name": "road", "supercategory": ""},
            {"id": 3, "name": "thing", "supercategory": ""}])
    );
    assert_eq!(
        document["info"]["swath"],
        json!({"job": "00000000-0000-0000-0000-000000000001", "title": "Cars", "dataset_version": 1,
            "dataset": "00000000-0000-0000-0000-000000000003", "items": 2, "figures": 2, "skipped": 0,
            "unknown_size": 0, "changed": {}, "renamed": [],
            "left_out": {"figure_tag": 1, "item_tag": 2, "point": 1, "polygon_with_holes": 1, "polyline": 1}})
    );
    assert_eq!(document["licenses"], json!([]));
}

#[test]
fn slots_share_their_image() {
    let second = Item { slot: 1, ..item(0, labels()) };
    let document = document(head(2), &[item(0, labels()), second, item(1, json!({}))]);
    assert_eq!(document["images"].as_array().unwrap().len(), 2);
    let slots: Vec<_> =
        document["annotations"].as_array().unwrap().iter().map(|a| &a["swath"]["slot"]).collect();
    assert_eq!(slots, [0, 0, 1, 1]);
}

#[test]
fn skipped_items_and_unknown_sizes_are_counted_and_not_written() {
    let unknown = Item { size: None, ..item(1, labels()) };
    let skipped = item(2, json!({"skip": {"reason": "blurred"}}));
    let document = document(head(1), &[unknown, skipped]);
    assert_eq!(document["images"], json!([]));
    assert_eq!(document["annotations"], json!([]));
    let summary = &document["info"]["swath"];
    assert_eq!(
        (&summary["unknown_size"], &summary["skipped"], &summary["items"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(summary["left_out"], json!({"figure_of_unknown_size": 5, "tag_of_unknown_size": 2}));
}

#[test]
fn an_empty_export_is_a_document_too() {
    assert_eq!(document(head(1), &[])["images"], json!([]));
}

#[test]
fn many_annotations_come_back_from_the_spool() {
    let items: Vec<_> = (0..500).map(|index| item(index, labels())).collect();
    let document = document(head(1), &items);
    let ids: Vec<_> =
        document["annotations"].as_array().unwrap().iter().map(|a| a["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=1_000).collect::<Vec<_>>());
}
