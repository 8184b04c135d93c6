//! Which media a team may use.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use uuid::Uuid;

use super::world::World;
use swath_store::{Store, Target, TeamMedia};

super::suite! {
    a_team_has_what_it_was_given_last_and_no_other_team_has_it
    teams_that_may_use_everything_are_listed_in_pages
}

fn places(folders: &[&str], buckets: &[&str]) -> TeamMedia {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    TeamMedia { everything: false, folders: owned(folders), buckets: owned(buckets) }
}

async fn a_team_has_what_it_was_given_last_and_no_other_team_has_it(world: World) {
    let (team, other) = (world.team, world.new_team("another").await);
    assert_eq!(world.store.team_media(team).await.unwrap(), TeamMedia::default());
    let first = places(&["/srv/a", "/srv/b"], &["s3://bucket/a/"]);
    world.store.team_media_put(team, first.clone()).await.unwrap();
    assert_eq!(world.store.team_media(team).await.unwrap(), first);
    assert_eq!(world.store.team_media(other).await.unwrap(), TeamMedia::default());

    let everything = TeamMedia { everything: true, ..TeamMedia::default() };
    world.store.team_media_put(team, everything.clone()).await.unwrap();
    assert_eq!(world.store.team_media(team).await.unwrap(), everything);
    let twice = places(&["/srv/c", "/srv/c"], &[]);
    world.store.team_media_put(team, twice).await.unwrap();
    assert_eq!(world.store.team_media(team).await.unwrap(), places(&["/srv/c"], &[]));
}

async fn teams_that_may_use_everything_are_listed_in_pages(world: World) {
    let mut open = vec![world.team];
    open.extend([world.new_team("second").await, world.new_team("third").await]);
    let closed = world.new_team("closed").await;
    for team in &open {
        let everything = TeamMedia { everything: true, ..TeamMedia::default() };
        world.store.team_media_put(*team, everything).await.unwrap();
    }
    world.store.team_media_put(closed, places(&["/srv/a"], &[])).await.unwrap();
    open.sort_unstable();
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let page = world.store.teams_with_shared_media(after, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = last.0;
        found.extend(page.iter().map(|(team, _)| *team));
    }
    assert_eq!(found, open);
}

#[tokio::test]
async fn teams_from_before_there_were_limits_go_on_with_everything() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("swath.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut older: SqliteConnection = options.connect().await.unwrap();
    let all = Migrator::new(Path::new("../../migrations/sqlite")).await.unwrap();
    let steps = all.migrations.iter().filter(|step| step.version < 6).cloned().collect();
    Migrator::with_migrations(steps).run(&mut older).await.unwrap();
    let team = Uuid::from_u128(7);
    let made = sqlx::query("INSERT INTO teams (id, name, created) VALUES ($1, 'before', 0)").bind(team);
    made.execute(&mut older).await.unwrap();
    older.close().await.unwrap();

    let store = Store::open(&Target::Sqlite(file), 0).await.unwrap();
    store.migrate().await.unwrap();
    let open = store.teams_with_shared_media(Uuid::nil(), 10).await.unwrap();
    assert_eq!(
        open.iter().map(|(team, name)| (team.0, name.as_str())).collect::<Vec<_>>(),
        [(team, "before")]
    );
    assert!(store.team_media(open[0].0).await.unwrap().everything);
    store.close().await;
}
