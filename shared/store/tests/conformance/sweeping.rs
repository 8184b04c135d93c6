//! Sweeps: what ends by itself, a bounded page at a time, and the work that one process does for all.

use futures::StreamExt;
use futures::stream;
use swath_domain::cause::Cause;
use swath_domain::job::JobStatus;
use swath_domain::time::seconds;
use swath_domain::{AssignmentId, JobId, LeaseEnd, Micros, Stage, Status, UserId};
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{LEASE, MOMENT, Plan, World, staleness};

suite! {
    a_lease_in_time_does_not_expire
    leases_and_reviews_expire_a_page_at_a_time
    ten_thousand_leases_of_one_second_expire_by_pages
    a_cancelled_job_is_called_off_by_pages
    work_that_waits_is_listed_in_the_order_of_the_queue
    a_duty_is_one_process_business_until_its_time
}

const ANNOTATE: Stage = Stage::Annotate;

async fn a_lease_in_time_does_not_expire(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    world.pass(LEASE);
    assert_eq!(world.expire().await, 0, "a lease is good up to its last moment");
    world.renew(ANNOTATE, &held).await.unwrap();
    world.pass(MOMENT);
    assert_eq!(world.expire().await, 0);
}

async fn leases_and_reviews_expire_a_page_at_a_time(world: World) {
    let job = world.job(&Plan::of(50)).await;
    let people = world.workers(5).await;
    world.hand_in(job, people[0]).await;
    for user in &people {
        world.lease(job, *user).await;
    }
    world.claim(job, people[1]).await;
    let now = world.pass(LEASE + MOMENT);
    let mut pages = Vec::new();
    while pages.last() != Some(&0) {
        let expired = world.store.leases_expire(now, now, 4).await.unwrap();
        assert!(expired.iter().all(|(assignment, lease)| assignment.lease_id() == *lease && lease.is_some()));
        pages.push(expired.len());
        audit(&world, job).await;
    }
    assert_eq!(pages, [4, 2, 0]);
    let progress = world.store.job_progress(job).await.unwrap().items();
    assert_eq!((progress.pending, progress.completed), (45, 5));
}

async fn ten_thousand_leases_of_one_second_expire_by_pages(world: World) {
    const LEASES: usize = 10_000;
    let job = world.job(&Plan { range_size: 1, ..Plan::of(LEASES as i64) }).await;
    let second = world.now();
    let asking = (0..LEASES).map(|n| {
        let user = UserId(world.id());
        let request = swath_store::Grant {
            now: second + Micros(n as i64 % 1_000_000),
            ..world.request(ANNOTATE, job, user)
        };
        world.store.lease_grant(request)
    });
    let granted = stream::iter(asking).buffer_unordered(500).filter(|answer| {
        let new = matches!(answer, Ok(swath_store::Granted::New(_)));
        async move { new }
    });
    assert_eq!(granted.count().await, LEASES);
    let now = world.pass(LEASE + seconds(1));
    let mut expired = 0;
    loop {
        let page = world.store.leases_expire(now, now, 1_000).await.unwrap().len();
        assert!(page <= 1_000);
        expired += page;
        if page == 0 {
            break;
        }
    }
    assert_eq!(expired, LEASES);
    let progress = world.store.job_progress(job).await.unwrap();
    assert_eq!(progress.items().pending, LEASES as i64);
}

/// Calls a cancelled job off and says how many leases that ended.
async fn call_off(world: &World, job: JobId) -> usize {
    let mut after = AssignmentId(Uuid::nil());
    let mut ended = 0;
    loop {
        let page = world.store.job_cancel_page(job, after, 3, world.now()).await.unwrap();
        ended += page.ended.len();
        audit(world, job).await;
        let Some(last) = page.last else { return ended };
        after = last;
    }
}

async fn a_cancelled_job_is_called_off_by_pages(world: World) {
    let job = world.uncut_job(&Plan::of(60)).await;
    world.store.job_cut(job, 8, world.now()).await.unwrap();
    let (user, reviewer) = (world.worker().await, world.worker().await);
    world.hand_in(job, user).await;
    let accepted = world.claim(job, reviewer).await;
    world.decide(&accepted, &[1]).await.unwrap();
    world.hand_in(job, reviewer).await;
    let held = world.lease(job, user).await;
    let review = world.claim(job, user).await;
    world
        .store
        .job_cancel(job, Cause::by(world.manager, world.now()).because(Some("no money".into())))
        .await
        .unwrap();
    audit(&world, job).await;
    assert!(!world.store.job_finish(job, world.now()).await.unwrap());
    assert_eq!(call_off(&world, job).await, 2);
    assert_eq!(staleness(world.submit(&held).await), LeaseEnd::Cancelled);
    assert_eq!(staleness(world.decide(&review, &[]).await), LeaseEnd::Cancelled);
    assert_eq!(world.look(accepted.id).await.status, Status::Rejected);
    assert_eq!(call_off(&world, job).await, 0);
    assert!(world.store.job_finish(job, world.now()).await.unwrap());
    assert_eq!(world.store.job(job).await.unwrap().unwrap().status, JobStatus::Cancelled);
    let items = world.store.job_progress(job).await.unwrap().items();
    assert_eq!((items.accepted, items.cancelled), (4, 56));
}

async fn work_that_waits_is_listed_in_the_order_of_the_queue(world: World) {
    let job = world.job(&Plan::of(20)).await;
    let (user, reviewer) = (world.worker().await, world.worker().await);
    let waiting = async || {
        let waiting = world.store.assignments_waiting(job, world.now(), 10).await.unwrap();
        waiting.into_iter().map(|one| (one.round.0, one.number)).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, [(1, 0), (1, 1), (1, 2), (1, 3)]);
    world.hand_in(job, user).await;
    let oldest = world.store.oldest_waiting(job).await.unwrap();
    assert_eq!((oldest.assignment, oldest.submission), (Some(world.now()), Some(world.now())));
    let review = world.claim(job, reviewer).await;
    let rework = world.decide(&review, &[0]).await.unwrap().rework.unwrap();
    assert_eq!(waiting().await, [(1, 1), (1, 2), (1, 3)], "what is reserved is for nobody else");
    world.store.assignment_reassign(rework, None, world.now(), world.cause()).await.unwrap();
    assert_eq!(waiting().await, [(2, 0), (1, 1), (1, 2), (1, 3)]);
}

async fn a_duty_is_one_process_business_until_its_time(world: World) {
    let (mine, theirs) = (world.id(), world.id());
    let take = async |holder: Uuid| {
        world.store.leader_lease_take("sweep", holder, world.now(), world.now() + seconds(10)).await.unwrap()
    };
    assert!(take(mine).await && take(mine).await);
    assert!(!take(theirs).await);
    world.pass(seconds(5));
    assert!(take(mine).await, "whoever has it may keep it");
    world.pass(seconds(10));
    assert!(!take(theirs).await, "to its last moment");
    world.pass(MOMENT);
    assert!(take(theirs).await);
    assert!(!take(mine).await);
    world.pass(-seconds(1));
    assert!(!take(mine).await, "clocks differ a little");
    world.pass(-seconds(3_600));
    assert!(take(mine).await, "by a clock that has gone back since");
}
