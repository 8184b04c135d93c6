//! How the coverage of a job is laid out: blocks of ranges at several levels, each level eight times as wide as the one
//! below. The highest level is the one at which a block spans the whole job.

use std::ops::Range;

use swath_domain::coverage::{Cover, LEVELS, block_width};
use swath_domain::event::Event;
use swath_domain::ids::JobId;

/// The most uncounted events that a reader adds to the stored counts. Past that counting has come to a halt.
pub(crate) const UNCOUNTED_MAX: i64 = 20_000;

/// How many levels are kept of a job with so many ranges.
pub fn levels(ranges: i64) -> i64 {
    (1..LEVELS).find(|level| block_width(*level) >= ranges).unwrap_or(LEVELS)
}

/// How many ranges a job has.
pub(crate) fn ranges_of(selected: i64, range_size: i64) -> i64 {
    (selected + range_size - 1) / range_size.max(1)
}

/// What an event changes about the items of one range.
pub(crate) struct RangeChange {
    pub(crate) job: JobId,
    pub(crate) number: i64,
    pub(crate) cover: Cover,
}

/// What an event changes about the coverage.
pub(crate) fn changes_of(event: &Event) -> impl Iterator<Item = RangeChange> + '_ {
    let changed = match event {
        Event::Assignments { job, changes } => Some((*job, changes)),
        Event::Job { .. } | Event::Dataset { .. } | Event::People { .. } => None,
    };
    changed.into_iter().flat_map(|(job, changes)| {
        changes.iter().map(move |change| RangeChange { job, number: change.number, cover: change.cover() })
    })
}

/// A job's ranges from `from` to the one before `to`, in stretches of equal width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretches {
    /// The number of the first range.
    pub from: i64,
    /// The range behind the last.
    pub to: i64,
    /// How many ranges a stretch spans.
    pub width: i64,
    /// The level of the blocks that are read, of which `from` and `width` are multiples; 0 for the ranges themselves.
    pub level: i64,
}

impl Stretches {
    /// How many there are.
    pub fn count(&self) -> i64 {
        (self.to - self.from + self.width - 1) / self.width
    }

    /// The stretch that a range is in, where it is in one.
    pub(crate) fn of(&self, number: i64) -> Option<i64> {
        (self.from..self.to).contains(&number).then(|| (number - self.from) / self.width)
    }

    /// The blocks that the stretches consist of.
    pub(crate) fn blocks(&self) -> Range<i64> {
        let block = block_width(self.level);
        self.from / block..(self.to + block - 1) / block
    }

    /// How many blocks a stretch consists of.
    pub(crate) fn blocks_each(&self) -> i64 {
        self.width / block_width(self.level)
    }
}
