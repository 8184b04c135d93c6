//! What others have said of an item under review, and what was said of it in former rounds, page by page.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::assignment::LeaseState;
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::labels::Annotation;
use swath_domain::{LeaseEnd, Refusal, Status, limits};
use swath_runtime::budget::{self, Share};
use swath_runtime::pages::Page;
use swath_runtime::{Problem, Result};
use swath_store::{OtherOpinion, fitting};

use crate::Desk;
use crate::document::{COPIES, FIGURE_BYTES, VerdictPart};
use crate::labels::raw;

/// An opinion on an item.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Opinion {
    /// In which round it was handed in.
    round: i64,
    /// Which of the opinions asked for it is.
    slot: i64,
    /// Where its assignment stands.
    status: Status,
    /// What was drawn, or why the item was skipped.
    #[schema(value_type = Annotation)]
    annotation: Box<RawValue>,
    /// What its reviewer said of it, once its assignment is decided.
    verdict: Option<VerdictPart>,
    #[serde(skip)]
    place: i64,
}

/// A page of opinions, as an answer.
pub struct OpinionPage {
    page: Page<Opinion>,
    share: Share,
}

impl OpinionPage {
    /// The page as an answer.
    pub fn answer(self) -> Response {
        budget::json(StatusCode::OK, &self.page, self.share)
    }
}

/// What an opinion takes in an answer beside its annotation, with a verdict.
const OPINION_BYTES: usize = limits::VERDICT_BYTES_MAX + limits::VERDICT_FIGURES_MAX * FIGURE_BYTES + 512;

/// The place of an opinion in the list, which stays the same when newer ones come.
fn place(opinion: &OtherOpinion) -> i64 {
    (limits::ROUNDS_MAX - opinion.round) * limits::SLOTS_MAX + opinion.slot
}

impl Desk {
    /// A page of the opinions on an item that this person holds, but for the one they hold, the newest round first;
    /// `after` is the place of the last one that was read.
    pub async fn opinions(
        &self,
        (lease, user): (LeaseId, UserId),
        item: i64,
        after: i64,
        limit: i64,
    ) -> Result<OpinionPage> {
        let view = self.own_lease(lease, user).await?;
        if !view.assignment.ranges.contains(item) {
            return Err(Problem::not_found());
        }
        // Others' work is shown for as long as the review is held.
        if view.assignment.lease_state(self.stage, view.holder, view.lease) != Some(LeaseState::Current) {
            return Err(Refusal::Stale(view.ended.unwrap_or(LeaseEnd::Expired)).into());
        }
        let store = &self.context.store;
        let job = store.job_head(view.assignment.key.job).await?.ok_or_else(Problem::not_found)?;
        let all = store.other_opinions(&view.assignment, job.slots, item).await?;
        let placed = all.into_iter().map(|opinion| (place(&opinion), opinion));
        let rest: Vec<_> = placed.filter(|(place, _)| *place > after).collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let wanted = &rest[..rest.len().min(limit)];
        let cost = |(_, opinion): &(i64, OtherOpinion)| {
            OPINION_BYTES + usize::try_from(opinion.bytes).unwrap_or(usize::MAX / 2)
        };
        let wanted = &wanted[..fitting(wanted, limits::PAGE_BYTES_MAX, cost)];
        let bytes = COPIES * wanted.iter().map(cost).sum::<usize>();
        let share = self.context.answers.share(Some(user), bytes).await?;
        let mut opinions = Vec::with_capacity(wanted.len());
        for (place, opinion) in wanted {
            opinions.extend(self.opinion(*place, opinion, item).await?);
        }
        let more = wanted.len() < rest.len();
        Ok(OpinionPage { page: Page::cut(opinions, more, |opinion| opinion.place.to_string()), share })
    }

    /// One of them, unless it was taken back in this moment.
    async fn opinion(&self, place: i64, of: &OtherOpinion, item: i64) -> Result<Option<Opinion>> {
        let store = &self.context.store;
        let saved = store.annotations(of.assignment, of.author, item..=item).await?;
        let Some(saved) = saved.into_iter().next() else { return Ok(None) };
        let annotation = raw(saved.body, (of.assignment, of.author, item))?;
        let verdicts = match of.status {
            Status::Accepted | Status::Rejected => {
                store.deciding_verdicts(of.assignment, of.submission, item..=item).await?
            }
            _ => Vec::new(),
        };
        let verdict = verdicts.into_iter().next().map(VerdictPart::from);
        let OtherOpinion { round, slot, status, .. } = *of;
        Ok(Some(Opinion { round, slot, status, annotation, verdict, place }))
    }
}
