//! Why a person hears that there is no work.

use swath_domain::ids::{JobId, UserId};
use swath_domain::{Assignment, Stage, Status, Time};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_one};
use crate::error::Result;
use crate::store::Store;

/// What a person may be waiting for in one job, by a plain read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wait {
    /// Something that the person could be given right now.
    pub eligible: bool,
    /// A part of the job is not cut into ranges yet.
    pub uncut: bool,
    /// Under someone else's lease, and when the first of those runs out.
    pub held_until: Option<Time>,
    /// Reserved for someone else, and until when.
    pub reserved_until: Option<Time>,
    /// Waits for a manager.
    pub waits_for_manager: bool,
    /// There is work, but all of it is the person's own.
    pub own: bool,
}

impl Store {
    /// Why a person hears "no work" from a job; one that grants nothing, being paused or ended, holds no work.
    /// `token_maker` is who made the token that is used, where that is somebody else.
    pub async fn lease_wait(
        &self,
        stage: Stage,
        job: JobId,
        (user, token_maker): (UserId, Option<UserId>),
        now: Time,
    ) -> Result<Wait> {
        let mut reader = self.reader().await?;
        let db = &mut reader.db();
        // The job first: a range that is cut after this is one that its row still calls uncut.
        let Some(uncut) = is_uncut(db, job).await? else { return Ok(Wait::default()) };
        let wait = match stage {
            Stage::Annotate => wait_to_annotate(db, job, user, now).await?,
            Stage::Review => wait_to_review(db, job, [user, token_maker.unwrap_or(user)]).await?,
        };
        Ok(Wait { uncut, ..wait })
    }
}

/// Whether a job that grants has a part that is not cut yet.
async fn is_uncut(db: &mut Db<'_>, job: JobId) -> Result<Option<bool>> {
    let row = fetch_one!(
        db,
        (i64, i64),
        "SELECT cut_to, selected FROM jobs WHERE id = $1 AND status = 0",
        job.0;
        |t| t.jobs.get(&job.0).filter(|job| job.is_open()).map(|job| (job.cut_to, job.selected))
    )?;
    Ok(row.map(|(cut_to, selected)| cut_to < selected))
}

async fn wait_to_annotate(db: &mut Db<'_>, job: JobId, user: UserId, now: Time) -> Result<Wait> {
    let eligible = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM assignments a WHERE job = $1 AND status = 0 AND NOT held
           AND (reserved_for IS NULL OR reserved_until <= $2 OR reserved_for = $3)
           AND NOT EXISTS (SELECT 1 FROM opinions o WHERE o.job = a.job AND o.number = a.number AND o.author = $3
                           AND o.slot <> a.slot)
           AND NOT EXISTS (SELECT 1 FROM assignments h WHERE h.holder = $3 AND h.job = a.job AND h.number = a.number
                           AND h.slot <> a.slot AND h.status < 2)
         LIMIT 1",
        job.0,
        now.0,
        user.0;
        |t| {
            let may = |a: &&Assignment| a.is_eligible(Stage::Annotate, user, now) && !t.has_other_opinion(a, user);
            t.of_job(job).find(may).map(|a| (a.id.0,))
        }
    )?;
    let others = fetch_one!(
        db,
        (i64,),
        "SELECT expires FROM assignments WHERE status = 1 AND job = $1 ORDER BY expires LIMIT 1",
        job.0;
        |t| t.of_job(job).filter(|a| a.status == Status::InProgress).map(|a| (a.expires.0,)).min()
    )?;
    let reserved = fetch_one!(
        db,
        (Option<i64>,),
        "SELECT MIN(reserved_until) FROM assignments
         WHERE job = $1 AND status = 0 AND NOT held AND reserved_for IS NOT NULL AND reserved_until > $2",
        job.0,
        now.0;
        |t| {
            let waiting = |a: &&Assignment| {
                a.status == Status::Pending && !a.held && a.reserved_for.is_some() && a.reserved_until > now
            };
            Some((t.of_job(job).filter(waiting).map(|a| a.reserved_until.0).min(),))
        }
    )?;
    let held = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM assignments WHERE job = $1 AND status = 0 AND held LIMIT 1",
        job.0;
        |t| t.of_job(job).find(|a| a.status == Status::Pending && a.held).map(|a| (a.id.0,))
    )?;
    let pending = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM assignments WHERE job = $1 AND status = 0 AND NOT held AND reserved_for IS NULL LIMIT 1",
        job.0;
        |t| {
            let free = |a: &&Assignment| a.status == Status::Pending && !a.held && a.reserved_for.is_none();
            t.of_job(job).find(free).map(|a| (a.id.0,))
        }
    )?;
    Ok(Wait {
        eligible: eligible.is_some(),
        held_until: others.map(|(at,)| Time(at)),
        reserved_until: reserved.and_then(|(at,)| at).map(Time),
        waits_for_manager: held.is_some(),
        own: eligible.is_none() && pending.is_some(),
        ..Wait::default()
    })
}

/// `own` are the people whose work the person may not review.
async fn wait_to_review(db: &mut Db<'_>, job: JobId, own: [UserId; 2]) -> Result<Wait> {
    let is_own = |a: &&Assignment| a.author.is_some_and(|author| own.contains(&author));
    let eligible = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM assignments WHERE job = $1 AND status = 2 AND review AND author NOT IN ($2, $3) LIMIT 1",
        job.0,
        own[0].0,
        own[1].0;
        |t| t.to_review(job).into_iter().find(|a| !is_own(a)).map(|a| (a.id.0,))
    )?;
    let waiting = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM assignments WHERE job = $1 AND status = 2 AND review AND author IN ($2, $3) LIMIT 1",
        job.0,
        own[0].0,
        own[1].0;
        |t| t.to_review(job).into_iter().find(is_own).map(|a| (a.id.0,))
    )?;
    let others = fetch_one!(
        db,
        (i64,),
        "SELECT expires FROM assignments WHERE status = 3 AND job = $1 ORDER BY expires LIMIT 1",
        job.0;
        |t| t.of_job(job).filter(|a| a.status == Status::InReview).map(|a| (a.expires.0,)).min()
    )?;
    Ok(Wait {
        eligible: eligible.is_some(),
        held_until: others.map(|(at,)| Time(at)),
        own: eligible.is_none() && waiting.is_some(),
        ..Wait::default()
    })
}
