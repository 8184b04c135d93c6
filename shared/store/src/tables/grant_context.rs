//! What a grant must know about the users of a batch before it grants anything: the first answers under their keys, the
//! leases that they hold, and what is reserved for them. One statement reads all of it.

use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId, UserId};
use swath_domain::{Assignment, Stage};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_each, row};
use crate::error::Result;
use crate::model::memory::Tables;
use crate::model::status_sets::{job_status, status};
use crate::tables::grant_keys::route;

/// A user who asks for work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) user: UserId,
    pub(crate) stage: Stage,
    pub(crate) key: Option<&'a str>,
    pub(crate) team: TeamId,
    /// From which job alone, where the user says so.
    pub(crate) only: Option<JobId>,
}

/// One thing that a grant must know about a user.
#[derive(Debug, Clone)]
pub(crate) enum ContextEntry {
    /// The answer to the first request under a key.
    FirstAnswer { user: UserId, stage: Stage, key: String, lease: LeaseId, digest: Option<Vec<u8>> },
    /// A lease that stands on an assignment.
    Lease { user: UserId, stage: Stage, held: HeldLease },
    /// An assignment that is reserved for the user.
    Reserved { user: UserId, job: JobId, assignment: AssignmentId },
}

/// A lease that stands on its assignment, current or expired.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldLease {
    pub(crate) assignment: AssignmentId,
    pub(crate) team: TeamId,
    pub(crate) job: JobId,
    pub(crate) lease: LeaseId,
    pub(crate) is_expired: bool,
}

/// What a row is about.
const FIRST_ANSWER: i64 = 0;
const LEASE: i64 = 1;
const RESERVED: i64 = 2;

row! {
    /// One entry; `code` is a stage for a first answer and a status for a lease.
    #[derive(Debug, Clone)]
    struct ContextRow {
        what: i64, user: Uuid, code: i64, key: Option<String>, lease: Option<Uuid>, answer: Option<String>,
        digest: Option<Vec<u8>>, id: Option<Uuid>, team: Option<Uuid>, job: Option<Uuid>,
    }
}

impl ContextRow {
    fn entry(self) -> Option<ContextEntry> {
        let user = UserId(self.user);
        match self.what {
            FIRST_ANSWER => {
                let handed_back = || self.answer.as_deref().and_then(|answer| answer.parse().ok());
                let lease = self.lease.map(LeaseId).or_else(handed_back)?;
                let stage = if self.code == Stage::Review.code() { Stage::Review } else { Stage::Annotate };
                Some(ContextEntry::FirstAnswer { user, stage, key: self.key?, lease, digest: self.digest })
            }
            LEASE => {
                let stage =
                    if self.code < Stage::Review.waiting().code() { Stage::Annotate } else { Stage::Review };
                let held = HeldLease {
                    assignment: AssignmentId(self.id?),
                    team: TeamId(self.team?),
                    job: JobId(self.job?),
                    lease: LeaseId(self.lease?),
                    is_expired: self.code == stage.waiting().code(),
                };
                Some(ContextEntry::Lease { user, stage, held })
            }
            RESERVED => {
                let (job, assignment) = (JobId(self.job?), AssignmentId(self.id?));
                Some(ContextEntry::Reserved { user, job, assignment })
            }
            _ => None,
        }
    }
}

/// Reservations are read from active jobs only, and up to a bound for each user, so that work that one of them cannot
/// have does not hide the rest.
macro_rules! context {
    ($reserved:expr) => {
        concat!(
            "WITH asked AS (SELECT * FROM {rows})
             SELECT CAST(0 AS BIGINT), g.holder, g.stage, g.key, g.lease, CAST(NULL AS TEXT), g.digest, CAST(NULL AS UUID),
                 CAST(NULL AS UUID), CAST(NULL AS UUID)
             FROM asked c CROSS JOIN grants g WHERE g.holder = c.person AND g.stage = c.stage AND g.key = c.key
             UNION ALL
             SELECT 0, a.person, c.stage, a.key, NULL, a.answer, a.digest, NULL, NULL, NULL
             FROM asked c CROSS JOIN answers a WHERE a.person = c.person AND a.route = c.route AND a.key = c.key
             UNION ALL
             SELECT 1, a.holder, a.status, NULL, a.lease, NULL, NULL, a.id, a.team, a.job
             FROM asked c CROSS JOIN assignments a WHERE a.holder = c.person
             UNION ALL
             SELECT 2, c.person, 0, NULL, NULL, NULL, NULL, a.id, NULL, a.job
             FROM asked c CROSS JOIN ",
            $reserved
        )
    };
}
const POSTGRES: &str = context!(concat!(
    "LATERAL (
         SELECT r.id, r.job FROM assignments r JOIN jobs j ON j.id = r.job AND j.status ",
    job_status!(ACTIVE),
    "
         WHERE r.reserved_for = c.person AND r.status ",
    status!(PENDING),
    " AND NOT r.held AND r.team = c.team
             AND (c.job IS NULL OR r.job = c.job)
         ORDER BY r.id LIMIT 20) a
     WHERE c.annotates"
));
const SQLITE: &str = context!(concat!(
    "assignments a
     WHERE c.annotates AND a.id IN (
         SELECT r.id FROM assignments r JOIN jobs j ON j.id = r.job AND j.status ",
    job_status!(ACTIVE),
    "
         WHERE r.reserved_for = c.person AND r.status ",
    status!(PENDING),
    " AND NOT r.held AND r.team = c.team
             AND (c.job IS NULL OR r.job = c.job)
         ORDER BY r.id LIMIT 20)"
));

/// What is known about these users.
pub(crate) async fn read(db: &mut Db<'_>, askers: &[Asker<'_>]) -> Result<Vec<ContextEntry>> {
    let rows = fetch_each!(
        db,
        ContextRow,
        [POSTGRES, SQLITE],
        askers,
        |a| {
            person: uuid = a.user.0,
            stage: bigint = a.stage.code(),
            key: text = a.key.map(str::to_owned),
            route: text = route(a.stage),
            team: uuid = a.team.0,
            job: uuid = a.only.map(|job| job.0),
            annotates: boolean = a.stage == Stage::Annotate,
        };
        |t| in_memory(t, a)
    )?;
    Ok(rows.into_iter().filter_map(ContextRow::entry).collect())
}

fn in_memory(t: &Tables, asker: &Asker<'_>) -> Vec<ContextRow> {
    let (user, stage, key) = (asker.user.0, asker.stage.code(), asker.key.unwrap_or_default().to_owned());
    let blank = ContextRow {
        what: FIRST_ANSWER,
        user,
        code: stage,
        key: None,
        lease: None,
        answer: None,
        digest: None,
        id: None,
        team: None,
        job: None,
    };
    let mut rows = Vec::new();
    if let Some(grant) = t.grant_under(user, stage, &key) {
        let (key, lease) = (Some(key.clone()), Some(grant.lease));
        rows.push(ContextRow { key, lease, digest: grant.digest.clone(), ..blank.clone() });
    }
    if let Some((digest, answer, _)) = t.answers.get(&(user, route(asker.stage).to_owned(), key.clone())) {
        let (answer, digest) = (Some(answer.clone()), Some(digest.clone()));
        rows.push(ContextRow { key: Some(key), answer, digest, ..blank.clone() });
    }
    let of = |what: i64, a: &Assignment| ContextRow {
        what,
        code: a.status.code(),
        lease: a.lease.map(|lease| lease.id.0),
        id: Some(a.id.0),
        team: Some(a.team.0),
        job: Some(a.key.job.0),
        ..blank.clone()
    };
    rows.extend(t.assignments.values().filter(|a| a.holder() == Some(asker.user)).map(|a| of(LEASE, a)));
    rows.extend(
        t.reserved_for(asker.user, asker.only)
            .filter(|a| a.team == asker.team)
            .take(20)
            .map(|a| of(RESERVED, a)),
    );
    rows
}
