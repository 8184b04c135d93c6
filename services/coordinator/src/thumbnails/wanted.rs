//! An item whose thumbnail is wanted.

use swath_domain::ItemIndex;
use swath_domain::ids::{DatasetId, TeamId};

/// An item whose thumbnail is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) team: TeamId,
    pub(crate) dataset: DatasetId,
    pub(crate) item: ItemIndex,
    pub(crate) uri: String,
}
