//! The coverage map of a job: its ranges from first to last, in a bounded number of stretches, with items by state in each.

use std::ops::Range;

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::json;
use swath_api::coverage::{Bucket, CoverageView};
use swath_domain::coverage::{Cover, block_width};
use swath_domain::ids::JobId;
use swath_domain::job::{JobHead, JobStatus};
use swath_runtime::access::LEADS;
use swath_runtime::{Access, Caller, Context, PathId, Problem, Result, Route, Search};
use swath_store::{Stretches, levels};

use super::jobs;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let number = || json!({"type": "integer", "minimum": 0});
    vec![
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/coverage",
            Access::LEADS,
            "Where the work of a job stands, from its first range to its last.",
            show,
        )
        .query(
            "buckets",
            json!({"type": "integer", "minimum": 1, "maximum": BUCKETS_MAX, "default": 200}),
            "Stretches in the answer, at most. There are fewer where they would be narrower than what is counted.",
        )
        .query("from", number(), "The first range; 0 where absent.")
        .query("to", number(), "The range behind the last; the end of the job where absent.")
        .gives::<CoverageView>(200),
    ]
}

/// Stretches in one answer, unless the request says otherwise.
const BUCKETS_DEFAULT: i64 = 200;
/// Stretches in one answer, at most.
pub(super) const BUCKETS_MAX: i64 = 2_000;
/// Assignments of the first round that are read one by one, at most. More are read as blocks.
const ONE_BY_ONE_MAX: i64 = 4_000;

#[derive(Debug, Deserialize)]
pub(crate) struct CoverageQuery {
    buckets: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
}

/// Divides a span of range numbers into at most `buckets` stretches of equal width, each made of whole blocks.
fn stretches(ranges: i64, opinions: i64, of: Range<i64>, buckets: i64) -> Stretches {
    let Range { start: from, end: to } = of;
    let span = (to - from).max(1);
    let width_min = ceil(span, buckets);
    if width_min < block_width(1) && span * opinions <= ONE_BY_ONE_MAX {
        return Stretches { from, to, width: width_min, level: 0 };
    }
    let level = (1..=levels(ranges)).rev().find(|level| block_width(*level) <= width_min).unwrap_or(1);
    let block = block_width(level);
    let first = from / block * block;
    // The first stretch begins at a block, which may be before `from`, so stretches may have to be a block wider.
    let width = ceil(ceil(to - first, buckets), block) * block;
    Stretches { from: first, to, width, level }
}

fn ceil(number: i64, divisor: i64) -> i64 {
    (number + divisor - 1) / divisor
}

/// The items of the ranges with these numbers, once per opinion.
fn items_of(job: &JobHead, of: Range<i64>) -> i64 {
    let Range { start: from, end: to } = of;
    let end = job.selected.min(to * job.range_size);
    (end - from * job.range_size).max(0) * job.slots
}

/// The items of these ranges that were cancelled before they were cut.
fn cancelled_uncut(job: &JobHead, of: Range<i64>) -> i64 {
    let Range { start: from, end: to } = of;
    if !matches!(job.status, JobStatus::Cancelling | JobStatus::Cancelled) {
        return 0;
    }
    let (first, end) = ((from * job.range_size).max(job.cut_to), job.selected.min(to * job.range_size));
    (end - first).max(0) * job.slots
}

/// The items of these ranges by state.
fn bucket(job: &JobHead, ranges: Range<i64>, cover: &Cover) -> Bucket {
    let cancelled_before_cut = cancelled_uncut(job, ranges.clone());
    Bucket {
        // The job may have changed before its coverage was read.
        waiting: (items_of(job, ranges) - cancelled_before_cut - cover.total()).max(0),
        rework: cover.rework,
        held: cover.held,
        in_progress: cover.in_progress,
        completed: cover.completed,
        in_review: cover.in_review,
        accepted: cover.accepted,
        skipped: cover.skipped,
        cancelled: cover.cancelled + cancelled_before_cut,
    }
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
    Search(query): Search<CoverageQuery>,
) -> Result<Json<CoverageView>> {
    let job = jobs::own(&context, &caller, id, LEADS).await?;
    let ranges = ceil(job.selected, job.range_size);
    let (from, to) = (query.from.unwrap_or(0), query.to.unwrap_or(ranges));
    let buckets = query.buckets.unwrap_or(BUCKETS_DEFAULT);
    if !(1..=BUCKETS_MAX).contains(&buckets) {
        return Err(Problem::field("buckets", format!("must be between 1 and {BUCKETS_MAX}")));
    }
    if !(0..ranges).contains(&from) {
        return Err(Problem::field(
            "from",
            format!("must be the number of a range, from 0 to {}", ranges - 1),
        ));
    }
    if !(from + 1..=ranges).contains(&to) {
        return Err(Problem::field("to", format!("must be behind `from`, and at most {ranges}")));
    }
    let stretches = stretches(ranges, job.slots, from..to, buckets);
    let Stretches { from, to, width, .. } = stretches;
    let counts = context.store.job_coverage(job.team, id, stretches).await?;
    let of_stretch = |number: i64| {
        let first = from + number * width;
        let cover = counts.get(&number).copied().unwrap_or_default();
        bucket(&job, first..to.min(first + width), &cover)
    };
    Ok(Json(CoverageView {
        ranges,
        range_size: job.range_size,
        opinions: job.slots,
        from,
        to,
        width,
        buckets: (0..stretches.count()).map(of_stretch).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_small_stretch_is_shown_range_by_range_and_a_large_one_in_whole_blocks() {
        assert_eq!(stretches(100, 1, 0..100, 200), Stretches { from: 0, to: 100, width: 1, level: 0 });
        assert_eq!(stretches(100, 1, 7..100, 50), Stretches { from: 7, to: 100, width: 2, level: 0 });
        let whole = stretches(1_000_000, 1, 0..1_000_000, 2_000);
        assert_eq!(whole, Stretches { from: 0, to: 1_000_000, width: 512, level: 2 });
        let stretch = stretches(1_000_000, 1, 1_003..101_003, 100);
        assert_eq!(stretch, Stretches { from: 512, to: 101_003, width: 1_024, level: 3 });
    }

    proptest! {
        #[test]
        fn stretches_are_few_cover_what_was_asked_and_are_made_of_whole_blocks(
            ranges in 1..5_000_000_000_i64, from in 0.0..1.0_f64, part in 0.0..=1.0_f64, buckets in 1..=BUCKETS_MAX,
            opinions in 1..=5_i64,
        ) {
            let from = (ranges as f64 * from) as i64;
            let to = (from + ((ranges - from) as f64 * part) as i64).clamp(from + 1, ranges);
            let made = stretches(ranges, opinions, from..to, buckets);
            let block = block_width(made.level);
            prop_assert!(made.count() <= buckets);
            prop_assert!(made.from <= from && made.to == to && made.from >= 0);
            prop_assert!(made.from % block == 0 && made.width % block == 0);
            prop_assert!((to - made.from) / block <= 9 * BUCKETS_MAX || block == block_width(10), "{made:?}");
        }
    }
}
