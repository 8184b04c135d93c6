//! Memberships: what a user may do in a team, and what ends with it.

use std::collections::BTreeSet;

use serde_json::json;
use swath_domain::cause::Cause;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles};

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx};
use crate::error::Result;
use crate::tables::departures::{self, Departure};
use crate::tables::{members, tokens, users};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::invitations;
use crate::verbs::leavers::{Freed, Holdings};
use crate::verbs::rights::require_manager;
use crate::verbs::tokens::{LEADS, end};

/// The command to change what a user may do in a team.
#[derive(Clone)]
pub(crate) struct RolesChange {
    pub(crate) team: TeamId,
    pub(crate) user: UserId,
    pub(crate) roles: Roles,
    pub(crate) actor: Actor,
}

/// Sets what a user may do in a team. What the roles no longer allow ends in the same transaction: leases, reviews and
/// reservations, invitations, and tokens. A token ends with its user's membership; one that a manager made for a manager
/// or a reviewer ends with its maker's right to make it.
pub(crate) async fn put(core: &Core, tx: &mut Tx, change: &RolesChange) -> Result<Vec<Freed>> {
    let db = &mut tx.db();
    let RolesChange { team, user, roles, actor } = change;
    let holdings = Holdings::lock(db, *user).await?;
    users::lock_all(db, &[*user].into_iter().chain(actor.user).collect::<Vec<_>>()).await?;
    require_manager(db, *team, actor).await?;
    set(core, db, holdings, change, *roles).await
}

/// Adds roles to those that the user has in the team.
pub(crate) async fn add_roles(core: &Core, db: &mut Db<'_>, change: &RolesChange) -> Result<()> {
    let RolesChange { team, user, roles, .. } = change;
    let holdings = Holdings::lock(db, *user).await?;
    users::lock_all(db, &[*user]).await?;
    let before = members::roles(db, *team, *user).await?;
    let after = Roles::from_bits(before.bits() | roles.bits());
    set(core, db, holdings, change, after).await.map(drop)
}

/// Sets the user's roles to `after`, whose account and holdings are locked.
async fn set(
    core: &Core,
    db: &mut Db<'_>,
    mut holdings: Holdings,
    change: &RolesChange,
    after: Roles,
) -> Result<Vec<Freed>> {
    let RolesChange { team, user, ref actor, .. } = *change;
    let before = members::roles(db, team, user).await?;
    if before == after {
        return Ok(Vec::new());
    }
    let is_removed = after == Roles::NONE;
    let why = if is_removed { "the user left the team" } else { "the user's role has changed" };
    let cause = Cause { at: actor.at, actor: actor.user, token_maker: None, reason: Some(why.to_owned()) };
    let freed = holdings.free(team, after, &cause);
    let mut audit = Audit::of(actor);
    let detail = json!({"before": before.to_vec(), "after": after.to_vec(), "freed": freed.len()});
    let action = if is_removed { "member-remove" } else { "member-put" };
    audit.note(action, Some(team), Some(user), Some(detail));
    let mut ending: BTreeSet<TokenId> = BTreeSet::new();
    if before.has(Role::Manager) && !after.has(Role::Manager) {
        ending.extend(tokens::made_for(db, team, user, LEADS).await?);
        invitations::revoke_of(db, team, user, actor.at, &mut audit).await?;
    }
    match is_removed {
        true => members::delete(db, team, user).await?,
        false => members::put(db, team, user, after, actor.at).await?,
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
