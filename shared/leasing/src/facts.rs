//! What never changes about a lease: its assignment, its items and their sizes, and the rules of its job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use swath_domain::ids::{AssignmentId, DatasetId, JobId, LeaseId, TeamId, UserId};
use swath_domain::job::Job;
use swath_domain::labels::{LabelRules, Size};
use swath_domain::{Ranges, Stage};
use swath_runtime::auth::Principal;
use swath_runtime::{Caller, Problem, Result};
use swath_store::{ItemRow, LeaseView};

use crate::Desk;

/// Leases remembered.
const REMEMBERED: usize = 20_000;

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
    /// What the job allows on them.
    pub rules: LabelRules,
    /// Sizes of the pictures, where known.
    pub sizes: HashMap<i64, Size>,
}

#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<LeaseId, Arc<Facts>>>);

impl Desk {
    /// The facts of a lease of this person; anyone else's is not there.
    pub async fn facts(&self, lease: LeaseId, user: UserId) -> Result<Arc<Facts>> {
        let known = self.facts.0.lock().unwrap_or_else(PoisonError::into_inner).get(&lease).cloned();
        let facts = match known {
            Some(facts) => facts,
            None => Box::pin(self.learn(lease)).await?,
        };
        if facts.holder == user { Ok(facts) } else { Err(Problem::not_found()) }
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
        let job = store.job_frame(view.assignment.job).await?.ok_or_else(Problem::not_found)?;
        let items = match self.stage {
            Stage::Annotate => store.items(job.dataset, &view.assignment.ranges).await?,
            Stage::Review => Vec::new(),
        };
        Ok(self.remember(&view, &job, &items))
    }

    /// Keeps the facts of a lease, which whoever has just been granted it will soon need.
    pub(crate) fn remember(&self, view: &LeaseView, job: &Job, items: &[ItemRow]) -> Arc<Facts> {
        let facts = Arc::new(Facts {
            holder: view.holder,
            assignment: view.assignment.id,
            job: job.id,
            team: job.team,
            dataset: job.dataset,
            ranges: view.assignment.ranges.clone(),
            rules: job.spec.rules(),
            sizes: items.iter().filter_map(|item| Some((item.index, item.size?))).collect(),
        });
        let mut remembered = self.facts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(view.lease, facts.clone());
        facts
    }
}
