//! Why a transition is refused.

use crate::key::ItemIndex;
use crate::status::{LeaseEnd, Status};

/// Why a transition did not happen. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The lease is not the current one.
    #[error("the lease is no longer current")]
    Stale(LeaseEnd),
    /// Someone else was quicker, or the user may not have it.
    #[error("the assignment is not available")]
    Unavailable,
    /// Items are neither saved nor skipped, or have no verdict.
    #[error("items are missing")]
    Incomplete(Vec<ItemIndex>),
    /// The item does not belong to the assignment.
    #[error("item {0} is not in the assignment")]
    ForeignItem(ItemIndex),
    /// The status does not allow it.
    #[error("the assignment is {0}, which does not allow this")]
    Status(Status),
    /// The user has submitted another slot of this range.
    #[error("the same user has submitted another slot of this range")]
    SecondOpinion,
    /// The token under which a review is done was made by the author of the work.
    #[error("the token that is used was made by the author of this work")]
    OwnWork,
}
