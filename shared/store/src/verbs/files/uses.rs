//! How many items refer to each upload. It is counted in the transaction that inserts or deletes the items, so that no
//! upload expires while an item refers to it.

use std::collections::BTreeMap;

use swath_domain::ids::DatasetId;
use swath_domain::uploads::Upload;
use swath_domain::{ItemIndex, Time};

use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::tables::dataset_items;
use crate::tables::files::uses::{self, UploadUses};

/// Counts the items that are about to be inserted with these URIs. An upload that is not stored, or that is another team's
/// than the dataset's, is a conflict.
pub(crate) async fn add<'a>(
    db: &mut Db<'_>,
    dataset: DatasetId,
    uris: impl Iterator<Item = &'a str>,
    now: Time,
) -> Result<()> {
    let counts = counts_of(uris);
    let counted = uses::add(db, dataset, &counts, now).await?;
    if counted < counts.len() as u64 {
        return Err(StoreError::Conflict("an uploaded file has been deleted meanwhile".into()));
    }
    Ok(())
}

/// Counts off the items of a dataset from number `first` on, which are about to be deleted.
pub(crate) async fn remove(db: &mut Db<'_>, dataset: DatasetId, first: ItemIndex) -> Result<()> {
    let uris = dataset_items::upload_uris_from(db, dataset, first).await?;
    let counts = counts_of(uris.iter().map(String::as_str));
    uses::remove(db, &counts).await
}

/// How many of these URIs name each upload, in the order of the uploads' ids.
fn counts_of<'a>(uris: impl Iterator<Item = &'a str>) -> Vec<UploadUses> {
    let mut counts = BTreeMap::new();
    for upload in uris.filter_map(|uri| Upload::parse(uri).ok()) {
        *counts.entry(upload.id).or_insert(0) += 1;
    }
    counts.into_iter().map(|(id, items)| UploadUses { id, items }).collect()
}
