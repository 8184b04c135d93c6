//! Reports of browsers about the pictures that they were shown: their size, or that they could not be loaded.

use std::sync::Arc;

use swath_api::pictures::{PictureReport, SIDE_MAX};
use swath_domain::assignment::LeaseState;
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::labels::Size;
use swath_domain::{FieldError, LeaseEnd, Ranges, Refusal};
use swath_runtime::{Problem, Result};
use swath_store::ItemRow;

use crate::lease_context::LeaseContext;
use crate::service::LeaseService;

/// An item that a current lease shows.
pub(crate) struct ShownItem {
    pub(crate) lease: Arc<LeaseContext>,
    pub(crate) item: ItemRow,
}

/// Refuses a size that no picture has.
fn check_size((width, height): Size) -> Result<()> {
    let is_bad = |side: &(&str, i64)| !(1..=SIDE_MAX).contains(&side.1);
    let fault = |(field, _)| FieldError::new(field, format!("must be 1 to {SIDE_MAX} pixels"));
    let errors: Vec<_> =
        [("width", width), ("height", height)].into_iter().filter(is_bad).map(fault).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

impl LeaseService {
    /// Takes a browser's report about a picture that the user's lease shows. A size counts where none is certain, as soon as
    /// the browser of another user reports the same.
    ///
    /// # Errors
    /// A size out of bounds, a lease that is over, or an item that is not in the lease.
    pub async fn picture_report(
        &self,
        lease: LeaseId,
        user: UserId,
        index: i64,
        report: PictureReport,
    ) -> Result<()> {
        if let PictureReport::Size { width, height } = report {
            check_size((width, height))?;
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

    /// An item that the user's lease shows now.
    pub(crate) async fn shown_item(&self, lease: LeaseId, user: UserId, index: i64) -> Result<ShownItem> {
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
