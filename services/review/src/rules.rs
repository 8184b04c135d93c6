//! Checks verdicts: their reasons must be among those of the job, and their figures must have been submitted.

use swath_domain::ids::LeaseId;
use swath_domain::review::{ReasonCode, Verdict};
use swath_domain::{FieldError, Refusal, Stage};
use swath_leasing::{LeaseContext, LeaseService};
use swath_runtime::{Problem, Result};
use swath_store::{LeaseView, VerdictRow};

/// Checks verdicts; `at` returns the path of a verdict in the request by its position. Verdicts under a review that is over
/// pass: the database refuses them as stale, or repeats its first answer to a repeated request.
///
/// # Errors
/// A field error for each broken rule, or the refusal of an item that is not in the review.
pub(crate) async fn check(
    leases: &LeaseService,
    context: &LeaseContext,
    lease: LeaseId,
    verdicts: &[VerdictRow],
    at: impl Fn(usize) -> String,
) -> Result<()> {
    if let Some(foreign) = verdicts.iter().find(|row| !context.ranges.contains(row.item)) {
        return Err(Refusal::ForeignItem(foreign.item).into());
    }
    let mut errors = wrong_reasons(&leases.present_spec(context).await?.reasons, verdicts, &at);
    if errors.is_empty() && verdicts.iter().all(|verdict| verdict.figures.is_empty()) {
        return Ok(());
    }
    let store = &leases.context.store;
    let view = store.lease(lease).await?.ok_or_else(Problem::not_found)?;
    if view.assignment.lease_state(Stage::Review, view.holder, view.lease).is_none() {
        return Ok(());
    }
    if !errors.is_empty() {
        // A manager may have changed the reasons a moment ago.
        let job = store.job(context.job).await?.ok_or_else(Problem::not_found)?;
        errors = wrong_reasons(&job.spec.reasons, verdicts, &at);
    }
    errors.extend(wrong_figures(leases, &view, verdicts, &at).await?);
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
    let error = |(index, verdict)| Some(FieldError::new(format!("{}reason", at(index)), message(verdict)?));
    verdicts.iter().enumerate().filter_map(error).collect()
}

/// The figures that do not exist. The database is read only if a verdict names figures.
async fn wrong_figures(
    leases: &LeaseService,
    view: &LeaseView,
    verdicts: &[VerdictRow],
    at: &impl Fn(usize) -> String,
) -> Result<Vec<FieldError>> {
    let naming = verdicts.iter().filter(|verdict| !verdict.figures.is_empty());
    let items: Vec<_> = naming.map(|verdict| verdict.item).collect();
    let Some(author) = view.assignment.author().filter(|_| !items.is_empty()) else { return Ok(Vec::new()) };
    let counts = leases.context.store.figure_counts(view.assignment.id, author, items).await?;
    let mut errors = Vec::new();
    for (index, verdict) in verdicts.iter().enumerate() {
        let count = counts.get(&verdict.item).copied().unwrap_or_default();
        for (position, figure) in verdict.figures.iter().enumerate() {
            if i64::from(*figure) >= count {
                let field = format!("{}figures[{position}]", at(index));
                errors.push(FieldError::new(field, format!("the annotation has {count} figures")));
            }
        }
    }
    Ok(errors)
}
