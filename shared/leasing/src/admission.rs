//! Checks that a caller may use a lease, and reads the lease's context.

use std::sync::Arc;

use swath_domain::Stage;
use swath_domain::ids::{DatasetId, LeaseId, UserId};
use swath_domain::job::JobSpec;
use swath_runtime::auth::Principal;
use swath_runtime::{Caller, Problem, Result};
use swath_store::{ItemRow, LeaseView};

use crate::lease_context::LeaseContext;
use crate::service::LeaseService;

impl LeaseService {
    /// The context of a lease of this user.
    ///
    /// # Errors
    /// Not found if the lease is unknown or another user's. Unavailable if the database cannot be read.
    pub async fn lease_context(&self, lease: LeaseId, user: UserId) -> Result<Arc<LeaseContext>> {
        let context = match self.contexts.get(&lease) {
            Some(context) => context,
            None => Box::pin(self.read_context(lease)).await?,
        };
        if context.holder == user { Ok(context) } else { Err(Problem::not_found()) }
    }

    /// The specification of a lease's job, which may be outdated. Use it only for what edits cannot change, like
    /// classes and tags.
    ///
    /// # Errors
    /// Not found if the job was deleted. Unavailable if the database cannot be read.
    pub async fn spec(&self, lease: &LeaseContext) -> Result<Arc<JobSpec>> {
        self.context.store.job_spec(lease.job, 0).await?.ok_or_else(Problem::not_found)
    }

    /// The specification of a lease's job, at most a second old.
    ///
    /// # Errors
    /// Not found if the job was deleted. Unavailable if the database cannot be read.
    pub async fn present_spec(&self, lease: &LeaseContext) -> Result<Arc<JobSpec>> {
        let store = &self.context.store;
        let open = self.jobs.find(store, lease.team, lease.job).await?;
        if let Some(open) = open
            && let Some(spec) = store.job_spec(open.id, open.seq).await?
        {
            return Ok(spec);
        }
        let job = Box::pin(store.job(lease.job)).await?.ok_or_else(Problem::not_found)?;
        Ok(job.spec)
    }

    /// Checks that the lease is the caller's and that they still have the role for it, and returns the caller's
    /// principal.
    ///
    /// # Errors
    /// Not found if the lease is unknown or another user's. Forbidden without the role.
    pub async fn admit(&self, caller: &Caller, lease: LeaseId) -> Result<Principal> {
        let context = self.lease_context(lease, caller.user()).await?;
        caller.require(context.team, self.role())?;
        Ok(caller.principal())
    }

    async fn read_context(&self, lease: LeaseId) -> Result<Arc<LeaseContext>> {
        let store = &self.context.store;
        let view = store.lease(lease).await?.filter(|view| view.stage == self.stage);
        let view = view.ok_or_else(Problem::not_found)?;
        let job = store.job_definition(view.assignment.key.job).await?.ok_or_else(Problem::not_found)?;
        let items = match self.stage {
            Stage::Annotate => store.items(job.dataset, &view.assignment.ranges).await?,
            Stage::Review => Vec::new(),
        };
        Ok(self.cache_context(&view, job.dataset, &items))
    }

    /// Caches the context of a lease, which its holder will need soon.
    pub(crate) fn cache_context(
        &self,
        view: &LeaseView,
        dataset: DatasetId,
        items: &[ItemRow],
    ) -> Arc<LeaseContext> {
        let context = Arc::new(LeaseContext::new(view, dataset, items));
        self.contexts.insert(view.lease, context.clone(), context.bytes());
        context
    }
}
