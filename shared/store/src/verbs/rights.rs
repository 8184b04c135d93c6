//! What a user may do in a team, read in the transaction that depends on it.

use swath_domain::Role;
use swath_domain::ids::TeamId;

use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::tables::{members, users};
use crate::verbs::audit_log::Actor;

/// Refuses an actor with a token who does not manage the team any more: what a process has cached of that may be a second
/// old.
pub(crate) async fn require_manager(db: &mut Db<'_>, team: TeamId, actor: &Actor) -> Result<()> {
    let (Some(user), Some(_)) = (actor.user, actor.token) else { return Ok(()) };
    let is_admin = users::is_active_admin(db, user).await?;
    if is_admin || members::roles(db, team, user).await?.has(Role::Manager) {
        return Ok(());
    }
    Err(StoreError::NotFound)
}
