//! Memberships: what a person may do in a team, and what ends with it.

use std::collections::BTreeSet;

use serde_json::json;
use swath_domain::cause::Cause;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles};

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx};
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::store::Store;
use crate::tables::departures::{self, Departure};
use crate::tables::members::roles;
use crate::tables::{self, tokens, users};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::invitations;
use crate::verbs::leavers::{Freed, Holdings};
use crate::verbs::rights::require_manager;
use crate::verbs::tokens::{LEADS, end};

/// Sets what a person may do in a team. What the roles no longer allow ends in the same transaction: leases, reviews and
/// reservations, invitations, and tokens. A token ends with its user's membership; one that a manager made for a manager
/// or a reviewer ends with its maker's right to make it.
async fn put(
    core: &Core,
    db: &mut Db<'_>,
    (team, user): (TeamId, UserId),
    after: Roles,
    actor: &Actor,
) -> Result<Vec<Freed>> {
    let holdings = Holdings::lock(db, user).await?;
    users::lock_all(db, &[user].into_iter().chain(actor.user).collect::<Vec<_>>()).await?;
    require_manager(db, team, actor).await?;
    set(core, db, holdings, (team, user), after, actor).await
}

/// Adds roles to those that the person has in the team, by an invitation.
pub(crate) async fn join(
    core: &Core,
    db: &mut Db<'_>,
    (team, user): (TeamId, UserId),
    more: Roles,
    actor: &Actor,
) -> Result<()> {
    let holdings = Holdings::lock(db, user).await?;
    users::lock_all(db, &[user]).await?;
    let before = roles(db, team, user).await?;
    let after = Roles::from_bits(before.bits() | more.bits());
    set(core, db, holdings, (team, user), after, actor).await.map(drop)
}

async fn set(
    core: &Core,
    db: &mut Db<'_>,
    mut holdings: Holdings,
    (team, user): (TeamId, UserId),
    after: Roles,
    actor: &Actor,
) -> Result<Vec<Freed>> {
    let before = roles(db, team, user).await?;
    if before == after {
        return Ok(Vec::new());
    }
    let is_removed = after == Roles::NONE;
    let why = if is_removed { "the person left the team" } else { "the person's role has changed" };
    let cause = Cause { at: actor.at, actor: actor.user, token_maker: None, reason: Some(why.to_owned()) };
    let freed = holdings.free(team, after, &cause);
    let mut audit = Audit::of(actor);
    let names = json!({"before": before.to_vec(), "after": after.to_vec(), "freed": freed.len()});
    let action = if is_removed { "member-remove" } else { "member-put" };
    audit.note(action, Some(team), Some(user), Some(names));
    let mut ending: BTreeSet<TokenId> = BTreeSet::new();
    if before.has(Role::Manager) && !after.has(Role::Manager) {
        ending.extend(tokens::made_for(db, team, user, LEADS).await?);
        invitations::revoke_of(db, team, user, actor.at, &mut audit).await?;
    }
    match is_removed {
        true => tables::members::delete(db, team, user).await?,
        false => tables::members::put(db, team, user, after, actor.at).await?,
    }
    if is_removed {
        ending.extend(tokens::of_member(db, team, user).await?);
    } else if after.any(LEADS) && !before.any(LEADS) {
        ending.extend(tokens::made_by_former_managers(db, team, user).await?);
    }
    end(db, ending, actor.at, &mut audit).await?;
    if before.to_vec().into_iter().any(|role| role != Role::Manager && !after.has(role)) {
        departures::put(db, Departure { team, user, at: actor.at }).await?;
    }
    audit.write(db).await?;
    holdings.write(db, core.stripe).await?;
    Ok(freed)
}

async fn put_in(
    core: &Core,
    tx: &mut Tx,
    place: (TeamId, UserId),
    roles: Roles,
    actor: &Actor,
) -> Result<Vec<Freed>> {
    put(core, &mut tx.db(), place, roles, actor).await
}

impl Store {
    /// Sets what a person may do in a team; no role at all ends the membership. What the person no longer may hold is
    /// free in the same transaction, and answered.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such team or person.
    pub async fn member_put(
        &self,
        team: TeamId,
        user: UserId,
        roles: Roles,
        actor: Actor,
    ) -> Result<Vec<Freed>> {
        self.write(actor, move |core, tx, actor| Box::pin(put_in(core, tx, (team, user), roles, actor))).await
    }
}
