//! Jobs: lists, single ones, and what managers do to one.

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::Method;
use serde::Deserialize;
use serde_json::json;
use swath_api::jobs::{CancelRequest, EditRequest, JobSummary, JobView};
use swath_bus::{Message, Queue};
use swath_domain::ids::{JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobPeople, JobStatus};
use swath_domain::review::check_reasons;
use swath_domain::text::check_text;
use swath_domain::{FieldError, Role, Roles, limits, names};
use swath_runtime::access::{ANYONE, LEADS, MANAGER};
use swath_runtime::pages::{NamedPageQuery, Page};
use swath_runtime::{Access, Body, Caller, Context, Cursor, PathId, Problem, Result, Route, Search, body};
use swath_store::JobEdit;

use super::names::Names;
use super::views::{ForLeads, job_summary, job_view, lacks};
use crate::background;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let team = || json!({"type": "string", "format": "uuid"});
    vec![
        Route::new(Method::GET, "/v1/jobs", Access::MEMBER, "A team's jobs.", list)
            .query("team", team(), "The team.")
            .query(
                "status",
                json!({"type": "string", "enum": ["active", "paused", "cancelling", "cancelled", "done"]}),
                "Only in this status.",
            )
            .named_list()
            .gives_page::<JobSummary>(Cursor::Id),
        Route::new(Method::GET, "/v1/jobs/{job_id}", Access::MEMBER, "A job.", show).gives::<JobView>(200),
        Route::new(Method::PATCH, "/v1/jobs/{job_id}", Access::MANAGER, "Edits a job.", edit)
            .takes::<EditRequest>(
                json!({"title": "Cars and vans", "due_date": "2030-01-31T18:00:00Z", "priority": "high"}),
            )
            .gives::<JobView>(200),
        Route::new(
            Method::POST,
            "/v1/jobs/{job_id}/pause",
            Access::MANAGER,
            "Stops handing out work.",
            pause,
        )
        .gives::<JobView>(200),
        Route::new(
            Method::POST,
            "/v1/jobs/{job_id}/resume",
            Access::MANAGER,
            "Hands out work again.",
            resume,
        )
        .gives::<JobView>(200),
        Route::new(Method::POST, "/v1/jobs/{job_id}/cancel", Access::MANAGER, "Calls the job off.", cancel)
            .takes::<CancelRequest>(json!({"reason": "the customer withdrew"}))
            .optional_body()
            .gives::<JobView>(200),
    ]
}

pub(super) fn check_texts(
    description: Option<&str>,
    instructions: Option<&str>,
    errors: &mut Vec<FieldError>,
) {
    for (field, text) in [("description", description), ("instructions", instructions)] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            check_text(field, text, limits::TEXT_MAX, errors);
        }
    }
}

/// Asks the hinter to look at the job now, without waiting for it.
pub(super) fn wake(context: &Context, job: JobId) {
    let context = context.clone();
    tokio::spawn(async move {
        let published = context.bus.publish(Queue::Coordinate, Message::Wake { job }).await;
        tracing::debug!(%job, %published, "woken");
    });
}

/// Checks that a list of users is bounded and names each of them once.
pub(super) fn check_users(field: &str, users: Option<&[UserId]>, errors: &mut Vec<FieldError>) {
    let users = users.unwrap_or_default();
    if users.len() > limits::PEOPLE_MAX {
        errors.push(FieldError::new(field, format!("at most {} people", limits::PEOPLE_MAX)));
        return;
    }
    let mut seen = HashSet::new();
    let twice = users.iter().enumerate().filter(|(_, user)| !seen.insert(**user));
    errors.extend(twice.map(|(index, _)| FieldError::new(format!("{field}[{index}]"), "stands here twice")));
}

/// Checks that all users to whom a job is restricted have the role in its team.
pub(super) async fn check_members(context: &Context, team: TeamId, people: &JobPeople) -> Result<()> {
    for (field, users, role) in [
        ("annotators", &people.annotators, Role::Annotator),
        ("reviewers", &people.reviewers, Role::Reviewer),
    ] {
        let users = users.as_deref().unwrap_or_default();
        let roles = context.store.members_roles(team, users).await?;
        let stranger = users.iter().position(|user| !roles.get(user).is_some_and(|roles| roles.has(role)));
        if let Some(index) = stranger {
            let message = format!("is not a {role:?} of the team").to_lowercase();
            return Err(Problem::field(format!("{field}[{index}]"), message));
        }
    }
    Ok(())
}

/// The job without its specification, if the caller has one of these roles in its team.
pub(super) async fn own(context: &Context, caller: &Caller, id: JobId, roles: Roles) -> Result<JobHead> {
    let job = context.store.job_head(id).await?.ok_or_else(Problem::not_found)?;
    caller.require(job.team, roles)?;
    Ok(job)
}

/// The same with its specification. To a caller who only annotates, a job that is restricted to
/// other annotators does not exist.
pub(super) async fn own_whole(context: &Context, caller: &Caller, id: JobId, roles: Roles) -> Result<Job> {
    let job = context.store.job(id).await?.ok_or_else(Problem::not_found)?;
    caller.require(job.team, roles)?;
    if !caller.roles_in(job.team).any(LEADS) && !job.admits_annotator(caller.user()) {
        return Err(Problem::not_found());
    }
    Ok(job)
}

/// The job as the caller may see it: annotators see neither progress nor the ids of users.
pub(super) async fn view(context: &Context, caller: &Caller, id: JobId) -> Result<JobView> {
    let job = own_whole(context, caller, id, ANYONE).await?;
    if !caller.roles_in(job.team).any(LEADS) {
        return Ok(job_view(job, &Names::default(), None));
    }
    let progress = context.store.job_progress(job.id).await?;
    let listed = [&job.spec.annotators, &job.spec.reviewers].into_iter().flatten().flatten();
    let users = listed.copied().chain([job.creator]).collect::<Vec<_>>();
    let names = Names::of_users(context, users).await?.with_datasets(context, [job.dataset]).await?;
    let lacks = lacks(context.store.sizes_unknown(job.id).await?, &job.spec.classes);
    let pictures_missing = context.store.pictures_missing(job.dataset).await?;
    Ok(job_view(job, &names, Some(ForLeads { progress, lacks, pictures_missing })))
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Json<JobView>> {
    Ok(Json(view(&context, &caller, id).await?))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    team: Option<TeamId>,
    status: Option<JobStatus>,
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<ListQuery>,
    Search(page): Search<NamedPageQuery>,
) -> Result<Json<Page<JobSummary>>> {
    let team = caller.team(query.team, ANYONE)?;
    let page = page.page()?;
    let leads = caller.roles_in(team).any(LEADS);
    let annotator = (!leads).then(|| caller.user());
    let jobs = context.store.jobs(team, annotator, query.status, &page).await?;
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let progress = if leads { context.store.jobs_progress(&ids).await? } else { HashMap::new() };
    let creators = jobs.iter().filter(|_| leads).map(|job| job.creator).collect::<Vec<_>>();
    let datasets = jobs.iter().filter(|_| leads).map(|job| job.dataset).collect::<Vec<_>>();
    let names = Names::of_users(&context, creators).await?.with_datasets(&context, datasets).await?;
    let shown = |job: JobHead| {
        let progress = leads.then(|| progress.get(&job.id).copied().unwrap_or_default());
        job_summary(job, &names, progress.as_ref())
    };
    Ok(Json(Page::new(jobs.into_iter().map(shown).collect(), page.limit, |job: &JobSummary| {
        job.id.to_string()
    })))
}

pub(crate) async fn edit(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
    request: Body<EditRequest>,
) -> Result<Json<JobView>> {
    let job = own(&context, &caller, id, MANAGER).await?;
    let mut request = request.value;
    let mut errors = Vec::new();
    if let Some(title) = &mut request.title {
        names::take("title", title, &mut errors);
    }
    let text = |text: &Option<Option<String>>| text.clone().flatten();
    check_texts(text(&request.description).as_deref(), text(&request.instructions).as_deref(), &mut errors);
    let people = |people: &Option<Option<Vec<UserId>>>| people.clone().flatten();
    let people = JobPeople { annotators: people(&request.annotators), reviewers: people(&request.reviewers) };
    check_users("annotators", people.annotators.as_deref(), &mut errors);
    check_users("reviewers", people.reviewers.as_deref(), &mut errors);
    check_reasons(request.reasons.as_deref().unwrap_or_default(), &mut errors);
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
        reasons: request.reasons,
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
        &context.requests,
        Some(caller.user()),
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
    // The sweeper would do the same in its next round. Now, users with leases on the job learn of it sooner.
    let sweep = context.clone();
    tokio::spawn(async move {
        if let Err(error) = background::cancel(&sweep, id, sweep.now()).await {
            tracing::warn!(job = %id, %error, "the cancellation failed; the sweeper continues it");
        }
    });
    Ok(Json(view(&context, &caller, id).await?))
}
