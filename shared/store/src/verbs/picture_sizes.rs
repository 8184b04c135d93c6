//! Sizes that users' browsers report of pictures. A single browser is not believed; a size that two users' browsers report
//! becomes known as a provisional one.

use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::pictures::{NewSize, SizeSource};
use crate::tables::size_reports::{self, SizeReport};
use crate::tables::{datasets, picture_sizes};

/// Takes a report, and returns whether another user has reported the same size.
pub(crate) async fn report(db: &mut Db<'_>, report: SizeReport) -> Result<bool> {
    // Reports on one dataset take turns: of two at the same time, neither would see the other.
    datasets::lock(db, report.dataset).await?.ok_or(StoreError::NotFound)?;
    size_reports::put(db, report).await?;
    let is_agreed = size_reports::is_agreed(db, report).await?;
    if is_agreed {
        let size = NewSize { item: report.item, size: report.size, orientation: None };
        picture_sizes::put(db, report.dataset, SizeSource::Agreed, &[size]).await?;
    }
    Ok(is_agreed)
}
