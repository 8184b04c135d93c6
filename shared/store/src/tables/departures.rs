//! The statements over departures: users who lost a role in a team a moment ago.

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_one};
use crate::error::Result;

/// That a user has lost a role in a team.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Departure {
    pub(crate) team: TeamId,
    pub(crate) user: UserId,
    pub(crate) at: Time,
}

/// Records a departure; a later one of the same user takes its place.
pub(crate) async fn put(db: &mut Db<'_>, departure: Departure) -> Result<()> {
    let Departure { team, user, at } = departure;
    execute!(
        db,
        "INSERT INTO departures (team, person, at) VALUES ($1, $2, $3)
         ON CONFLICT (team, person) DO UPDATE SET at = excluded.at",
        team.0,
        user.0,
        at.0;
        |t| Ok(t.departures.put((team.0, user.0), at.0))
    )?;
    Ok(())
}

/// The oldest departures, at most `limit`.
pub(crate) async fn oldest(db: &mut Db<'_>, limit: i64) -> Result<Vec<Departure>> {
    let rows = fetch_all!(
        db,
        (Uuid, Uuid, i64),
        "SELECT team, person, at FROM departures ORDER BY at LIMIT $1",
        limit;
        |t| {
            let all = t.departures.iter();
            let mut all: Vec<_> = all.map(|((team, user), at)| (*team, *user, *at)).collect();
            all.sort_by_key(|(.., at)| *at);
            all.truncate(limit as usize);
            all
        }
    )?;
    let departure = |(team, user, at)| Departure { team: TeamId(team), user: UserId(user), at: Time(at) };
    Ok(rows.into_iter().map(departure).collect())
}

/// Forgets a departure, unless a later one has taken its place.
pub(crate) async fn remove(db: &mut Db<'_>, departure: Departure) -> Result<()> {
    let Departure { team, user, at } = departure;
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
    Ok(())
}

/// The roles that a user has in a team; none where the account is deactivated.
pub(crate) async fn roles_now(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<Roles> {
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
