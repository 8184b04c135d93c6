//! One's own work: what one holds, what came back, what one has handed in.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId};
use swath_domain::time::seconds;
use swath_domain::{Stage, Status, Time};
use swath_runtime::{Caller, Context, Problem, Result, Search};
use swath_store::{OwnWork, OwnWorkOf, OwnWorkRow};

/// How far back what was handed in can be asked for, in seconds.
const SINCE_MOST: i64 = 31 * 24 * 3_600;
/// How far back it goes unless something else is asked for, in seconds.
const SINCE_DEFAULT: i64 = 24 * 3_600;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkQuery {
    since: Option<String>,
}

/// One's own work in the teams that the token opens. Each list is newest first and holds at most 200 entries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OwnWorkView {
    /// What one holds.
    held: Vec<HeldWork>,
    /// What is reserved for oneself: reworks of one's own submissions, and what a manager gave one.
    returned: Vec<ReturnedWork>,
    /// What one has handed in.
    handed_in: Vec<HandedInWork>,
    /// How much that is.
    totals: Totals,
}

/// To label, or to review.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum StageName {
    /// Labelling.
    Annotation,
    /// Checking.
    Review,
}

/// Which piece of work it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WorkPart {
    /// The assignment.
    assignment: AssignmentId,
    /// Its job.
    job: NamedJob,
    /// The job's team.
    team: NamedTeam,
    /// Its number in the job.
    number: i64,
    /// Its round.
    round: i64,
    /// How many items it has.
    items: i64,
}

/// A job by id and title.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NamedJob {
    /// Its id.
    id: JobId,
    /// Its title.
    title: String,
}

/// A team by id and name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NamedTeam {
    /// Its id.
    id: TeamId,
    /// Its name.
    name: String,
}

/// What one holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct HeldWork {
    /// To label, or to review.
    stage: StageName,
    /// The lease, or the review.
    lease_id: Option<LeaseId>,
    #[serde(flatten)]
    work: WorkPart,
    /// How many items are saved, or judged.
    saved: i64,
    /// When it expires without a sign of life.
    expires_at: Time,
}

/// What is reserved for oneself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ReturnedWork {
    #[serde(flatten)]
    work: WorkPart,
    /// When anyone may take it.
    reserved_until: Time,
}

/// What one has handed in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct HandedInWork {
    /// Labelled, or reviewed.
    stage: StageName,
    #[serde(flatten)]
    work: WorkPart,
    /// When.
    at: Time,
    /// Where it stands now.
    status: Status,
}

/// How much was handed in.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct Totals {
    /// Submissions.
    submissions: i64,
    /// The items in them.
    items: i64,
    /// Decided reviews.
    decisions: i64,
    /// The items in them.
    judged: i64,
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
    Ok(Json(OwnWorkView::new(context.store.own_work(&of).await?, &teams)))
}

fn since(asked: Option<&str>, now: Time) -> Result<Time> {
    let Some(text) = asked else { return Ok(now + -seconds(SINCE_DEFAULT)) };
    let since = Time::parse(text)
        .ok_or_else(|| Problem::field("since", "is not a time, as in 2030-01-31T12:00:00Z"))?;
    if since < now + -seconds(SINCE_MOST) {
        return Err(Problem::field("since", "must not be more than 31 days ago"));
    }
    Ok(since)
}

impl OwnWorkView {
    fn new(work: OwnWork, teams: &HashMap<TeamId, String>) -> Self {
        let part = |row: &OwnWorkRow| WorkPart::new(row, teams);
        let held = |row: OwnWorkRow| HeldWork {
            stage: StageName::of(row.stage),
            lease_id: row.lease.map(LeaseId),
            work: part(&row),
            saved: row.saved,
            expires_at: Time(row.at),
        };
        let returned = |row: OwnWorkRow| ReturnedWork { work: part(&row), reserved_until: Time(row.at) };
        let handed_in = |row: OwnWorkRow| {
            let (stage, at) = (StageName::of(row.stage), Time(row.at));
            Some(HandedInWork { stage, work: part(&row), at, status: Status::from_code(row.status)? })
        };
        let mut totals = Totals::default();
        for total in &work.totals {
            match StageName::of(total.stage) {
                StageName::Annotation => (totals.submissions, totals.items) = (total.count, total.items),
                StageName::Review => (totals.decisions, totals.judged) = (total.count, total.items),
            }
        }
        Self {
            held: work.held.into_iter().map(held).collect(),
            returned: work.returned.into_iter().map(returned).collect(),
            handed_in: work.handed_in.into_iter().filter_map(handed_in).collect(),
            totals,
        }
    }
}

impl StageName {
    fn of(code: i64) -> Self {
        if code == Stage::Review.code() { Self::Review } else { Self::Annotation }
    }
}

impl WorkPart {
    fn new(row: &OwnWorkRow, teams: &HashMap<TeamId, String>) -> Self {
        let team = TeamId(row.team);
        Self {
            assignment: AssignmentId(row.assignment),
            job: NamedJob { id: JobId(row.job), title: row.title.clone() },
            team: NamedTeam { id: team, name: teams.get(&team).cloned().unwrap_or_default() },
            number: row.number,
            round: row.round,
            items: row.items,
        }
    }
}
