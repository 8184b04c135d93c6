//! The selection of a job's items: ranges, labels and a limit, resolved into runs of items.

use std::collections::HashSet;

use swath_api::jobs::Selection;
use swath_domain::ranges::{Range, RangesError};
use swath_domain::selection::{Run, runs};
use swath_domain::{Ranges, limits};
use swath_runtime::{Problem, Result};
use swath_store::{Dataset, Store};

/// Items read at once in a search for labels.
const PAGE_ITEMS: i64 = 10_000;

/// The selected items of a dataset, as runs.
pub(crate) async fn resolve(selection: &Selection, store: &Store, dataset: &Dataset) -> Result<Vec<Run>> {
    if selection.limit.is_some_and(|limit| limit < 1) {
        return Err(Problem::field("selection.limit", "must be at least 1"));
    }
    let ranges = ranges(selection, dataset.items)?;
    let limit = selection.limit.unwrap_or(i64::MAX);
    let chosen = match &selection.labels {
        None => ranges,
        Some(labels) => labelled(store, dataset, labels, &ranges, limit).await?,
    };
    Ok(runs(chosen.as_slice().iter().copied(), limit))
}

/// The ranges that a selection names, or all items.
fn ranges(selection: &Selection, items: i64) -> Result<Ranges> {
    let whole = [Range::of(0, items)];
    let ranges = selection.ranges.as_deref().unwrap_or(&whole);
    if ranges.len() > limits::SELECTION_RANGES_MAX {
        let message = format!("at most {} ranges", limits::SELECTION_RANGES_MAX);
        return Err(Problem::field("selection.ranges", message));
    }
    Ranges::new(ranges, items).map_err(|error| {
        let (RangesError::Reversed(index) | RangesError::Overlap(index) | RangesError::Outside(index)) =
            error;
        Problem::field(format!("selection.ranges[{index}]"), error.to_string())
    })
}

async fn labelled(
    store: &Store,
    dataset: &Dataset,
    labels: &[String],
    within: &Ranges,
    limit: i64,
) -> Result<Ranges> {
    if labels.is_empty() || labels.len() > limits::LABELS_MAX {
        return Err(Problem::field("selection.labels", format!("1 to {} labels", limits::LABELS_MAX)));
    }
    let mut seen = HashSet::new();
    if let Some(index) = labels.iter().position(|label| !seen.insert(label)) {
        return Err(Problem::field(format!("selection.labels[{index}]"), "stands here twice"));
    }
    let mut chosen = Ranges::default();
    for range in within.as_slice() {
        let mut rest = *range;
        loop {
            let page = store.items_labelled(dataset.id, labels, rest, PAGE_ITEMS).await?;
            page.items.into_iter().for_each(|item| chosen.push(Range { start: item, end: item + 1 }));
            match page.last {
                Some(last) if chosen.items() < limit => rest.start = last + 1,
                _ => break,
            }
        }
    }
    Ok(chosen)
}
