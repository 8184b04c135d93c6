//! Answers, as far as people care: whatever else a server tells is passed over without being kept.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use swath_checker::Answer;
use swath_domain::{AssignmentId, LeaseId, Range, Ranges, Status};

use crate::person::Held;

/// An answer.
pub trait Told: DeserializeOwned + Send {
    /// What is remembered of it.
    fn answer(&self) -> Answer {
        Answer::Nothing
    }

    /// The assignment that it is about, where only the answer tells that.
    fn assignment(&self) -> Option<AssignmentId> {
        None
    }
}

/// An answer of which nothing is kept.
impl Told for IgnoredAny {}

/// A lease or a review that was granted.
#[derive(Debug, Deserialize)]
pub struct Lease {
    lease_id: LeaseId,
    fence: i64,
    assignment: Taken,
}

#[derive(Debug, Deserialize)]
struct Taken {
    id: AssignmentId,
    round: u64,
    ranges: Vec<Range>,
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    index: i64,
    revision: i64,
}

impl Told for Lease {
    fn answer(&self) -> Answer {
        let Ok(ranges) = Ranges::new(&self.assignment.ranges, i64::MAX) else { return Answer::Nothing };
        Answer::Lease { lease: self.lease_id, fence: self.fence, ranges: ranges.as_slice().to_vec() }
    }

    fn assignment(&self) -> Option<AssignmentId> {
        Some(self.assignment.id)
    }
}

impl Lease {
    /// What the person has in hand.
    pub fn held(self) -> Held {
        let Taken { id, round, items, .. } = self.assignment;
        let saved = items.iter().filter(|item| item.revision > 0);
        Held {
            lease: self.lease_id,
            assignment: id,
            round,
            confirmed: saved.map(|item| item.index).collect(),
            items: items.iter().map(|item| item.index).collect(),
        }
    }
}

/// An item that was saved.
#[derive(Debug, Deserialize)]
pub struct Saved {
    revision: i64,
}

impl Told for Saved {
    fn answer(&self) -> Answer {
        Answer::Saved { revision: self.revision }
    }
}

/// A review that was decided.
#[derive(Debug, Deserialize)]
pub struct Decided {
    status: Status,
    rework: Option<Rework>,
}

#[derive(Debug, Deserialize)]
struct Rework {
    id: AssignmentId,
}

impl Told for Decided {
    fn answer(&self) -> Answer {
        Answer::Decided { status: self.status, rework: self.rework.as_ref().map(|rework| rework.id) }
    }
}
