//! What a person may do in a team, asked for in the transaction that depends on it.

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Roles};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::verbs::audit_log::Actor;

/// The roles of a person in a team.
pub(crate) async fn roles(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<Roles> {
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT roles FROM members WHERE team = $1 AND person = $2",
        team.0,
        user.0;
        |t| t.members.get(&(team.0, user.0)).map(|member| (member.roles,))
    )?;
    Ok(row.map_or(Roles::NONE, |(bits,)| Roles::from_bits(bits)))
}

/// Locks these people's accounts in the order of their ids: changes of what a person may do take turns.
pub(crate) async fn lock_people(db: &mut Db<'_>, people: &[UserId]) -> Result<()> {
    let mut people: Vec<Uuid> = people.iter().map(|user| user.0).collect();
    people.sort_unstable();
    people.dedup();
    fetch_each!(
        db,
        (Uuid,),
        [
            "SELECT u.id FROM {rows} CROSS JOIN users u WHERE u.id = c.id ORDER BY u.id FOR NO KEY UPDATE OF u",
            "SELECT u.id FROM {rows} CROSS JOIN users u WHERE u.id = c.id"
        ],
        &people,
        |user| { id: uuid = *user };
        |t| t.users.get(user).map(|_| (*user,))
    )?;
    Ok(())
}

/// Whether who acts through a token still manages the team: what a process believes of that may be a second old.
pub(crate) async fn require_manager(db: &mut Db<'_>, team: TeamId, actor: &Actor) -> Result<()> {
    let (Some(user), Some(_)) = (actor.user, actor.token) else { return Ok(()) };
    let admin = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM users WHERE id = $1 AND admin AND deactivated IS NULL",
        user.0;
        |t| t.users.get(&user.0).filter(|user| user.admin).map(|_| (user.0,))
    )?;
    if admin.is_some() || roles(db, team, user).await?.has(Role::Manager) {
        return Ok(());
    }
    Err(StoreError::NotFound)
}
