//! Memberships: what a person may do in a team, and what ends with it.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;
use swath_domain::cause::Cause;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx, execute, fetch_all, fetch_each};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;
use crate::model::memory::MemberRecord;
use crate::store::Store;
use crate::tables::departures::{self, Departure};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::leavers::{Freed, Holdings};
use crate::verbs::rights::{lock_people, require_manager, roles};
use crate::verbs::{invitations, tokens};

/// A member of a team.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their roles.
    pub roles: Roles,
}

async fn delete(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<()> {
    execute!(
        db,
        "DELETE FROM members WHERE team = $1 AND person = $2",
        team.0,
        user.0;
        |t| {
            let removed = t.members.remove(&(team.0, user.0));
            Ok(t.count_change_of_people(removed))
        }
    )?;
    Ok(())
}

async fn upsert(db: &mut Db<'_>, team: TeamId, user: UserId, roles: Roles, now: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO members (team, person, roles, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (team, person) DO UPDATE SET roles = excluded.roles",
        team.0,
        user.0,
        roles.bits(),
        now.0;
        |t| match t.teams.contains(&team.0) && t.users.contains(&user.0) {
            true => {
                let place = (team.0, user.0);
                let since = t.members.get(&place).map_or(Some(now.0), |member| member.since);
                let put = t.members.put(place, MemberRecord { roles: roles.bits(), since });
                Ok(t.count_change_of_people(put))
            }
            false => Err(StoreError::NotFound),
        }
    )?;
    Ok(())
}

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
    lock_people(db, &[user].into_iter().chain(actor.user).collect::<Vec<_>>()).await?;
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
    lock_people(db, &[user]).await?;
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
        ending.extend(tokens::made_for_leads(db, team, user).await?);
        invitations::revoke_of(db, team, user, actor.at, &mut audit).await?;
    }
    match is_removed {
        true => delete(db, team, user).await?,
        false => upsert(db, team, user, after, actor.at).await?,
    }
    if is_removed {
        ending.extend(tokens::own_in(db, team, user).await?);
    } else if after.any(tokens::LEADS) && !before.any(tokens::LEADS) {
        ending.extend(tokens::made_by_former(db, team, user).await?);
    }
    tokens::end(db, ending, actor.at, &mut audit).await?;
    if before.to_vec().into_iter().any(|role| role != Role::Manager && !after.has(role)) {
        departures::put(db, Departure { team, user, at: actor.at }).await?;
    }
    audit.write(db).await?;
    holdings.write(db, core.stripe).await?;
    Ok(freed)
}

/// The teams of a person, with the roles there.
pub(crate) async fn teams(db: &mut Db<'_>, user: UserId) -> Result<Vec<(TeamId, Roles)>> {
    let rows = fetch_all!(
        db,
        (Uuid, i64),
        "SELECT team, roles FROM members WHERE person = $1 ORDER BY team",
        user.0;
        |t| {
            let own = t.members.iter().filter(|((_, person), _)| *person == user.0);
            own.map(|((team, _), member)| (*team, member.roles)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(team, bits)| (TeamId(team), Roles::from_bits(bits))).collect())
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

    /// A page of a team's members.
    pub async fn members(&self, team: TeamId, page: &ListPage) -> Result<Vec<Member>> {
        let (low, high) = page.bounds();
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, String, i64),
            {
                page, "m.person", "u.name",
                "SELECT m.person, u.name, m.roles FROM members m JOIN users u ON u.id = m.person WHERE m.team = $5"
            },
            low,
            high,
            page.part(),
            page.limit,
            team.0;
            |t| {
                let of_team = t.members.iter().filter(|((of, _), _)| *of == team.0);
                let named = of_team.filter_map(|((_, person), member)| {
                    Some((*person, t.users.get(person)?.name.clone(), member.roles))
                });
                page.cut(named.filter(|(person, name, _)| page.admits(*person, name)))
            }
        )?;
        let member =
            |(user, name, roles)| Member { user: UserId(user), name, roles: Roles::from_bits(roles) };
        Ok(rows.into_iter().map(member).collect())
    }

    /// What a person may do in a team.
    pub async fn member_roles(&self, team: TeamId, user: UserId) -> Result<Roles> {
        let mut reader = self.reader().await?;
        roles(&mut reader.db(), team, user).await
    }

    /// What each of these people may do in a team; those who are not in it are missing.
    pub async fn members_roles(&self, team: TeamId, people: &[UserId]) -> Result<HashMap<UserId, Roles>> {
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            (Uuid, i64),
            "SELECT m.person, m.roles FROM {rows} CROSS JOIN members m WHERE m.team = c.team AND m.person = c.person",
            people,
            |person| { team: uuid = team.0, person: uuid = person.0 };
            |t| t.members.get(&(team.0, person.0)).map(|member| (person.0, member.roles))
        )?;
        Ok(rows.into_iter().map(|(person, bits)| (UserId(person), Roles::from_bits(bits))).collect())
    }

    /// The teams of a person.
    pub async fn teams_of(&self, user: UserId) -> Result<Vec<(TeamId, String, Roles)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, String, i64),
            "SELECT t.id, t.name, m.roles FROM members m JOIN teams t ON t.id = m.team WHERE m.person = $1 ORDER BY t.id",
            user.0;
            |t| {
                let own = t.members.iter().filter(|((_, person), _)| *person == user.0);
                own.filter_map(|((team, _), member)| Some((*team, t.teams.get(team)?.0.clone(), member.roles)))
                    .collect()
            }
        )?;
        Ok(rows.into_iter().map(|(id, name, bits)| (TeamId(id), name, Roles::from_bits(bits))).collect())
    }
}
