//! What every command of a reviewer checks before it writes.

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::{ItemIndex, Refusal};

use crate::error::{Result, StoreError};
use crate::verbs::changes::Changes;

/// Refuses a review through a token that the author made: the maker of a token can act through it, so that would be a
/// review of own work.
pub(crate) fn refuse_own_work(
    changes: &mut Changes,
    id: AssignmentId,
    token_maker: Option<UserId>,
) -> Result<()> {
    let author = changes.get(id).and_then(|assignment| assignment.author());
    if token_maker.is_some() && author == token_maker { Err(Refusal::OwnWork.into()) } else { Ok(()) }
}

/// The submission under review, if it holds all these items.
pub(crate) fn submission_with(
    changes: &mut Changes,
    id: AssignmentId,
    items: impl IntoIterator<Item = ItemIndex>,
) -> Result<LeaseId> {
    let assignment = changes.get(id).ok_or(StoreError::NotFound)?;
    if let Some(foreign) = items.into_iter().find(|item| !assignment.ranges.contains(*item)) {
        return Err(Refusal::ForeignItem(foreign).into());
    }
    assignment.submission_id().ok_or(StoreError::NotFound)
}
