//! What annotators do at a gateway, without HTTP: ask for work, save an item, submit.

use std::collections::HashSet;

use swath_bus::{Envelope, Message, Queue};
use swath_domain::ids::{AssignmentId, LeaseId};
use swath_domain::labels::{Annotation, LabelRules};
use swath_domain::{FieldError, ItemIndex, Refusal, Status, limits};
use swath_leasing::{Ask, LeaseContext, Outcome};
use swath_runtime::auth::Principal;
use swath_runtime::{Problem, Result};
use swath_store::{ItemWork, Key, Next, SaveItem, StoreError, Submit};

use crate::gateway::Gateway;

/// The work on one item.
pub struct Work {
    /// Its number.
    pub index: ItemIndex,
    /// Its labels, or why it is skipped.
    pub annotation: Annotation,
}

/// An accepted submission.
pub struct Submitted {
    /// The assignment.
    pub assignment: AssignmentId,
    /// Its status right after the submission.
    pub status: Status,
}

impl Gateway {
    /// Finds work for a user.
    ///
    /// # Errors
    /// `no-work` where there is none.
    pub async fn ask(&self, ask: Ask) -> Result<Outcome> {
        let answer = self.leases.ask(ask, |job| self.candidates.take(job)).await;
        let answer = answer.and_then(swath_leasing_http::outcome);
        match &answer {
            Ok(outcome) if outcome.is_new => self.metrics.granted.inc(),
            Ok(_) => self.metrics.handed_back.inc(),
            Err(problem) if problem.code == "no-work" => self.metrics.no_work.inc(),
            Err(_) => {}
        }
        answer
    }

    /// Saves one item under a lease and returns its revision. Where `if_revision` is given, the item must have that
    /// revision.
    ///
    /// # Errors
    /// A lease that is over, an item that is not in it, or work that the job does not allow.
    pub async fn save_item(
        &self,
        by: impl Into<Principal>,
        lease: LeaseId,
        work: Work,
        if_revision: Option<i64>,
    ) -> Result<i64> {
        let Principal { user, token_maker } = by.into();
        let context = self.leases.lease_context(lease, user).await?;
        let spec = self.leases.spec(&context).await?;
        let work = checked(&context, spec.rules(), work, "")?;
        let save = SaveItem { lease, user, token_maker, work, if_revision, now: self.context.now() };
        let step = self.context.traces.under("confirm", context.assignment, lease);
        let saved = self.context.store.item_save(save).await.map_err(|error| match error {
            StoreError::Conflict(detail) if if_revision.is_some() => Problem::precondition(detail),
            error => error.into(),
        });
        let saved = step.end(saved)?;
        self.metrics.confirmed.inc();
        Ok(saved.revision)
    }

    /// Submits an assignment, and saves these items with it.
    ///
    /// # Errors
    /// As for [`save_item`](Self::save_item); or items that are missing.
    pub async fn submit(
        &self,
        by: impl Into<Principal>,
        lease: LeaseId,
        submission: Key,
        items: Vec<Work>,
    ) -> Result<Submitted> {
        let Principal { user, token_maker } = by.into();
        let context = self.leases.lease_context(lease, user).await?;
        let spec = self.leases.spec(&context).await?;
        let (items, now) = (works(&context, spec.rules(), items)?, self.context.now());
        let submit = Submit { lease, user, token_maker, submission, items, now };
        let step = self.context.traces.under("submit", context.assignment, lease);
        let submitted = step.end(self.context.store.lease_submit(submit).await.map_err(Problem::from))?;
        if submitted.fresh {
            self.metrics.submitted.inc();
            self.context.locks.free(vec![(submitted.assignment, lease)]);
            match submitted.next {
                // Reviewers find it by asking; only the review rule needs a message.
                Next::Reviewer => {}
                Next::Rule => {
                    let message = Message::Completed { assignments: vec![submitted.assignment] };
                    let traceparent = self.context.traces.sent("completion", [submitted.assignment]);
                    self.notices.send(Queue::Review(context.team), Envelope { message, traceparent });
                }
                Next::Nobody => {
                    self.metrics.waived.inc();
                    drop(self.context.traces.under("waive", submitted.assignment, lease));
                }
            }
        }
        Ok(Submitted { assignment: submitted.assignment, status: submitted.status })
    }
}

#[expect(clippy::expect_used, reason = "an annotation has no maps, whose keys are all that JSON may refuse")]
fn encoded(annotation: &Annotation) -> String {
    serde_json::to_string(annotation).expect("an annotation is valid JSON")
}

fn works(lease: &LeaseContext, rules: LabelRules<'_>, items: Vec<Work>) -> Result<Vec<ItemWork>> {
    if items.len() as i64 > limits::RANGE_SIZE_MAX {
        return Err(Problem::field("items", format!("at most {} items at once", limits::RANGE_SIZE_MAX)));
    }
    let mut seen = HashSet::new();
    let mut works = Vec::with_capacity(items.len());
    for (position, work) in items.into_iter().enumerate() {
        if !seen.insert(work.index) {
            return Err(Problem::field(format!("items[{position}].index"), "stands here twice"));
        }
        works.push(checked(lease, rules, work, &format!("items[{position}]"))?);
    }
    Ok(works)
}

/// The work as it is stored, if the item belongs to the lease and the job allows the labels. Equal labels are stored as
/// equal texts.
fn checked(
    lease: &LeaseContext,
    rules: LabelRules<'_>,
    Work { index, mut annotation }: Work,
    at: &str,
) -> Result<ItemWork> {
    if !lease.ranges.contains(index) {
        return Err(Refusal::ForeignItem(index).into());
    }
    rules.make_tidy(&mut annotation, lease.size(index));
    let errors = rules.check_annotation(&annotation, lease.size(index));
    if errors.is_empty() {
        let body = encoded(&annotation);
        if body.len() > limits::ANNOTATION_BYTES_MAX {
            return Err(Problem::too_large_item(at, index, body.len(), limits::ANNOTATION_BYTES_MAX));
        }
        return Ok(ItemWork { item: index, body, skipped: annotation.skip.is_some() });
    }
    let within = |error: FieldError| if at.is_empty() { error } else { error.within(at) };
    let mut problem = Problem::invalid(errors.into_iter().map(within).collect());
    problem.errors.iter_mut().for_each(|fault| fault.index = Some(index.0));
    Err(problem)
}
