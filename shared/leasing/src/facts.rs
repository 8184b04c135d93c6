//! What never changes about a lease: its assignment, its items and their sizes. The rules of its job are remembered by
//! job, as many leases share them.

use std::sync::Arc;

use swath_domain::ids::{AssignmentId, DatasetId, JobId, LeaseId, TeamId, UserId};
use swath_domain::job::JobSpec;
use swath_domain::labels::Size;
use swath_domain::ranges::Range;
use swath_domain::{Ranges, Stage};
use swath_runtime::auth::Principal;
use swath_runtime::{Caller, Problem, Result};
use swath_store::{Cache, ItemRow, LeaseView};

use crate::Desk;

/// Leases that are remembered, in bytes.
const LEASES_BYTES: usize = 32 << 20;

/// The facts of one lease.
#[derive(Debug)]
pub struct Facts {
    /// Whose it is or was.
    pub holder: UserId,
    /// The assignment.
    pub assignment: AssignmentId,
    /// Its job.
    pub job: JobId,
    /// The job's team.
    pub team: TeamId,
    /// The job's dataset.
    pub dataset: DatasetId,
    /// The items.
    pub ranges: Ranges,
    /// Sizes of the pictures, where they are certain, by item.
    sizes: Box<[(i64, Size)]>,
}

impl Facts {
    /// The size of an item's picture, where it is certain.
    pub fn size(&self, item: i64) -> Option<Size> {
        let place = self.sizes.binary_search_by_key(&item, |(item, _)| *item).ok()?;
        self.sizes.get(place).map(|(_, size)| *size)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.sizes) + size_of_val::<[Range]>(self.ranges.as_slice())
    }
}

pub(crate) type Leases = Cache<LeaseId, Arc<Facts>>;

pub(crate) fn remembered() -> Leases {
    Cache::of_bytes(LEASES_BYTES)
}

impl Desk {
    /// The facts of a lease of this person; anyone else's is not there.
    pub async fn facts(&self, lease: LeaseId, user: UserId) -> Result<Arc<Facts>> {
        let facts = match self.facts.get(&lease) {
            Some(facts) => facts,
            None => Box::pin(self.learn(lease)).await?,
        };
        if facts.holder == user { Ok(facts) } else { Err(Problem::not_found()) }
    }

    /// The specification of a lease's job at some moment: for what no edit changes, as the classes and the tags.
    pub async fn spec(&self, facts: &Facts) -> Result<Arc<JobSpec>> {
        self.context.store.job_spec(facts.job, 0).await?.ok_or_else(Problem::not_found)
    }

    /// The specification as it was at most a moment ago.
    pub async fn present_spec(&self, facts: &Facts) -> Result<Arc<JobSpec>> {
        let store = &self.context.store;
        let open = self.jobs.find(store, facts.team, facts.job).await?;
        if let Some(open) = open
            && let Some(spec) = store.job_spec(open.id, open.seq).await?
        {
            return Ok(spec);
        }
        let job = Box::pin(store.job(facts.job)).await?.ok_or_else(Problem::not_found)?;
        Ok(job.spec)
    }

    /// The person, if the lease is theirs and they still have the role for it in its team.
    pub async fn admit(&self, caller: &Caller, lease: LeaseId) -> Result<Principal> {
        let facts = self.facts(lease, caller.user()).await?;
        caller.require(facts.team, self.role())?;
        Ok(caller.principal())
    }

    async fn learn(&self, lease: LeaseId) -> Result<Arc<Facts>> {
        let store = &self.context.store;
        let view = store.lease(lease).await?.filter(|view| view.stage == self.stage);
        let view = view.ok_or_else(Problem::not_found)?;
        let job = store.job_definition(view.assignment.key.job).await?.ok_or_else(Problem::not_found)?;
        let items = match self.stage {
            Stage::Annotate => store.items(job.dataset, &view.assignment.ranges).await?,
            Stage::Review => Vec::new(),
        };
        Ok(self.remember(&view, job.dataset, &items))
    }

    /// Keeps the facts of a lease, which whoever has just been granted it will soon need.
    pub(crate) fn remember(&self, view: &LeaseView, dataset: DatasetId, items: &[ItemRow]) -> Arc<Facts> {
        let facts = Arc::new(Facts {
            holder: view.holder,
            assignment: view.assignment.id,
            job: view.assignment.key.job,
            team: view.assignment.team,
            dataset,
            ranges: view.assignment.ranges.clone(),
            sizes: items.iter().filter_map(|item| Some((item.index, item.certain_size()?))).collect(),
        });
        self.facts.insert(view.lease, facts.clone(), facts.bytes());
        facts
    }
}
