//! The lock under which an open version is changed.

use swath_domain::ranges::Range;

use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::datasets::DatasetVersion;
use crate::tables::segments;

/// Locks a version that items can still be appended to, and reads the range of its items. A version that is complete or
/// being dropped is a conflict.
pub(super) async fn lock_open(db: &mut Db<'_>, version: DatasetVersion) -> Result<Range> {
    let segment = segments::lock_open(db, version).await?.filter(|segment| !segment.is_being_dropped());
    segment.map(|segment| segment.items).ok_or_else(|| StoreError::Conflict("the import has ended".into()))
}
