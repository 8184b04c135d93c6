//! How many items refer to each upload.

use swath_domain::Time;
use swath_domain::ids::{DatasetId, FileId};

use super::codes::{kind, state};
use crate::engine::db::{Db, execute_each};
use crate::error::{Result, StoreError};

/// A number of items that refer to an upload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadUses {
    pub(crate) id: FileId,
    pub(crate) items: i64,
}

/// Adds uses by items of a dataset to stored uploads of its team. Returns how many uploads those were.
pub(crate) async fn add(db: &mut Db<'_>, dataset: DatasetId, uses: &[UploadUses], now: Time) -> Result<u64> {
    execute_each!(
        db,
        (concat!(
            "UPDATE files AS f SET items = f.items + c.n, touched = c.at FROM {rows}
         WHERE f.id = c.id AND f.state = ",
            state!(stored),
            " AND f.kind = ",
            kind!(upload),
            "
           AND f.team = (SELECT d.team FROM datasets d WHERE d.id = c.dataset)"
        )),
        uses,
        |one| { id: uuid = one.id.0, n: bigint = one.items, at: bigint = now.0, dataset: uuid = dataset.0 };
        |t| {
            let team = t.datasets.get(&dataset.0).map(|dataset| dataset.team.0);
            let is_own = t.files.get(&one.id.0).is_some_and(|record| {
                record.state == state!(stored) && record.kind == kind!(upload) && Some(record.team) == team
            });
            Ok::<u64, StoreError>(if is_own {
                t.files.update(&one.id.0, |record| {
                    (record.items, record.touched) = (record.items + one.items, now.0);
                })
            } else {
                0
            })
        }
    )
}

/// Takes uses by items off uploads.
pub(crate) async fn remove(db: &mut Db<'_>, uses: &[UploadUses]) -> Result<()> {
    execute_each!(
        db,
        "UPDATE files AS f SET items = f.items - c.n FROM {rows} WHERE f.id = c.id",
        uses,
        |one| { id: uuid = one.id.0, n: bigint = one.items };
        |t| Ok::<u64, StoreError>(t.files.update(&one.id.0, |record| record.items -= one.items))
    )
    .map(drop)
}
