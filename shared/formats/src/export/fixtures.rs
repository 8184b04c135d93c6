//! Small jobs and items for the tests of every format.

use serde_json::{Value, json};
use swath_domain::job::{Job, JobSpec, JobStatus, LeasePolicy, Priority};
use swath_domain::labels::{Class, Shape, TagDefinition};
use swath_domain::review::ReviewRule;
use swath_domain::{AssignmentId, DatasetId, ItemIndex, JobId, Round, Slot, TeamId, Time, UserId};
use uuid::Uuid;

use super::Encoder;
use super::format::Format;
use super::item::{Head, Item};

const CREATED: Time = Time(1_700_000_000_000_000);

/// A job with this number of slots, a class for every shape and two tags.
pub(super) fn head(slots: i64) -> Head {
    let classes = [("car", Shape::Rectangle), ("road", Shape::Polygon), ("thing", Shape::Any)];
    let spec = JobSpec {
        classes: classes.map(|(name, shape)| Class { name: name.into(), shape }).to_vec(),
        tags: vec![
            TagDefinition { name: "light".into(), values: Some(vec!["day".into(), "night".into()]) },
            TagDefinition { name: "note".into(), values: None },
        ],
        ..JobSpec::default()
    };
    let job = Job {
        id: JobId(Uuid::from_u128(1)),
        team: TeamId(Uuid::from_u128(2)),
        dataset: DatasetId(Uuid::from_u128(3)),
        version: 1,
        title: "Cars".into(),
        spec: spec.into(),
        status: JobStatus::Done,
        priority: Priority::Normal,
        due: None,
        range_size: 50,
        slots,
        lease_policy: LeasePolicy::of_seconds(1, 1, 1, 5),
        review: ReviewRule::default(),
        seed: 0,
        selected: 10,
        cut_to: 10,
        seq: 0,
        creator: UserId(Uuid::from_u128(4)),
        created: CREATED,
    };
    Head { job, dataset_name: "my photos".into(), base: "file:///data/".into(), slot: None, is_stored: false }
}

/// An accepted item of 100 x 50 pixels.
pub(super) fn item(index: i64, annotation: Value) -> Item {
    Item {
        index: ItemIndex(index),
        uri: format!("file:///data/sub/{index}.png"),
        shown_uri: format!("sub/{index}.png"),
        size: Some((100, 50)),
        orientation: None,
        meta: None,
        slot: Slot::FIRST,
        round: Round::FIRST,
        annotation: serde_json::from_value(annotation).unwrap(),
        author: UserId(Uuid::from_u128(5)),
        reviewer: Some(UserId(Uuid::from_u128(6))),
        revision: 2,
        accepted_at: CREATED,
        assignment: AssignmentId(Uuid::from_u128(7)),
    }
}

/// A figure of every kind, and tags on the item and on a figure.
pub(super) fn labels() -> Value {
    let rectangle = json!({"x": 10.5, "y": 5, "width": 20, "height": 10});
    json!({
        "figures": [
            {"class": "car", "shape": "rectangle", "geometry": rectangle, "tags": [{"name": "note", "value": "red"}]},
            {"class": "road", "shape": "polygon", "geometry": {"exterior": [[0, 0], [10, 0], [10, 4]]}},
            {"class": "road", "shape": "polygon", "geometry":
                {"exterior": [[0, 0], [9, 0], [9, 9], [0, 9]], "interior": [[[2, 2], [3, 2], [3, 3]]]}},
            {"class": "thing", "shape": "polyline", "geometry": {"points": [[1, 1], [2, 2]]}},
            {"class": "thing", "shape": "point", "geometry": {"points": [[1, 1], [2, 2]]}},
        ],
        "tags": [{"name": "light", "value": "day"}, {"name": "note"}],
    })
}

/// A complete export. Checks that a second export, and one with a page for each item, have the same bytes.
pub(super) fn export(format: Format, head: Head, items: &[Item]) -> Vec<u8> {
    let whole = export_by(format, head.clone(), items, items.len().max(1));
    assert_eq!(whole, export_by(format, head.clone(), items, items.len().max(1)), "the same bytes twice");
    assert_eq!(whole, export_by(format, head, items, 1), "the same bytes in other pages");
    whole
}

fn export_by(format: Format, head: Head, items: &[Item], size: usize) -> Vec<u8> {
    let mut encoder = Encoder::new(format, head).unwrap();
    let mut bytes = encoder.begin().unwrap();
    for page in items.chunks(size) {
        bytes.extend(encoder.items(page).unwrap());
    }
    for chunk in encoder.finish().unwrap() {
        bytes.extend(chunk.unwrap());
    }
    bytes
}
