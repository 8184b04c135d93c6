//! Reports of browsers about pictures: the size of a picture, or that it could not be loaded.

use std::sync::Arc;

use swath_api::pictures::{PictureReport, SIDE_MAX};
use swath_domain::assignment::LeaseState;
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::{FieldError, ItemIndex, LeaseEnd, Ranges, Refusal};
use swath_runtime::{Problem, Result};
use swath_store::ItemRow;

use crate::lease_context::LeaseContext;
use crate::service::LeaseService;

/// An item of a current lease.
pub(crate) struct ShownItem {
    pub(crate) lease: Arc<LeaseContext>,
    pub(crate) item: ItemRow,
}

/// Refuses sizes that no picture has.
fn check_size(width: i64, height: i64) -> Result<()> {
    let is_bad = |side: &(&str, i64)| !(1..=SIDE_MAX).contains(&side.1);
    let fault = |(field, _)| FieldError::new(field, format!("must be 1 to {SIDE_MAX} pixels"));
    let errors: Vec<_> =
        [("width", width), ("height", height)].into_iter().filter(is_bad).map(fault).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

impl LeaseService {
    /// Stores a browser's report about a picture of the user's lease. If the size of the picture is not certain, a
    /// reported size counts once another user's browser reports the same.
    ///
    /// # Errors
    /// If the size is out of bounds, the lease has ended, or the item is not in the lease.
    pub async fn picture_report(
        &self,
        lease: LeaseId,
        user: UserId,
        index: ItemIndex,
        report: PictureReport,
    ) -> Result<()> {
        if let PictureReport::Size { width, height } = report {
            check_size(width, height)?;
        }
        let shown = self.shown_item(lease, user, index).await?;
        match report {
            PictureReport::Size { width, height } => {
                self.missing.note_found(&self.context, shown.lease.dataset, index).await?;
                if shown.item.certain_size().is_none() {
                    self.context.store.size_report(shown.lease.dataset, index, user, (width, height)).await?;
                }
            }
            PictureReport::Missing { missing: true } => {
                self.missing.note(&self.context, shown.lease.dataset, index).await;
            }
            PictureReport::Missing { missing: false } => {}
        }
        Ok(())
    }

    /// An item of the user's lease, if the lease is current.
    pub(crate) async fn shown_item(
        &self,
        lease: LeaseId,
        user: UserId,
        index: ItemIndex,
    ) -> Result<ShownItem> {
        let view = self.own_lease(lease, user).await?;
        if view.assignment.lease_state(self.stage, user, lease) != Some(LeaseState::Current) {
            return Err(Refusal::Stale(view.ended.unwrap_or(LeaseEnd::Expired)).into());
        }
        let lease = self.lease_context(lease, user).await?;
        if !lease.ranges.contains(index) {
            return Err(Problem::not_found());
        }
        let item = self.context.store.items(lease.dataset, &Ranges::of_items([index])).await?.pop();
        Ok(ShownItem { item: item.ok_or_else(Problem::not_found)?, lease })
    }
}
