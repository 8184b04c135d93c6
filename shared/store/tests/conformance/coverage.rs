//! The coverage of jobs beyond what every audit compares: what is counted anew, and by whom.

use futures::future::join_all;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use swath_domain::coverage::Cover;
use swath_domain::{JobId, Stage};
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{Plan, World, granted};
use swath_store::{Stretches, Target};

suite! {
    a_job_without_coverage_is_found_and_counted_from_its_assignments
    what_is_counted_twice_at_once_is_counted_once
    a_stretch_has_its_own_blocks_and_no_others
    a_cancelled_job_is_not_found_wrong_for_what_was_never_cut
}

/// Runs statements that no verb would run; the model has no SQL, and nothing is done to it.
pub(super) async fn tamper(target: &Target, statement: &'static str) -> bool {
    match target {
        Target::Postgres { url, .. } => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        Target::Sqlite(path) => {
            let url = format!("sqlite://{}", path.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        _ => return false,
    }
    true
}

async fn work_on(world: &World, job: JobId, people: usize) {
    let workers = world.workers(people).await;
    let asked = workers.iter().map(|user| world.ask(Stage::Annotate, job, *user));
    for held in join_all(asked).await.into_iter().map(granted).step_by(2) {
        world.submit(&held).await.unwrap();
    }
}

async fn a_job_without_coverage_is_found_and_counted_from_its_assignments(world: World) {
    let job = world.job(&Plan::of(500)).await;
    work_on(&world, job, 12).await;
    let look = || async { world.store.coverage_check(JobId(Uuid::nil()), 10).await.unwrap().wrong };
    // Other tests on the server may be in the middle of something, so that little can be counted yet, or nothing.
    while look().await.is_empty() {
        world.store.coverage_fold(1_000).await.unwrap();
        if !tamper(&world.target, "DELETE FROM coverage").await {
            return;
        }
    }
    work_on(&world, job, 12).await;
    assert_eq!(look().await, [job]);
    world.store.coverage_recount(job).await.unwrap();
    audit(&world, job).await;
    // What was not counted yet when it was counted anew is counted once.
    while world.store.coverage_fold(1_000).await.unwrap().events > 0 {}
    audit(&world, job).await;
}

async fn what_is_counted_twice_at_once_is_counted_once(world: World) {
    let job = world.job(&Plan::of(500)).await;
    let other = world.another_process().await;
    for _ in 0..5 {
        work_on(&world, job, 8).await;
        let (here, there, anew) = tokio::join!(
            world.store.coverage_fold(7),
            other.store.coverage_fold(5),
            other.store.coverage_recount(job),
        );
        // One that met another has written nothing, and is run again.
        for outcome in [here.map(drop), there.map(drop), anew] {
            assert!(matches!(outcome, Ok(()) | Err(swath_store::StoreError::Collision(_))), "{outcome:?}");
        }
        audit(&world, job).await;
    }
}

async fn a_stretch_has_its_own_blocks_and_no_others(world: World) {
    let job = world.job(&Plan::of(500)).await;
    let other = world.job(&Plan::of(500)).await;
    work_on(&world, job, 20).await;
    work_on(&world, other, 20).await;
    let read = async |(from, to), width, level| {
        let stretches = Stretches { from, to, width, level };
        world.store.job_coverage(world.team, job, stretches).await.unwrap()
    };
    let whole = read((0, 100), 1, 0).await;
    assert_eq!(whole.values().map(Cover::total).sum::<i64>(), 20 * 5);
    let sum = |ranges: std::ops::Range<i64>| {
        whole.range(ranges).fold(Cover::default(), |mut sum, (_, cover)| {
            sum.add(cover);
            sum
        })
    };
    assert_eq!(read((3, 11), 1, 0).await, whole.range(3..11).map(|(at, cover)| (at - 3, *cover)).collect());
    assert_eq!(read((3, 9), 3, 0).await, [(0, sum(3..6)), (1, sum(6..9))].into());
    assert_eq!(read((8, 16), 8, 1).await, [(0, sum(8..16))].into());
    // Stretches of several blocks, some of which are not counted yet.
    world.store.coverage_fold(5).await.unwrap();
    assert_eq!(read((0, 100), 16, 1).await, [(0, sum(0..16)), (1, sum(16..32))].into());
    assert_eq!(read((8, 100), 16, 1).await, [(0, sum(8..24))].into());
}

async fn a_cancelled_job_is_not_found_wrong_for_what_was_never_cut(world: World) {
    let job = world.uncut_job(&Plan::of(500)).await;
    world.store.job_cut(job, 10, world.now()).await.unwrap();
    work_on(&world, job, 6).await;
    world.store.job_cancel(job, world.cause()).await.unwrap();
    let check = world.store.coverage_check(JobId(Uuid::nil()), 10).await.unwrap();
    assert_eq!(check.wrong, []);
}
