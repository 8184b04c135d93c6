//! The definitions of jobs, which every command under a lease needs: read once by each process, and cached.

use std::sync::Arc;

use swath_domain::ids::JobId;
use swath_domain::job::JobHead;

use crate::engine::core::Core;
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::tables::jobs::head;

/// What never changes about a job: its lease policy, review rule and slots. Its status and texts may be old.
pub(crate) async fn definition(core: &Core, db: &mut Db<'_>, id: JobId) -> Result<Arc<JobHead>> {
    let cached = &core.caches.jobs;
    if let Some(job) = cached.get(&id) {
        return Ok(job);
    }
    let job = Arc::new(head(db, id).await?.ok_or(StoreError::NotFound)?);
    cached.insert(id, job.clone(), job.title.len());
    Ok(job)
}
