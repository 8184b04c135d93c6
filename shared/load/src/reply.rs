//! What the history records of the server's answers.

use serde::de::{DeserializeOwned, IgnoredAny};
use swath_api::leases::{ItemAnswer, LeaseDocument};
use swath_api::reviews::DecideAnswer;
use swath_checker::Answer;
use swath_domain::{AssignmentId, Ranges};

/// An answer of the server.
pub trait Reply: DeserializeOwned + Send {
    /// What the history records of it.
    fn answer(&self) -> Answer {
        Answer::Nothing
    }

    /// The assignment that it is about, if the request does not name it.
    fn assignment(&self) -> Option<AssignmentId> {
        None
    }
}

/// An answer of which nothing is recorded.
impl Reply for IgnoredAny {}

impl Reply for LeaseDocument {
    fn answer(&self) -> Answer {
        let Ok(ranges) = Ranges::new(&self.assignment.ranges, i64::MAX) else { return Answer::Nothing };
        Answer::Lease { lease: self.lease_id, fence: self.fence, ranges: ranges.as_slice().to_vec() }
    }

    fn assignment(&self) -> Option<AssignmentId> {
        Some(self.assignment.id)
    }
}

impl Reply for ItemAnswer {
    fn answer(&self) -> Answer {
        Answer::Saved { revision: self.revision }
    }
}

impl Reply for DecideAnswer {
    fn answer(&self) -> Answer {
        Answer::Decided { status: self.status, rework: self.rework.as_ref().map(|rework| rework.id) }
    }
}
