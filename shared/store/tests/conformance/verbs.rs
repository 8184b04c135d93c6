//! The store's verbs, with the arguments that they usually have in this suite.

use std::sync::Arc;

use swath_domain::cause::Cause;
use swath_domain::review::Verdict;
use swath_domain::{Assignment, JobId, LeaseId, Stage, UserId};

use super::world::{World, granted, holder, verdict, work};
use swath_store::{
    Decide, Decided, Grant, Granted, ItemSaved, ItemWork, Key, PutVerdict, Release, Renew, Renewed, Result,
    SaveItem, Submit, Submitted, VerdictRow,
};

impl World {
    /// What a user says who asks for work of one job.
    pub(super) fn request(&self, stage: Stage, job: JobId, user: UserId) -> Grant {
        Grant {
            stage,
            user,
            token_maker: None,
            team: self.team,
            only: None,
            open: Arc::new([job]),
            job: Some(job),
            candidates: Vec::new(),
            lease: LeaseId(self.id()),
            key: None,
            now: self.now(),
        }
    }

    pub(super) async fn ask(&self, stage: Stage, job: JobId, user: UserId) -> Granted {
        self.store.lease_grant(self.request(stage, job, user)).await.expect("a grant is answered")
    }

    /// A new lease to annotate.
    pub(super) async fn lease(&self, job: JobId, user: UserId) -> Assignment {
        granted(self.ask(Stage::Annotate, job, user).await)
    }

    /// A new review.
    pub(super) async fn claim(&self, job: JobId, user: UserId) -> Assignment {
        granted(self.ask(Stage::Review, job, user).await)
    }

    /// The confirmation of one item under a lease as it was granted.
    pub(super) fn confirmation(&self, held: &Assignment, item: i64) -> SaveItem {
        let (lease, user) = holder(held);
        SaveItem {
            lease,
            user,
            token_maker: None,
            work: work(item, "ok"),
            if_revision: None,
            now: self.now(),
        }
    }

    pub(super) async fn confirm(&self, held: &Assignment, item: i64) -> Result<ItemSaved> {
        self.store.item_save(self.confirmation(held, item)).await
    }

    /// The submission of a lease with all its items, under a key of its own.
    pub(super) fn submission(&self, held: &Assignment) -> Submit {
        let (lease, user) = holder(held);
        let items = held.ranges.iter().map(|item| work(item.0, "ok")).collect();
        let submission = Key::new(format!("submission of {lease}"), b"everything");
        Submit { lease, user, token_maker: None, submission, items, now: self.now() }
    }

    pub(super) async fn submit(&self, held: &Assignment) -> Result<Submitted> {
        self.store.lease_submit(self.submission(held)).await
    }

    /// A range leased and handed in.
    pub(super) async fn hand_in(&self, job: JobId, user: UserId) -> Assignment {
        let held = self.lease(job, user).await;
        self.submit(&held).await.expect("a submission is taken");
        self.look(held.id).await
    }

    /// Saves items one by one.
    pub(super) async fn save(&self, held: &Assignment, items: Vec<ItemWork>) {
        for work in items {
            let confirm = SaveItem { work, ..self.confirmation(held, 0) };
            self.store.item_save(confirm).await.expect("an item is saved");
        }
    }

    /// A range leased, saved item by item and handed in.
    pub(super) async fn hand_in_saved(&self, job: JobId, user: UserId) -> Assignment {
        let held = self.lease(job, user).await;
        let mut submission = self.submission(&held);
        self.save(&held, std::mem::take(&mut submission.items)).await;
        self.store.lease_submit(submission).await.expect("a submission is taken");
        self.look(held.id).await
    }

    /// The decision of a review that rejects these items and accepts the rest.
    pub(super) fn decision(&self, review: &Assignment, rejected: &[i64]) -> Decide {
        let (lease, user) = holder(review);
        let verdicts = rejected.iter().map(|item| verdict(*item, Verdict::Reject)).collect();
        let decision = Key::new(format!("decision of {lease}"), b"these and no others");
        Decide { lease, user, token_maker: None, decision, verdicts, accept_rest: true, now: self.now() }
    }

    pub(super) async fn decide(&self, review: &Assignment, rejected: &[i64]) -> Result<Decided> {
        self.store.review_decide(self.decision(review, rejected)).await
    }

    pub(super) async fn put_verdict(&self, review: &Assignment, row: VerdictRow) -> Result<()> {
        let (lease, user) = holder(review);
        self.store
            .verdict_put(PutVerdict { lease, user, token_maker: None, verdict: row, now: self.now() })
            .await
    }

    pub(super) async fn renew(&self, stage: Stage, held: &Assignment) -> Result<Renewed> {
        let (lease, user) = holder(held);
        self.store.lease_renew(Renew { stage, lease, user, token_maker: None, now: self.now() }).await
    }

    pub(super) async fn release(&self, stage: Stage, held: &Assignment) -> Result<()> {
        let (lease, user) = holder(held);
        let reason = Some("lunch".to_owned());
        self.store
            .lease_release(Release { stage, lease, user, token_maker: None, reason, now: self.now() })
            .await
    }

    /// Lets every lease expire whose time has run out.
    pub(super) async fn expire(&self) -> usize {
        let (before, now) = (self.now(), self.now());
        self.store.leases_expire(before, now, 1_000).await.expect("leases expire").len()
    }

    /// The manager's doing, with a reason.
    pub(super) fn cause(&self) -> Cause {
        Cause::by(self.manager, self.now()).because(Some("the manager says so".into()))
    }
}
