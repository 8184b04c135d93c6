//! A job's assignments of one status in the order in which something happens to them next: waiting work as it is granted to
//! annotators and reviewers, and leased work as its leases expire. Each order uses an index that exists anyway, so that it
//! costs no writes.

use swath_domain::ids::{AssignmentId, JobId};
use swath_domain::{Assignment, Round, Status};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_as, fetch_one};
use crate::error::Result;
use crate::model::rows::{AssignmentRow, assignment_columns};
use crate::model::status_sets::status;
use crate::reads::assignments::AssignmentFilter;

/// Where an assignment stands in that order: the next page begins behind the last one of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// A round, negated, as later ones are handed out first; or a time.
    pub at: i64,
    /// The assignment, to tell those of the same moment apart.
    pub id: Uuid,
}

impl Turn {
    /// The statuses that have an order.
    pub const STATUSES: [Status; 4] =
        [Status::Pending, Status::InProgress, Status::Completed, Status::InReview];
    /// The position before all others.
    pub const FIRST: Self = Self { at: i64::MIN, id: Uuid::nil() };

    /// The turn of an assignment; none where its status has no order.
    pub fn of(assignment: &Assignment) -> Option<Self> {
        let at = match assignment.status {
            Status::Pending => -assignment.key.round.0,
            Status::Completed => assignment.since.0,
            Status::InProgress | Status::InReview => assignment.expires()?.0,
            Status::Accepted | Status::Rejected | Status::Cancelled => return None,
        };
        Some(Self { at, id: assignment.id.0 })
    }
}

/// A page of a job by one of the orders; who holds and who has handed in narrow it.
macro_rules! page {
    (($status:ident) $more:literal, $order:literal) => {
        concat!(
            "SELECT ",
            assignment_columns!(),
            " FROM assignments WHERE job = $1 AND status ",
            status!($status),
            $more,
            " AND ($5 = 0 OR holder = $6) AND ($7 = 0 OR author = $8) AND ($9 = 0 OR round = $9) ORDER BY ",
            $order,
            " LIMIT $4"
        )
    };
}
const PENDING: &str =
    page!((PENDING) " AND round = $10 AND (number, slot) > ($2, $3)", "round DESC, number, slot");
const TO_REVIEW: &str = page!((COMPLETED) " AND review AND (since, id) > ($2, $3)", "since, id");
const LEASED: &str = page!((LEASED) " AND status = $10 AND (expires, id) > ($2, $3)", "expires, id");

/// The number and slot before all of a round.
const BEFORE_ALL: (i64, i64) = (-1, 0);

/// A page of a job's assignments of one status that come behind a turn. Of what is handed in, that is what waits for a
/// reviewer. There are none where the filter names no status that has an order.
pub(crate) async fn page(
    db: &mut Db<'_>,
    job: JobId,
    filter: &AssignmentFilter,
    after: Turn,
    limit: i64,
) -> Result<Vec<Assignment>> {
    let page = NextPage { job, filter, limit };
    match filter.status {
        Some(Status::Pending) => page.pending(db, after).await,
        Some(Status::Completed) => page.by_time(db, TO_REVIEW, after).await,
        Some(Status::InProgress | Status::InReview) => page.by_time(db, LEASED, after).await,
        _ => Ok(Vec::new()),
    }
}

/// Which assignments are wanted.
struct NextPage<'a> {
    job: JobId,
    filter: &'a AssignmentFilter,
    limit: i64,
}

impl NextPage<'_> {
    /// Round by round, from the latest on.
    async fn pending(&self, db: &mut Db<'_>, after: Turn) -> Result<Vec<Assignment>> {
        let last = (after != Turn::FIRST).then(|| AssignmentId(after.id).key());
        let mut most = last.map_or(Round(i64::MAX), |(round, _, _)| round);
        let mut found = Vec::new();
        while let Some(round) = self.pending_round(db, most).await? {
            let behind = match last {
                Some((of, number, slot)) if of == round => (number, slot.0),
                _ => BEFORE_ALL,
            };
            let left = self.limit - found.len() as i64;
            found.extend(self.of_round(db, round, behind, left).await?);
            if found.len() as i64 >= self.limit {
                break;
            }
            most = round.previous();
        }
        Ok(found)
    }

    /// The latest round up to this one of which something waits.
    async fn pending_round(&self, db: &mut Db<'_>, most: Round) -> Result<Option<Round>> {
        let latest = fetch_one!(
            db,
            (i64,),
            (concat!(
                "SELECT round FROM assignments WHERE job = $1 AND status ", status!(PENDING), " AND round <= $2
                 ORDER BY round DESC LIMIT 1"
            )),
            self.job.0,
            most.0;
            |t| {
                let pending = t.of_job(self.job).filter(|a| a.status == Status::Pending && a.key.round <= most);
                pending.map(|a| a.key.round.0).max().map(|round| (round,))
            }
        )?;
        Ok(latest.map(|(round,)| Round(round)))
    }

    async fn of_round(
        &self,
        db: &mut Db<'_>,
        round: Round,
        behind: (i64, i64),
        limit: i64,
    ) -> Result<Vec<Assignment>> {
        fetch_as!(
            db,
            AssignmentRow => Assignment,
            PENDING,
            self.job.0,
            behind.0,
            behind.1,
            limit,
            i64::from(self.filter.holder.is_some()),
            self.filter.holder.map(|user| user.0),
            i64::from(self.filter.author.is_some()),
            self.filter.author.map(|user| user.0),
            self.filter.round.map_or(0, |round| round.0),
            round.0;
            |t| {
                let wanted = |a: &&Assignment| {
                    a.key.round == round && (a.key.number, a.key.slot.0) > behind && self.filter.admits(a)
                };
                t.of_job(self.job).filter(wanted).take(limit as usize).cloned().collect()
            }
        )
    }

    async fn by_time(&self, db: &mut Db<'_>, page: &'static str, after: Turn) -> Result<Vec<Assignment>> {
        fetch_as!(
            db,
            AssignmentRow => Assignment,
            page,
            self.job.0,
            after.at,
            after.id,
            self.limit,
            i64::from(self.filter.holder.is_some()),
            self.filter.holder.map(|user| user.0),
            i64::from(self.filter.author.is_some()),
            self.filter.author.map(|user| user.0),
            self.filter.round.map_or(0, |round| round.0),
            self.filter.status.map_or(-1, Status::code);
            |t| {
                let waits = |a: &&Assignment| a.status != Status::Completed || a.is_for_review();
                let wanted = t.of_job(self.job).filter(waits).filter(|a| self.filter.admits(a));
                let mut found: Vec<_> = wanted.filter(|a| Turn::of(a).is_some_and(|turn| turn > after)).cloned().collect();
                found.sort_by_key(Turn::of);
                found.truncate(self.limit as usize);
                found
            }
        )
    }
}
