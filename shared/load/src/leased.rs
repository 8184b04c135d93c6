//! A lease or a review that a user holds.

use swath_api::leases::{ItemPart, LeaseDocument};
use swath_domain::{AssignmentId, LeaseId, Stage};

/// A lease or a review that a user holds.
#[derive(Debug)]
pub struct Leased {
    /// Its id.
    pub lease: LeaseId,
    /// The assignment.
    pub assignment: AssignmentId,
    /// The round of the assignment.
    pub round: i64,
    /// The items.
    pub items: Vec<ItemPart>,
}

impl From<LeaseDocument> for Leased {
    fn from(document: LeaseDocument) -> Self {
        let assignment = document.assignment;
        Self {
            lease: document.lease_id,
            assignment: assignment.id,
            round: assignment.round,
            items: assignment.items,
        }
    }
}

impl Leased {
    /// A path below the lease or the review.
    pub fn path(&self, stage: Stage, rest: &str) -> String {
        let family = if stage == Stage::Annotate { "leases" } else { "reviews" };
        format!("/v1/{family}/{}{rest}", self.lease)
    }
}
