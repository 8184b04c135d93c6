//! A job's selection as one long line of positions, and how it is cut into ranges.

use crate::ranges::{Range, Ranges};

/// A run of selected items: `range`, of which the first stands at `offset` in the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The item numbers in the dataset.
    pub range: Range,
    /// How many selected items come before.
    pub offset: i64,
}

/// Lays ranges one behind the other, at most `limit` items of them.
pub fn runs(ranges: impl IntoIterator<Item = Range>, limit: i64) -> Vec<Run> {
    let mut offset = 0;
    let mut runs = Vec::new();
    for range in ranges {
        let taken = range.len().min(limit - offset);
        if taken <= 0 {
            break;
        }
        runs.push(Run { range: Range { start: range.start, end: range.start + taken }, offset });
        offset += taken;
    }
    runs
}

/// The items at positions `from..to`, out of runs that cover them in ascending order.
pub fn slice(runs: &[Run], from: i64, to: i64) -> Ranges {
    let mut set = Ranges::default();
    let first = runs.partition_point(|run| run.offset + run.range.len() <= from);
    for run in &runs[first..] {
        let start = run.range.start + (from - run.offset).max(0);
        let end = run.range.start + (to - run.offset).min(run.range.len());
        if end <= start {
            break;
        }
        set.push(Range { start, end });
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::ItemIndex;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cut_covers_the_selection_exactly(
            items in proptest::collection::btree_set(0i64..400, 1..200),
            size in 1i64..60,
            limit in 1i64..300,
        ) {
            let items: Vec<_> = items.into_iter().map(ItemIndex).collect();
            let runs = runs(Ranges::of_items(items.iter().copied()).as_slice().iter().copied(), limit);
            let selected = &items[..items.len().min(limit as usize)];
            let total = selected.len() as i64;
            let mut cut = Vec::new();
            let mut from = 0;
            while from < total {
                let to = (from + size).min(total);
                let set = slice(&runs, from, to);
                prop_assert_eq!(set.items(), to - from);
                cut.extend(set.iter());
                from = to;
            }
            prop_assert_eq!(cut, selected);
        }
    }
}
