//! The table of memberships: what a user may do in a team.

use std::collections::HashMap;

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;
use crate::model::members::Member;
use crate::model::memory::MemberRecord;

/// The roles of a user in a team; none at all for who is not in it.
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

/// The roles of each of these users in a team; those who are not in it are missing.
pub(crate) async fn roles_of(
    db: &mut Db<'_>,
    team: TeamId,
    users: &[UserId],
) -> Result<HashMap<UserId, Roles>> {
    let rows = fetch_each!(
        db,
        (Uuid, i64),
        "SELECT m.person, m.roles FROM {rows} CROSS JOIN members m WHERE m.team = c.team AND m.person = c.person",
        users,
        |user| { team: uuid = team.0, person: uuid = user.0 };
        |t| t.members.get(&(team.0, user.0)).map(|member| (user.0, member.roles))
    )?;
    Ok(rows.into_iter().map(|(user, bits)| (UserId(user), Roles::from_bits(bits))).collect())
}

/// The teams of a user, with the roles there, in the order of the teams' ids.
pub(crate) async fn teams(db: &mut Db<'_>, user: UserId) -> Result<Vec<(TeamId, Roles)>> {
    let rows = fetch_all!(
        db,
        (Uuid, i64),
        "SELECT team, roles FROM members WHERE person = $1 ORDER BY team",
        user.0;
        |t| {
            let own = t.members.iter().filter(|((_, member), _)| *member == user.0);
            own.map(|((team, _), member)| (*team, member.roles)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(team, bits)| (TeamId(team), Roles::from_bits(bits))).collect())
}

/// The teams of a user as [`teams`] answers them, with their names.
pub(crate) async fn named_teams(db: &mut Db<'_>, user: UserId) -> Result<Vec<(TeamId, String, Roles)>> {
    let rows = fetch_all!(
        db,
        (Uuid, String, i64),
        "SELECT t.id, t.name, m.roles FROM members m JOIN teams t ON t.id = m.team WHERE m.person = $1 ORDER BY t.id",
        user.0;
        |t| {
            let own = t.members.iter().filter(|((_, member), _)| *member == user.0);
            own.filter_map(|((team, _), member)| Some((*team, t.teams.get(team)?.clone(), member.roles))).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id, name, bits)| (TeamId(id), name, Roles::from_bits(bits))).collect())
}

/// A page of a team's members.
pub(crate) async fn list(db: &mut Db<'_>, team: TeamId, page: &ListPage) -> Result<Vec<Member>> {
    let (low, high) = page.bounds();
    let rows = fetch_all!(
        db,
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
            let named = of_team.filter_map(|((_, user), member)| {
                Some((*user, t.users.get(user)?.name.clone(), member.roles))
            });
            page.cut(named.filter(|(user, name, _)| page.admits(*user, name)))
        }
    )?;
    let member = |(user, name, roles)| Member { user: UserId(user), name, roles: Roles::from_bits(roles) };
    Ok(rows.into_iter().map(member).collect())
}

/// Writes the roles of a user in a team, who becomes a member `now` unless the user is one already.
pub(crate) async fn put(db: &mut Db<'_>, team: TeamId, user: UserId, roles: Roles, now: Time) -> Result<()> {
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
                let key = (team.0, user.0);
                let since = t.members.get(&key).map_or(Some(now.0), |member| member.since);
                let put = t.members.put(key, MemberRecord { roles: roles.bits(), since });
                Ok(t.count_change_of_people(put))
            }
            false => Err(StoreError::NotFound),
        }
    )?;
    Ok(())
}

/// Deletes a membership.
pub(crate) async fn delete(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<()> {
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
