//! Dropping an open version with all its items, a bounded number of items in each transaction.

use swath_domain::{ItemIndex, Time};

use crate::engine::db::Db;
use crate::error::Result;
use crate::model::datasets::DatasetVersion;
use crate::tables::{dataset_items, datasets, events, segments};
use crate::verbs::files;

/// The most items that are deleted in one transaction.
const ITEMS_PER_STEP: i64 = 10_000;

/// An open version to be dropped.
#[derive(Debug, Clone)]
pub(crate) struct Discard {
    pub(crate) version: DatasetVersion,
    /// The reason, if the dataset of a first version is to be kept as failed; without one it is deleted.
    pub(crate) error: Option<String>,
    /// Where given, the version is left alone if its import has shown a sign of life since then.
    pub(crate) idle_since: Option<Time>,
    pub(crate) now: Time,
}

/// Deletes the last items of an open version, and the version itself with its first item. False as long as items are
/// left: the command has to be run again.
pub(crate) async fn step(db: &mut Db<'_>, command: &Discard) -> Result<bool> {
    let Discard { version, error, idle_since, now } = command;
    let id = version.dataset;
    let Some(segment) = segments::lock_open(db, *version).await? else { return Ok(true) };
    if idle_since.is_some_and(|before| !segment.is_idle_since(before)) {
        return Ok(true);
    }
    let keep = ItemIndex(segment.items.start.0.max(segment.items.end.0 - ITEMS_PER_STEP));
    files::uses::remove(db, id, keep).await?;
    files::discard::discard_thumbnails(db, id, keep).await?;
    dataset_items::delete_from(db, id, keep).await?;
    if keep > segment.items.start {
        segments::shorten(db, *version, keep).await?;
        return Ok(false);
    }
    segments::delete(db, *version).await?;
    events::append_of_dataset(db, id, *now).await?;
    if version.version == 1 {
        match error {
            Some(error) => datasets::fail(db, id, error).await?,
            None => datasets::delete_importing(db, id).await?,
        }
    }
    Ok(true)
}
