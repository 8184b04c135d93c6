//! What verdicts must agree with: the reasons that the job names, and the figures that were handed in.

use serde::Deserialize;
use serde::de::IgnoredAny;
use swath_domain::FieldError;
use swath_domain::ids::LeaseId;
use swath_domain::review::{ReasonCode, Verdict};
use swath_leasing::{Desk, Facts};
use swath_runtime::{Problem, Result};
use swath_store::{LeaseView, StoreError, VerdictRow};

/// Refuses verdicts that do not agree; `at` is where the verdict of a place stands in the request.
pub(crate) async fn check(
    desk: &Desk,
    facts: &Facts,
    lease: LeaseId,
    verdicts: &[VerdictRow],
    at: impl Fn(usize) -> String,
) -> Result<()> {
    let mut errors = wrong_reasons(&desk.spec(facts).await?.reasons, verdicts, &at);
    if !errors.is_empty() {
        // A manager may have changed the reasons since they were remembered.
        let job = desk.context.store.job(facts.job).await?.ok_or_else(Problem::not_found)?;
        errors = wrong_reasons(&job.spec.reasons, verdicts, &at);
    }
    errors.extend(wrong_figures(desk, lease, verdicts, &at).await?);
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

/// Only verdicts that name figures cost a look at the annotation.
async fn wrong_figures(
    desk: &Desk,
    lease: LeaseId,
    verdicts: &[VerdictRow],
    at: &impl Fn(usize) -> String,
) -> Result<Vec<FieldError>> {
    let mut errors = Vec::new();
    if verdicts.iter().all(|verdict| verdict.figures.is_empty()) {
        return Ok(errors);
    }
    let view = desk.context.store.lease(lease).await?.ok_or_else(Problem::not_found)?;
    for (place, verdict) in verdicts.iter().enumerate() {
        if verdict.figures.is_empty() {
            continue;
        }
        let count = figures_of(desk, &view, verdict.item).await?;
        for (position, figure) in verdict.figures.iter().enumerate() {
            if *figure as usize >= count {
                let field = format!("{}figures[{position}]", at(place));
                errors.push(FieldError::new(field, format!("the annotation has {count} figures")));
            }
        }
    }
    Ok(errors)
}

/// How many figures an item has in the submission under review.
async fn figures_of(desk: &Desk, view: &LeaseView, item: i64) -> Result<usize> {
    #[derive(Deserialize)]
    struct Drawn {
        #[serde(default)]
        figures: Vec<IgnoredAny>,
    }
    let Some(author) = view.assignment.author else { return Ok(0) };
    let saved = desk.context.store.annotations(view.assignment.id, author, item..=item).await?;
    let Some(saved) = saved.first() else { return Ok(0) };
    let drawn: Drawn = serde_json::from_str(&saved.body).map_err(|error| StoreError::Corrupt {
        table: "annotations",
        id: format!("{}/{author}/{item}", view.assignment.id),
        what: format!("body: {error}"),
    })?;
    Ok(drawn.figures.len())
}
