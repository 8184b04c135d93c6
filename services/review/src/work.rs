//! What reviewers do, below HTTP: ask, judge an item, decide.

use swath_bus::Queue;
use swath_domain::Status;
use swath_domain::ids::{LeaseId, TeamId};
use swath_leasing::{Ask, Outcome};
use swath_runtime::auth::Principal;
use swath_runtime::{Problem, Result};
use swath_store::{Decide, Decided, Key, PutVerdict, VerdictRow};

use crate::{Review, rules};

impl Review {
    /// Finds a submission for a reviewer.
    pub async fn ask(&self, ask: Ask) -> Result<Outcome> {
        // Submissions wait for people, not for milliseconds: the queue in the store is quick enough.
        self.desk.ask(ask, |_| Vec::new()).await
    }

    /// Saves a verdict on one item.
    pub async fn judge(&self, by: impl Into<Principal>, lease: LeaseId, verdict: VerdictRow) -> Result<()> {
        let Principal { user, token_maker } = by.into();
        let facts = self.desk.facts(lease, user).await?;
        rules::check(&self.desk, &facts, lease, std::slice::from_ref(&verdict), |_| String::new()).await?;
        let put = PutVerdict { lease, user, token_maker, verdict, now: self.context.now() };
        let step = self.context.traces.under("verdict", facts.assignment, lease);
        step.end(self.context.store.verdict_put(put).await.map_err(Problem::from))
    }

    /// Decides a review, with verdicts that are saved on the way.
    pub async fn decide(
        &self,
        by: impl Into<Principal>,
        lease: LeaseId,
        decision: Key,
        verdicts: Vec<VerdictRow>,
        accept_rest: bool,
    ) -> Result<Decided> {
        let Principal { user, token_maker } = by.into();
        let facts = self.desk.facts(lease, user).await?;
        rules::check(&self.desk, &facts, lease, &verdicts, |place| format!("verdicts[{place}].")).await?;
        let now = self.context.now();
        let decide = Decide { lease, user, token_maker, decision, verdicts, accept_rest, now };
        let step = self.context.traces.under("decide", facts.assignment, lease);
        let decided = step.end(self.context.store.review_decide(decide).await.map_err(Problem::from))?;
        if decided.fresh {
            self.announce(facts.team, lease, &decided);
        }
        Ok(decided)
    }

    /// Lets go of the lock and tells of the rework, soon; whoever misses this hears of it from the store.
    fn announce(&self, team: TeamId, lease: LeaseId, decided: &Decided) {
        self.context.locks.free(vec![(decided.assignment, lease)]);
        let status = if decided.status == Status::Accepted { "accepted" } else { "rejected" };
        self.metrics.decided.with_label_values(&[status]).inc();
        self.metrics.rejected.count(team, &decided.rejected);
        let Some((rework, (round, number))) = decided.rework.zip(decided.rework_key) else { return };
        self.context.traces.rework(rework, lease);
        self.notices.tell(Queue::Annotate(team), self.context.hint(decided.job, round, vec![number]));
    }
}
