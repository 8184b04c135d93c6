//! Creating datasets.

use serde_json::json;
use swath_domain::ids::DatasetId;
use swath_domain::ranges::Range;

use crate::engine::db::Db;
use crate::error::Result;
use crate::model::datasets::{DatasetVersion, NewDataset, Source};
use crate::tables::segments::{self, Pattern};
use crate::tables::{datasets, events};
use crate::verbs::requests::{self, Completion};

/// Creates a dataset: complete where it is a pattern, otherwise with a first version that is open for rows.
pub(crate) async fn create(
    db: &mut Db<'_>,
    new: &NewDataset,
    completion: Option<&Completion>,
) -> Result<DatasetId> {
    let (count, pattern) = match &new.source {
        Source::Rows => (0, None),
        Source::Pattern { pattern, count } => (*count, Some(Pattern { text: pattern, base: &new.base })),
    };
    datasets::insert(db, new, pattern.is_some(), count).await?;
    let first = DatasetVersion { dataset: new.id, version: 1 };
    segments::insert(db, first, Range::of(0, count), pattern, new.now).await?;
    events::append_of_dataset(db, new.id, new.now).await?;
    requests::complete(db, completion, &json!(new.id), new.now).await?;
    Ok(new.id)
}
