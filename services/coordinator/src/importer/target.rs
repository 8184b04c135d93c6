//! The dataset version that an import fills, and the result.

use swath_api::datasets::Notes;
use swath_domain::ids::{DatasetId, TeamId};

/// The result of an import or of a trial.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// The number of items.
    pub(crate) items: i64,
    /// The number of items whose picture's size is unknown.
    pub(crate) without_size: i64,
    /// The notes about ignored files.
    pub(crate) notes: Notes,
}

/// The dataset version that an import fills.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) dataset: DatasetId,
    pub(crate) team: TeamId,
    pub(crate) version: i64,
    /// The base of the URIs of former versions.
    pub(crate) base: Option<String>,
    /// Whether everything is checked but nothing is kept.
    pub(crate) is_trial: bool,
}

impl Target {
    /// The first version of a new dataset.
    pub(crate) fn new_dataset(dataset: DatasetId, team: TeamId, is_trial: bool) -> Self {
        Self { dataset, team, version: 1, base: None, is_trial }
    }
}
