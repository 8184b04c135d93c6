//! Opening the next version of a dataset.

use swath_domain::Time;
use swath_domain::ids::DatasetId;
use swath_domain::ranges::Range;

use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::datasets::{DatasetVersion, OpenedVersion};
use crate::tables::{datasets, segments};

/// Opens the next version for rows. A dataset has at most one open version; of two commands that run at once, the
/// primary key of `segments` stops one.
pub(crate) async fn open(db: &mut Db<'_>, id: DatasetId, now: Time) -> Result<OpenedVersion> {
    let latest = datasets::latest_version(db, id).await?.ok_or(StoreError::NotFound)?;
    let has_open = segments::has_open(db, id).await?;
    if !latest.is_ready || has_open {
        return Err(StoreError::Conflict("the dataset is not ready, or is being appended to".into()));
    }
    let next = DatasetVersion { dataset: id, version: latest.version + 1 };
    let empty = Range::of(latest.items, latest.items);
    segments::insert(db, next, empty, None, now).await?;
    Ok(OpenedVersion { version: next.version, first_item: latest.items })
}
