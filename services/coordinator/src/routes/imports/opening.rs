//! New datasets.

use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_runtime::{Context, Result};
use swath_store::{NewDataset, Source};

/// The user who makes a dataset, and the team for which they do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) team: TeamId,
    pub(super) creator: UserId,
}

/// Makes a dataset without items, to be filled by an import.
pub(super) async fn open(context: &Context, owner: Owner, name: String) -> Result<DatasetId> {
    let Owner { team, creator } = owner;
    let (id, now) = (DatasetId(context.next_id()), context.now());
    let new = NewDataset { id, team, name, creator, base: String::new(), source: Source::Rows, now };
    Ok(context.store.dataset_create(new, None).await?)
}
