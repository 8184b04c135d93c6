//! The caller's own work: what they have leased, what came back to them, and what they have submitted.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::json;
use swath_api::own_work::{
    HandedInWork, HeldWork, NamedJob, NamedTeam, OwnWorkView, ReturnedWork, StageName, Totals, WorkPart,
};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId};
use swath_domain::time::seconds;
use swath_domain::{Stage, Status, Time};
use swath_runtime::{Access, Caller, Context, Problem, Result, Route, Search};
use swath_store::{OwnWork, OwnWorkOf, OwnWorkRow};

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/v1/me/work",
            Access::SignedIn,
            "What one holds, what came back, and what one has handed in.",
            show,
        )
        .query(
            "since",
            json!({"type": "string", "format": "date-time"}),
            "Since when what was handed in counts, at most 31 days ago; a day where absent.",
        )
        .gives::<OwnWorkView>(200),
    ]
}

/// How far back submitted work can be asked for, in seconds.
const SINCE_SECONDS_MAX: i64 = 31 * 24 * 3_600;
/// How far back it goes unless the request says otherwise, in seconds.
const SINCE_SECONDS_DEFAULT: i64 = 24 * 3_600;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkQuery {
    since: Option<String>,
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<WorkQuery>,
) -> Result<Json<OwnWorkView>> {
    let now = context.now();
    let since = since(query.since.as_deref(), now)?;
    let teams: HashMap<_, _> = caller.token().teams.iter().map(|(id, name, _)| (*id, name.clone())).collect();
    let of = OwnWorkOf { user: caller.user(), teams: teams.keys().copied().collect(), now, since };
    Ok(Json(view(context.store.own_work(&of).await?, &teams)?))
}

fn since(asked: Option<&str>, now: Time) -> Result<Time> {
    let Some(text) = asked else { return Ok(now - seconds(SINCE_SECONDS_DEFAULT)) };
    let since = Time::parse(text)
        .ok_or_else(|| Problem::field("since", "is not a time, as in 2030-01-31T12:00:00Z"))?;
    if since < now - seconds(SINCE_SECONDS_MAX) {
        return Err(Problem::field("since", "must not be more than 31 days ago"));
    }
    Ok(since)
}

fn view(work: OwnWork, teams: &HashMap<TeamId, String>) -> Result<OwnWorkView> {
    let part = |row: &OwnWorkRow| work_part(row, teams);
    let held = |row: OwnWorkRow| {
        Ok(HeldWork {
            stage: stage_name(row.stage),
            lease_id: row.lease.map(LeaseId),
            work: part(&row)?,
            saved: row.saved,
            expires_at: Time(row.at),
        })
    };
    let returned = |row: OwnWorkRow| Ok(ReturnedWork { work: part(&row)?, reserved_until: Time(row.at) });
    let handed_in = |row: OwnWorkRow| {
        let (stage, at) = (stage_name(row.stage), Time(row.at));
        let status = Status::from_code(row.status).ok_or_else(Problem::internal)?;
        Ok(HandedInWork { stage, work: part(&row)?, at, status })
    };
    let mut totals = Totals::default();
    for total in &work.totals {
        match stage_name(total.stage) {
            StageName::Annotation => (totals.submissions, totals.items) = (total.count, total.items),
            StageName::Review => (totals.decisions, totals.judged) = (total.count, total.items),
        }
    }
    Ok(OwnWorkView {
        held: work.held.into_iter().map(held).collect::<Result<_>>()?,
        returned: work.returned.into_iter().map(returned).collect::<Result<_>>()?,
        handed_in: work.handed_in.into_iter().map(handed_in).collect::<Result<_>>()?,
        totals,
    })
}

fn stage_name(code: i64) -> StageName {
    if code == Stage::Review.code() { StageName::Review } else { StageName::Annotation }
}

fn work_part(row: &OwnWorkRow, teams: &HashMap<TeamId, String>) -> Result<WorkPart> {
    let team = TeamId(row.team);
    // The query was limited to these teams.
    let team_name = teams.get(&team).cloned().ok_or_else(Problem::internal)?;
    Ok(WorkPart {
        assignment: AssignmentId(row.assignment),
        job: NamedJob { id: JobId(row.job), title: row.title.clone() },
        team: NamedTeam { id: team, name: team_name },
        number: row.number,
        round: row.round,
        items: row.items,
    })
}
