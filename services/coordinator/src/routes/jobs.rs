//! Jobs: made, listed, edited, paused, resumed, called off.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use swath_bus::{Message, Queue};
use swath_domain::ids::{DatasetId, JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobPeople, JobSpec, JobStatus, Priority, Terms};
use swath_domain::labels::{Class, LabelLimits, TagDefinition, check_line, check_text};
use swath_domain::review::ReviewRule;
use swath_domain::{FieldError, Role, Roles, Time, limits};
use swath_runtime::access::{ANYONE, LEADS, MANAGER};
use swath_runtime::idempotency::first_answer;
use swath_runtime::pages::{self, Page};
use swath_runtime::{Body, Caller, Context, IdempotencyKey, PathId, Problem, Result, Search, body};
use swath_store::{Dataset, DatasetState, JobEdit, NewJob};

use super::views::{JobSummary, JobView, ReviewPart, RuleName};
use crate::cutter::SLICE;
use crate::selection::Selection;
use crate::sweeper;

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
}

impl NewJobRequest {
    fn spec(&self) -> JobSpec {
        JobSpec {
            description: self.description.clone(),
            classes: self.classes.clone(),
            tags: self.tags.clone(),
            limits: self.limits.unwrap_or_default(),
            instructions: self.instructions.clone(),
            annotators: self.annotators.clone(),
            reviewers: self.reviewers.clone(),
        }
    }

    fn check(&self, spec: &JobSpec) -> Result<()> {
        let mut errors = spec.rules().check();
        check_line("title", &self.title, limits::NAME_MAX, &mut errors);
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

fn check_texts(description: Option<&str>, instructions: Option<&str>, errors: &mut Vec<FieldError>) {
    for (field, text) in [("description", description), ("instructions", instructions)] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            check_text(field, text, limits::TEXT_MAX, errors);
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
    let request = request.value;
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
    context.cut(id, SLICE, context.now()).await?;
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
        terms: Terms::of_seconds(
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

/// Asks whoever hints to look at the job now; nobody waits for that.
fn wake(context: &Context, job: JobId) {
    let context = context.clone();
    tokio::spawn(async move {
        let published = context.bus.publish(Queue::Coordinate, Message::Wake { job }).await;
        tracing::debug!(%job, %published, "woken");
    });
}

/// A list of people is bounded, and names each of them once.
fn check_people(field: &str, people: Option<&[UserId]>, errors: &mut Vec<FieldError>) {
    let people = people.unwrap_or_default();
    if people.len() > limits::PEOPLE_MAX {
        errors.push(FieldError::new(field, format!("at most {} people", limits::PEOPLE_MAX)));
        return;
    }
    let mut seen = HashSet::new();
    let twice = people.iter().enumerate().filter(|(_, person)| !seen.insert(**person));
    errors.extend(twice.map(|(index, _)| FieldError::new(format!("{field}[{index}]"), "stands here twice")));
}

/// Everyone that a job is restricted to must have the role in its team.
async fn check_members(context: &Context, team: TeamId, people: &JobPeople) -> Result<()> {
    for (field, people, role) in [
        ("annotators", &people.annotators, Role::Annotator),
        ("reviewers", &people.reviewers, Role::Reviewer),
    ] {
        let people = people.as_deref().unwrap_or_default();
        let roles = context.store.members_roles(team, people).await?;
        let stranger =
            people.iter().position(|person| !roles.get(person).is_some_and(|roles| roles.has(role)));
        if let Some(index) = stranger {
            let message = format!("is not a {role:?} of the team").to_lowercase();
            return Err(Problem::field(format!("{field}[{index}]"), message));
        }
    }
    Ok(())
}

/// A job of one of the caller's teams, without its specification, for those who have one of these roles there.
pub(super) async fn own(context: &Context, caller: &Caller, id: JobId, roles: Roles) -> Result<JobHead> {
    let job = context.store.job_head(id).await?.ok_or_else(Problem::not_found)?;
    caller.require(job.team, roles)?;
    Ok(job)
}

/// The same with its specification. To somebody who only annotates, a job that is restricted to others is not there.
pub(super) async fn own_whole(context: &Context, caller: &Caller, id: JobId, roles: Roles) -> Result<Job> {
    let job = context.store.job(id).await?.ok_or_else(Problem::not_found)?;
    caller.require(job.team, roles)?;
    if !caller.roles_in(job.team).any(LEADS) && !job.admits_annotator(caller.user()) {
        return Err(Problem::not_found());
    }
    Ok(job)
}

/// The job as this person may see it: annotators see no progress, and nobody's id.
async fn view(context: &Context, caller: &Caller, id: JobId) -> Result<JobView> {
    let job = own_whole(context, caller, id, ANYONE).await?;
    if !caller.roles_in(job.team).any(LEADS) {
        return Ok(JobView::new(job, None));
    }
    let progress = context.store.job_progress(job.id).await?;
    Ok(JobView::new(job, Some(&progress)))
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Json<JobView>> {
    Ok(Json(view(&context, &caller, id).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    team: Option<TeamId>,
    limit: Option<i64>,
    after: Option<String>,
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<ListQuery>,
) -> Result<Json<Page<JobSummary>>> {
    let team = caller.team(query.team, ANYONE)?;
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    let leads = caller.roles_in(team).any(LEADS);
    let annotator = (!leads).then(|| caller.user());
    let jobs = context.store.jobs(team, annotator, after, limit).await?;
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let progress = if leads { context.store.jobs_progress(&ids).await? } else { HashMap::new() };
    let shown = |job: JobHead| {
        let progress = leads.then(|| progress.get(&job.id).copied().unwrap_or_default());
        JobSummary::new(job, progress.as_ref())
    };
    Ok(Json(Page::new(jobs.into_iter().map(shown).collect(), limit, JobSummary::cursor)))
}

/// What may be edited while work goes on; what is absent stays, `null` takes a value away.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditRequest {
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    title: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    instructions: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Time>)]
    due_date: Option<Option<Time>>,
    priority: Option<Priority>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    annotators: Option<Option<Vec<UserId>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    reviewers: Option<Option<Vec<UserId>>>,
}

/// Tells a field that is `null` from one that is absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(crate) async fn edit(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
    request: Body<EditRequest>,
) -> Result<Json<JobView>> {
    let job = own(&context, &caller, id, MANAGER).await?;
    let request = request.value;
    let mut errors = Vec::new();
    if let Some(title) = &request.title {
        check_line("title", title, limits::NAME_MAX, &mut errors);
    }
    let text = |text: &Option<Option<String>>| text.clone().flatten();
    check_texts(text(&request.description).as_deref(), text(&request.instructions).as_deref(), &mut errors);
    let people = |people: &Option<Option<Vec<UserId>>>| people.clone().flatten();
    let people = JobPeople { annotators: people(&request.annotators), reviewers: people(&request.reviewers) };
    check_people("annotators", people.annotators.as_deref(), &mut errors);
    check_people("reviewers", people.reviewers.as_deref(), &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    check_members(&context, job.team, &people).await?;
    let edit = JobEdit {
        title: request.title,
        description: request.description,
        instructions: request.instructions,
        due: request.due_date,
        priority: request.priority,
        annotators: request.annotators,
        reviewers: request.reviewers,
    };
    context.store.job_edit(id, edit, caller.cause(context.now())).await?;
    Ok(Json(view(&context, &caller, id).await?))
}

pub(crate) async fn pause(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Json<JobView>> {
    switch(&context, &caller, id, JobStatus::Paused).await
}

pub(crate) async fn resume(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Json<JobView>> {
    switch(&context, &caller, id, JobStatus::Active).await
}

async fn switch(context: &Context, caller: &Caller, id: JobId, to: JobStatus) -> Result<Json<JobView>> {
    own(context, caller, id, MANAGER).await?;
    context.store.job_switch(id, to, caller.cause(context.now())).await?;
    wake(context, id);
    Ok(Json(view(context, caller, id).await?))
}

/// Why a job is called off.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelRequest {
    /// In the manager's words.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    reason: Option<String>,
}

pub(crate) async fn cancel(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
    request: Request,
) -> Result<Json<JobView>> {
    own(&context, &caller, id, MANAGER).await?;
    let bytes = body::collect(
        request.into_body(),
        context.config.server.body_bytes,
        (&context.requests, Some(caller.user())),
    )
    .await?;
    let request: CancelRequest =
        if bytes.is_empty() { CancelRequest::default() } else { body::parse(&bytes)? };
    let mut errors = Vec::new();
    if let Some(reason) = &request.reason {
        check_text("reason", reason, limits::REASON_MAX, &mut errors);
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let cause = caller.cause(context.now()).because(request.reason);
    context.store.job_cancel(id, cause).await?;
    // The sweep would find it; starting now spares the people who hold leases a surprise later.
    let sweep = context.clone();
    tokio::spawn(async move {
        if let Err(error) = sweeper::cancel(&sweep, id, sweep.now()).await {
            tracing::warn!(job = %id, %error, "the cancellation will go on in the sweep");
        }
    });
    Ok(Json(view(&context, &caller, id).await?))
}
