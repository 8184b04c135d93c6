//! Events: each change is there once, in an order in which nothing is overtaken, until it is old.

use std::collections::HashMap;

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use swath_domain::event::Event;
use swath_domain::job::JobStatus;
use swath_domain::time::seconds;
use swath_domain::{AssignmentId, Stage, Status};

use super::coverage::tamper;
use super::suite;
use super::world::{MOMENT, Plan, World, granted};
use swath_store::{EventPage, StoredEvent, Target};

suite! {
    every_transition_of_a_job_is_an_event_in_its_order
    a_save_and_a_renewal_are_none
    what_concerns_people_jobs_and_datasets_is_told_to_their_team
    events_are_read_on_from_where_a_page_ends
    old_events_go_once_they_are_counted
    events_of_a_history_that_is_gone_are_forgotten
    a_transaction_that_commits_late_is_not_overtaken
}

/// Everything behind a position, once everything that has committed can be read: other tests on the server may be in the
/// middle of something.
async fn settled(world: &World, after: i64, limit: i64) -> Vec<StoredEvent> {
    world.store.probe_write(world.id(), world.now()).await.unwrap();
    let fence = fence(world).await;
    let (mut all, mut after) = (Vec::new(), after);
    loop {
        let EventPage { to, events, .. } = world.store.events_after(after, limit).await.unwrap();
        all.extend(events);
        after = to;
        if after >= fence {
            return all;
        }
        tokio::task::yield_now().await;
    }
}

/// A position that is not lower than that of anything committed before.
async fn fence(world: &World) -> i64 {
    let Target::Postgres { url, .. } = &world.target else {
        return world.store.events_after(i64::MAX - 1, 1).await.unwrap().marks.settled;
    };
    let mut connection = PgConnection::connect(url).await.unwrap();
    let number = "SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT) - 1";
    sqlx::query_as::<_, (i64,)>(number).fetch_one(&mut connection).await.unwrap().0
}

async fn every_transition_of_a_job_is_an_event_in_its_order(world: World) {
    let job = world.job(&Plan::of(20)).await;
    for _ in 0..4 {
        let held = granted(world.ask(Stage::Annotate, job, world.worker().await).await);
        world.submit(&held).await.unwrap();
    }
    let mut standing: HashMap<AssignmentId, Status> = HashMap::new();
    for event in settled(&world, 0, 3).await {
        assert_eq!(event.team, world.team);
        let Event::Assignments { job: of, changes } = event.event else { continue };
        assert_eq!(of, job);
        for change in changes {
            let id = change.id(job);
            let before = standing.insert(id, change.now.status).unwrap_or(Status::Pending);
            assert_eq!(change.before.map(|before| before.status), Some(before), "{id}");
        }
    }
    for assignment in world.assignments(job).await {
        let followed = standing.get(&assignment.id).copied().unwrap_or(Status::Pending);
        assert_eq!(followed, assignment.status, "{assignment:?}");
    }
}

async fn a_save_and_a_renewal_are_none(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = granted(world.ask(Stage::Annotate, job, world.worker().await).await);
    let before = settled(&world, 0, 100).await.len();
    world.confirm(&held, 0).await.unwrap();
    world.pass(seconds(1_500));
    world.renew(Stage::Annotate, &held).await.unwrap();
    assert_eq!(settled(&world, 0, 100).await.len(), before);
}

async fn what_concerns_people_jobs_and_datasets_is_told_to_their_team(world: World) {
    let after = settled(&world, 0, 100).await.last().unwrap().position;
    let worker = world.worker().await;
    let job = world.uncut_job(&Plan::of(5)).await;
    world.store.job_switch(job, JobStatus::Paused, world.cause()).await.unwrap();
    let events: Vec<_> = settled(&world, after, 100).await.into_iter().map(|event| event.event).collect();
    let dataset = world.store.job(job).await.unwrap().unwrap().dataset;
    let told = |action: &str| Event::Job { job, action: action.into() };
    let joined = Event::People { action: "member-put".into(), user: Some(worker) };
    assert_eq!(events, [joined, Event::Dataset { dataset }, told("create"), told("pause")]);
}

async fn events_are_read_on_from_where_a_page_ends(world: World) {
    world.job(&Plan::of(20)).await;
    world.workers(5).await;
    let whole = settled(&world, 0, 1_000).await;
    assert!(whole.len() > 5);
    for limit in [1, 2, 3] {
        assert_eq!(settled(&world, 0, limit).await, whole, "pages of {limit}");
    }
    let since = world.store.events_since(world.now(), 2).await.unwrap().expect("there are some");
    let newest = settled(&world, since, 100).await;
    assert!(newest.len() >= 2 && whole.ends_with(&newest), "{newest:?}");
    assert_eq!(world.store.events_since(world.pass(MOMENT), 2).await.unwrap(), None);
}

async fn old_events_go_once_they_are_counted(world: World) {
    world.job(&Plan::of(20)).await;
    let whole = settled(&world, 0, 1_000).await;
    let later = world.pass(seconds(60));
    assert_eq!(world.store.events_forget(later, 1_000).await.unwrap(), 0, "nothing is counted yet");
    assert_eq!(world.store.events_uncounted_since().await.unwrap(), Some(whole[0].at));
    while world.store.events_uncounted_since().await.unwrap().is_some() {
        world.store.coverage_fold(2).await.unwrap();
    }
    world.workers(1).await;
    assert_eq!(world.store.events_forget(later, 2).await.unwrap(), 2);
    while world.store.events_forget(later, 2).await.unwrap() > 0 {}
    let left = settled(&world, 0, 1_000).await;
    assert_eq!(left.len(), 1, "what is young stays: {left:?}");
    let marks = world.store.events_after(0, 1).await.unwrap().marks;
    assert_eq!(marks.cleared, whole.last().unwrap().position);
}

async fn events_of_a_history_that_is_gone_are_forgotten(world: World) {
    let Target::Postgres { .. } = world.target else { return };
    let job = world.job(&Plan::of(20)).await;
    let before = world.store.events_after(0, 1).await.unwrap().marks;
    // As a dump brings them that is restored on a server with a shorter history.
    tamper(&world.target, "UPDATE events SET position = position + 1000000000").await;
    tamper(&world.target, "UPDATE event_marks SET folded = folded + 1000000000").await;
    assert!(world.store.coverage_fold(100).await.unwrap().is_restored);
    let after = world.store.events_after(0, 1).await.unwrap().marks;
    assert_ne!(after.era, before.era);
    let held = granted(world.ask(Stage::Annotate, job, world.worker().await).await);
    let events = settled(&world, after.cleared, 100).await;
    let leased = |event: &StoredEvent| matches!(event.event, Event::Assignments { .. });
    assert_eq!(events.iter().filter(|event| leased(event)).count(), 1, "{held:?}: {events:?}");
}

async fn a_transaction_that_commits_late_is_not_overtaken(world: World) {
    let Target::Postgres { url, .. } = world.target.clone() else { return };
    world.job(&Plan::of(5)).await;
    let start = settled(&world, 0, 100).await.last().unwrap().position;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let mut late = connection.begin().await.unwrap();
    let append = "INSERT INTO events (team, at, body) SELECT team, at, body FROM events LIMIT 1";
    sqlx::query(append).execute(&mut *late).await.unwrap();
    world.worker().await;
    let page = world.store.events_after(start, 100).await.unwrap();
    assert_eq!(page.events, [], "what came later waits for what began before");
    late.commit().await.unwrap();
    let events = settled(&world, page.to, 100).await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].position < events[1].position);
}
