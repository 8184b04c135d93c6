//! The pure parts that every cycle goes through: range sets, checks of labels, ids and the text of an annotation.
#![expect(clippy::expect_used, reason = "a bench whose input is wrong has nothing to measure")]

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use serde_json::json;
use swath_domain::job::JobSpec;
use swath_domain::labels::Annotation;
use swath_domain::{AssignmentId, ItemIndex, JobId, Range, Ranges, Round, Slot};
use uuid::Uuid;

/// Items of a large assignment.
const ITEMS: i64 = 1_000;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    ranges(&mut criterion);
    labels(&mut criterion);
    criterion.bench_function("the id of an assignment", |bench| {
        let job = JobId(Uuid::from_u128(0x0199_aaaa_bbbb_7000_8000_0000_0000_0001));
        bench.iter(|| AssignmentId::of(black_box(job), Round(1), black_box(123_456), Slot(0)));
    });
    criterion.final_summary();
}

fn ranges(criterion: &mut Criterion) {
    let one = Ranges::new(&[Range::of(0, ITEMS)], i64::MAX).expect("one range");
    // What is left of an assignment of which every other item was rejected.
    let many = Ranges::of_items((0..ITEMS).map(|item| ItemIndex(2 * item)));
    let text = many.to_string();
    criterion.bench_function("ranges: does one hold an item", |bench| {
        bench.iter(|| black_box(&one).contains(black_box(ItemIndex(777))));
    });
    criterion.bench_function("ranges: does one of 1,000 hold an item", |bench| {
        bench.iter(|| black_box(&many).contains(black_box(ItemIndex(1_554))));
    });
    criterion.bench_function("ranges: of 1,000 items", |bench| {
        bench.iter(|| Ranges::of_items((0..ITEMS).map(|item| ItemIndex(2 * black_box(item)))));
    });
    criterion.bench_function("ranges: 1,000 as text", |bench| bench.iter(|| black_box(&many).to_string()));
    criterion.bench_function("ranges: 1,000 from text", |bench| {
        bench.iter(|| black_box(&text).parse::<Ranges>().expect("ranges"));
    });
}

fn labels(criterion: &mut Criterion) {
    let spec = JobSpec {
        classes: serde_json::from_value(json!([{"name": "car", "shape": "rectangle"}])).expect("classes"),
        tags: serde_json::from_value(json!([{"name": "weather", "values": ["sun", "rain"]}])).expect("tags"),
        ..JobSpec::default()
    };
    let rules = spec.rules();
    let figure = |x: i64| json!({"class": "car", "shape": "rectangle", "geometry": {"x": x, "y": 1, "width": 4, "height": 3}});
    let body = json!({
        "figures": (0..20).map(figure).collect::<Vec<_>>(),
        "tags": [{"name": "weather", "value": "rain"}],
    })
    .to_string();
    let annotation: Annotation = serde_json::from_str(&body).expect("an annotation");
    assert!(rules.check_annotation(&annotation, None).is_empty(), "what is measured is the good case");
    criterion.bench_function("labels: 20 boxes checked", |bench| {
        bench.iter(|| black_box(&rules).check_annotation(black_box(&annotation), None));
    });
    criterion.bench_function("labels: 20 boxes from JSON", |bench| {
        bench.iter(|| serde_json::from_str::<Annotation>(black_box(&body)).expect("an annotation"));
    });
    criterion.bench_function("labels: 20 boxes as JSON", |bench| {
        bench.iter(|| serde_json::to_string(black_box(&annotation)).expect("JSON"));
    });
}
