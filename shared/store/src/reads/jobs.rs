//! Lists of jobs, which leave their specifications out: a thousand of them would not fit into the memory of a service.

use std::collections::HashMap;
use std::sync::Arc;

use swath_domain::ids::{JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobPeople, JobSpec, JobStatus};
use uuid::Uuid;

use crate::engine::core::Core;
use crate::engine::db::{Db, fetch_as, fetch_each, list};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;
use crate::model::rows::{self, JobRow, job_head_columns};
use crate::model::status_sets::job_status;
use crate::tables::jobs;

/// Jobs whose lists of users are read in one statement: those lists are the largest thing that is read of many jobs.
const JOBS_PER_STATEMENT: usize = 50;

/// A page of a team's jobs, of this status where one is given; where `annotator` is given, of those that they may
/// work in.
pub(crate) async fn of_team(
    db: &mut Db<'_>,
    team: TeamId,
    annotator: Option<UserId>,
    status: Option<JobStatus>,
    page: &ListPage,
) -> Result<Vec<JobHead>> {
    macro_rules! begin {
        ($admits:literal) => {
            concat!(
                "SELECT ",
                job_head_columns!(),
                " FROM jobs WHERE team = $5 AND ($6 < 0 OR status = $6) AND ($7 = '' OR ",
                $admits,
                ")"
            )
        };
    }
    let (low, high) = page.bounds();
    fetch_as!(
        db,
        JobRow => JobHead,
        [
            list!(
                postgres, page, "id", "title",
                begin!("COALESCE(jsonb_typeof(spec::jsonb -> 'annotators'), 'null') = 'null' \
                        OR jsonb_exists(spec::jsonb -> 'annotators', $7)")
            ),
            list!(
                sqlite, page, "id", "title",
                begin!("spec ->> '$.annotators' IS NULL \
                        OR EXISTS (SELECT 1 FROM json_each(spec, '$.annotators') WHERE value = $7)")
            )
        ],
        low,
        high,
        page.part(),
        page.limit,
        team.0,
        status.map_or(-1, JobStatus::code),
        annotator.map(|user| user.to_string()).unwrap_or_default();
        |t| {
            let jobs = t.jobs.values().filter(|job| job.team == team && page.admits(job.id.0, &job.title));
            let jobs = jobs.filter(|job| status.is_none_or(|status| job.status == status));
            let jobs = jobs.filter(|job| annotator.is_none_or(|user| job.admits_annotator(user)));
            page.cut(jobs.map(Job::head))
        }
    )
}

/// The active and the paused jobs of a team, at most `limit`.
pub(crate) async fn open(db: &mut Db<'_>, team: TeamId, limit: i64) -> Result<Vec<JobHead>> {
    const OPEN: &str = concat!(
        "SELECT ",
        job_head_columns!(),
        " FROM jobs WHERE team = $1 AND status ",
        job_status!(OPEN),
        "
         ORDER BY priority DESC, COALESCE(due, 9223372036854775807), id LIMIT $2"
    );
    fetch_as!(
        db,
        JobRow => JobHead,
        OPEN,
        team.0,
        limit;
        |t| {
            let open = t.jobs.values().filter(|job| job.team == team && job.status.code() < 2);
            let mut open: Vec<_> = open.map(Job::head).collect();
            open.sort_by_key(|job| (-job.priority.code(), job.due.map_or(i64::MAX, |due| due.0), job.id));
            open.truncate(limit as usize);
            open
        }
    )
}

/// A page of all jobs that are neither done nor cancelled.
pub(crate) async fn undone(db: &mut Db<'_>, after: Uuid, limit: i64) -> Result<Vec<JobHead>> {
    const PAGE: &str = concat!(
        "SELECT ",
        job_head_columns!(),
        " FROM jobs WHERE status ",
        job_status!(UNFINISHED),
        " AND id > $1 ORDER BY id LIMIT $2"
    );
    fetch_as!(
        db,
        JobRow => JobHead,
        PAGE,
        after,
        limit;
        |t| {
            let undone = t.jobs.values().filter(|job| job.status.code() < 3 && job.id.0 > after);
            undone.take(limit as usize).map(Job::head).collect()
        }
    )
}

/// The people that each of these jobs is restricted to.
pub(crate) async fn people(db: &mut Db<'_>, jobs: &[JobId]) -> Result<HashMap<JobId, JobPeople>> {
    let mut people = HashMap::with_capacity(jobs.len());
    for page in jobs.chunks(JOBS_PER_STATEMENT) {
        for (job, annotators, reviewers) in people_of(db, page).await? {
            let parsed = JobPeople {
                annotators: ids(job, annotators.as_deref())?,
                reviewers: ids(job, reviewers.as_deref())?,
            };
            people.insert(JobId(job), parsed);
        }
    }
    Ok(people)
}

async fn people_of(db: &mut Db<'_>, jobs: &[JobId]) -> Result<Vec<(Uuid, Option<String>, Option<String>)>> {
    type Row = (Uuid, Option<String>, Option<String>);
    fetch_each!(
        db,
        Row,
        ["SELECT j.id, (j.spec::jsonb -> 'annotators')::text, (j.spec::jsonb -> 'reviewers')::text
          FROM {rows} CROSS JOIN jobs j WHERE j.id = c.key",
         "SELECT j.id, j.spec -> '$.annotators', j.spec -> '$.reviewers'
          FROM {rows} CROSS JOIN jobs j WHERE j.id = c.key"],
        jobs,
        |job| { key: uuid = job.0 };
        |t| {
            let text = |people: &Option<Vec<UserId>>| serde_json::to_string(people).ok();
            t.jobs.get(&job.0).map(|row| (row.id.0, text(&row.spec.annotators), text(&row.spec.reviewers)))
        }
    )
}

/// A job's specification from the cache, if it is that of entry number `seq` of the job's log, or later.
pub(crate) fn cached_spec(core: &Core, id: JobId, seq: i64) -> Option<Arc<JobSpec>> {
    core.caches.specs.get(&id).filter(|(at, _)| *at >= seq).map(|(_, spec)| spec)
}

/// A job's specification as it is now, which is cached.
pub(crate) async fn spec(core: &Core, db: &mut Db<'_>, id: JobId) -> Result<Option<Arc<JobSpec>>> {
    let Some((seq, text)) = jobs::stored_spec(db, id).await? else { return Ok(None) };
    let spec = rows::spec(id.0, &text)?;
    core.caches.specs.insert(id, (seq, spec.clone()), text.len());
    Ok(Some(spec))
}

fn ids(job: Uuid, text: Option<&str>) -> Result<Option<Vec<UserId>>> {
    let parsed = text.map_or(Ok(None), serde_json::from_str);
    parsed.map_err(|error| StoreError::Corrupt {
        table: "jobs",
        id: job.to_string(),
        what: format!("spec: {error}"),
    })
}
