//! Rows as they stand in the tables, and their way into the domain's values.

use std::sync::Arc;

use swath_domain::assignment::{Lease, Outcome, RangeKey, Reservation, Submission};
use swath_domain::ids::{AssignmentId, DatasetId, JobId, LeaseId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobSpec, JobStatus, LeasePolicy, Priority};
use swath_domain::log::Entry;
use swath_domain::review::ReviewRule;
use swath_domain::{Assignment, Micros, Round, Slot, Status, Time};
use uuid::Uuid;

use crate::error::{Result, StoreError};
use crate::model::row::row;

row! {
    #[derive(Debug, Clone)]
    pub(crate) struct AssignmentRow {
        id: Uuid, team: Uuid, job: Uuid, round: i64, number: i64, slot: i64, parent: Option<Uuid>,
        ranges: String, items: i64, status: i64, fence: i64, lease: Option<Uuid>, holder: Option<Uuid>,
        expires: i64, deadline: i64, confirmed: i64, author: Option<Uuid>, submission: Option<Uuid>,
        review: bool, reserved_for: Option<Uuid>, reserved_until: i64, held: bool, accepted: i64,
        skipped: i64, seq: i64, since: i64,
    }
}

/// Columns by name, those of one table among several where it is named as in `"a."`.
macro_rules! columns {
    ($of:literal, $first:ident $(, $column:ident)*) => {
        concat!($of, stringify!($first) $(, ", ", $of, stringify!($column))*)
    };
}
pub(crate) use columns;

/// The columns of [`AssignmentRow`], for statements that read whole rows.
macro_rules! assignment_columns {
    () => {
        $crate::model::rows::assignment_columns!("")
    };
    ($of:literal) => {
        $crate::model::rows::columns!(
            $of,
            id,
            team,
            job,
            round,
            number,
            slot,
            parent,
            ranges,
            items,
            status,
            fence,
            lease,
            holder,
            expires,
            deadline,
            confirmed,
            author,
            submission,
            review,
            reserved_for,
            reserved_until,
            held,
            accepted,
            skipped,
            seq,
            since
        )
    };
}
pub(crate) use assignment_columns;

impl TryFrom<AssignmentRow> for Assignment {
    type Error = StoreError;

    fn try_from(row: AssignmentRow) -> Result<Self> {
        let corrupt = |what: String| corrupt_assignment(row.id, what);
        let status =
            Status::from_code(row.status).ok_or_else(|| corrupt(format!("status: {}", row.status)))?;
        let ranges = row.ranges.parse().map_err(|error: String| corrupt(format!("ranges: {error}")))?;
        Ok(Self {
            id: AssignmentId(row.id),
            key: RangeKey {
                job: JobId(row.job),
                round: Round(row.round),
                number: row.number,
                slot: Slot(row.slot),
            },
            team: TeamId(row.team),
            parent: row.parent.map(AssignmentId),
            ranges,
            items: row.items,
            status,
            fence: row.fence,
            lease: row.lease()?,
            saved: row.confirmed,
            submission: row.submission()?,
            reservation: row.reservation(),
            needs_manager: row.held,
            outcome: Outcome { accepted: row.accepted, skipped: row.skipped },
            seq: row.seq,
            since: Time(row.since),
        })
    }
}

/// The parts of an assignment whose columns are written together: a row that has one of them without the other is corrupt.
impl AssignmentRow {
    fn lease(&self) -> Result<Option<Lease>> {
        match (self.lease, self.holder) {
            (None, None) => Ok(None),
            (Some(id), Some(holder)) => Ok(Some(Lease {
                id: LeaseId(id),
                holder: UserId(holder),
                expires: Time(self.expires),
                deadline: Time(self.deadline),
            })),
            _ => Err(corrupt_assignment(self.id, "a lease without a holder".into())),
        }
    }

    fn submission(&self) -> Result<Option<Submission>> {
        match (self.submission, self.author) {
            (None, None) => Ok(None),
            (Some(id), Some(author)) => {
                Ok(Some(Submission { id: LeaseId(id), author: UserId(author), for_review: self.review }))
            }
            _ => Err(corrupt_assignment(self.id, "a submission without an author".into())),
        }
    }

    fn reservation(&self) -> Option<Reservation> {
        let until = Time(self.reserved_until);
        self.reserved_for.map(|user| Reservation { user: UserId(user), until })
    }
}

fn corrupt_assignment(id: Uuid, what: String) -> StoreError {
    StoreError::Corrupt { table: "assignments", id: id.to_string(), what }
}

/// What is stored for a moment that does not apply, since the columns of moments are not null.
pub(crate) const NO_TIME: i64 = 0;

row! {
    #[derive(Debug, Clone)]
    pub(crate) struct JobRow {
        id: Uuid, team: Uuid, dataset: Uuid, version: i64, title: String, spec: String, status: i64, priority: i64,
        due: Option<i64>, range_size: i64, slots: i64, lease: i64, deadline: i64, reserve: i64, rounds: i64,
        review: i64, seed: i64, selected: i64, cut_to: i64, seq: i64, creator: Uuid, created: i64,
    }
}

/// The columns of [`JobRow`], with the specification or, for lists of many jobs, without.
macro_rules! job_columns {
    () => {
        $crate::model::rows::job_columns!("spec")
    };
    ($spec:literal) => {
        concat!(
            "id, team, dataset, version, title, ",
            $spec,
            ", status, priority, due, range_size, slots, lease, deadline, reserve, rounds, review, seed, selected, \
             cut_to, seq, creator, created"
        )
    };
}
pub(crate) use job_columns;

/// The columns of [`JobRow`] where the specification is left out.
macro_rules! job_head_columns {
    () => {
        $crate::model::rows::job_columns!("''")
    };
}
pub(crate) use job_head_columns;

impl TryFrom<JobRow> for Job {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self> {
        let spec = spec(row.id, &row.spec)?;
        Ok(JobHead::try_from(row)?.with(spec))
    }
}

/// A specification as it is stored.
pub(crate) fn spec(job: Uuid, text: &str) -> Result<Arc<JobSpec>> {
    let spec: JobSpec = serde_json::from_str(text).map_err(|error| StoreError::Corrupt {
        table: "jobs",
        id: job.to_string(),
        what: format!("spec: {error}"),
    })?;
    Ok(Arc::new(spec))
}

impl TryFrom<JobRow> for JobHead {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self> {
        let corrupt = |what: String| StoreError::Corrupt { table: "jobs", id: row.id.to_string(), what };
        let status =
            JobStatus::from_code(row.status).ok_or_else(|| corrupt(format!("status: {}", row.status)))?;
        let priority = Priority::from_code(row.priority)
            .ok_or_else(|| corrupt(format!("priority: {}", row.priority)))?;
        let review = match row.review {
            0 => ReviewRule::None,
            100 => ReviewRule::All,
            percent => {
                ReviewRule::Sample(u8::try_from(percent).map_err(|_| corrupt(format!("review: {percent}")))?)
            }
        };
        Ok(Self {
            id: JobId(row.id),
            team: TeamId(row.team),
            dataset: DatasetId(row.dataset),
            version: row.version,
            title: row.title,
            spec: (),
            status,
            priority,
            due: row.due.map(Time),
            range_size: row.range_size,
            slots: row.slots,
            lease_policy: LeasePolicy {
                lease: Micros(row.lease),
                deadline: Micros(row.deadline),
                reserve: Micros(row.reserve),
                rounds: row.rounds,
            },
            review,
            seed: row.seed,
            selected: row.selected,
            cut_to: row.cut_to,
            seq: row.seq,
            creator: UserId(row.creator),
            created: Time(row.created),
        })
    }
}

row! {
    #[derive(Debug, Clone)]
    pub(crate) struct GrantRow {
        lease: Uuid, assignment: Uuid, job: Uuid, holder: Uuid, stage: i64, fence: i64,
        digest: Option<Vec<u8>>, ended: Option<i64>, request: Option<String>, request_digest: Option<Vec<u8>>,
        answer: Option<String>,
    }
}

/// The columns of [`GrantRow`].
macro_rules! grant_columns {
    () => {
        $crate::model::rows::grant_columns!("")
    };
    ($of:literal) => {
        $crate::model::rows::columns!(
            $of,
            lease,
            assignment,
            job,
            holder,
            stage,
            fence,
            digest,
            ended,
            request,
            request_digest,
            answer
        )
    };
}
pub(crate) use grant_columns;

/// An assignment and the grant of a lease on it, side by side in one row.
#[derive(Debug)]
pub(crate) struct LeasedRow {
    pub(crate) assignment: AssignmentRow,
    pub(crate) grant: GrantRow,
}

/// What a statement selects from `assignments a` and `grants g` for a [`LeasedRow`].
macro_rules! leased_columns {
    () => {
        concat!(
            $crate::model::rows::assignment_columns!("a."),
            ", ",
            $crate::model::rows::grant_columns!("g.")
        )
    };
}
pub(crate) use leased_columns;

macro_rules! leased_row_of {
    ($row:ty) => {
        impl<'r> sqlx::FromRow<'r, $row> for LeasedRow {
            fn from_row(row: &'r $row) -> Result<Self, sqlx::Error> {
                let assignment = AssignmentRow::at(row, 0)?;
                Ok(Self { assignment, grant: GrantRow::at(row, AssignmentRow::WIDTH)? })
            }
        }
    };
}
leased_row_of!(sqlx::postgres::PgRow);
leased_row_of!(sqlx::sqlite::SqliteRow);

row! {
    #[derive(Debug, Clone)]
    pub(crate) struct EntryRow {
        subject: Uuid, seq: i64, at: i64, actor: Option<Uuid>, action: String, before: Option<i64>, after: Option<i64>,
        lease: Option<Uuid>, fence: i64, reason: Option<String>, detail: Option<String>, maker: Option<Uuid>,
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self> {
        let corrupt = |what: String| StoreError::Corrupt {
            table: "decision_log",
            id: format!("{}/{}", row.subject, row.seq),
            what,
        };
        let detail = row.detail.as_deref().map(serde_json::from_str).transpose();
        Ok(Self {
            subject: row.subject,
            seq: row.seq,
            at: Time(row.at),
            actor: row.actor.map(UserId),
            token_maker: row.maker.map(UserId),
            action: row.action.clone(),
            from: row.before.and_then(Status::from_code),
            to: row.after.and_then(Status::from_code),
            lease_id: row.lease.map(LeaseId),
            fence: row.fence,
            reason: row.reason.clone(),
            detail: detail.map_err(|error| corrupt(format!("detail: {error}")))?,
        })
    }
}
