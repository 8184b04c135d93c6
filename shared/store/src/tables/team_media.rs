//! The table of folders and bucket prefixes that teams may use as media.

use swath_domain::ids::TeamId;
use uuid::Uuid;

use crate::engine::db::{Db, execute, execute_each, fetch_all};
use crate::error::Result;
use crate::model::team_media::TeamMedia;

/// The kind of a row that allows everything under the server's roots, as a macro for the texts of statements.
macro_rules! everything {
    () => {
        0
    };
}
const EVERYTHING: i64 = everything!();
/// The kind of a row that allows a folder.
const FOLDER: i64 = 1;
/// The kind of a row that allows a bucket prefix.
const BUCKET: i64 = 2;

/// A row without its team.
struct Allowed {
    kind: i64,
    place: String,
}

fn rows(media: &TeamMedia) -> Vec<Allowed> {
    let everything = media.everything.then(|| Allowed { kind: EVERYTHING, place: String::new() });
    let folders = media.folders.iter().map(|folder| Allowed { kind: FOLDER, place: folder.clone() });
    let buckets = media.buckets.iter().map(|bucket| Allowed { kind: BUCKET, place: bucket.clone() });
    everything.into_iter().chain(folders).chain(buckets).collect()
}

/// What a team may use.
pub(crate) async fn find(db: &mut Db<'_>, team: TeamId) -> Result<TeamMedia> {
    let rows = fetch_all!(
        db,
        (i64, String),
        "SELECT kind, place FROM team_media WHERE team = $1 ORDER BY kind, place",
        team.0;
        |t| {
            let of_team = t.team_media.iter().filter(|((of, _, _), ())| *of == team.0);
            of_team.map(|((_, kind, place), ())| (*kind, place.clone())).collect()
        }
    )?;
    let mut media = TeamMedia::default();
    for (kind, place) in rows {
        match kind {
            EVERYTHING => media.everything = true,
            FOLDER => media.folders.push(place),
            BUCKET => media.buckets.push(place),
            _ => {}
        }
    }
    Ok(media)
}

/// Deletes what a team may use.
pub(crate) async fn delete(db: &mut Db<'_>, team: TeamId) -> Result<()> {
    execute!(
        db,
        "DELETE FROM team_media WHERE team = $1",
        team.0;
        |t| {
            let own = t.team_media.iter().filter(|((of, _, _), ())| *of == team.0);
            let keys: Vec<_> = own.map(|(key, ())| key.clone()).collect();
            Ok(keys.iter().map(|key| t.team_media.remove(key)).sum())
        }
    )?;
    Ok(())
}

/// Inserts what a team may use. A place that is named twice is stored once.
pub(crate) async fn insert(db: &mut Db<'_>, team: TeamId, media: &TeamMedia) -> Result<()> {
    execute_each!(
        db,
        "INSERT INTO team_media (team, kind, place) SELECT * FROM {rows} WHERE TRUE
         ON CONFLICT DO NOTHING",
        &rows(media),
        |row| { team: uuid = team.0, kind: bigint = row.kind, place: text = row.place.clone() };
        |t| Result::<u64>::Ok(t.team_media.insert_new((team.0, row.kind, row.place.clone()), ()))
    )?;
    Ok(())
}

/// At most `limit` teams behind team `after` that may use everything, with their names, in the order of their ids.
pub(crate) async fn teams_with_everything(
    db: &mut Db<'_>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(TeamId, String)>> {
    const SQL: &str = concat!(
        "SELECT t.id, t.name FROM team_media m JOIN teams t ON t.id = m.team
         WHERE m.kind = ",
        everything!(),
        " AND m.team > $1 ORDER BY m.team LIMIT $2"
    );
    let rows = fetch_all!(
        db,
        (Uuid, String),
        SQL,
        after,
        limit;
        |t| {
            let rows = t.team_media.iter().filter(|((team, kind, _), ())| *kind == EVERYTHING && *team > after);
            let named = rows.filter_map(|((team, _, _), ())| Some((*team, t.teams.get(team)?.clone())));
            named.take(limit as usize).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id, name)| (TeamId(id), name)).collect())
}
