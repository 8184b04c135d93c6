//! Which folders and bucket prefixes a team may use as media, as the administrator has set it.

use swath_domain::ids::TeamId;
use uuid::Uuid;

use crate::engine::db::{execute, execute_each, fetch_all};
use crate::error::Result;
use crate::store::Store;
use crate::tables::teams;

/// Kinds of rows: no limit but the roots, a folder, a bucket prefix.
const EVERYTHING: i64 = 0;
const FOLDER: i64 = 1;
const BUCKET: i64 = 2;

/// What a team may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamMedia {
    /// Everything that the server can read: so it is for teams from before there were limits.
    pub everything: bool,
    /// Folders of the server.
    pub folders: Vec<String>,
    /// Prefixes as in `s3://bucket/prefix/`.
    pub buckets: Vec<String>,
}

impl TeamMedia {
    fn rows(&self) -> Vec<(i64, String)> {
        let everything = self.everything.then(|| (EVERYTHING, String::new()));
        let folders = self.folders.iter().map(|folder| (FOLDER, folder.clone()));
        let buckets = self.buckets.iter().map(|bucket| (BUCKET, bucket.clone()));
        everything.into_iter().chain(folders).chain(buckets).collect()
    }
}

impl Store {
    /// What a team may use.
    pub async fn team_media(&self, team: TeamId) -> Result<TeamMedia> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
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

    /// Sets what a team may use, in place of what it might so far. Places that are named twice are kept once.
    pub async fn team_media_put(&self, team: TeamId, media: TeamMedia) -> Result<()> {
        self.write(media.rows(), move |_, tx, rows| {
            Box::pin(async move {
                let db = &mut tx.db();
                teams::lock(db, team).await?;
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
                execute_each!(
                    db,
                    "INSERT INTO team_media (team, kind, place) SELECT * FROM {rows} WHERE TRUE
                     ON CONFLICT DO NOTHING",
                    rows.as_slice(),
                    |row| { team: uuid = team.0, kind: bigint = row.0, place: text = row.1.clone() };
                    |t| Result::<u64>::Ok(t.team_media.insert_new((team.0, row.0, row.1.clone()), ()))
                )?;
                Ok(())
            })
        })
        .await
    }

    /// A page of the teams that may use everything, in the order of their ids, with their names.
    pub async fn teams_with_shared_media(&self, after: Uuid, limit: i64) -> Result<Vec<(TeamId, String)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, String),
            "SELECT t.id, t.name FROM team_media m JOIN teams t ON t.id = m.team
             WHERE m.kind = 0 AND m.team > $1 ORDER BY m.team LIMIT $2",
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
}
