//! Assignments: lists, single ones, and what managers do to one.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::json;
use swath_api::assignments::{AssignmentView, ReasonRequest, ReassignRequest};
use swath_domain::cause::Cause;
use swath_domain::ids::{AssignmentId, JobId, UserId};
use swath_domain::job::JobHead;
use swath_domain::text::check_text;
use swath_domain::time::seconds;
use swath_domain::{Assignment, Role, Roles, Round, Status, Time, limits};
use swath_runtime::access::{LEADS, MANAGER};
use swath_runtime::pages::{self, Page};
use swath_runtime::{Access, Body, Caller, Context, Cursor, PathId, Problem, Result, Route, Search};
use swath_store::{AssignmentFilter, Managed, Turn};

use super::assignment_view::{bytes_of, view_of, views_of};
use super::jobs;
use crate::freed_work;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let team = || json!({"type": "string", "format": "uuid"});
    let number = || json!({"type": "integer", "minimum": 0});
    let statuses = || {
        let names = ["PENDING", "IN_PROGRESS", "COMPLETED", "IN_REVIEW", "ACCEPTED", "REJECTED", "CANCELLED"];
        json!({"type": "string", "enum": names})
    };
    vec![
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/assignments",
            Access::LEADS,
            "A job's assignments.",
            list,
        )
        .query("status", statuses(), "Only in this status, as in PENDING.")
        .query("holder", team(), "Only under this user's lease.")
        .query("author", team(), "Only handed in by this user.")
        .query("round", json!({"type": "integer", "minimum": 1, "maximum": Round::LAST}), "Only of this round.")
        .query("range", number(), "Only of the range with this number, as the map of the job counts them.")
        .query("overdue", json!({"type": "boolean"}), "Only undecided ones of a job past its due date.")
        .query(
            "order",
            json!({"type": "string", "enum": ["range", "next"], "default": "range"}),
            "`range`: by round, range and slot. `next`, with one of these as `status`: PENDING as it is handed out, COMPLETED as it is given to reviewers, and only what waits for them, IN_PROGRESS and IN_REVIEW by when they run out.",
        )
        .gives_page::<AssignmentView>(Cursor::Turn),
        Route::new(Method::GET, "/v1/assignments/{assignment_id}", Access::LEADS, "An assignment.", show)
            .gives::<AssignmentView>(200),
        Route::new(
            Method::POST,
            "/v1/assignments/{assignment_id}/reassign",
            Access::MANAGER,
            "Takes it away and reserves it.",
            reassign,
        )
        .takes::<ReassignRequest>(
            json!({"reason": "Anna is ill", "user": "01890000-0000-7000-8000-000000000001"}),
        )
        .gives::<AssignmentView>(200),
        Route::new(
            Method::POST,
            "/v1/assignments/{assignment_id}/reopen",
            Access::MANAGER,
            "Puts it back into the queue.",
            reopen,
        )
        .takes::<ReasonRequest>(json!({"reason": "the instructions have changed"}))
        .gives::<AssignmentView>(200),
        Route::new(
            Method::POST,
            "/v1/assignments/{assignment_id}/cancel",
            Access::MANAGER,
            "Calls it off.",
            cancel,
        )
        .takes::<ReasonRequest>(json!({"reason": "the instructions have changed"}))
        .gives::<AssignmentView>(200),
    ]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    status: Option<String>,
    holder: Option<UserId>,
    author: Option<UserId>,
    round: Option<i64>,
    range: Option<i64>,
    overdue: Option<bool>,
    #[serde(default)]
    order: Order,
    limit: Option<i64>,
    after: Option<String>,
}

/// In which order assignments are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// By round, range and slot.
    #[default]
    Range,
    /// By what is due next: as assignments are granted, or as their leases expire.
    Next,
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    PathId(job): PathId<JobId>,
    Search(query): Search<ListQuery>,
) -> Result<Json<Page<AssignmentView>>> {
    let job = jobs::own(&context, &caller, job, LEADS).await?;
    let limit = pages::limit(query.limit)?;
    let filter = filter(&query, &job)?;
    let mut after = match query.order {
        Order::Range => Turn { id: pages::after_id(query.after.as_deref())?, ..Turn::FIRST },
        Order::Next => pages::after_turn(query.after.as_deref())?,
    };
    if filter.undecided && job.due.is_none_or(|due| due > context.now()) {
        return Ok(Json(Page::whole(Vec::new())));
    }
    let (mut views, mut bytes) = (Vec::new(), 0);
    // An assignment may have a thousand ranges, so few are read at once, and the page ends early once it is large.
    while bytes <= limits::PAGE_BYTES_MAX && (views.len() as i64) < limit {
        let count = PAGE_ASSIGNMENTS.min(limit - views.len() as i64);
        let store = &context.store;
        let read = match query.order {
            Order::Range => store.assignments(job.id, filter.clone(), after.id, count).await?,
            Order::Next => store.assignments_next(job.id, &filter, after, count).await?,
        };
        let Some(last) = read.last() else { return Ok(Json(Page::whole(views))) };
        after = Turn::of(last).unwrap_or(Turn { id: last.id.0, ..Turn::FIRST });
        let read = views_of(&context, read).await?;
        bytes += read.iter().map(bytes_of).sum::<usize>();
        views.extend(read);
    }
    let cursor = |last: &AssignmentView| match query.order {
        Order::Range => last.id.to_string(),
        Order::Next => format!("{}.{}", after.at, after.id),
    };
    Ok(Json(Page::cut(views, true, cursor)))
}

/// The filter of a list, checked against the job and the order.
fn filter(query: &ListQuery, job: &JobHead) -> Result<AssignmentFilter> {
    let status = query.status.as_deref().map(status).transpose()?;
    if query.round.is_some_and(|round| !(1..=Round::LAST.0).contains(&round)) {
        return Err(Problem::field("round", format!("must be between 1 and {}", Round::LAST)));
    }
    let ranges = (job.selected + job.range_size - 1) / job.range_size;
    if query.range.is_some_and(|range| !(0..ranges).contains(&range)) {
        let last = ranges - 1;
        return Err(Problem::field("range", format!("must be the number of a range, from 0 to {last}")));
    }
    if query.order == Order::Next && status.is_none_or(|status| !Turn::STATUSES.contains(&status)) {
        let rule = "`next` needs a `status`: PENDING, IN_PROGRESS, COMPLETED or IN_REVIEW";
        return Err(Problem::field("order", rule));
    }
    if query.order == Order::Next && query.range.is_some() {
        return Err(Problem::field("order", "`next` cannot be combined with `range`"));
    }
    let ListQuery { holder, author, round, range: number, overdue, .. } = *query;
    Ok(AssignmentFilter {
        status,
        holder,
        author,
        round: round.map(Round),
        number,
        undecided: overdue.unwrap_or(false),
    })
}

/// Assignments read at once for a list.
const PAGE_ASSIGNMENTS: i64 = 100;

fn status(text: &str) -> Result<Status> {
    let status = serde_json::from_value(serde_json::Value::from(text));
    status.map_err(|_| Problem::field("status", "is not a status, as in IN_PROGRESS"))
}

/// The assignment, if the caller has one of these roles in its team.
pub(super) async fn own(
    context: &Context,
    caller: &Caller,
    id: AssignmentId,
    roles: Roles,
) -> Result<Assignment> {
    let assignment = context.store.assignment(id).await?.ok_or_else(Problem::not_found)?;
    caller.require(assignment.team, roles)?;
    Ok(assignment)
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<AssignmentId>,
) -> Result<Json<AssignmentView>> {
    let assignment = own(&context, &caller, id, LEADS).await?;
    Ok(Json(view_of(&context, assignment).await))
}

fn cause(context: &Context, caller: &Caller, reason: String) -> Result<Cause> {
    let mut errors = Vec::new();
    check_text("reason", &reason, limits::REASON_MAX, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    Ok(caller.cause(context.now()).because(Some(reason)))
}

pub(crate) async fn reassign(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<AssignmentId>,
    request: Body<ReassignRequest>,
) -> Result<Json<AssignmentView>> {
    let assignment = own(&context, &caller, id, MANAGER).await?;
    let request = request.value;
    let cause = cause(&context, &caller, request.reason)?;
    if request.reserve_seconds.is_some_and(|n| !(1..=limits::RESERVE_SECONDS_MAX).contains(&n)) {
        let message = format!("must be between 1 and {}", limits::RESERVE_SECONDS_MAX);
        return Err(Problem::field("reserve_seconds", message));
    }
    if assignment.status == Status::InReview && request.user.is_some() {
        return Err(Problem::field(
            "user",
            "a review goes back to the submissions that wait, for any reviewer",
        ));
    }
    if let Some(user) = request.user
        && !context.store.member_roles(assignment.team, user).await?.has(Role::Annotator)
    {
        return Err(Problem::field("user", "is not an annotator of the team"));
    }
    let job = context.store.job_definition(assignment.key.job).await?.ok_or_else(Problem::not_found)?;
    let reserve = request.reserve_seconds.map_or(job.lease_policy.reserve, seconds);
    let until = if request.user.is_some() { context.now() + reserve } else { Time(0) };
    let step = context.traces.at("reassign", id);
    let managed =
        context.store.assignment_reassign(id, request.user, until, cause).await.map_err(Problem::from);
    Ok(Json(announced(&context, step.end(managed)?).await))
}

pub(crate) async fn reopen(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<AssignmentId>,
    request: Body<ReasonRequest>,
) -> Result<Json<AssignmentView>> {
    own(&context, &caller, id, MANAGER).await?;
    let cause = cause(&context, &caller, request.value.reason)?;
    let step = context.traces.at("reopen", id);
    let managed = context.store.assignment_reopen(id, cause).await.map_err(Problem::from);
    Ok(Json(announced(&context, step.end(managed)?).await))
}

pub(crate) async fn cancel(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<AssignmentId>,
    request: Body<ReasonRequest>,
) -> Result<Json<AssignmentView>> {
    own(&context, &caller, id, MANAGER).await?;
    let cause = cause(&context, &caller, request.value.reason)?;
    let step = context.traces.at("cancel", id);
    let managed = context.store.assignment_cancel(id, cause).await.map_err(Problem::from);
    Ok(Json(announced(&context, step.end(managed)?).await))
}

/// Announces the freed work, and returns the assignment as it is shown.
async fn announced(context: &Context, managed: Managed) -> AssignmentView {
    freed_work::announce(context, std::slice::from_ref(&managed));
    view_of(context, managed.0).await
}
