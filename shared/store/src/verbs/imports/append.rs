//! Appending a page of items to an open version.

use std::collections::HashSet;

use swath_domain::ids::DatasetId;
use swath_domain::{Range, Time};

use super::locking::lock_open;
use crate::engine::db::Db;
use crate::error::Result;
use crate::model::datasets::DatasetVersion;
use crate::model::items::NewItem;
use crate::tables::{dataset_items, events, segments};
use crate::verbs::files;

/// The result of appending a page of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Number of items that the version has now.
    pub count: i64,
    /// The positions on the page of items that were left out because the dataset has their URIs already.
    pub doubles: Vec<usize>,
}

/// Appends those items of a page that the dataset does not have yet.
pub(crate) async fn append(
    db: &mut Db<'_>,
    version: DatasetVersion,
    items: &[NewItem],
    now: Time,
) -> Result<Appended> {
    let id = version.dataset;
    let present = lock_open(db, version).await?;
    let doubles = doubles(db, id, items).await?;
    let is_new = |(position, _): &(usize, &NewItem)| doubles.binary_search(position).is_err();
    let fresh: Vec<_> = items.iter().enumerate().filter(is_new).map(|(_, item)| item).collect();
    files::uses::add(db, id, fresh.iter().map(|item| item.uri.as_str()), now).await?;
    dataset_items::insert(db, id, present.end, &fresh).await?;
    let end = present.end + fresh.len() as i64;
    segments::extend(db, version, end, now).await?;
    events::append_of_dataset(db, id, now).await?;
    Ok(Appended { count: Range { end, ..present }.len(), doubles })
}

/// The positions of items whose URI is in the dataset already, or earlier on this page, in ascending order.
async fn doubles(db: &mut Db<'_>, id: DatasetId, items: &[NewItem]) -> Result<Vec<usize>> {
    let digests: Vec<_> = items.iter().map(|item| dataset_items::uri_digest(&item.uri)).collect();
    let mut seen: HashSet<_> = dataset_items::known_digests(db, id, &digests).await?.into_iter().collect();
    let is_double = |(position, digest): (usize, Vec<u8>)| (!seen.insert(digest)).then_some(position);
    Ok(digests.into_iter().enumerate().filter_map(is_double).collect())
}
