//! Pictures that could not be read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use swath_domain::ItemIndex;
use swath_domain::ids::DatasetId;
use swath_runtime::{Context, Result};
use tokio::time::Instant;

/// The shortest time between two records of the same picture.
const NOTE_INTERVAL: Duration = Duration::from_secs(60);
/// How many recorded pictures are tracked.
const PICTURES_MAX: usize = 10_000;

/// The pictures that were recently recorded as missing.
#[derive(Default)]
pub struct MissingPictures(Mutex<HashMap<(DatasetId, ItemIndex), Instant>>);

impl MissingPictures {
    /// Records that a picture could not be read, for managers to see. Only logs a failure, because the user can do
    /// nothing about it.
    pub async fn note(&self, context: &Context, dataset: DatasetId, item: ItemIndex) {
        if let Err(error) = self.try_note(context, dataset, item).await {
            tracing::error!(%dataset, item = item.0, %error, "a missing picture could not be recorded");
        }
    }

    /// Records a picture at most once per interval. Records it sooner if the database has no record, because another
    /// process has read the picture meanwhile or an attempt has failed.
    async fn try_note(
        &self,
        context: &Context,
        dataset: DatasetId,
        item: ItemIndex,
    ) -> swath_store::Result<()> {
        if !self.is_due(dataset, item) {
            let next = context.store.missing_pictures(dataset, ItemIndex(item.0 - 1), 1).await?;
            if next.first().is_some_and(|picture| picture.item == item) {
                return Ok(());
            }
        }
        if context.store.picture_missing(dataset, item, context.now()).await? {
            tracing::warn!(%dataset, item = item.0, "a picture cannot be read");
        }
        Ok(())
    }

    /// Records that a picture can be read.
    pub(crate) async fn note_found(
        &self,
        context: &Context,
        dataset: DatasetId,
        item: ItemIndex,
    ) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(dataset, item));
        Ok(context.store.picture_found(dataset, item).await?)
    }

    fn is_due(&self, dataset: DatasetId, item: ItemIndex) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= PICTURES_MAX {
            noted.retain(|_, at| at.elapsed() < NOTE_INTERVAL);
        }
        if noted.get(&(dataset, item)).is_some_and(|at| at.elapsed() < NOTE_INTERVAL)
            || noted.len() >= PICTURES_MAX
        {
            return false;
        }
        noted.insert((dataset, item), Instant::now());
        true
    }
}
