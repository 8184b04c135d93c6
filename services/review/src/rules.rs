//! What verdicts must agree with: the reasons that the job names, and the figures that were handed in.

use swath_domain::ids::LeaseId;
use swath_domain::review::{ReasonCode, Verdict};
use swath_domain::{FieldError, Refusal, Stage};
use swath_leasing::{Desk, Facts};
use swath_runtime::{Problem, Result};
use swath_store::{LeaseView, VerdictRow};

/// Refuses verdicts that do not agree; `at` is where the verdict of a place stands in the request. Where the review does not
/// stand any more, the store has the answer: that it is stale, or the first one where the request is a repeat.
pub(crate) async fn check(
    desk: &Desk,
    facts: &Facts,
    lease: LeaseId,
    verdicts: &[VerdictRow],
    at: impl Fn(usize) -> String,
) -> Result<()> {
    if let Some(foreign) = verdicts.iter().find(|row| !facts.ranges.contains(row.item)) {
        return Err(Refusal::ForeignItem(foreign.item).into());
    }
    let mut errors = wrong_reasons(&desk.present_spec(facts).await?.reasons, verdicts, &at);
    if errors.is_empty() && verdicts.iter().all(|verdict| verdict.figures.is_empty()) {
        return Ok(());
    }
    let store = &desk.context.store;
    let view = store.lease(lease).await?.ok_or_else(Problem::not_found)?;
    if view.assignment.lease_state(Stage::Review, view.holder, view.lease).is_none() {
        return Ok(());
    }
    if !errors.is_empty() {
        // A manager may have changed the reasons a moment ago.
        let job = store.job(facts.job).await?.ok_or_else(Problem::not_found)?;
        errors = wrong_reasons(&job.spec.reasons, verdicts, &at);
    }
    errors.extend(wrong_figures(desk, &view, verdicts, &at).await?);
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

fn wrong_reasons(
    reasons: &[ReasonCode],
    verdicts: &[VerdictRow],
    at: &impl Fn(usize) -> String,
) -> Vec<FieldError> {
    if reasons.is_empty() {
        return Vec::new();
    }
    let message = |verdict: &VerdictRow| match &verdict.reason {
        None if verdict.verdict == Verdict::Accept => None,
        None => Some("is needed: the code of one of the job's reasons".to_owned()),
        Some(given) if reasons.iter().any(|reason| reason.code == *given) => None,
        Some(given) => Some(format!("`{given}` is not the code of one of the job's reasons")),
    };
    let error = |(place, verdict)| Some(FieldError::new(format!("{}reason", at(place)), message(verdict)?));
    verdicts.iter().enumerate().filter_map(error).collect()
}

/// Only verdicts that name figures cost a look at the annotations.
async fn wrong_figures(
    desk: &Desk,
    view: &LeaseView,
    verdicts: &[VerdictRow],
    at: &impl Fn(usize) -> String,
) -> Result<Vec<FieldError>> {
    let naming = verdicts.iter().filter(|verdict| !verdict.figures.is_empty());
    let items: Vec<_> = naming.map(|verdict| verdict.item).collect();
    let Some(author) = view.assignment.author().filter(|_| !items.is_empty()) else { return Ok(Vec::new()) };
    let counts = desk.context.store.figure_counts(view.assignment.id, author, items).await?;
    let mut errors = Vec::new();
    for (place, verdict) in verdicts.iter().enumerate() {
        let count = counts.get(&verdict.item).copied().unwrap_or_default();
        for (position, figure) in verdict.figures.iter().enumerate() {
            if i64::from(*figure) >= count {
                let field = format!("{}figures[{position}]", at(place));
                errors.push(FieldError::new(field, format!("the annotation has {count} figures")));
            }
        }
    }
    Ok(errors)
}
