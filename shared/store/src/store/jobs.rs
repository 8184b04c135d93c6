//! Jobs: what managers do with them, and what is read of them.

use futures::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use swath_domain::cause::Cause;
use swath_domain::coverage::Cover;
use swath_domain::ids::{JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobPeople, JobSpec, JobStatus};
use swath_domain::progress::Progress;
use swath_domain::{FieldError, Time};
use uuid::Uuid;

use crate::error::{Result, StoreError};
use crate::model::coverage::Stretches;
use crate::model::list_page::ListPage;
use crate::model::requests::Asked;
use crate::reads::books::{self, Books};
use crate::reads::{coverage, jobs as job_lists};
use crate::store::Store;
use crate::tables::{jobs, progress};
use crate::verbs::cut::{self, Cut, CutJob};
use crate::verbs::definition::definition;
use crate::verbs::jobs::{self as job_verbs, JobEdit, NewJob};

impl Store {
    /// Makes a job. The same request under the same key makes it once.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where it selects no item, [`StoreError::NotFound`] where its dataset is not there,
    /// [`StoreError::Conflict`] where the key was used for another request, and [`StoreError::Unavailable`].
    pub fn job_create(&self, new: NewJob, asked: Option<Asked>) -> BoxFuture<'_, Result<JobId>> {
        Box::pin(async move {
            if new.job.selected == 0 {
                return Err(StoreError::Invalid(FieldError::new("selection", "selects no item")));
            }
            self.write((new, asked), |core, tx, (new, asked)| {
                Box::pin(job_verbs::create(core, tx, new, asked.as_ref()))
            })
            .await
        })
    }

    /// Edits what may be edited while work goes on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`] where the job would take too many bytes, and
    /// [`StoreError::Unavailable`].
    pub fn job_edit(&self, id: JobId, changes: JobEdit, cause: Cause) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((changes, cause), move |_, tx, (changes, cause)| {
                Box::pin(async move { job_verbs::edit(&mut tx.db(), id, changes, cause).await })
            })
            .await
        })
    }

    /// Stops or resumes the granting of leases.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] where the job has ended, and [`StoreError::Unavailable`].
    pub fn job_switch(&self, id: JobId, to: JobStatus, cause: Cause) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(cause, move |_, tx, cause| {
                Box::pin(async move { job_verbs::switch(&mut tx.db(), id, to, cause).await })
            })
            .await
        })
    }

    /// Cancels a job. Its assignments are cancelled page by page, by [`Store::job_cancel_page`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] where the job is done, and [`StoreError::Unavailable`].
    pub fn job_cancel(&self, id: JobId, cause: Cause) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(cause, move |core, tx, cause| {
                Box::pin(async move { job_verbs::cancel(core, &mut tx.db(), id, cause).await })
            })
            .await
        })
    }

    /// Ends a job whose items are all decided or cancelled; answers whether it did.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] and [`StoreError::Unavailable`].
    pub fn job_finish(&self, id: JobId, now: Time) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            self.write(now, move |_, tx, now| {
                Box::pin(async move { job_verbs::finish(&mut tx.db(), id, *now).await })
            })
            .await
        })
    }

    /// Cuts at most `ranges` more ranges of a job. A process that is killed at any point has cut them or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] and [`StoreError::Unavailable`].
    pub fn job_cut(&self, job: JobId, ranges: i64, now: Time) -> BoxFuture<'_, Result<Cut>> {
        Box::pin(async move { self.cut(CutJob { job, only_from: None, ranges }, now).await })
    }

    /// The same for a job that is cut up to position `from`; nothing where it has been cut further meanwhile.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] and [`StoreError::Unavailable`].
    pub fn job_cut_from(&self, job: JobId, from: i64, ranges: i64, now: Time) -> BoxFuture<'_, Result<Cut>> {
        Box::pin(async move { self.cut(CutJob { job, only_from: Some(from), ranges }, now).await })
    }

    async fn cut(&self, wanted: CutJob, now: Time) -> Result<Cut> {
        self.write(now, move |core, tx, now| Box::pin(cut::cut(core, tx, wanted, *now))).await
    }

    /// One job.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn job(&self, id: JobId) -> BoxFuture<'_, Result<Option<Job>>> {
        Box::pin(async move { jobs::get(&mut self.reader().await?.db(), id).await })
    }

    /// One job without its specification, as it is now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn job_head(&self, id: JobId) -> BoxFuture<'_, Result<Option<JobHead>>> {
        Box::pin(async move { jobs::head(&mut self.reader().await?.db(), id).await })
    }

    /// What never changes about a job: its team, dataset and lease policy. Its status and texts may be old.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn job_definition(&self, id: JobId) -> BoxFuture<'_, Result<Option<Arc<JobHead>>>> {
        Box::pin(async move {
            if let Some(job) = self.core.caches.jobs.get(&id) {
                return Ok(Some(job));
            }
            // Boxed so that this rare branch does not enlarge every caller's future.
            Box::pin(async move {
                match definition(&self.core, &mut self.reader().await?.db(), id).await {
                    Err(StoreError::NotFound) => Ok(None),
                    job => job.map(Some),
                }
            })
            .await
        })
    }

    /// A job's specification as of entry number `seq` of its log, or later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn job_spec(&self, id: JobId, seq: i64) -> BoxFuture<'_, Result<Option<Arc<JobSpec>>>> {
        Box::pin(async move {
            if let Some(spec) = job_lists::cached_spec(&self.core, id, seq) {
                return Ok(Some(spec));
            }
            Box::pin(async move { job_lists::spec(&self.core, &mut self.reader().await?.db(), id).await })
                .await
        })
    }

    /// A page of a team's jobs, of this status where one is given. Where `annotator` is given, only jobs that they may
    /// work in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn jobs<'a>(
        &'a self,
        team: TeamId,
        annotator: Option<UserId>,
        status: Option<JobStatus>,
        page: &'a ListPage,
    ) -> BoxFuture<'a, Result<Vec<JobHead>>> {
        Box::pin(async move {
            job_lists::of_team(&mut self.reader().await?.db(), team, annotator, status, page).await
        })
    }

    /// The active and the paused jobs of a team, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn jobs_open(&self, team: TeamId, limit: i64) -> BoxFuture<'_, Result<Vec<JobHead>>> {
        Box::pin(async move { job_lists::open(&mut self.reader().await?.db(), team, limit).await })
    }

    /// A page of all jobs that are neither done nor cancelled.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn jobs_undone(&self, after: Uuid, limit: i64) -> BoxFuture<'_, Result<Vec<JobHead>>> {
        Box::pin(async move { job_lists::undone(&mut self.reader().await?.db(), after, limit).await })
    }

    /// The users that each of these jobs is restricted to.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn jobs_people<'a>(&'a self, jobs: &'a [JobId]) -> BoxFuture<'a, Result<HashMap<JobId, JobPeople>>> {
        Box::pin(async move { job_lists::people(&mut self.reader().await?.db(), jobs).await })
    }

    /// A job's counters.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn job_progress(&self, id: JobId) -> BoxFuture<'_, Result<Progress>> {
        Box::pin(async move { progress::read(&mut self.reader().await?.db(), id).await })
    }

    /// The counters of these jobs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn jobs_progress<'a>(&'a self, jobs: &'a [JobId]) -> BoxFuture<'a, Result<HashMap<JobId, Progress>>> {
        Box::pin(async move { progress::read_many(&mut self.reader().await?.db(), jobs).await })
    }

    /// The counters of the jobs behind `after` up to `last`, by id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn progress_between(&self, after: Uuid, last: Uuid) -> BoxFuture<'_, Result<Vec<(JobId, Progress)>>> {
        Box::pin(async move { progress::read_between(&mut self.reader().await?.db(), after, last).await })
    }

    /// The counts of a job's stretches, by their number; those without any are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read or counting has fallen far behind the events.
    pub fn job_coverage(
        &self,
        team: TeamId,
        job: JobId,
        stretches: Stretches,
    ) -> BoxFuture<'_, Result<BTreeMap<i64, Cover>>> {
        Box::pin(async move { coverage::of_job(&mut self.reader().await?.db(), team, job, stretches).await })
    }

    /// The items of a job as its counters have them and as its rows do, in one snapshot; none where there is no such job.
    /// It reads every row of the job.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn books(&self, job: JobId) -> BoxFuture<'_, Result<Option<Books>>> {
        Box::pin(async move { books::of_job(&mut self.reader().await?.db(), job).await })
    }
}
