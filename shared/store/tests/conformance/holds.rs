//! Leases while they last: renewals, expiries, revivals, and why an ended one is refused.

use swath_domain::time::seconds;
use swath_domain::{Assignment, JobId, LeaseEnd, LeaseId, Stage, Status, Time};

use super::audit::audit;
use super::suite;
use super::world::{DEADLINE, LEASE, MOMENT, Plan, World, staleness};
use swath_store::{Granted, Renew, StoreError};

suite! {
    a_renewal_moves_the_expiry_until_the_hard_deadline
    a_renewal_that_gains_little_changes_nothing
    an_expired_lease_is_revived_by_its_holder
    an_expired_review_is_revived_by_its_reviewer
    an_expired_lease_is_not_revived_once_its_deadline_has_passed
    an_expired_lease_is_not_revived_beside_another
    a_stale_lease_says_why
    a_release_that_is_sent_again_is_no_second_release
    a_lease_of_someone_else_is_not_found
}

const ANNOTATE: Stage = Stage::Annotate;

/// Lets the leases expire that run at this moment.
async fn expire(world: &World) {
    world.pass(LEASE + MOMENT);
    assert_eq!(world.expire().await, 1);
}

async fn a_renewal_moves_the_expiry_until_the_hard_deadline(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let deadline = held.lease.unwrap().deadline;
    while world.now() < deadline {
        let expires = world.renew(ANNOTATE, &held).await.unwrap().expires;
        assert_eq!(expires, (world.now() + LEASE).min(deadline));
        world.pass(LEASE / 2);
    }
    assert_eq!(staleness(world.renew(ANNOTATE, &held).await), LeaseEnd::Expired);
    assert_eq!(world.look(held.id).await.expires().unwrap(), deadline);
    audit(&world, job).await;
}

async fn a_renewal_that_gains_little_changes_nothing(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    world.pass(LEASE / 4 - MOMENT);
    assert_eq!(world.renew(ANNOTATE, &held).await.unwrap().expires, held.expires().unwrap());
    world.pass(MOMENT);
    assert_eq!(world.renew(ANNOTATE, &held).await.unwrap().expires, world.now() + LEASE);
}

async fn an_expired_lease_is_revived_by_its_holder(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let user = world.worker().await;
    let held = world.lease(job, user).await;
    expire(&world).await;
    world.renew(ANNOTATE, &held).await.unwrap();
    must_be_held(&world, &held).await;
    expire(&world).await;
    world.confirm(&held, 2).await.unwrap();
    must_be_held(&world, &held).await;
    expire(&world).await;
    let again = world.ask(ANNOTATE, job, user).await;
    assert!(matches!(again, Granted::Held(lease) if Some(lease) == held.lease_id()), "{again:?}");
    must_be_held(&world, &held).await;
    audit(&world, job).await;
}

async fn must_be_held(world: &World, held: &Assignment) {
    let now = world.look(held.id).await;
    assert_eq!((now.status, now.lease_id(), now.fence), (held.status, held.lease_id(), held.fence));
    assert_eq!(now.expires().unwrap(), world.now() + LEASE);
}

async fn an_expired_review_is_revived_by_its_reviewer(world: World) {
    let job = world.job(&Plan::of(5)).await;
    world.hand_in(job, world.worker().await).await;
    let reviewer = world.worker().await;
    let review = world.claim(job, reviewer).await;
    expire(&world).await;
    assert_eq!(world.look(review.id).await.status, Status::Completed);
    let again = world.ask(Stage::Review, job, reviewer).await;
    assert!(matches!(again, Granted::Held(lease) if Some(lease) == review.lease_id()), "{again:?}");
    must_be_held(&world, &review).await;
    expire(&world).await;
    assert_eq!(world.decide(&review, &[]).await.unwrap().status, Status::Accepted);
    audit(&world, job).await;
}

async fn an_expired_lease_is_not_revived_once_its_deadline_has_passed(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let user = world.worker().await;
    let held = world.lease(job, user).await;
    world.pass(DEADLINE);
    world.expire().await;
    assert_eq!(staleness(world.renew(ANNOTATE, &held).await), LeaseEnd::Expired);
    assert_eq!(staleness(world.confirm(&held, 0).await), LeaseEnd::Expired);
    assert_eq!(world.look(held.id).await.status, Status::Pending);
    let next = world.lease(job, user).await;
    assert_eq!((next.id, next.fence), (held.id, held.fence + 1));
    audit(&world, job).await;
}

async fn an_expired_lease_is_not_revived_beside_another(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let user = world.worker().await;
    let first = world.lease(job, user).await;
    world.pass(DEADLINE - MOMENT);
    world.expire().await;
    world.pass(MOMENT);
    let other = world.assignments(job).await.into_iter().find(|a| a.id != first.id).unwrap();
    let request = swath_store::Grant { candidates: vec![other.id], ..world.request(ANNOTATE, job, user) };
    let second = super::world::granted(world.store.lease_grant(request).await.unwrap());
    assert_eq!(second.id, other.id);
    // The clock of another gateway is a little behind: to it the deadline is still to come.
    let (lease, late) = (first.lease_id().unwrap(), world.now() - seconds(1));
    let renewed =
        world.store.lease_renew(Renew { stage: ANNOTATE, lease, user, token_maker: None, now: late }).await;
    assert_eq!(staleness(renewed), LeaseEnd::Expired);
    world.submit(&first).await.unwrap();
    must_be_held_by(&world, &second, user).await;
    audit(&world, job).await;
}

async fn must_be_held_by(world: &World, held: &Assignment, user: swath_domain::UserId) {
    let now = world.look(held.id).await;
    assert_eq!((now.status, now.lease_id(), now.holder()), (Status::InProgress, held.lease_id(), Some(user)));
}

async fn a_stale_lease_says_why(world: World) {
    let job = world.job(&Plan::of(50)).await;
    for reason in
        [LeaseEnd::Taken, LeaseEnd::Released, LeaseEnd::Reassigned, LeaseEnd::Cancelled, LeaseEnd::Submitted]
    {
        let held = world.lease(job, world.worker().await).await;
        end(&world, job, &held, reason).await;
        let before = world.look(held.id).await;
        assert_eq!(staleness(world.renew(ANNOTATE, &held).await), reason);
        assert_eq!(staleness(world.confirm(&held, held.ranges.iter().next().unwrap().0).await), reason);
        assert_eq!(world.look(held.id).await, before, "a stale lease changes nothing");
        let view = world.store.lease(held.lease_id().unwrap()).await.unwrap().unwrap();
        assert_eq!(view.ended, Some(reason));
    }
    audit(&world, job).await;
}

async fn end(world: &World, job: JobId, held: &Assignment, how: LeaseEnd) {
    let store = &world.store;
    match how {
        LeaseEnd::Expired => panic!("an expiry ends no lease"),
        LeaseEnd::Taken => {
            world.pass(LEASE + MOMENT);
            world.expire().await;
            assert_eq!(world.lease(job, world.worker().await).await.id, held.id);
        }
        LeaseEnd::Released => world.release(ANNOTATE, held).await.unwrap(),
        LeaseEnd::Reassigned => {
            drop(store.assignment_reassign(held.id, None, Time(0), world.cause()).await.unwrap())
        }
        LeaseEnd::Cancelled => drop(store.assignment_cancel(held.id, world.cause()).await.unwrap()),
        LeaseEnd::Submitted => drop(world.submit(held).await.unwrap()),
    }
}

async fn a_release_that_is_sent_again_is_no_second_release(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    world.release(ANNOTATE, &held).await.unwrap();
    let next = world.lease(job, world.worker().await).await;
    world.release(ANNOTATE, &held).await.unwrap();
    assert_eq!(world.look(held.id).await, next);
    let log = world.store.log(held.id.0, 0, 100).await.unwrap().entries;
    assert_eq!(log.iter().filter(|entry| entry.action == "release").count(), 1);
    assert_eq!(log[1].reason.as_deref(), Some("lunch"));
}

async fn a_lease_of_someone_else_is_not_found(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let lease = held.lease_id().unwrap();
    let renew = |stage, lease, user| {
        world.store.lease_renew(Renew { stage, lease, user, token_maker: None, now: world.now() })
    };
    let (mine, stranger) = (held.holder().unwrap(), world.worker().await);
    let unknown = LeaseId(world.id());
    for (stage, lease, user) in
        [(ANNOTATE, lease, stranger), (Stage::Review, lease, mine), (ANNOTATE, unknown, mine)]
    {
        let answer = renew(stage, lease, user).await;
        assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
    }
    world.pass(seconds(1));
    assert!(renew(ANNOTATE, lease, mine).await.is_ok());
}
