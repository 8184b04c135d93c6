//! Questions about datasets and their segments together.

use swath_domain::ids::DatasetId;
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_one};
use crate::error::Result;
use crate::model::datasets::{Dataset, DatasetVersion};
use crate::model::memory::{Segment, Tables};

/// A dataset and its name.
#[derive(Debug)]
pub(crate) struct NamedDataset {
    pub(crate) id: DatasetId,
    pub(crate) name: String,
}

/// Reads the base of one complete version; a version from before that column has the dataset's.
pub(crate) async fn base(
    db: &mut Db<'_>,
    DatasetVersion { dataset: id, version }: DatasetVersion,
) -> Result<Option<String>> {
    let found = fetch_one!(
        db,
        (String,),
        "SELECT COALESCE(s.base, d.base) FROM segments s CROSS JOIN datasets d
         WHERE s.dataset = $1 AND s.version = $2 AND s.ready AND d.id = s.dataset",
        id.0,
        version;
        |t| {
            let segment = t.segments.get(&(id.0, version)).filter(|segment| segment.ready);
            segment.zip(t.datasets.get(&id.0)).map(|(s, d)| (s.base.clone().unwrap_or(d.base.clone()),))
        }
    )?;
    Ok(found.map(|(base,)| base))
}

/// Reads at most `limit` datasets of files, with ids above `after`, that were imported before Swath measured pictures as
/// they are displayed.
pub(crate) async fn measured_as_stored(
    db: &mut Db<'_>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<NamedDataset>> {
    let rows = fetch_all!(
        db,
        (Uuid, String),
        "SELECT d.id, d.name FROM datasets d
         WHERE d.id > $1 AND d.base LIKE 'file:%' AND EXISTS (
             SELECT 1 FROM segments s WHERE s.dataset = d.id AND s.ready AND NOT s.as_displayed AND s.pattern IS NULL)
         ORDER BY d.id LIMIT $2",
        after,
        limit;
        |t| {
            let is_old = |dataset: &&Dataset| dataset.id.0 > after && is_measured_as_stored_in(t, dataset);
            let old = t.datasets.values().filter(is_old).take(limit as usize);
            old.map(|dataset| (dataset.id.0, dataset.name.clone())).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id, name)| NamedDataset { id: DatasetId(id), name }).collect())
}

fn is_measured_as_stored_in(t: &Tables, dataset: &Dataset) -> bool {
    let is_old = |segment: &Segment| segment.ready && !segment.as_displayed && segment.pattern.is_none();
    dataset.base.starts_with("file:") && t.segments_of(dataset.id).any(|(_, segment)| is_old(segment))
}

/// Whether this dataset is one of [`measured_as_stored`].
pub(crate) async fn is_measured_as_stored(db: &mut Db<'_>, id: DatasetId) -> Result<bool> {
    // The first dataset above the id before its own is this one, if it is among them.
    let before = Uuid::from_u128(id.0.as_u128().saturating_sub(1));
    let found = measured_as_stored(db, before, 1).await?;
    Ok(found.first().is_some_and(|found| found.id == id))
}
