//! The immutable facts about a lease: its assignment, its items and their sizes. The rules of its job are cached by
//! job, because many leases share them.

use std::sync::Arc;

use swath_domain::ids::{AssignmentId, DatasetId, JobId, LeaseId, TeamId, UserId};
use swath_domain::labels::Size;
use swath_domain::ranges::Range;
use swath_domain::{ItemIndex, Ranges};
use swath_store::{Cache, ItemRow, LeaseView};

/// The memory of the cache.
const CACHE_BYTES: usize = 32 << 20;

/// The immutable facts about a lease.
#[derive(Debug)]
pub struct LeaseContext {
    /// The user to whom the lease was granted.
    pub holder: UserId,
    /// The assignment of the lease.
    pub assignment: AssignmentId,
    /// The assignment's job.
    pub job: JobId,
    /// The job's team.
    pub team: TeamId,
    /// The job's dataset.
    pub dataset: DatasetId,
    /// The items of the assignment.
    pub ranges: Ranges,
    /// The certain sizes of pictures, sorted by item.
    sizes: Box<[(ItemIndex, Size)]>,
}

impl LeaseContext {
    /// The size of an item's picture, if it is certain.
    pub fn size(&self, item: ItemIndex) -> Option<Size> {
        let position = self.sizes.binary_search_by_key(&item, |(item, _)| *item).ok()?;
        self.sizes.get(position).map(|(_, size)| *size)
    }

    pub(crate) fn new(view: &LeaseView, dataset: DatasetId, items: &[ItemRow]) -> Self {
        Self {
            holder: view.holder,
            assignment: view.assignment.id,
            job: view.assignment.key.job,
            team: view.assignment.team,
            dataset,
            ranges: view.assignment.ranges.clone(),
            sizes: items.iter().filter_map(|item| Some((item.index, item.certain_size()?))).collect(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.sizes) + size_of_val::<[Range]>(self.ranges.as_slice())
    }
}

/// The cache of recently used leases.
pub(crate) type LeaseContexts = Cache<LeaseId, Arc<LeaseContext>>;

/// An empty cache.
pub(crate) fn lease_contexts() -> LeaseContexts {
    Cache::of_bytes(CACHE_BYTES)
}
