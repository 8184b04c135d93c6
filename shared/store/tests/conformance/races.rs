//! Races: two who are right each for themselves, and a database that must bring them into an order.

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use swath_domain::{Assignment, LeaseEnd, Stage, Status};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{LEASE, MOMENT, Plan, World, granted, holder, staleness, work};
use swath_store::{Renew, Result, SaveItem, StoreError, Target};

suite! {
    a_confirm_that_races_the_end_of_its_lease_is_saved_or_refused
    a_submission_that_races_a_cancellation_is_taken_or_called_off
    writers_that_name_rows_in_any_order_never_wait_for_each_other
}

const ANNOTATE: Stage = Stage::Annotate;

async fn a_confirm_that_races_the_end_of_its_lease_is_saved_or_refused(world: World) {
    let job = world.job(&Plan::of(250)).await;
    let other = world.another_process().await;
    for _ in 0..5 {
        let people = world.workers(10).await;
        let asked = people.iter().map(|user| world.ask(ANNOTATE, job, *user));
        let held: Vec<_> = join_all(asked).await.into_iter().map(granted).collect();
        world.pass(LEASE + MOMENT);
        let saves = held.iter().map(|held| world.confirm(held, held.ranges.iter().next().unwrap().0));
        let (saved, _) = tokio::join!(join_all(saves), other.expire());
        for (held, saved) in held.iter().zip(saved) {
            // Nobody else has it, so the save goes through: before the lease expires, or because it revives it.
            assert_eq!(saved.unwrap().revision, 1);
            let now = world.look(held.id).await;
            assert!(matches!(now.status, Status::InProgress | Status::Pending), "{now:?}");
            assert_eq!(now.lease_id(), held.lease_id());
            world.submit(held).await.unwrap();
        }
        audit(&world, job).await;
    }
}

async fn a_submission_that_races_a_cancellation_is_taken_or_called_off(world: World) {
    let job = world.job(&Plan::of(100)).await;
    let other = world.another_process().await;
    for _ in 0..20 {
        let held = world.lease(job, world.worker().await).await;
        let (submitted, cancelled) =
            tokio::join!(world.submit(&held), other.store.assignment_cancel(held.id, world.cause()));
        // Submitted work is undecided, so it is called off as well: the cancellation always goes through.
        cancelled.unwrap();
        match submitted {
            Ok(_) => {}
            late => assert_eq!(staleness(late), LeaseEnd::Cancelled),
        }
        assert_eq!(world.look(held.id).await.status, Status::Cancelled);
        audit(&world, job).await;
    }
}

async fn writers_that_name_rows_in_any_order_never_wait_for_each_other(world: World) {
    let job = world.job(&Plan::of(200)).await;
    let other = world.another_process().await;
    let mut held = Vec::new();
    for user in world.workers(40).await {
        held.push(world.lease(job, user).await);
    }
    let mut dice = StdRng::seed_from_u64(11);
    for _ in 0..10 {
        world.pass(LEASE / 3);
        let mut calls = Vec::new();
        for process in [&world, &other] {
            let mut order = held.clone();
            order.shuffle(&mut dice);
            for held in order {
                let (lease, user) = holder(&held);
                let item = held.ranges.iter().next().unwrap() + dice.random_range(0..held.items);
                let save = SaveItem { work: work(item.0, "ok"), ..process.confirmation(&held, item.0) };
                let renew = Renew { stage: ANNOTATE, lease, user, token_maker: None, now: process.now() };
                let store = process.store.clone();
                calls.push(async move {
                    let (saved, renewed) = tokio::join!(store.item_save(save), store.lease_renew(renew));
                    saved.map(drop).and(renewed.map(drop))
                });
            }
        }
        let unanswered: Vec<StoreError> = join_all(calls).await.into_iter().filter_map(Result::err).collect();
        assert!(unanswered.is_empty(), "{unanswered:?}");
    }
    audit(&world, job).await;
    assert_eq!(deadlocks(&world.target).await, 0);
}

/// Deadlocks that PostgreSQL had to break up; the others cannot have any.
async fn deadlocks(target: &Target) -> i64 {
    let Target::Postgres { url, .. } = target else { return 0 };
    let mut connection = PgConnection::connect(url).await.unwrap();
    let counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    connection.fetch_one(counted).await.unwrap().get(0)
}

/// A guard as it would stand in another table: tried on PostgreSQL, and found to let a stale holder through.
const GUARD_ELSEWHERE: &str = "SELECT id FROM assignments a WHERE id = ANY($1)
    AND EXISTS (SELECT 1 FROM grants g WHERE g.assignment = a.id AND g.fence = a.fence AND g.ended IS NULL)
    ORDER BY id FOR NO KEY UPDATE";

/// Where an assignment's lease stands among its columns.
const LEASE_COLUMN: usize = 11;

/// A holder writes in the moment in which a manager takes the work away: the writer waits for the lock, and must see
/// what the manager did. Whether it does is decided by where the guard stands.
async fn is_stale_write_seen(world: World, guard: String, by: fn(&Assignment) -> Uuid) -> bool {
    let Target::Postgres { url, .. } = world.target.clone() else { panic!("this is about PostgreSQL") };
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let (id, lease, key) = (held.id.0, held.lease_id().unwrap().0, by(&held));
    let mut manager = PgConnection::connect(&url).await.unwrap();
    let mut taking = manager.begin().await.unwrap();
    let take =
        "UPDATE assignments SET status = 0, lease = NULL, holder = NULL, since = since + 1 WHERE id = $1";
    sqlx::query(take).bind(id).execute(&mut *taking).await.unwrap();
    sqlx::query("UPDATE grants SET ended = 3 WHERE lease = $1")
        .bind(lease)
        .execute(&mut *taking)
        .await
        .unwrap();

    let (tell, told) = oneshot::channel();
    let mut writer = PgConnection::connect(&url).await.unwrap();
    let pid: i32 = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut writer).await.unwrap().get(0);
    let writing = tokio::spawn(async move {
        let mut writing = writer.begin().await.unwrap();
        tell.send(()).unwrap();
        let rows = sqlx::query(AssertSqlSafe(guard)).bind(vec![key]).fetch_all(&mut *writing).await.unwrap();
        rows.iter()
            .any(|row| row.try_get::<Option<Uuid>, _>(LEASE_COLUMN).map_or(true, |now| now == Some(lease)))
    });
    told.await.unwrap();
    // The writer stands in front of the manager's lock before the manager lets go of it.
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'";
    let mut watch = PgConnection::connect(&url).await.unwrap();
    while sqlx::query(waits).bind(pid).fetch_one(&mut watch).await.unwrap().get::<i64, _>(0) == 0 {
        tokio::task::yield_now().await;
    }
    taking.commit().await.unwrap();
    !writing.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_on_the_locked_row_sees_what_it_waited_for() {
    super::databases::on_postgres(|world| async move {
        let by_id =
            is_stale_write_seen(world, swath_store::locking_statements().by_id, |held| held.id.0).await;
        assert!(by_id, "a stale holder's write would go through");
    })
    .await;
    super::databases::on_postgres(|world| async move {
        let by_lease = is_stale_write_seen(world, swath_store::locking_statements().by_lease, |held| {
            held.lease_id().unwrap().0
        })
        .await;
        assert!(by_lease, "a stale holder's write would go through");
    })
    .await;
}

/// The bug that the rule is about, planted: this interleaving must find it, or the test above proves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_in_another_table_is_found_out() {
    super::databases::on_postgres(|world| async move {
        assert!(
            !is_stale_write_seen(world, GUARD_ELSEWHERE.to_owned(), |held| held.id.0).await,
            "the planted guard was not found out"
        );
    })
    .await;
}
