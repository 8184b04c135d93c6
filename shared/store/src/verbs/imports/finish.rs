//! Completing an open version.

use serde_json::json;
use swath_domain::{FieldError, Time};

use super::locking::lock_open;
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::datasets::DatasetVersion;
use crate::tables::datasets::{self, CompleteVersion};
use crate::tables::{events, measuring, segments};
use crate::verbs::requests::{self, Completion};

/// What the importer knows of a version that is complete.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// The common beginning of all URIs of the dataset, this version included.
    pub base: String,
    /// Notes that the importer keeps for itself, as JSON.
    pub notes: Option<String>,
    /// Whether some of its pictures are in the object store and have to be measured.
    pub is_to_measure: bool,
}

impl Imported {
    /// A version with this base, without notes and with nothing to measure.
    pub fn of_base(base: &str) -> Self {
        Self { base: base.to_owned(), ..Self::default() }
    }
}

/// Makes an open version the dataset's latest.
pub(crate) async fn finish(
    db: &mut Db<'_>,
    key: DatasetVersion,
    imported: &Imported,
    completion: Option<&Completion>,
    now: Time,
) -> Result<()> {
    let DatasetVersion { dataset: id, version } = key;
    let items = lock_open(db, key).await?;
    if items.is_empty() {
        return Err(StoreError::Invalid(FieldError::new("source", "holds no item")));
    }
    let (base, notes) = (imported.base.as_str(), imported.notes.as_deref());
    segments::keep_base(db, id).await?;
    segments::complete(db, key, base).await?;
    datasets::complete(db, CompleteVersion { key, items: items.end.0, base, notes }).await?;
    if imported.is_to_measure {
        measuring::start(db, id, items.start, now).await?;
    }
    // The request for a first version created the dataset and is answered with its id; that for a later one appended to
    // it and is answered with the version.
    let answer = match version {
        1 => json!(id),
        _ => json!({"version": version, "count": items.end}),
    };
    events::append_of_dataset(db, id, now).await?;
    requests::complete(db, completion, &answer, now).await
}
