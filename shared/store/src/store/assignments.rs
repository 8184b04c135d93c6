//! Assignments: what is read of them, what managers do with them, and what ends without anybody's help.

use futures::future::BoxFuture;
use swath_domain::cause::Cause;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::{Assignment, Stage, Time};
use uuid::Uuid;

use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::reads::assignments::{
    self as lists, AssignmentFilter, LeaseView, OldestWaiting, WaitingAssignment,
};
use crate::reads::log::{self, LogPage, LogPosition};
use crate::reads::next::{self, Turn};
use crate::store::Store;
use crate::tables::{assignments, departures};
use crate::verbs::auto_accept;
use crate::verbs::leavers::{self, Freed};
use crate::verbs::manage::{self, Action, Managed};
use crate::verbs::sweep::{self, CancelPage, CancelledPage, Expired};

impl Store {
    /// One assignment.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn assignment(&self, id: AssignmentId) -> BoxFuture<'_, Result<Option<Assignment>>> {
        Box::pin(async move { assignments::get(&mut self.reader().await?.db(), id).await })
    }

    /// A page of a job's assignments by round, number and slot.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn assignments(
        &self,
        job: JobId,
        filter: AssignmentFilter,
        after: Uuid,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<Assignment>>> {
        Box::pin(async move {
            match filter.number {
                Some(number) => {
                    let slots = self.job_definition(job).await?.map_or(0, |job| job.slots);
                    let mut reader = self.reader().await?;
                    let mut found = lists::of_range(&mut reader.db(), job, number, slots).await?;
                    found.retain(|a| a.id.0 > after && filter.admits(a));
                    found.truncate(limit as usize);
                    Ok(found)
                }
                None => lists::page(&mut self.reader().await?.db(), job, &filter, after, limit).await,
            }
        })
    }

    /// A page of a job's assignments of one status that come behind a turn. Of submissions, only those that wait for a
    /// reviewer. There are none where the filter names no status that has an order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn assignments_next<'a>(
        &'a self,
        job: JobId,
        filter: &'a AssignmentFilter,
        after: Turn,
        limit: i64,
    ) -> BoxFuture<'a, Result<Vec<Assignment>>> {
        Box::pin(async move { next::page(&mut self.reader().await?.db(), job, filter, after, limit).await })
    }

    /// Assignments that wait in a job's queue, in the order in which they are granted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn assignments_waiting(
        &self,
        job: JobId,
        now: Time,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<WaitingAssignment>>> {
        Box::pin(async move { lists::waiting(&mut self.reader().await?.db(), job, now, limit).await })
    }

    /// Since when the oldest waiting assignment and the oldest waiting submission of a job wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn oldest_waiting(&self, job: JobId) -> BoxFuture<'_, Result<OldestWaiting>> {
        Box::pin(async move { lists::oldest_waiting(&mut self.reader().await?.db(), job).await })
    }

    /// A lease or a review, however it has ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn lease(&self, lease: LeaseId) -> BoxFuture<'_, Result<Option<LeaseView>>> {
        Box::pin(async move { lists::lease(&mut self.reader().await?.db(), lease).await })
    }

    /// A page of the assignments that a user holds a current lease on, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn leases_of(
        &self,
        user: UserId,
        stage: Stage,
        after: Uuid,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<Assignment>>> {
        Box::pin(
            async move { lists::leased_by(&mut self.reader().await?.db(), user, stage, after, limit).await },
        )
    }

    /// How many leases and reviews run out before this moment, counted up to `most`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn leases_until(&self, before: Time, most: i64) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move { assignments::count_until(&mut self.reader().await?.db(), before, most).await })
    }

    /// A page of the log of an assignment or a job. It ends early where it would take too many
    /// bytes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn log(&self, subject: Uuid, after: i64, limit: i64) -> BoxFuture<'_, Result<LogPage>> {
        Box::pin(async move { log::of_subject(&mut self.reader().await?.db(), subject, after, limit).await })
    }

    /// A page of the logs of a job's assignments behind a position, by assignment and number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn log_page(&self, job: JobId, after: LogPosition) -> BoxFuture<'_, Result<LogPage>> {
        Box::pin(async move { log::of_job(&mut self.reader().await?.db(), job, after).await })
    }

    /// Takes an assignment from its holder, and reserves it for a user until `until`, or for nobody.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Refused`] where its status does not allow it, [`StoreError::Conflict`] where
    /// the job was cancelled, and [`StoreError::Unavailable`].
    pub fn assignment_reassign(
        &self,
        id: AssignmentId,
        to: Option<UserId>,
        until: Time,
        cause: Cause,
    ) -> BoxFuture<'_, Result<Managed>> {
        Box::pin(async move { self.manage(id, Action::Reassign { to, until }, cause).await })
    }

    /// Puts a submitted or accepted assignment back into the queue.
    ///
    /// # Errors
    /// As [`Store::assignment_reassign`].
    pub fn assignment_reopen(&self, id: AssignmentId, cause: Cause) -> BoxFuture<'_, Result<Managed>> {
        Box::pin(async move { self.manage(id, Action::Reopen, cause).await })
    }

    /// Cancels an undecided assignment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Refused`] where it is decided, and [`StoreError::Unavailable`].
    pub fn assignment_cancel(&self, id: AssignmentId, cause: Cause) -> BoxFuture<'_, Result<Managed>> {
        Box::pin(async move { self.manage(id, Action::Cancel, cause).await })
    }

    async fn manage(&self, id: AssignmentId, action: Action, cause: Cause) -> Result<Managed> {
        self.write((action, cause), move |core, tx, (action, cause)| {
            Box::pin(manage::manage(core, tx, id, action, cause))
        })
        .await
    }

    /// Accepts those of these submissions that the review rule does not put before a reviewer, and names them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn submission_waive(
        &self,
        ids: Vec<AssignmentId>,
        now: Time,
    ) -> BoxFuture<'_, Result<Vec<AssignmentId>>> {
        Box::pin(async move {
            self.write((ids, now), |core, tx, (ids, now)| Box::pin(auto_accept::accept(core, tx, ids, *now)))
                .await
        })
    }

    /// Submissions that wait only for the review rule since before `before`, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn submissions_to_waive(&self, before: Time, limit: i64) -> BoxFuture<'_, Result<Vec<AssignmentId>>> {
        Box::pin(
            async move { assignments::to_auto_accept(&mut self.reader().await?.db(), before, limit).await },
        )
    }

    /// Expires at most `limit` leases that ran out before `before`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn leases_expire(&self, before: Time, now: Time, limit: i64) -> BoxFuture<'_, Result<Vec<Expired>>> {
        Box::pin(async move {
            self.write((before, now), move |core, tx, (before, now)| {
                Box::pin(sweep::expire(core, tx, *before, *now, limit))
            })
            .await
        })
    }

    /// Cancels what is undecided among the `limit` assignments of a cancelled job behind `after`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn job_cancel_page(
        &self,
        job: JobId,
        after: AssignmentId,
        limit: i64,
        now: Time,
    ) -> BoxFuture<'_, Result<CancelledPage>> {
        Box::pin(async move {
            let page = CancelPage { job, after, limit };
            self.write(now, move |core, tx, now| Box::pin(sweep::cancel_page(core, tx, page, *now))).await
        })
    }

    /// Frees what was granted to users while they lost the role for it a moment ago, at most `limit` users at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; what was freed before that stays free.
    pub fn departures_sweep(&self, now: Time, limit: i64) -> BoxFuture<'_, Result<Vec<Freed>>> {
        Box::pin(async move {
            let departures = departures::oldest(&mut self.reader().await?.db(), limit).await?;
            let mut freed = Vec::new();
            for departure in departures {
                let more = self.write((), move |core, tx, ()| {
                    Box::pin(async move { leavers::free_departed(core, &mut tx.db(), departure, now).await })
                });
                freed.extend(more.await?);
            }
            Ok(freed)
        })
    }
}
