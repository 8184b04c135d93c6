//! Leases, items, submissions and reviews: what annotators and reviewers do.

use futures::future::BoxFuture;
use std::ops::RangeInclusive;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::{ItemIndex, Stage, Time};

use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::verdicts::{VerdictRow, VerdictSize};
use crate::reads::other_opinions::{self, OtherOpinion};
use crate::reads::own_work::{self, OwnWork, OwnWorkOf};
use crate::reads::under_review::{self, ItemUnderReview, Look, UnderReview};
use crate::reads::verdicts::{self, DecidedItems};
use crate::reads::waits::{self, Wait};
use crate::store::Store;
use crate::verbs::decide::{Decide, Decided};
use crate::verbs::grant::{Grant, Granted};
use crate::verbs::leases::{Release, Renew, Renewed};
use crate::verbs::save::{ItemSaved, SaveItem};
use crate::verbs::submit::{Submit, Submitted};
use crate::verbs::verdicts::PutVerdict;

impl Store {
    /// Grants a lease to annotate or a review, or hands back the one that the user holds.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the key was used for another request, and [`StoreError::Unavailable`].
    pub async fn lease_grant(&self, command: Grant) -> Result<Granted> {
        self.batchers.grant.run(command).await
    }

    /// Keeps a lease or a review alive, or revives an expired one that nobody has taken over.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the user has no such lease, [`StoreError::Refused`] where it has ended, and
    /// [`StoreError::Unavailable`].
    pub async fn lease_renew(&self, command: Renew) -> Result<Renewed> {
        self.batchers.renew.run(command).await
    }

    /// Gives a lease or a review back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the user has no such lease, [`StoreError::Refused`] where it has ended otherwise,
    /// and [`StoreError::Unavailable`].
    pub async fn lease_release(&self, command: Release) -> Result<()> {
        self.batchers.release.run(command).await
    }

    /// Saves one item, which also keeps the lease alive.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the user has no such lease, [`StoreError::Refused`] where it has ended or the item
    /// is not in the assignment, [`StoreError::Conflict`] where the saved revision is another, and
    /// [`StoreError::Unavailable`].
    pub async fn item_save(&self, command: SaveItem) -> Result<ItemSaved> {
        self.batchers.save.run(command).await
    }

    /// Submits an assignment. The same submission again gets the same answer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the user has no such lease, [`StoreError::Refused`] where it has ended or items are
    /// missing, [`StoreError::Conflict`] where the submission's id was used for other items, and
    /// [`StoreError::Unavailable`].
    pub async fn lease_submit(&self, command: Submit) -> Result<Submitted> {
        self.batchers.submit.run(command).await
    }

    /// Saves a verdict on one item, which also keeps the review alive.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the user has no such review, [`StoreError::Refused`] where it has ended, and
    /// [`StoreError::Unavailable`].
    pub async fn verdict_put(&self, command: PutVerdict) -> Result<()> {
        self.batchers.verdict.run(command).await
    }

    /// A submission as a reviewer sees it: how large its items are, and the items themselves where all are small.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn review_look(&self, command: UnderReview) -> Result<Look> {
        self.batchers.look.run(command).await
    }

    /// Decides a review. The same decision again gets the same answer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the user has no such review, [`StoreError::Refused`] where it has ended or items
    /// have no verdict, [`StoreError::Conflict`] where the decision's id was used for another one, and
    /// [`StoreError::Unavailable`].
    pub async fn review_decide(&self, command: Decide) -> Result<Decided> {
        self.batchers.decide.run(command).await
    }

    /// Why a user gets no work from a job, by a plain read. A job that is paused or has ended holds no work.
    /// `token_maker` is who made the token that is used, where that is somebody else.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn lease_wait(
        &self,
        stage: Stage,
        job: JobId,
        user: UserId,
        token_maker: Option<UserId>,
        now: Time,
    ) -> BoxFuture<'_, Result<Wait>> {
        Box::pin(async move {
            let mut reader = self.reader().await?;
            let db = &mut reader.db();
            match stage {
                Stage::Annotate => waits::to_annotate(db, job, user, now).await,
                Stage::Review => waits::to_review(db, job, [user, token_maker.unwrap_or(user)]).await,
            }
        })
    }

    /// These items of a submission as a reviewer sees them, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn review_items(
        &self,
        of: UnderReview,
        items: RangeInclusive<ItemIndex>,
    ) -> BoxFuture<'_, Result<Vec<ItemUnderReview>>> {
        Box::pin(async move { under_review::items(&mut self.reader().await?.db(), of, items).await })
    }

    /// The bytes of the texts of all verdicts on a submission, by item.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn verdict_sizes(&self, submission: LeaseId) -> BoxFuture<'_, Result<Vec<VerdictSize>>> {
        Box::pin(async move { verdicts::sizes(&mut self.reader().await?.db(), submission).await })
    }

    /// The verdicts by which a submission was decided, on these items, by item. Reviewers who gave it back before that
    /// may have saved others, which are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn deciding_verdicts(
        &self,
        assignment: AssignmentId,
        submission: LeaseId,
        items: RangeInclusive<ItemIndex>,
    ) -> BoxFuture<'_, Result<Vec<VerdictRow>>> {
        Box::pin(async move {
            let of = DecidedItems { assignment, submission, items };
            verdicts::deciding(&mut self.reader().await?.db(), of).await
        })
    }

    /// The opinions on an item beside this assignment's own, of all slots and rounds, the newest round first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn other_opinions<'a>(
        &'a self,
        of: &'a swath_domain::Assignment,
        slots: i64,
        item: ItemIndex,
    ) -> BoxFuture<'a, Result<Vec<OtherOpinion>>> {
        Box::pin(async move { other_opinions::read(&mut self.reader().await?.db(), of, slots, item).await })
    }

    /// What a user holds, what is reserved for them and what they have submitted, at most 200 rows of each.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn own_work<'a>(&'a self, of: &'a OwnWorkOf) -> BoxFuture<'a, Result<OwnWork>> {
        Box::pin(async move { own_work::read(&mut self.reader().await?.db(), of).await })
    }
}
