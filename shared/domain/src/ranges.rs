//! Half-open ranges of item numbers, and ordered sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::key::ItemIndex;

/// Items `start..end`, by the dataset's own numbers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The number of the first item.
    #[schema(minimum = 0, value_type = i64)]
    pub start: ItemIndex,
    /// One past the last item.
    #[schema(minimum = 1, value_type = i64)]
    pub end: ItemIndex,
}

impl Range {
    /// The items in order.
    pub fn iter(&self) -> impl Iterator<Item = ItemIndex> + use<> {
        (self.start.0..self.end.0).map(ItemIndex)
    }

    /// The items `start..end` by their plain numbers.
    pub const fn of(start: i64, end: i64) -> Self {
        Self { start: ItemIndex(start), end: ItemIndex(end) }
    }

    /// How many items it holds.
    pub fn len(&self) -> i64 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// Whether it holds no item at all.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// Ranges in ascending order that neither overlap nor touch. Written as `0-50,70-71` (ends exclusive) in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Ranges(Vec<Range>);

/// Why ranges are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangesError {
    /// `end` is not behind `start`, or `start` is below zero.
    #[error("range {0} is empty or reversed")]
    Reversed(usize),
    /// A range begins before its predecessor has ended.
    #[error("range {0} overlaps or precedes the one before it")]
    Overlap(usize),
    /// A range reaches beyond the dataset.
    #[error("range {0} lies outside the dataset")]
    Outside(usize),
}

impl Ranges {
    /// Takes ranges that must be ascending, without overlap, and within `0..count`.
    pub fn new(ranges: &[Range], count: i64) -> Result<Self, RangesError> {
        let mut set = Self::default();
        for (index, range) in ranges.iter().enumerate() {
            if range.is_empty() || range.start < ItemIndex::FIRST {
                return Err(RangesError::Reversed(index));
            }
            if set.0.last().is_some_and(|last| range.start < last.end) {
                return Err(RangesError::Overlap(index));
            }
            if range.end.0 > count {
                return Err(RangesError::Outside(index));
            }
            set.push(*range);
        }
        Ok(set)
    }

    /// Appends a range that lies behind all others, joined to the last one where they touch.
    pub fn push(&mut self, range: Range) {
        match self.0.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.0.push(range),
        }
    }

    /// The smallest set that holds these items, which must be ascending.
    pub fn of_items(items: impl IntoIterator<Item = ItemIndex>) -> Self {
        let mut set = Self::default();
        for item in items {
            set.push(Range { start: item, end: item.next() });
        }
        set
    }

    /// How many items the set holds.
    pub fn items(&self) -> i64 {
        self.0.iter().map(Range::len).sum()
    }

    /// Whether the set holds this item.
    pub fn contains(&self, item: ItemIndex) -> bool {
        let behind = self.0.partition_point(|range| range.end <= item);
        self.0.get(behind).is_some_and(|range| range.start <= item)
    }

    /// The item numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = ItemIndex> + '_ {
        self.0.iter().flat_map(Range::iter)
    }

    /// The ranges in order.
    pub fn as_slice(&self) -> &[Range] {
        &self.0
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}-{}", range.start, range.end)?;
        }
        Ok(())
    }
}

impl FromStr for Ranges {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |part: &str| {
            let (start, end) = part.split_once('-')?;
            Some(Range::of(start.parse().ok()?, end.parse().ok()?))
        };
        let ranges: Option<Vec<_>> = text.split(',').filter(|part| !part.is_empty()).map(parse).collect();
        let ranges = ranges.ok_or_else(|| format!("`{text}` is not a set of ranges"))?;
        Self::new(&ranges, i64::MAX).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_ranges_are_refused_by_index() {
        let r = Range::of;
        assert_eq!(Ranges::new(&[r(0, 5), r(9, 9)], 20), Err(RangesError::Reversed(1)));
        assert_eq!(Ranges::new(&[r(0, 5), r(4, 9)], 20), Err(RangesError::Overlap(1)));
        assert_eq!(Ranges::new(&[r(0, 21)], 20), Err(RangesError::Outside(0)));
        assert_eq!(Ranges::new(&[r(0, 5), r(5, 9)], 20).unwrap().to_string(), "0-9");
    }

    proptest! {
        #[test]
        fn items_survive_the_set_and_its_text(items in proptest::collection::btree_set(0i64..500, 0..80)) {
            let set = Ranges::of_items(items.iter().copied().map(ItemIndex));
            let again: Ranges = set.to_string().parse().unwrap();
            prop_assert_eq!(&again, &set);
            prop_assert!(set.iter().eq(items.iter().copied().map(ItemIndex)));
            prop_assert_eq!(set.items(), items.len() as i64);
            for item in 0..500 {
                prop_assert_eq!(set.contains(ItemIndex(item)), items.contains(&item));
            }
        }
    }
}
