//! Ends what ties work to a user: leases, reviews and reservations. A user who loses a role, a membership or the account
//! loses them in the same transaction. What they have saved stays, under their name.

use swath_domain::cause::Cause;
use swath_domain::ids::{LeaseId, TeamId, UserId};
use swath_domain::log::Entry;
use swath_domain::time::{Micros, seconds};
use swath_domain::{Assignment, LeaseEnd, Role, Roles, Stage, Time};

use crate::engine::core::Core;
use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::assignments;
use crate::tables::departures::{self, Departure};
use crate::verbs::changes::Changes;

/// An assignment that was freed, as it stands afterwards, and the lease that ended.
pub type Freed = (Assignment, Option<LeaseId>);

/// How long after the loss of a role the sweep looks for grants that were under way. A process trusts for a second what it
/// has read about users, and no transaction runs for longer than the rest.
const WATCHED: Micros = seconds(15);

/// Why Swath itself frees something.
const MAY_NOT_WORK: &str = "the user may no longer do this work";

/// What a user holds and what is reserved for them, locked.
pub(crate) struct Holdings {
    user: UserId,
    changes: Changes,
}

impl Holdings {
    /// Locks what the user has in any team. It comes first in a transaction, because assignments are locked before
    /// anything else.
    pub(crate) async fn lock(db: &mut Db<'_>, user: UserId) -> Result<Self> {
        let changes = Changes::of(assignments::lock_of_user(db, user).await?);
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
            let before = assignment.lease_id();
            let Some(entry) = assignment.free(self.user, allowed, cause) else { continue };
            let after = assignment.clone();
            let ended = before.filter(|_| after.lease.is_none());
            self.changes.log(entry);
            self.changes.end(ended, LeaseEnd::Reassigned, cause.at);
            freed.push((after, ended));
        }
        freed
    }

    pub(crate) async fn write(self, db: &mut Db<'_>, stripe: i64) -> Result<()> {
        self.changes.write(db, stripe).await
    }
}

/// Ends the reservation of new rework whose author may no longer annotate in the team.
pub(crate) async fn free_reservation(
    db: &mut Db<'_>,
    rework: &mut Assignment,
    now: Time,
) -> Result<Option<Entry>> {
    let Some(author) = rework.reserved_for() else { return Ok(None) };
    let roles = departures::roles_now(db, rework.team, author).await?;
    let cause = Cause::own(now).because(Some(MAY_NOT_WORK.into()));
    Ok(rework.free(author, |_| roles.has(Role::Annotator), &cause))
}

/// Frees what was granted to a user while they lost the role for it.
pub(crate) async fn free_departed(
    core: &Core,
    db: &mut Db<'_>,
    departure: Departure,
    now: Time,
) -> Result<Vec<Freed>> {
    let Departure { team, user, at } = departure;
    let mut holdings = Holdings::lock(db, user).await?;
    let roles = departures::roles_now(db, team, user).await?;
    let cause = Cause::own(now).because(Some(MAY_NOT_WORK.into()));
    let freed = holdings.free(team, roles, &cause);
    holdings.write(db, core.stripe).await?;
    if now - at >= WATCHED {
        departures::remove(db, departure).await?;
    }
    Ok(freed)
}
