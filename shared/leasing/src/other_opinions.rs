//! The other opinions on an item under review, in pages: those of other slots and of earlier rounds.

use swath_api::reviews::Opinion;
use swath_domain::assignment::LeaseState;
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::{ItemIndex, LeaseEnd, Refusal, Round, Slot, Status, limits};
use swath_runtime::pages::Page;
use swath_runtime::{Problem, Result};
use swath_store::{OtherOpinion, fitting};

use crate::budgeted::Budgeted;
use crate::document::{COPIES, FIGURE_BYTES};
use crate::labels::{AnnotationKey, raw};
use crate::service::LeaseService;
use crate::verdicts::verdict_part;

/// The requested page of opinions.
#[derive(Debug, Clone, Copy)]
pub struct OpinionsPage {
    /// The position of the last opinion on the previous page. -1 for the first page.
    pub after: i64,
    /// The largest number of opinions on the page.
    pub limit: i64,
}

/// The size of an opinion in a response, with a verdict and without its annotation.
const OPINION_BYTES: usize = limits::VERDICT_BYTES_MAX + limits::VERDICT_FIGURES_MAX * FIGURE_BYTES + 512;

/// The position of an opinion in the list. It does not change when newer opinions are added.
fn position(Round(round): Round, Slot(slot): Slot) -> i64 {
    (Round::LAST.0 - round) * limits::SLOTS_MAX + slot
}

impl LeaseService {
    /// A page of the other opinions on an item of a review, the newest round first.
    ///
    /// # Errors
    /// If the review has ended, or the item is not in it.
    pub async fn opinions(
        &self,
        lease: LeaseId,
        user: UserId,
        item: ItemIndex,
        page: OpinionsPage,
    ) -> Result<Budgeted<Page<Opinion>>> {
        let OpinionsPage { after, limit } = page;
        let view = self.own_lease(lease, user).await?;
        if !view.assignment.ranges.contains(item) {
            return Err(Problem::not_found());
        }
        // The work of other users is shown only while the review is current.
        if view.assignment.lease_state(self.stage, view.holder, view.lease) != Some(LeaseState::Current) {
            return Err(Refusal::Stale(view.ended.unwrap_or(LeaseEnd::Expired)).into());
        }
        let store = &self.context.store;
        let job = store.job_head(view.assignment.key.job).await?.ok_or_else(Problem::not_found)?;
        let all = store.other_opinions(&view.assignment, job.slots, item).await?;
        let is_rest = |opinion: &OtherOpinion| position(opinion.round, opinion.slot) > after;
        let rest: Vec<_> = all.into_iter().filter(is_rest).collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let wanted = &rest[..rest.len().min(limit)];
        let cost =
            |opinion: &OtherOpinion| OPINION_BYTES + usize::try_from(opinion.bytes).unwrap_or(usize::MAX / 2);
        let wanted = &wanted[..fitting(wanted, limits::PAGE_BYTES_MAX, cost)];
        let bytes = COPIES * wanted.iter().map(cost).sum::<usize>();
        let share = self.context.answers.share(Some(user), bytes).await?;
        let mut opinions = Vec::with_capacity(wanted.len());
        for opinion in wanted {
            opinions.extend(self.opinion(opinion, item).await?);
        }
        let is_more = wanted.len() < rest.len();
        let cursor = |opinion: &Opinion| position(Round(opinion.round), Slot(opinion.slot)).to_string();
        Ok(Budgeted { value: Page::cut(opinions, is_more, cursor), share })
    }

    /// One opinion. `None` if it has just been withdrawn.
    async fn opinion(&self, of: &OtherOpinion, item: ItemIndex) -> Result<Option<Opinion>> {
        let store = &self.context.store;
        let saved = store.annotations(of.assignment, of.author, item..=item).await?;
        let Some(saved) = saved.into_iter().next() else { return Ok(None) };
        let key = AnnotationKey { assignment: of.assignment, author: of.author, item };
        let annotation = raw(saved.body, key)?;
        let verdicts = match of.status {
            Status::Accepted | Status::Rejected => {
                store.deciding_verdicts(of.assignment, of.submission, item..=item).await?
            }
            _ => Vec::new(),
        };
        let verdict = verdicts.into_iter().next().map(verdict_part);
        let OtherOpinion { round, slot, status, .. } = *of;
        Ok(Some(Opinion { round: round.0, slot: slot.0, status, annotation, verdict }))
    }
}
