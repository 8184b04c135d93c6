//! Lists of jobs, which leave their specifications out: a thousand of them would not fit into the memory of a service.

use std::collections::HashMap;
use std::sync::Arc;

use swath_domain::ids::{JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobPeople, JobSpec, JobStatus};
use swath_domain::progress::Progress;
use uuid::Uuid;

use crate::engine::db::{fetch_as, fetch_each, fetch_one, list};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;
use crate::model::rows::{self, JobRow, job_head_columns};
use crate::store::Store;
use crate::tables::progress;

/// Jobs whose people are read in one statement: their lists are the largest that is read of many jobs.
const PEOPLE_AT_ONCE: usize = 50;

impl Store {
    /// A page of a team's jobs, of this status where one is given; where `annotator` is given, of those that they may
    /// work in.
    pub async fn jobs(
        &self,
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
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
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
    pub async fn jobs_open(&self, team: TeamId, limit: i64) -> Result<Vec<JobHead>> {
        const OPEN: &str = concat!(
            "SELECT ",
            job_head_columns!(),
            " FROM jobs WHERE team = $1 AND status < 2
             ORDER BY priority DESC, COALESCE(due, 9223372036854775807), id LIMIT $2"
        );
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
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
    pub async fn jobs_undone(&self, after: Uuid, limit: i64) -> Result<Vec<JobHead>> {
        const PAGE: &str = concat!(
            "SELECT ",
            job_head_columns!(),
            " FROM jobs WHERE status < 3 AND id > $1 ORDER BY id LIMIT $2"
        );
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
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
    pub async fn jobs_people(&self, jobs: &[JobId]) -> Result<HashMap<JobId, JobPeople>> {
        let mut people = HashMap::with_capacity(jobs.len());
        for page in jobs.chunks(PEOPLE_AT_ONCE) {
            for (job, annotators, reviewers) in self.people_of(page).await? {
                let parsed = JobPeople {
                    annotators: ids(job, annotators.as_deref())?,
                    reviewers: ids(job, reviewers.as_deref())?,
                };
                people.insert(JobId(job), parsed);
            }
        }
        Ok(people)
    }

    async fn people_of(&self, jobs: &[JobId]) -> Result<Vec<(Uuid, Option<String>, Option<String>)>> {
        type Row = (Uuid, Option<String>, Option<String>);
        let mut reader = self.reader().await?;
        fetch_each!(
            &mut reader.db(),
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

    /// A job's specification at entry number `seq` of its log, or later.
    pub async fn job_spec(&self, id: JobId, seq: i64) -> Result<Option<Arc<JobSpec>>> {
        if let Some((at, spec)) = self.core().caches.specs.get(&id)
            && at >= seq
        {
            return Ok(Some(spec));
        }
        Box::pin(self.read_spec(id)).await
    }

    async fn read_spec(&self, id: JobId) -> Result<Option<Arc<JobSpec>>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (i64, String),
            "SELECT seq, spec FROM jobs WHERE id = $1",
            id.0;
            |t| t.jobs.get(&id.0).map(|job| (job.seq, serde_json::to_string(&job.spec).unwrap_or_default()))
        )?;
        let Some((seq, text)) = row else { return Ok(None) };
        let spec = rows::spec(id.0, &text)?;
        self.core().caches.specs.insert(id, (seq, spec.clone()), text.len());
        Ok(Some(spec))
    }

    /// The counters of these jobs.
    pub async fn jobs_progress(&self, jobs: &[JobId]) -> Result<HashMap<JobId, Progress>> {
        let mut reader = self.reader().await?;
        progress::read_many(&mut reader.db(), jobs).await
    }

    /// The counters of the jobs behind `after` up to `last`.
    pub async fn progress_between(&self, after: Uuid, last: Uuid) -> Result<Vec<(JobId, Progress)>> {
        let mut reader = self.reader().await?;
        progress::read_between(&mut reader.db(), after, last).await
    }
}

fn ids(job: Uuid, text: Option<&str>) -> Result<Option<Vec<UserId>>> {
    let parsed = text.map_or(Ok(None), serde_json::from_str);
    parsed.map_err(|error| StoreError::Corrupt {
        table: "jobs",
        id: job.to_string(),
        what: format!("spec: {error}"),
    })
}
