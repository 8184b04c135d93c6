//! New jobs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde_json::json;
use swath_api::jobs::{JobView, NewJobRequest, ReviewPart, RuleName};
use swath_domain::ids::JobId;
use swath_domain::job::{Job, JobSpec, JobStatus, LeasePolicy};
use swath_domain::labels::{Class, TagDefinition};
use swath_domain::review::{ReviewRule, check_reasons};
use swath_domain::text::check_text;
use swath_domain::{FieldError, limits, names};
use swath_runtime::access::LEADS;
use swath_runtime::idempotency::first_answer;
use swath_runtime::{Access, Body, Caller, Context, IdempotencyKey, Problem, Result, Route};
use swath_store::{Dataset, DatasetState, NewJob};

use super::jobs::{check_members, check_texts, check_users, view, wake};
use crate::background::SLICE_RANGES;
use crate::selection::resolve;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/v1/jobs", Access::LEADS, "Makes a job.", create)
            .takes::<NewJobRequest>(json!({"dataset": "01890000-0000-7000-8000-000000000001", "title": "Cars", "classes": [{"name": "car", "shape": "rectangle"}], "tags": [{"name": "light", "values": ["day", "night"]}], "review": {"rule": "sample", "percent": 20}, "due_date": "2030-01-31T18:00:00Z"}))
            .gives::<JobView>(201)
            .idempotent(),
    ]
}

/// The specification that a request asks for.
fn spec_of(request: &NewJobRequest) -> JobSpec {
    JobSpec {
        description: request.description.clone(),
        classes: request.classes.iter().map(Class::tidy).collect(),
        tags: request.tags.iter().map(TagDefinition::tidy).collect(),
        limits: request.limits.unwrap_or_default(),
        instructions: request.instructions.clone(),
        annotators: request.annotators.clone(),
        reviewers: request.reviewers.clone(),
        reasons: request.reasons.clone().unwrap_or_default(),
        shown_meta: request.shown_meta.clone().unwrap_or_default(),
    }
}

/// Checks a request, and brings its title into its normal form.
fn check(request: &mut NewJobRequest, spec: &JobSpec) -> Result<()> {
    let mut errors = spec.rules().check();
    names::take("title", &mut request.title, &mut errors);
    check_texts(request.description.as_deref(), request.instructions.as_deref(), &mut errors);
    let mut bound = |field: &str, value: Option<i64>, min: i64, max: i64| {
        if value.is_some_and(|value| !(min..=max).contains(&value)) {
            errors.push(FieldError::new(field, format!("must be between {min} and {max}")));
        }
    };
    bound("range_size", request.range_size, 1, limits::RANGE_SIZE_MAX);
    bound("lease_seconds", request.lease_seconds, limits::LEASE_SECONDS_MIN, limits::LEASE_SECONDS_MAX);
    bound("reserve_seconds", request.reserve_seconds, 0, limits::RESERVE_SECONDS_MAX);
    bound("rounds", request.rounds, 1, limits::ROUNDS_MAX);
    bound("slots", request.slots, 1, limits::SLOTS_MAX);
    check_users("annotators", request.annotators.as_deref(), &mut errors);
    check_users("reviewers", request.reviewers.as_deref(), &mut errors);
    check_shown_meta(&spec.shown_meta, &mut errors);
    check_reasons(request.reasons.as_deref().unwrap_or_default(), &mut errors);
    if errors.is_empty() {
        errors.extend(spec.check_size().err());
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// The review rule that a request asks for.
fn review_of(request: &NewJobRequest) -> Result<ReviewRule> {
    match request.review {
        None | Some(ReviewPart { rule: RuleName::All, percent: None }) => Ok(ReviewRule::All),
        Some(ReviewPart { rule: RuleName::None, percent: None }) => Ok(ReviewRule::None),
        Some(ReviewPart { rule: RuleName::Sample, percent: Some(percent @ 0..=100) }) => Ok(match percent {
            0 => ReviewRule::None,
            100 => ReviewRule::All,
            percent => ReviewRule::Sample(percent),
        }),
        Some(_) => Err(Problem::field("review.percent", "goes with `sample` alone, from 0 to 100")),
    }
}

/// Checks the fields of `meta` that are shown. Their names must be exactly those in the dataset.
fn check_shown_meta(keys: &[String], errors: &mut Vec<FieldError>) {
    if keys.len() > limits::SHOWN_META_MAX {
        errors.push(FieldError::new("shown_meta", format!("at most {} are allowed", limits::SHOWN_META_MAX)));
        return;
    }
    for (index, key) in keys.iter().enumerate() {
        let field = format!("shown_meta[{index}]");
        check_text(&field, key, limits::NAME_MAX, errors);
        if keys[..index].contains(key) {
            errors.push(FieldError::new(field, "stands here twice"));
        }
    }
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    request: Body<NewJobRequest>,
) -> Result<(StatusCode, Json<JobView>)> {
    let asked = key.asked(caller.user(), "POST /v1/jobs", &request.bytes);
    // The first answer is repeated, whatever has happened to the users and the dataset since.
    if let Some(first) = first_answer(&context, asked.as_ref()).await? {
        return Ok((StatusCode::CREATED, Json(view(&context, &caller, first).await?)));
    }
    let mut request = request.value;
    if let Some(team) = request.team {
        caller.require(team, LEADS)?;
    }
    let dataset = context.store.dataset(request.dataset).await?.ok_or_else(Problem::not_found)?;
    caller.require(dataset.team, LEADS)?;
    if request.team.is_some_and(|team| team != dataset.team) {
        return Err(Problem::not_found());
    }
    let spec = spec_of(&request);
    check(&mut request, &spec)?;
    check_members(&context, dataset.team, &spec.people()).await?;
    if dataset.state != DatasetState::Ready {
        return Err(Problem::conflict(format!("the dataset is {}", dataset.state.name())));
    }
    let new = new_job(&context, &caller, &dataset, CheckedRequest { request: &request, spec }).await?;
    let id = context.store.job_create(new, asked).await?;
    // The first slice is cut at once, because annotators may be waiting.
    context.cut(id, SLICE_RANGES, context.now()).await?;
    wake(&context, id);
    Ok((StatusCode::CREATED, Json(view(&context, &caller, id).await?)))
}

/// A checked request and its specification.
struct CheckedRequest<'a> {
    request: &'a NewJobRequest,
    spec: JobSpec,
}

async fn new_job(
    context: &Context,
    caller: &Caller,
    dataset: &Dataset,
    checked: CheckedRequest<'_>,
) -> Result<NewJob> {
    let CheckedRequest { request, spec } = checked;
    let selection = request.selection.clone().unwrap_or_default();
    let runs = resolve(&selection, &context.store, dataset).await?;
    let id = JobId(context.next_id());
    let job = Job {
        id,
        team: dataset.team,
        dataset: dataset.id,
        version: dataset.version,
        title: request.title.clone(),
        spec: Arc::new(spec),
        status: JobStatus::Active,
        priority: request.priority.unwrap_or_default(),
        due: request.due_date,
        range_size: request.range_size.unwrap_or(limits::RANGE_SIZE_DEFAULT),
        slots: request.slots.unwrap_or(1),
        lease_policy: LeasePolicy::of_seconds(
            request.lease_seconds.unwrap_or(limits::LEASE_SECONDS_DEFAULT),
            limits::LEASE_SECONDS_MAX,
            request.reserve_seconds.unwrap_or(limits::RESERVE_SECONDS_DEFAULT),
            request.rounds.unwrap_or(limits::ROUNDS_DEFAULT),
        ),
        review: review_of(request)?,
        seed: (id.0.as_u128() & i64::MAX as u128) as i64,
        selected: runs.last().map_or(0, |run| run.offset + run.range.len()),
        cut_to: 0,
        seq: 0,
        creator: caller.user(),
        created: context.now(),
    };
    Ok(NewJob { job, runs, token_maker: caller.principal().token_maker })
}
