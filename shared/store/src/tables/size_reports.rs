//! The table `size_reports`: for each item and user the size that the user's browser has reported last.

use swath_domain::ItemIndex;
use swath_domain::ids::{DatasetId, UserId};
use swath_domain::labels::Size;

use crate::engine::db::{Db, execute, fetch_one};
use crate::error::Result;

/// A size that a user's browser reports of an item's picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SizeReport {
    pub(crate) dataset: DatasetId,
    pub(crate) item: ItemIndex,
    pub(crate) user: UserId,
    /// Width and height in pixels.
    pub(crate) size: Size,
}

/// Writes a report in place of an earlier one by the same user.
pub(crate) async fn put(db: &mut Db<'_>, report: SizeReport) -> Result<()> {
    let SizeReport { dataset: id, item, user, size: (width, height) } = report;
    execute!(
        db,
        "INSERT INTO size_reports (dataset, item, person, width, height) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (dataset, item, person) DO UPDATE SET width = excluded.width, height = excluded.height",
        id.0,
        item.0,
        user.0,
        width,
        height;
        |t| Ok(t.size_reports.put((id.0, item.0, user.0), (width, height)))
    )
    .map(drop)
}

/// Whether another user has reported the same size.
pub(crate) async fn is_agreed(db: &mut Db<'_>, report: SizeReport) -> Result<bool> {
    let SizeReport { dataset: id, item, user, size } = report;
    let other = fetch_one!(
        db,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM size_reports
         WHERE dataset = $1 AND item = $2 AND person <> $3 AND width = $4 AND height = $5 LIMIT 1",
        id.0,
        item.0,
        user.0,
        size.0,
        size.1;
        |t| {
            let agrees = |(other, reported): (UserId, Size)| {
                other != user && reported == size
            };
            t.size_reports_of(id, item).any(agrees).then_some((1,))
        }
    )?;
    Ok(other.is_some())
}
