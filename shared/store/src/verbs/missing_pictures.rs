//! Pictures that could not be read when a user wanted to see them. Managers see how many there are, and each of them once.

use swath_domain::ids::DatasetId;
use swath_domain::{ItemIndex, Time};

use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::missing_pictures;

/// Notes that a picture could not be read. True the first time.
pub(crate) async fn miss(db: &mut Db<'_>, id: DatasetId, item: ItemIndex, now: Time) -> Result<bool> {
    Ok(missing_pictures::count_miss(db, id, item, now).await? == 1)
}
