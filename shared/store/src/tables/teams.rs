//! The table of teams.

use swath_domain::ids::TeamId;
use swath_domain::{Time, names};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;

/// Inserts a team; false where there is one of this name already.
pub(crate) async fn insert(db: &mut Db<'_>, id: TeamId, name: &str, created: Time) -> Result<bool> {
    let inserted = execute!(
        db,
        "INSERT INTO teams (id, name, name_key, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        id.0,
        name,
        names::key(name),
        created.0;
        |t| {
            let taken = t.teams.values().any(|other| names::key(other) == names::key(name));
            Ok(if taken { 0 } else { t.teams.insert_new(id.0, name.to_owned()) })
        }
    )?;
    Ok(inserted == 1)
}

/// Locks a team until the transaction ends, so that changes of what belongs to it take turns.
///
/// # Errors
/// [`StoreError::NotFound`] where there is none.
pub(crate) async fn lock(db: &mut Db<'_>, team: TeamId) -> Result<()> {
    const SQLITE: &str = "SELECT id FROM teams WHERE id = $1";
    const POSTGRES: &str = "SELECT id FROM teams WHERE id = $1 FOR NO KEY UPDATE";
    let found = fetch_one!(
        db,
        (Uuid,),
        [POSTGRES, SQLITE],
        team.0;
        |t| t.teams.get(&team.0).map(|_| (team.0,))
    )?;
    found.map(drop).ok_or(StoreError::NotFound)
}

/// Reads the name of a team.
pub(crate) async fn name(db: &mut Db<'_>, id: TeamId) -> Result<Option<String>> {
    let row = fetch_one!(
        db,
        (String,),
        "SELECT name FROM teams WHERE id = $1",
        id.0;
        |t| t.teams.get(&id.0).map(|name| (name.clone(),))
    )?;
    Ok(row.map(|(name,)| name))
}

/// The names of these teams; unknown ones are left out.
pub(crate) async fn names(db: &mut Db<'_>, teams: &[TeamId]) -> Result<Vec<(TeamId, String)>> {
    let rows = fetch_each!(
        db,
        (Uuid, String),
        "SELECT t.id, t.name FROM {rows} CROSS JOIN teams t WHERE t.id = c.id",
        teams,
        |team| { id: uuid = team.0 };
        |t| t.teams.get(&team.0).map(|name| (team.0, name.clone()))
    )?;
    Ok(rows.into_iter().map(|(id, name)| (TeamId(id), name)).collect())
}

/// A page of all teams in the order of their ids.
pub(crate) async fn list(db: &mut Db<'_>, page: &ListPage) -> Result<Vec<(TeamId, String)>> {
    let (low, high) = page.bounds();
    let rows = fetch_all!(
        db,
        (Uuid, String),
        { page, "id", "name", "SELECT id, name FROM teams WHERE TRUE" },
        low,
        high,
        page.part(),
        page.limit;
        |t| {
            let teams = t.teams.iter().filter(|(id, name)| page.admits(**id, name));
            page.cut(teams.map(|(id, name)| (*id, name.clone())))
        }
    )?;
    Ok(rows.into_iter().map(|(id, name)| (TeamId(id), name)).collect())
}
