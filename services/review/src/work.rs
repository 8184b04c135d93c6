//! The work of reviewers, without HTTP: to ask for a submission, judge an item, and decide.

use swath_bus::Queue;
use swath_domain::Status;
use swath_domain::ids::{LeaseId, TeamId};
use swath_leasing::{Ask, Outcome};
use swath_runtime::auth::Principal;
use swath_runtime::{Problem, Result};
use swath_store::{Decide, Decided, Key, PutVerdict, VerdictRow};

use crate::review::Review;
use crate::rules;

impl Review {
    /// Finds a submission for a reviewer.
    ///
    /// # Errors
    /// `no-work` where there is none.
    pub async fn ask(&self, ask: Ask) -> Result<Outcome> {
        // Reviewers need no candidates, because the queue in the database is fast enough.
        self.leases.ask(ask, |_| Vec::new()).await.and_then(swath_leasing_http::outcome)
    }

    /// Saves a verdict on one item.
    ///
    /// # Errors
    /// A review that is over, or a verdict that breaks a rule.
    pub async fn judge(&self, by: impl Into<Principal>, lease: LeaseId, verdict: VerdictRow) -> Result<()> {
        let Principal { user, token_maker } = by.into();
        let context = self.leases.lease_context(lease, user).await?;
        rules::check(&self.leases, &context, lease, std::slice::from_ref(&verdict), |_| String::new())
            .await?;
        let put = PutVerdict { lease, user, token_maker, verdict, now: self.context.now() };
        let step = self.context.traces.under("verdict", context.assignment, lease);
        step.end(self.context.store.verdict_put(put).await.map_err(Problem::from))
    }

    /// Decides a review, and saves these verdicts with it.
    ///
    /// # Errors
    /// A review that is over, verdicts that break a rule, or items without a verdict.
    pub async fn decide(
        &self,
        by: impl Into<Principal>,
        lease: LeaseId,
        decision: Key,
        verdicts: Vec<VerdictRow>,
        accept_rest: bool,
    ) -> Result<Decided> {
        let Principal { user, token_maker } = by.into();
        let context = self.leases.lease_context(lease, user).await?;
        rules::check(&self.leases, &context, lease, &verdicts, |index| format!("verdicts[{index}].")).await?;
        let now = self.context.now();
        let decide = Decide { lease, user, token_maker, decision, verdicts, accept_rest, now };
        let step = self.context.traces.under("decide", context.assignment, lease);
        let decided = step.end(self.context.store.review_decide(decide).await.map_err(Problem::from))?;
        if decided.fresh {
            self.announce(context.team, lease, &decided);
        }
        Ok(decided)
    }

    /// Releases the lock and publishes a hint about the rework. A lost hint does no harm: the database has the rework.
    fn announce(&self, team: TeamId, lease: LeaseId, decided: &Decided) {
        self.context.locks.free(vec![(decided.assignment, lease)]);
        let status = if decided.status == Status::Accepted { "accepted" } else { "rejected" };
        self.metrics.decided.with_label_values(&[status]).inc();
        self.metrics.rejected.count(team, &decided.rejected);
        let Some((rework, (round, number))) = decided.rework.zip(decided.rework_key) else { return };
        self.context.traces.rework(rework, lease);
        self.notices.send(Queue::Annotate(team), self.context.hint(decided.job, round, vec![number]));
    }
}
