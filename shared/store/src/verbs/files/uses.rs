//! Which uploads items name: counted in the transaction that writes the items, so that no sweep takes a file from under
//! them.

use std::collections::BTreeMap;

use swath_domain::Time;
use swath_domain::ids::{DatasetId, FileId};
use swath_domain::uploads::{SCHEME, Upload};

use super::{STORED, UPLOAD};
use crate::engine::db::{Db, execute_each, fetch_all};
use crate::error::{Result, StoreError};

/// How many of these items name each upload.
fn counted<'a>(uris: impl Iterator<Item = &'a str>) -> Vec<(FileId, i64)> {
    let mut counts = BTreeMap::new();
    for upload in uris.filter_map(|uri| Upload::parse(uri).ok()) {
        *counts.entry(upload.id).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// Notes that items of a dataset name these uploads, which must be its team's.
pub(crate) async fn count_uses<'a>(
    db: &mut Db<'_>,
    dataset: DatasetId,
    uris: impl Iterator<Item = &'a str>,
    now: Time,
) -> Result<()> {
    let uses = counted(uris);
    let counted = execute_each!(
        db,
        "UPDATE files AS f SET items = f.items + c.n, touched = c.at FROM {rows}
         WHERE f.id = c.id AND f.state = 1 AND f.kind = 0
           AND f.team = (SELECT d.team FROM datasets d WHERE d.id = c.dataset)",
        &uses,
        |one| { id: uuid = one.0.0, n: bigint = one.1, at: bigint = now.0, dataset: uuid = dataset.0 };
        |t| {
            let team = t.datasets.get(&dataset.0).map(|dataset| dataset.team.0);
            let record = t.files.get(&one.0.0);
            let is_own = record.is_some_and(|r| (r.state, r.kind) == (STORED, UPLOAD) && Some(r.team) == team);
            Ok::<u64, StoreError>(if is_own {
                t.files.update(&one.0.0, |record| {
                    (record.items, record.touched) = (record.items + one.1, now.0);
                })
            } else {
                0
            })
        }
    )?;
    if counted < uses.len() as u64 {
        return Err(StoreError::Conflict("an uploaded file has been deleted meanwhile".into()));
    }
    Ok(())
}

/// Notes that items of a dataset from this one on, which are about to be deleted, name their uploads no more.
pub(crate) async fn drop_uses(db: &mut Db<'_>, dataset: DatasetId, from: i64) -> Result<()> {
    let uris = fetch_all!(
        db,
        (String,),
        "SELECT uri FROM items WHERE dataset = $1 AND item >= $2 AND uri LIKE 'upload:%'",
        dataset.0,
        from;
        |t| {
            let rows = t.items.range((dataset.0, from)..=(dataset.0, i64::MAX));
            let uploads = rows.filter(|(_, row)| row.uri.starts_with(SCHEME));
            uploads.map(|(_, row)| (row.uri.clone(),)).collect()
        }
    )?;
    let uses = counted(uris.iter().map(|(uri,)| uri.as_str()));
    execute_each!(
        db,
        "UPDATE files AS f SET items = f.items - c.n FROM {rows} WHERE f.id = c.id",
        &uses,
        |one| { id: uuid = one.0.0, n: bigint = one.1 };
        |t| Ok::<u64, StoreError>(t.files.update(&one.0.0, |record| record.items -= one.1))
    )
    .map(drop)
}
