//! A user's own work: what they hold, what is reserved for them, what they have handed in.

use swath_domain::ids::{TeamId, UserId};
use swath_domain::job::JobStatus;
use swath_domain::time::{Micros, seconds};
use swath_domain::{LeaseEnd, Stage, Status, Time};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_each, row};
use crate::error::Result;
use crate::model::memory::Tables;
use crate::model::status_sets::{job_status, lease_end, status};

/// The most rows of each list.
pub const OWN_WORK_MOST: usize = 200;

row! {
    /// A piece of one's own work.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OwnWorkRow {
        /// To annotate or to review, as the store's number.
        stage: i64,
        /// The lease; none where nobody holds it.
        lease: Option<Uuid>,
        /// The id of the assignment.
        assignment: Uuid,
        /// The job that it belongs to.
        job: Uuid,
        /// The title of that job.
        title: String,
        /// The team of that job.
        team: Uuid,
        /// The number of its range in the job.
        number: i64,
        /// The round of the assignment, from 1.
        round: i64,
        /// How many items it has.
        items: i64,
        /// Items that are saved, or judged.
        saved: i64,
        /// Where it stands, as the store's number.
        status: i64,
        /// When the lease expires, until when the work is reserved, or when it was handed in.
        at: i64,
    }
}

row! {
    /// How much of one stage was handed in.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct HandedIn {
        /// To annotate or to review, as the store's number.
        stage: i64,
        /// How many submissions, or decisions.
        count: i64,
        /// How many items they have together.
        items: i64,
    }
}

/// See the module. Each list is newest first. They are read one after the other, so work that moves meanwhile may stand in two
/// of them, or in none.
#[derive(Debug, Clone, Default)]
pub struct OwnWork {
    /// Under a lease or a review that has not run out.
    pub held: Vec<OwnWorkRow>,
    /// Reserved for the user, in jobs that hand out work.
    pub returned: Vec<OwnWorkRow>,
    /// Handed in since the moment that was asked for.
    pub handed_in: Vec<OwnWorkRow>,
    /// How much that is.
    pub totals: Vec<HandedIn>,
}

/// Whose work, in which teams, as of when and since when.
#[derive(Debug, Clone)]
pub struct OwnWorkOf {
    /// The user whose work is read.
    pub user: UserId,
    /// The teams whose work is read.
    pub teams: Vec<TeamId>,
    /// The time against which leases and reservations are compared.
    pub now: Time,
    /// Since when what was handed in counts.
    pub since: Time,
}

/// A user's own work.
pub(crate) async fn read(db: &mut Db<'_>, of: &OwnWorkOf) -> Result<OwnWork> {
    let mut work = OwnWork {
        held: held(db, of).await?,
        returned: returned(db, of).await?,
        handed_in: handed_in(db, of).await?,
        totals: totals(db, of).await?,
    };
    // The model answers for one team after the other.
    for list in [&mut work.held, &mut work.returned, &mut work.handed_in] {
        list.sort_by_key(|row| std::cmp::Reverse((row.at, row.assignment)));
        list.truncate(OWN_WORK_MOST);
    }
    Ok(work)
}

async fn held(db: &mut Db<'_>, of: &OwnWorkOf) -> Result<Vec<OwnWorkRow>> {
    fetch_each!(
        db,
        OwnWorkRow,
        (concat!("SELECT CAST(CASE WHEN a.status ", status!(IN_REVIEW), " THEN 1 ELSE 0 END AS BIGINT),
                a.lease, a.id, a.job, j.title, a.team, a.number, a.round, a.items,
                CASE WHEN a.status ", status!(IN_REVIEW), " THEN (SELECT COUNT(*) FROM verdicts v
                                           WHERE v.submission = a.submission AND v.reviewer = a.holder)
                              ELSE a.confirmed END,
                a.status, a.expires
         FROM {rows} CROSS JOIN assignments a CROSS JOIN jobs j
         WHERE a.holder = c.person AND a.team = c.team AND a.status ", status!(LEASED), " AND a.expires > c.now AND j.id = a.job
         ORDER BY a.expires DESC, a.id DESC LIMIT 200")),
        &of.teams,
        |team| {
            person: uuid = of.user.0,
            team: uuid = team.0,
            now: bigint = of.now.0,
        };
        |t| {
            let is_held = |status| [Status::InProgress, Status::InReview].contains(&status);
            let held = t.assignments.values().filter(|a| {
                let runs = a.expires().is_some_and(|expires| expires > of.now);
                a.holder() == Some(of.user) && a.team == *team && is_held(a.status) && runs
            });
            let rows = held.filter_map(|a| {
                let is_review = a.status == Status::InReview;
                let submission = a.submission_id().map(|submission| submission.0);
                let judged = t.verdicts.iter().filter(|((on, by, _), _)| Some(*on) == submission && *by == of.user.0);
                let saved = if is_review { judged.count() as i64 } else { a.saved };
                let lease = a.lease.map(|lease| lease.id.0);
                let at = a.expires()?.0;
                Some(OwnWorkRow { lease, saved, at, ..modelled(t, a.id.0, stage(is_review))? })
            });
            rows.collect::<Vec<_>>()
        }
    )
}

async fn returned(db: &mut Db<'_>, of: &OwnWorkOf) -> Result<Vec<OwnWorkRow>> {
    fetch_each!(
        db,
        OwnWorkRow,
        (concat!("SELECT CAST(0 AS BIGINT), NULL, a.id, a.job, j.title, a.team, a.number, a.round, a.items, CAST(0 AS BIGINT),
                a.status, a.reserved_until
         FROM {rows} CROSS JOIN assignments a CROSS JOIN jobs j
         WHERE a.reserved_for = c.person AND a.team = c.team AND a.status ", status!(PENDING), " AND NOT a.held
           AND a.reserved_until > c.now AND j.id = a.job AND j.status ", job_status!(ACTIVE), "
         ORDER BY a.reserved_until DESC, a.id DESC LIMIT 200")),
        &of.teams,
        |team| {
            person: uuid = of.user.0,
            team: uuid = team.0,
            now: bigint = of.now.0,
        };
        |t| {
            let is_open = |job: Uuid| t.jobs.get(&job).is_some_and(|job| job.status == JobStatus::Active);
            let waiting = t.assignments.values().filter(|a| {
                a.reserved_for() == Some(of.user)
                    && a.team == *team
                    && a.status == Status::Pending
                    && !a.needs_manager
                    && a.is_reserved_after(of.now)
                    && is_open(a.key.job.0)
            });
            let row = |a: &swath_domain::Assignment| {
                Some(OwnWorkRow { at: a.reservation?.until.0, ..modelled(t, a.id.0, Stage::Annotate)? })
            };
            waiting.filter_map(row).collect::<Vec<_>>()
        }
    )
}

/// How long before it was handed in a lease may have been granted to be counted. Most leases end within their twelve hours;
/// one that has expired can be handed in as long as nobody else has taken the work.
const GRANTED_BEFORE: Micros = seconds(31 * 24 * 3_600);

/// The statement over what a user has handed in: its columns, and what follows.
macro_rules! of_handed_in {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM {rows} CROSS JOIN grants g CROSS JOIN assignments a CROSS JOIN jobs j
             WHERE g.holder = c.person AND g.granted >= c.first AND g.ended ",
            lease_end!(SUBMITTED),
            " AND g.ended_at >= c.since
               AND a.id = g.assignment AND a.team = c.team AND j.id = a.job ",
            $rest
        )
    };
}

async fn handed_in(db: &mut Db<'_>, of: &OwnWorkOf) -> Result<Vec<OwnWorkRow>> {
    fetch_each!(
        db,
        OwnWorkRow,
        (of_handed_in!(
            "g.stage, NULL, a.id, a.job, j.title, a.team, a.number, a.round, a.items, a.items, a.status, g.ended_at",
            "ORDER BY g.ended_at DESC, a.id DESC LIMIT 200"
        )),
        &of.teams,
        |team| {
            person: uuid = of.user.0,
            team: uuid = team.0,
            first: bigint = (of.since - GRANTED_BEFORE).0,
            since: bigint = of.since.0,
        };
        |t| modelled_hand_ins(t, of, *team)
    )
}

async fn totals(db: &mut Db<'_>, of: &OwnWorkOf) -> Result<Vec<HandedIn>> {
    let rows = fetch_each!(
        db,
        HandedIn,
        (of_handed_in!(
            "g.stage, COUNT(*), CAST(SUM(a.items) AS BIGINT)",
            "GROUP BY g.stage ORDER BY g.stage"
        )),
        &of.teams,
        |team| {
            person: uuid = of.user.0,
            team: uuid = team.0,
            first: bigint = (of.since - GRANTED_BEFORE).0,
            since: bigint = of.since.0,
        };
        |t| {
            let rows = modelled_hand_ins(t, of, *team);
            rows.iter().map(|row| HandedIn { stage: row.stage, count: 1, items: row.items }).collect::<Vec<_>>()
        }
    )?;
    let mut totals: Vec<HandedIn> = Vec::new();
    for row in rows {
        match totals.iter_mut().find(|total| total.stage == row.stage) {
            Some(total) => {
                total.count += row.count;
                total.items += row.items;
            }
            None => totals.push(row),
        }
    }
    totals.sort_by_key(|total| total.stage);
    Ok(totals)
}

fn stage(is_review: bool) -> Stage {
    if is_review { Stage::Review } else { Stage::Annotate }
}

/// The model keeps no moments with its grants; its log has them.
fn modelled_hand_ins(t: &Tables, of: &OwnWorkOf, team: TeamId) -> Vec<OwnWorkRow> {
    let own = t.log.iter().filter(|(_, entry)| entry.actor == Some(of.user) && entry.at >= of.since);
    let rows = own.filter_map(|((subject, _), entry)| {
        let stage = match entry.action.as_str() {
            "submit" => Stage::Annotate,
            "decide" => Stage::Review,
            _ => return None,
        };
        let row = modelled(t, *subject, stage)?;
        Some(OwnWorkRow { saved: row.items, at: entry.at.0, ..row })
    });
    rows.filter(|row| row.team == team.0).collect()
}

fn modelled(t: &Tables, assignment: Uuid, stage: Stage) -> Option<OwnWorkRow> {
    let a = t.assignments.get(&assignment)?;
    let job = t.jobs.get(&a.key.job.0)?;
    Some(OwnWorkRow {
        stage: stage.code(),
        lease: None,
        assignment,
        job: a.key.job.0,
        title: job.title.clone(),
        team: a.team.0,
        number: a.key.number,
        round: a.key.round.0,
        items: a.items,
        saved: 0,
        status: a.status.code(),
        at: 0,
    })
}

// The statements name these by their numbers.
const _: () = assert!(
    LeaseEnd::Submitted.code() == 5 && Status::InProgress.code() == 1 && Status::InReview.code() == 3
);
const _: () = assert!(Stage::Annotate.code() == 0 && Stage::Review.code() == 1 && OWN_WORK_MOST == 200);
