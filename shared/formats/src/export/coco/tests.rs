use serde_json::{Value, json};
use swath_domain::Slot;

use super::super::fixtures::{export, head, item, labels};
use super::super::format::Format;
use super::*;

/// The mask of the polygon with a hole from pycocotools. The hole is between the middles of two columns.
const COUNTS: [u64; 19] = [0, 9, 41, 9, 41, 9, 41, 9, 41, 9, 41, 9, 41, 9, 41, 9, 41, 9, 4591];

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
    images[0]["attributes"] = json!({"light": "day", "note": true});
    assert_eq!(document["images"], json!(images));
    assert_eq!(
        document["annotations"],
        json!([
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10.5, 5.0, 20.0, 10.0], "area": 200.0, "iscrowd": 0,
                "segmentation": [[10.5, 5.0, 30.5, 5.0, 30.5, 15.0, 10.5, 15.0]], "attributes": {"note": "red"},
                "swath": provenance("rectangle")},
            {"id": 2, "image_id": 1, "category_id": 2, "bbox": [0.0, 0.0, 10.0, 4.0], "area": 20.0, "iscrowd": 0,
                "segmentation": [[0.0, 0.0, 10.0, 0.0, 10.0, 4.0]], "swath": provenance("polygon")},
            {"id": 3, "image_id": 1, "category_id": 2, "bbox": [0.0, 0.0, 9.0, 9.0], "area": 80.5, "iscrowd": 0,
                "segmentation": {"size": [50, 100], "counts": COUNTS}, "swath": provenance("polygon")},
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
            "dataset": "00000000-0000-0000-0000-000000000003", "items": 2, "figures": 3, "skipped": 0,
            "unknown_size": 0, "changed": {}, "renamed": [],
            "left_out": {"point": 1, "polyline": 1}})
    );
    assert_eq!(document["licenses"], json!([]));
}

#[test]
fn slots_share_their_image() {
    let second = Item { slot: Slot(1), ..item(0, labels()) };
    let document = document(head(2), &[item(0, labels()), second, item(1, json!({}))]);
    assert_eq!(document["images"].as_array().unwrap().len(), 2);
    let slots: Vec<_> =
        document["annotations"].as_array().unwrap().iter().map(|a| &a["swath"]["slot"]).collect();
    assert_eq!(slots, [0, 0, 0, 1, 1, 1]);
}

#[test]
fn an_image_has_the_tags_of_all_opinions_and_of_each() {
    let said = |slot, tags: Value| Item { slot, ..item(0, json!({"tags": tags})) };
    let items = [
        said(Slot(0), json!([{"name": "light", "value": "day"}])),
        said(Slot(1), json!([])),
        said(Slot(2), json!([{"name": "light", "value": "night"}, {"name": "note"}])),
    ];
    let whole = document(head(3), &items);
    let image = &whole["images"][0];
    assert_eq!(image["attributes"], json!({"light": ["day", "night"], "note": true}));
    assert_eq!(
        image["swath"]["opinions"],
        json!([{"slot": 0, "attributes": {"light": "day"}},
            {"slot": 2, "attributes": {"light": "night", "note": true}}])
    );

    let one = document(Head { slot: Some(Slot(2)), ..head(3) }, &items[2..]);
    assert_eq!(one["images"][0]["attributes"], json!({"light": "night", "note": true}));
    assert_eq!(one["images"][0]["swath"].get("opinions"), None);
    assert_eq!(one["info"]["swath"]["slot"], 2);
}

#[test]
fn tags_of_omitted_figures_are_counted() {
    let figure = json!({"class": "thing", "shape": "point", "geometry": {"points": [[1, 1]]},
        "tags": [{"name": "note"}]});
    let document = document(head(1), &[item(0, json!({"figures": [figure]}))]);
    assert_eq!(document["info"]["swath"]["left_out"], json!({"point": 1, "tag_of_left_out_figure": 1}));
}

#[test]
fn changed_names_are_counted_once_and_the_first_are_listed() {
    let named = |index| Item { uri: format!("file:///data/{index}%0A.png"), ..item(index, json!({})) };
    let items: Vec<_> =
        (0..150).flat_map(|index| [named(index), Item { slot: Slot(1), ..named(index) }]).collect();
    let document = document(head(2), &items);
    let summary = &document["info"]["swath"];
    assert_eq!(summary["changed"], json!({"name_escaped": 150}));
    assert_eq!(summary["renamed"].as_array().unwrap().len(), 100);
    assert_eq!(summary["renamed"][1], json!({"index": 1, "uri": "sub/1.png", "name": "1%0A.png"}));
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
fn an_empty_export_is_a_document() {
    assert_eq!(document(head(1), &[])["images"], json!([]));
}

#[test]
fn many_annotations_are_read_back_from_the_temporary_file() {
    let items: Vec<_> = (0..500).map(|index| item(index, labels())).collect();
    let document = document(head(1), &items);
    let ids: Vec<_> =
        document["annotations"].as_array().unwrap().iter().map(|a| a["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=1_500).collect::<Vec<_>>());
}
