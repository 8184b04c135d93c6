//! What annotators do at a gateway, below HTTP: ask, save an item, hand in.

use swath_bus::{Envelope, Message, Queue};
use swath_domain::ids::{AssignmentId, LeaseId};
use swath_domain::labels::{Annotation, LabelRules};
use swath_domain::{FieldError, Refusal, Status, limits};
use swath_leasing::{Ask, Facts, Outcome};
use swath_runtime::auth::Principal;
use swath_runtime::{Problem, Result};
use swath_store::{ItemWork, Key, Next, SaveItem, StoreError, Submit};

use crate::Gateway;

/// What is said of one item.
pub struct Work {
    /// Its number.
    pub index: i64,
    /// Its labels, or why it is left out.
    pub annotation: Annotation,
}

/// A submission that was taken.
pub struct Handed {
    /// The assignment.
    pub assignment: AssignmentId,
    /// Its status right after the submission.
    pub status: Status,
}

impl Gateway {
    /// Finds work for a person.
    pub async fn ask(&self, ask: Ask) -> Result<Outcome> {
        let answer = self.desk.ask(ask, |job| self.candidates.take(job)).await;
        match &answer {
            Ok(outcome) if outcome.is_new => self.metrics.granted.inc(),
            Ok(_) => self.metrics.handed_back.inc(),
            Err(problem) if problem.code == "no-work" => self.metrics.no_work.inc(),
            Err(_) => {}
        }
        answer
    }

    /// Saves one item under a lease and says at which revision; `if_revision` is the one that must stand there.
    pub async fn confirm(
        &self,
        by: impl Into<Principal>,
        lease: LeaseId,
        work: Work,
        if_revision: Option<i64>,
    ) -> Result<i64> {
        let Principal { user, token_maker } = by.into();
        let facts = self.desk.facts(lease, user).await?;
        let spec = self.desk.spec(&facts).await?;
        let work = checked(&facts, spec.rules(), work, "")?;
        let confirm = SaveItem { lease, user, token_maker, work, if_revision, now: self.context.now() };
        let step = self.context.traces.under("confirm", facts.assignment, lease);
        let confirmed = self.context.store.item_save(confirm).await.map_err(|error| match error {
            StoreError::Conflict(detail) if if_revision.is_some() => Problem::precondition(detail),
            error => error.into(),
        });
        let confirmed = step.end(confirmed)?;
        self.metrics.confirmed.inc();
        Ok(confirmed.revision)
    }

    /// Hands in an assignment, with items that are saved on the way.
    pub async fn submit(
        &self,
        by: impl Into<Principal>,
        lease: LeaseId,
        submission: Key,
        items: Vec<Work>,
    ) -> Result<Handed> {
        let Principal { user, token_maker } = by.into();
        let facts = self.desk.facts(lease, user).await?;
        let spec = self.desk.spec(&facts).await?;
        let (items, now) = (works(&facts, spec.rules(), items)?, self.context.now());
        let submit = Submit { lease, user, token_maker, submission, items, now };
        let step = self.context.traces.under("submit", facts.assignment, lease);
        let submitted = step.end(self.context.store.lease_submit(submit).await.map_err(Problem::from))?;
        if submitted.fresh {
            self.metrics.submitted.inc();
            self.context.locks.free(vec![(submitted.assignment, lease)]);
            match submitted.next {
                // A reviewer finds it by asking; only the review rule has to be told.
                Next::Reviewer => {}
                Next::Rule => {
                    let message = Message::Completed { assignments: vec![submitted.assignment] };
                    let traceparent = self.context.traces.tell("completion", [submitted.assignment]);
                    self.notices.tell(Queue::Review(facts.team), Envelope { message, traceparent });
                }
                Next::Nobody => {
                    self.metrics.waived.inc();
                    drop(self.context.traces.under("waive", submitted.assignment, lease));
                }
            }
        }
        Ok(Handed { assignment: submitted.assignment, status: submitted.status })
    }
}

fn works(facts: &Facts, rules: LabelRules<'_>, items: Vec<Work>) -> Result<Vec<ItemWork>> {
    if items.len() as i64 > limits::RANGE_SIZE_MAX {
        return Err(Problem::field("items", format!("at most {} items at once", limits::RANGE_SIZE_MAX)));
    }
    let mut seen = std::collections::HashSet::new();
    let mut works = Vec::with_capacity(items.len());
    for (position, work) in items.into_iter().enumerate() {
        if !seen.insert(work.index) {
            return Err(Problem::field(format!("items[{position}].index"), "stands here twice"));
        }
        works.push(checked(facts, rules, work, &format!("items[{position}]"))?);
    }
    Ok(works)
}

/// The work as it is stored, if the item belongs to the lease and the job allows what it says: the same labels are the
/// same text.
fn checked(
    facts: &Facts,
    rules: LabelRules<'_>,
    Work { index, mut annotation }: Work,
    at: &str,
) -> Result<ItemWork> {
    if !facts.ranges.contains(index) {
        return Err(Refusal::ForeignItem(index).into());
    }
    rules.make_tidy(&mut annotation, facts.size(index));
    let errors = rules.check_annotation(&annotation, facts.size(index));
    if errors.is_empty() {
        let body = serde_json::to_string(&annotation).unwrap_or_default();
        if body.len() > limits::ANNOTATION_BYTES_MAX {
            return Err(Problem::too_large_item(at, index, body.len(), limits::ANNOTATION_BYTES_MAX));
        }
        return Ok(ItemWork { item: index, body, skipped: annotation.skip.is_some() });
    }
    let within = |error: FieldError| if at.is_empty() { error } else { error.within(at) };
    let mut problem = Problem::invalid(errors.into_iter().map(within).collect());
    problem.errors.iter_mut().for_each(|fault| fault.index = Some(index));
    Err(problem)
}
