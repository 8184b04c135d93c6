//! A job as it is made.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use swath_domain::ids::{DatasetId, JobId, TeamId, UserId};
use swath_domain::job::{Job, JobSpec, JobStatus, LeasePolicy, Priority};
use swath_domain::labels::{Class, LabelLimits, TagDefinition};
use swath_domain::review::{ReasonCode, ReviewRule, check_reasons};
use swath_domain::text::check_text;
use swath_domain::{FieldError, Time, limits, names};
use swath_runtime::access::LEADS;
use swath_runtime::idempotency::first_answer;
use swath_runtime::{Body, Caller, Context, IdempotencyKey, Problem, Result};
use swath_store::{Dataset, DatasetState, NewJob};

use super::jobs::{check_members, check_people, check_texts, view, wake};
use super::views::{JobView, ReviewPart, RuleName};
use crate::background::SLICE_RANGES;
use crate::selection::Selection;

/// A job to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJobRequest {
    /// The team; the dataset's where absent.
    #[serde(default)]
    team: Option<TeamId>,
    /// The dataset, at its latest version.
    dataset: DatasetId,
    /// Its title.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    title: String,
    /// Markdown for the people who do the work.
    #[serde(default)]
    #[schema(max_length = 20000)]
    description: Option<String>,
    /// What is to be labelled.
    #[schema(min_items = 1, max_items = 500)]
    classes: Vec<Class>,
    /// Tags that may be set.
    #[serde(default)]
    #[schema(max_items = 500)]
    tags: Vec<TagDefinition>,
    /// The most labels on one item.
    #[serde(default)]
    limits: Option<LabelLimits>,
    /// Which items; all where absent.
    #[serde(default)]
    selection: Option<Selection>,
    /// Items per range.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    range_size: Option<i64>,
    /// Short instructions that come with every lease.
    #[serde(default)]
    #[schema(max_length = 20000)]
    instructions: Option<String>,
    /// When it is due.
    #[serde(default)]
    due_date: Option<Time>,
    /// How urgent it is.
    #[serde(default)]
    priority: Option<Priority>,
    /// Who may annotate; everyone in the team where absent.
    #[serde(default)]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    annotators: Option<Vec<UserId>>,
    /// Who may review; every reviewer of the team where absent.
    #[serde(default)]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    reviewers: Option<Vec<UserId>>,
    /// What is reviewed; everything where absent.
    #[serde(default)]
    review: Option<ReviewPart>,
    /// How long a lease runs without a sign of life.
    #[serde(default)]
    #[schema(minimum = 5, maximum = 43200)]
    lease_seconds: Option<i64>,
    /// How long rework waits for its author before anyone may take it.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 2592000)]
    reserve_seconds: Option<i64>,
    /// The last round that is handed out without a manager.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 60)]
    rounds: Option<i64>,
    /// Opinions asked for of each range.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 16)]
    slots: Option<i64>,
    /// Why items may be rejected; in the reviewer's own words where there are none.
    #[serde(default)]
    #[schema(max_items = 100)]
    reasons: Option<Vec<ReasonCode>>,
    /// Which fields of an item's `meta` are shown to the people who work on it; none where absent.
    #[serde(default)]
    #[schema(max_items = 10)]
    shown_meta: Option<Vec<String>>,
}

impl NewJobRequest {
    fn spec(&self) -> JobSpec {
        JobSpec {
            description: self.description.clone(),
            classes: self.classes.iter().map(Class::tidy).collect(),
            tags: self.tags.iter().map(TagDefinition::tidy).collect(),
            limits: self.limits.unwrap_or_default(),
            instructions: self.instructions.clone(),
            annotators: self.annotators.clone(),
            reviewers: self.reviewers.clone(),
            reasons: self.reasons.clone().unwrap_or_default(),
            shown_meta: self.shown_meta.clone().unwrap_or_default(),
        }
    }

    fn check(&mut self, spec: &JobSpec) -> Result<()> {
        let mut errors = spec.rules().check();
        names::take("title", &mut self.title, &mut errors);
        check_texts(self.description.as_deref(), self.instructions.as_deref(), &mut errors);
        let mut bound = |field: &str, value: Option<i64>, least: i64, most: i64| {
            if value.is_some_and(|value| !(least..=most).contains(&value)) {
                errors.push(FieldError::new(field, format!("must be between {least} and {most}")));
            }
        };
        bound("range_size", self.range_size, 1, limits::RANGE_SIZE_MAX);
        bound("lease_seconds", self.lease_seconds, limits::LEASE_SECONDS_MIN, limits::LEASE_SECONDS_MAX);
        bound("reserve_seconds", self.reserve_seconds, 0, limits::RESERVE_SECONDS_MAX);
        bound("rounds", self.rounds, 1, limits::ROUNDS_MAX);
        bound("slots", self.slots, 1, limits::SLOTS_MAX);
        check_people("annotators", self.annotators.as_deref(), &mut errors);
        check_people("reviewers", self.reviewers.as_deref(), &mut errors);
        check_shown_meta(&spec.shown_meta, &mut errors);
        check_reasons(self.reasons.as_deref().unwrap_or_default(), &mut errors);
        if errors.is_empty() {
            errors.extend(spec.check_size().err());
        }
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }

    fn review(&self) -> Result<ReviewRule> {
        match self.review {
            None | Some(ReviewPart { rule: RuleName::All, percent: None }) => Ok(ReviewRule::All),
            Some(ReviewPart { rule: RuleName::None, percent: None }) => Ok(ReviewRule::None),
            Some(ReviewPart { rule: RuleName::Sample, percent: Some(percent @ 0..=100) }) => {
                Ok(match percent {
                    0 => ReviewRule::None,
                    100 => ReviewRule::All,
                    percent => ReviewRule::Sample(percent),
                })
            }
            Some(_) => Err(Problem::field("review.percent", "goes with `sample` alone, from 0 to 100")),
        }
    }
}

/// The names of fields are those of the dataset, to the letter.
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
    // The first answer stands, whatever has become of the people and the dataset since.
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
    let spec = request.spec();
    request.check(&spec)?;
    check_members(&context, dataset.team, &spec.people()).await?;
    if dataset.state != DatasetState::Ready {
        return Err(Problem::conflict(format!("the dataset is {}", dataset.state.name())));
    }
    let new = new_job(&context, &caller, &dataset, (&request, spec)).await?;
    let id = context.store.job_create(new, asked).await?;
    // The first slice at once: somebody may be waiting.
    context.cut(id, SLICE_RANGES, context.now()).await?;
    wake(&context, id);
    Ok((StatusCode::CREATED, Json(view(&context, &caller, id).await?)))
}

async fn new_job(
    context: &Context,
    caller: &Caller,
    dataset: &Dataset,
    (request, spec): (&NewJobRequest, JobSpec),
) -> Result<NewJob> {
    let runs = request.selection.clone().unwrap_or_default().resolve(&context.store, dataset).await?;
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
        terms: LeasePolicy::of_seconds(
            request.lease_seconds.unwrap_or(limits::LEASE_SECONDS_DEFAULT),
            limits::LEASE_SECONDS_MAX,
            request.reserve_seconds.unwrap_or(limits::RESERVE_SECONDS_DEFAULT),
            request.rounds.unwrap_or(limits::ROUNDS_DEFAULT),
        ),
        review: request.review()?,
        seed: (id.0.as_u128() & i64::MAX as u128) as i64,
        selected: runs.last().map_or(0, |run| run.offset + run.range.len()),
        cut_to: 0,
        seq: 0,
        creator: caller.user(),
        created: context.now(),
    };
    Ok(NewJob { job, runs, token_maker: caller.principal().token_maker })
}
