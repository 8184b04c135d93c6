//! Grants: nobody is given what another has, and nobody goes without while there is something to be had.

use std::collections::HashSet;

use futures::future::join_all;
use swath_domain::cause::Cause;
use swath_domain::job::JobStatus;
use swath_domain::{JobId, LeaseId, Stage, Time, UserId};
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{LEASE, Plan, RESERVE, World, granted};
use swath_store::{Granted, Key, StoreError, Wait};

suite! {
    a_hundred_people_share_a_few_ranges_without_a_double_grant
    a_person_has_one_lease_per_job_whichever_process_is_asked
    leases_of_several_jobs_stand_beside_each_other
    ranges_are_handed_out_in_order
    what_comes_back_before_the_head_of_the_queue_is_found
    candidates_come_before_the_queue
    a_candidate_out_of_reach_is_not_given
    what_is_reserved_for_a_person_comes_first
    a_reservation_is_found_behind_many_in_jobs_that_are_closed
    a_reservation_is_found_behind_many_of_another_team
    a_reservation_ends_with_its_time
    the_same_key_gets_the_first_lease_again
    a_key_that_was_answered_with_what_is_held_stands_for_it_later_too
    a_wait_says_what_for
    a_job_that_grants_nothing_holds_no_work
}

const ANNOTATE: Stage = Stage::Annotate;
/// Items in more ranges than are looked at of what is reserved for one user.
const MANY: i64 = 150;

async fn a_hundred_people_share_a_few_ranges_without_a_double_grant(world: World) {
    let job = world.job(&Plan::of(60)).await;
    let other = world.another_process().await;
    let ids: Vec<_> = world.assignments(job).await.into_iter().map(|a| a.id).collect();
    let people: Vec<_> = (0..100).map(|_| UserId(world.id())).collect();
    // Over both processes, and each of the two ways in: by candidates that all of them name, and by the queue.
    let asking = people.iter().enumerate().map(|(n, user)| {
        let process = if n % 2 == 0 { &world } else { &other };
        let candidates = if n % 3 == 0 { ids.clone() } else { Vec::new() };
        process.store.lease_grant(swath_store::Grant { candidates, ..world.request(ANNOTATE, job, *user) })
    });
    let answers = join_all(asking).await.into_iter().map(Result::unwrap);
    let mut given: HashSet<_> = HashSet::new();
    let mut without = Vec::new();
    for (answer, user) in answers.zip(&people) {
        match answer {
            Granted::New(assignment) => {
                assert!(given.insert(assignment.id), "{} was given twice", assignment.id)
            }
            Granted::Nothing => without.push(*user),
            Granted::Held(lease) => panic!("{user} never asked before and holds {lease}"),
        }
    }
    // What was merely locked a moment ago is there for those who ask again.
    for user in without {
        if let Granted::New(assignment) = world.ask(ANNOTATE, job, user).await {
            assert!(given.insert(assignment.id), "{} was given twice", assignment.id);
        }
    }
    assert_eq!(given.len(), 12);
    audit(&world, job).await;
}

async fn a_person_has_one_lease_per_job_whichever_process_is_asked(world: World) {
    let job = world.job(&Plan::of(60)).await;
    let other = world.another_process().await;
    let user = world.worker().await;
    let asking = (0..20).map(|n| if n % 2 == 0 { &world } else { &other }.ask(ANNOTATE, job, user));
    let mut leases = HashSet::new();
    let mut new = 0;
    for answer in join_all(asking).await {
        match answer {
            Granted::New(assignment) => {
                new += 1;
                leases.insert(assignment.lease_id().unwrap());
            }
            Granted::Held(lease) => drop(leases.insert(lease)),
            Granted::Nothing => panic!("there was work to be had"),
        }
    }
    assert_eq!((new, leases.len()), (1, 1));
    audit(&world, job).await;
}

async fn leases_of_several_jobs_stand_beside_each_other(world: World) {
    let (first, second) = (world.job(&Plan::of(10)).await, world.job(&Plan::of(10)).await);
    let user = world.worker().await;
    let held = world.lease(first, user).await;
    let any = world.ask(ANNOTATE, second, user).await;
    assert!(matches!(any, Granted::Held(lease) if Some(lease) == held.lease_id()), "{any:?}");
    let only = swath_store::Grant { only: Some(second), ..world.request(ANNOTATE, second, user) };
    assert_eq!(granted(world.store.lease_grant(only).await.unwrap()).key.job, second);
    assert_eq!(world.store.leases_of(user, ANNOTATE, Uuid::nil(), 9).await.unwrap().len(), 2);
    let held = world.store.leases_of(user, ANNOTATE, Uuid::nil(), 1).await.unwrap();
    let rest = world.store.leases_of(user, ANNOTATE, held[0].id.0, 9).await.unwrap();
    let mut jobs = [held[0].key.job, rest[0].key.job];
    jobs.sort_unstable();
    assert_eq!((jobs, rest.len()), ([first, second], 1));
}

async fn ranges_are_handed_out_in_order(world: World) {
    let job = world.job(&Plan::of(20)).await;
    let mut numbers = Vec::new();
    for user in world.workers(4).await {
        numbers.push(world.lease(job, user).await.key.number);
    }
    assert_eq!(numbers, [0, 1, 2, 3]);
}

/// A process reads on from where it took last; what comes back behind its back must not be lost on it.
async fn what_comes_back_before_the_head_of_the_queue_is_found(world: World) {
    let job = world.job(&Plan::of(30)).await;
    let mut held = Vec::new();
    for user in world.workers(3).await {
        held.push(world.lease(job, user).await);
    }
    for lease in &held[..2] {
        world.release(ANNOTATE, lease).await.unwrap();
    }
    // All at once, so that some of them share what is left behind the head.
    let asking = world.workers(5).await;
    let leases = join_all(asking.into_iter().map(|user| world.lease(job, user))).await;
    let mut numbers: Vec<_> = leases.iter().map(|lease| lease.key.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 3, 4, 5]);
}

async fn candidates_come_before_the_queue(world: World) {
    let job = world.job(&Plan::of(20)).await;
    let ids: Vec<_> = world.assignments(job).await.into_iter().map(|a| a.id).collect();
    let (first, second) = (world.worker().await, world.worker().await);
    for (user, number) in [(first, 3), (second, 2)] {
        let candidates = vec![ids[3], ids[2]];
        let request = swath_store::Grant { candidates, ..world.request(ANNOTATE, job, user) };
        assert_eq!(granted(world.store.lease_grant(request).await.unwrap()).key.number, number);
    }
}

async fn a_candidate_out_of_reach_is_not_given(world: World) {
    let (open, closed) = (world.job(&Plan::of(5)).await, world.job(&Plan::of(5)).await);
    let candidates: Vec<_> = world.assignments(closed).await.into_iter().map(|a| a.id).collect();
    let user = world.worker().await;
    let request =
        swath_store::Grant { candidates: candidates.clone(), ..world.request(ANNOTATE, open, user) };
    assert_eq!(granted(world.store.lease_grant(request).await.unwrap()).key.job, open);
    let stranger = world.worker().await;
    let team = world.new_team("another team").await;
    let request = swath_store::Grant { team, candidates, ..world.request(ANNOTATE, closed, stranger) };
    assert!(matches!(world.store.lease_grant(request).await, Ok(Granted::Nothing)));
}

async fn what_is_reserved_for_a_person_comes_first(world: World) {
    let job = world.job(&Plan::of(20)).await;
    let (user, other) = (world.worker().await, world.worker().await);
    let reserved = world.assignments(job).await[0].id;
    let until = world.now() + RESERVE;
    world.store.assignment_reassign(reserved, Some(user), until, world.cause()).await.unwrap();
    assert_eq!(world.lease(job, other).await.key.number, 1);
    assert_eq!(world.lease(job, user).await.id, reserved);
}

/// Reserves everything in these jobs for a user, and says until when.
async fn reserve_all(world: &World, jobs: [JobId; 2], user: UserId) -> Time {
    let until = world.now() + RESERVE;
    for job in jobs {
        for assignment in world.assignments(job).await {
            world.store.assignment_reassign(assignment.id, Some(user), until, world.cause()).await.unwrap();
        }
    }
    until
}

async fn a_reservation_is_found_behind_many_in_jobs_that_are_closed(world: World) {
    let (closed, open) = (world.job(&Plan::of(MANY)).await, world.job(&Plan::of(5)).await);
    let user = world.worker().await;
    let until = reserve_all(&world, [closed, open], user).await;
    let only = swath_store::Grant { only: Some(open), ..world.request(ANNOTATE, open, user) };
    let held = granted(world.store.lease_grant(only).await.unwrap());
    assert_eq!(held.key.job, open);
    world.release(ANNOTATE, &held).await.unwrap();
    world.store.assignment_reassign(held.id, Some(user), until, world.cause()).await.unwrap();
    world.store.job_switch(closed, JobStatus::Paused, Cause::by(world.manager, world.now())).await.unwrap();
    assert_eq!(world.lease(open, user).await.id, held.id);
}

async fn a_reservation_is_found_behind_many_of_another_team(world: World) {
    let mut next_door = world.clone();
    next_door.team = world.new_team("the team next door").await;
    let (elsewhere, here) = (next_door.job(&Plan::of(MANY)).await, world.job(&Plan::of(5)).await);
    let user = world.worker().await;
    reserve_all(&world, [elsewhere, here], user).await;
    assert_eq!(world.lease(here, user).await.key.job, here);
}

async fn a_reservation_ends_with_its_time(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (user, other) = (world.worker().await, world.worker().await);
    let reserved = world.assignments(job).await[0].id;
    let until = world.now() + RESERVE;
    world.store.assignment_reassign(reserved, Some(user), until, world.cause()).await.unwrap();
    assert!(matches!(world.ask(ANNOTATE, job, other).await, Granted::Nothing));
    let wait = world.store.lease_wait(ANNOTATE, job, other, None, world.now()).await.unwrap();
    assert_eq!((wait.eligible, wait.reserved_until), (false, Some(until)));
    assert!(world.store.lease_wait(ANNOTATE, job, user, None, world.now()).await.unwrap().eligible);
    world.pass(RESERVE);
    assert_eq!(world.lease(job, other).await.id, reserved);
}

async fn the_same_key_gets_the_first_lease_again(world: World) {
    let job = world.job(&Plan::of(20)).await;
    let user = world.worker().await;
    let keyed = |body: &[u8]| swath_store::Grant {
        key: Some(Key::new("once", body)),
        lease: LeaseId(world.id()),
        ..world.request(ANNOTATE, job, user)
    };
    let first = granted(world.store.lease_grant(keyed(b"{}")).await.unwrap());
    world.submit(&first).await.unwrap();
    let again = world.store.lease_grant(keyed(b"{}")).await.unwrap();
    assert!(matches!(again, Granted::Held(lease) if Some(lease) == first.lease_id()), "{again:?}");
    let other = world.store.lease_grant(keyed(b"{other}")).await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
}

async fn a_key_that_was_answered_with_what_is_held_stands_for_it_later_too(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let user = world.worker().await;
    let first = world.lease(job, user).await;
    let ask = async |body: &[u8]| {
        let key = Some(Key::new("again", body));
        world.store.lease_grant(swath_store::Grant { key, ..world.request(ANNOTATE, job, user) }).await
    };
    for _ in 0..2 {
        let held = ask(b"this").await.unwrap();
        assert!(matches!(held, Granted::Held(lease) if Some(lease) == first.lease_id()), "{held:?}");
        let _ = world.release(ANNOTATE, &first).await;
    }
    let other = ask(b"that").await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
    audit(&world, job).await;
}

async fn a_wait_says_what_for(world: World) {
    let job = world.job(&Plan { slots: 2, ..Plan::of(5) }).await;
    let (user, other) = (world.worker().await, world.worker().await);
    let wait = async |stage, user| world.store.lease_wait(stage, job, user, None, world.now()).await.unwrap();
    assert!(wait(ANNOTATE, user).await.eligible);
    world.hand_in(job, user).await;
    assert_eq!(wait(ANNOTATE, user).await, Wait { own: true, ..Wait::default() });
    assert_eq!(wait(Stage::Review, user).await, Wait { own: true, ..Wait::default() });
    assert!(wait(Stage::Review, other).await.eligible);
    let until = Some(world.now() + LEASE);
    world.lease(job, other).await;
    world.claim(job, other).await;
    for stage in [ANNOTATE, Stage::Review] {
        assert_eq!(wait(stage, user).await, Wait { leased_until: until, ..Wait::default() });
    }
}

async fn a_job_that_grants_nothing_holds_no_work(world: World) {
    let job = world.job(&Plan { slots: 2, ..Plan::of(5) }).await;
    let (author, reviewer) = (world.worker().await, world.worker().await);
    world.hand_in(job, author).await;
    let waits = async || {
        let wait =
            async |stage| world.store.lease_wait(stage, job, reviewer, None, world.now()).await.unwrap();
        [wait(ANNOTATE).await, wait(Stage::Review).await]
    };
    let switch = async |to| {
        world.store.job_switch(job, to, Cause::by(world.manager, world.now())).await.map(|_| ()).unwrap()
    };
    assert!(waits().await.iter().all(|wait| wait.eligible));
    switch(JobStatus::Paused).await;
    assert_eq!(waits().await, [Wait::default(), Wait::default()]);
    switch(JobStatus::Active).await;
    assert!(waits().await.iter().all(|wait| wait.eligible));
    switch(JobStatus::Cancelled).await;
    assert_eq!(waits().await, [Wait::default(), Wait::default()]);
}
