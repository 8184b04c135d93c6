//! What ties work to a person: leases, reviews and reservations. A person who loses a role, a membership or the account
//! loses them in the same transaction; what they have saved stays, under their name.

use swath_domain::assignment::Cause;
use swath_domain::ids::{LeaseId, TeamId, UserId};
use swath_domain::log::Entry;
use swath_domain::planted::{Bug, is};
use swath_domain::{Assignment, Role, Roles, Stage, Stale, Time};
use uuid::Uuid;

use crate::engine::core::Core;
use crate::engine::db::{Db, execute, fetch_all, fetch_as, fetch_one};
use crate::error::Result;
use crate::model::rows::{AssignmentRow, assignment_columns};
use crate::store::Store;
use crate::tables::changes::Changes;

/// An assignment that was freed, as it stands afterwards, and the lease that ended.
pub type Freed = (Assignment, Option<LeaseId>);

/// How long after the loss of a role grants that were under way are looked for, in microseconds. A process believes for
/// a second what it has read about people, and no transaction runs for longer than the rest.
const DEPARTURE: i64 = 15_000_000;

/// Why Swath itself frees something.
const MAY_NOT_WORK: &str = "the person may no longer do this work";

/// What a person has, locked.
pub(crate) struct Holdings {
    user: UserId,
    changes: Changes,
}

impl Holdings {
    /// Locks what the person has in any team. It comes first in a transaction, as assignments are locked before
    /// anything else.
    pub(crate) async fn lock(db: &mut Db<'_>, user: UserId) -> Result<Self> {
        macro_rules! of_user {
            ($lock:literal) => {
                concat!(
                    "SELECT ",
                    assignment_columns!(),
                    " FROM assignments
                     WHERE holder = $1 OR (reserved_for = $1 AND reserved_for IS NOT NULL AND status = 0)
                     ORDER BY id",
                    $lock
                )
            };
        }
        let rows = fetch_as!(
            db,
            AssignmentRow => Assignment,
            [of_user!(" FOR NO KEY UPDATE"), of_user!("")],
            user.0;
            |t| {
                let own = t.assignments.values().filter(|a| a.holder == Some(user) || a.reserved_for == Some(user));
                own.cloned().collect()
            }
        )?;
        let mut changes = Changes::default();
        changes.add(rows);
        Ok(Self { user, changes })
    }

    /// Frees what these roles do not allow in the team.
    pub(crate) fn free(&mut self, team: TeamId, roles: Roles, cause: &Cause) -> Vec<Freed> {
        let allowed =
            |stage| roles.has(if stage == Stage::Annotate { Role::Annotator } else { Role::Reviewer });
        let mut freed = Vec::new();
        for id in self.changes.ids() {
            let Some(assignment) = self.changes.get(id).filter(|assignment| assignment.team == team) else {
                continue;
            };
            let before = assignment.lease;
            let Some(entry) = assignment.free(self.user, allowed, cause) else { continue };
            let after = assignment.clone();
            let ended = before.filter(|_| after.lease.is_none());
            self.changes.log(entry);
            self.changes.end(ended, Stale::Reassigned, cause.at);
            freed.push((after, ended));
        }
        freed
    }

    pub(crate) async fn write(self, db: &mut Db<'_>, stripe: i64) -> Result<()> {
        self.changes.write(db, stripe).await
    }
}

/// Notes that a person has lost a role in a team, for the sweep to look for grants that were under way.
pub(crate) async fn note_departure(db: &mut Db<'_>, team: TeamId, user: UserId, now: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO departures (team, person, at) VALUES ($1, $2, $3)
         ON CONFLICT (team, person) DO UPDATE SET at = excluded.at",
        team.0,
        user.0,
        now.0;
        |t| Ok(t.departures.put((team.0, user.0), now.0))
    )?;
    Ok(())
}

/// What the account of a person allows in a team now.
async fn roles_now(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<Roles> {
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT m.roles FROM members m JOIN users u ON u.id = m.person
         WHERE m.team = $1 AND m.person = $2 AND u.deactivated IS NULL",
        team.0,
        user.0;
        |t| {
            let active = t.users.get(&user.0).is_some_and(|user| user.deactivated.is_none());
            t.members.get(&(team.0, user.0)).filter(|_| active).map(|member| (member.roles,))
        }
    )?;
    Ok(row.map_or(Roles::NONE, |(bits,)| Roles::from_bits(bits)))
}

/// Ends the reservation of new rework whose author may no longer annotate in the team.
pub(crate) async fn free_reservation(
    db: &mut Db<'_>,
    rework: &mut Assignment,
    now: Time,
) -> Result<Option<Entry>> {
    let Some(author) = rework.reserved_for else { return Ok(None) };
    let roles = roles_now(db, rework.team, author).await?;
    let cause = Cause::own(now).because(Some(MAY_NOT_WORK.into()));
    Ok(rework.free(author, |_| roles.has(Role::Annotator), &cause))
}

async fn free_departed(
    core: &Core,
    db: &mut Db<'_>,
    (team, user, at): (TeamId, UserId, Time),
    now: Time,
) -> Result<Vec<Freed>> {
    let mut holdings = Holdings::lock(db, user).await?;
    let roles =
        if is(Bug::LateGrantKept) { Roles::of(&Role::ALL) } else { roles_now(db, team, user).await? };
    let cause = Cause::own(now).because(Some(MAY_NOT_WORK.into()));
    let freed = holdings.free(team, roles, &cause);
    holdings.write(db, core.stripe).await?;
    if now - at >= DEPARTURE {
        execute!(
            db,
            "DELETE FROM departures WHERE team = $1 AND person = $2 AND at = $3",
            team.0,
            user.0,
            at.0;
            |t| Ok(match t.departures.get(&(team.0, user.0)) {
                Some(noted) if *noted == at.0 => t.departures.remove(&(team.0, user.0)),
                _ => 0,
            })
        )?;
    }
    Ok(freed)
}

impl Store {
    /// Frees what was granted to people while they lost the role for it a moment ago, at most `limit` people at once.
    pub async fn departures_sweep(&self, now: Time, limit: i64) -> Result<Vec<Freed>> {
        let departures = {
            let mut reader = self.reader().await?;
            fetch_all!(
                &mut reader.db(),
                (Uuid, Uuid, i64),
                "SELECT team, person, at FROM departures ORDER BY at LIMIT $1",
                limit;
                |t| {
                    let all = t.departures.iter();
                    let mut all: Vec<_> = all.map(|((team, person), at)| (*team, *person, *at)).collect();
                    all.sort_by_key(|(.., at)| *at);
                    all.truncate(limit as usize);
                    all
                }
            )?
        };
        let mut freed = Vec::new();
        for (team, person, at) in departures {
            let departure = (TeamId(team), UserId(person), Time(at));
            let more = self.write((), move |core, tx, ()| {
                Box::pin(async move { free_departed(core, &mut tx.db(), departure, now).await })
            });
            freed.extend(more.await?);
        }
        Ok(freed)
    }
}
