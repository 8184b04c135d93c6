//! Label rules: an annotation outside the job's classes, tags and limits is refused by its field.

use serde_json::{Value, json};
use swath_harness::World;
use swath_harness::client::Lease;

fn figure(class: &str, shape: &str, geometry: Value) -> Value {
    json!({"figures": [{"class": class, "shape": shape, "geometry": geometry}], "tags": []})
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Value {
    json!({"x": x, "y": y, "width": width, "height": height})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_outside_the_rules_names_its_field_and_changes_nothing() {
    let team = World::shared().await.team("labels").await;
    let dataset = team.dataset(1).await;
    let wishes = json!({
        "classes": [{"name": "car", "shape": "rectangle"}, {"name": "lane", "shape": "polyline"}],
        "tags": [{"name": "light", "values": ["day", "night"]}],
        "limits": {"figures": 2, "tags": 1},
    });
    let job = team.job(&dataset, wishes).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let good = figure("car", "rectangle", rectangle(1.5, 2.0, 3.0, 4.0));
    anna.confirm(&lease, 0, good.clone()).await.ok();

    let car = good["figures"][0].clone();
    let refusals = [
        (figure("bus", "rectangle", rectangle(0.0, 0.0, 1.0, 1.0)), "figures[0].class"),
        (figure("car", "point", json!({"points": [[1, 1]]})), "figures[0].shape"),
        (figure("lane", "polyline", json!({"points": [[1, 1]]})), "figures[0].geometry"),
        (figure("car", "rectangle", rectangle(0.0, 0.0, 0.0, 1.0)), "figures[0].geometry.width"),
        (figure("car", "rectangle", rectangle(-1.0, 0.0, 2.0, 2.0)), "figures[0].geometry"),
        (json!({"figures": [car, car, car], "tags": []}), "figures"),
        (json!({"figures": [], "tags": [{"name": "mood"}]}), "tags[0].name"),
        (json!({"figures": [], "tags": [{"name": "light", "value": "dusk"}]}), "tags[0].value"),
        (
            json!({"figures": [], "tags": [{"name": "light", "value": "day"}, {"name": "light", "value": "day"}]}),
            "tags",
        ),
        (json!({"figures": [], "tags": [], "colour": "red"}), "colour"),
        (json!({"skip": {"reason": ""}}), "reason"),
    ];
    for (body, field) in refusals {
        anna.confirm(&lease, 0, body.clone()).await.invalid(field);
    }
    assert_eq!(stored(&anna.get(&lease.path("")).await.ok()), good["figures"]);
}

fn stored(lease: &Value) -> Value {
    lease["assignment"]["items"][0]["annotation"]["figures"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_outside_a_picture_of_known_size_is_refused() {
    let world = World::shared().await;
    let team = world.team("labels").await;
    let folder = world.media_folder("sized").unwrap();
    std::fs::write(folder.join("dot.png"), ONE_PIXEL).unwrap();
    let dataset = team.dataset_from(json!({"folder": folder})).await;
    let job = team.job(&dataset, json!({})).await;
    let anna = team.annotator("anna").await;
    let lease: Lease = anna.lease(&job).await;

    anna.confirm(&lease, 0, figure("thing", "rectangle", rectangle(0.0, 0.0, 1.0, 1.0))).await.ok();
    let beyond = figure("thing", "rectangle", rectangle(0.0, 0.0, 2.0, 1.0));
    anna.confirm(&lease, 0, beyond).await.invalid("figures[0].geometry");
}

/// A PNG of one grey pixel.
pub(crate) const ONE_PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0,
    1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0,
    0, 0, 0x82, 0, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
