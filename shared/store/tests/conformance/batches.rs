//! Batches: commands that come together share a transaction, and neither a bad neighbour nor a caller that goes
//! away harms the others.

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use swath_domain::cause::Cause;
use swath_domain::review::Verdict;
use swath_domain::{Assignment, ItemIndex, JobId, LeaseEnd, LeaseId, Refusal, Stage};
use tokio::task::{JoinHandle, yield_now};

use super::audit::audit;
use super::suite;
use super::world::{LEASE, MOMENT, Plan, World, staleness, verdict, work};
use swath_store::{Decide, JobEdit, Key, PutVerdict, Renew, Result, SaveItem, StoreError, Submit};

suite! {
    a_bad_confirmation_never_fails_its_neighbours
    a_bad_submission_never_fails_its_neighbours
    a_bad_decision_never_fails_its_neighbours
    a_bad_grant_never_fails_its_neighbours
    text_that_the_database_refuses_never_fails_its_neighbours
    a_database_that_is_gone_is_unavailable_to_all_at_once
    requests_that_are_dropped_at_random_leave_no_half_transition
}

const ANNOTATE: Stage = Stage::Annotate;

/// As many leases as there are ranges, each held by someone else.
async fn leases(world: &World, job: JobId, count: usize) -> Vec<Assignment> {
    let mut held = Vec::with_capacity(count);
    for user in world.workers(count).await {
        held.push(world.lease(job, user).await);
    }
    held
}

/// A lease that was given back.
async fn released(world: &World, job: JobId) -> Assignment {
    let held = world.lease(job, world.worker().await).await;
    world.release(ANNOTATE, &held).await.unwrap();
    held
}

fn is_foreign<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(StoreError::Refused(Refusal::ForeignItem(ItemIndex(999)))))
}

fn is_not_found<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(StoreError::NotFound))
}

async fn a_bad_confirmation_never_fails_its_neighbours(world: World) {
    let job = world.job(&Plan::of(100)).await;
    let stale = released(&world, job).await;
    let held = leases(&world, job, 10).await;
    let confirms = held.iter().flat_map(|good| {
        let item = good.ranges.iter().next().unwrap();
        let unknown = SaveItem { lease: LeaseId(world.id()), ..world.confirmation(good, item.0) };
        let outdated = SaveItem { if_revision: Some(9), ..world.confirmation(good, item.0) };
        [
            world.confirmation(good, item.0),
            world.confirmation(good, 999),
            unknown,
            outdated,
            world.confirmation(&stale, 0),
            world.confirmation(good, (item + 1).0),
        ]
    });
    let answers = join_all(confirms.map(|command| world.store.item_save(command))).await;
    for [good, foreign, unknown, outdated, stale, good_too] in answers.as_chunks().0 {
        assert_eq!(good.as_ref().unwrap().revision, 1);
        assert!(is_foreign(foreign), "{foreign:?}");
        assert!(is_not_found(unknown), "{unknown:?}");
        assert!(matches!(outdated, Err(StoreError::Conflict(_))), "{outdated:?}");
        assert_eq!(staleness(stale.clone()), LeaseEnd::Released);
        assert_eq!(good_too.as_ref().unwrap().revision, 1);
    }
    for good in held {
        assert_eq!(world.look(good.id).await.saved, 2);
    }
    audit(&world, job).await;
}

async fn a_bad_submission_never_fails_its_neighbours(world: World) {
    let job = world.job(&Plan::of(100)).await;
    let stale = released(&world, job).await;
    let submissions = leases(&world, job, 12).await.into_iter().enumerate().flat_map(|(n, held)| {
        let good = world.submission(&held);
        let bad = match n % 4 {
            0 => Submit { lease: LeaseId(world.id()), ..good.clone() },
            1 => world.submission(&stale),
            2 => Submit {
                items: vec![work(999, "foreign")],
                submission: Key::new("foreign", b""),
                ..good.clone()
            },
            _ => Submit { submission: Key::new("twice in one batch", b""), ..good.clone() },
        };
        [good, bad]
    });
    let answers = join_all(submissions.map(|command| world.store.lease_submit(command))).await;
    for (n, [good, bad]) in answers.as_chunks().0.iter().enumerate() {
        assert!(good.as_ref().unwrap().fresh);
        match n % 4 {
            0 => assert!(is_not_found(bad), "{bad:?}"),
            1 => assert_eq!(staleness(bad.clone()), LeaseEnd::Released),
            2 => assert!(is_foreign(bad), "{bad:?}"),
            _ => assert_eq!(staleness(bad.clone()), LeaseEnd::Submitted),
        }
    }
    audit(&world, job).await;
}

async fn a_bad_decision_never_fails_its_neighbours(world: World) {
    let job = world.job(&Plan::of(60)).await;
    let author = world.worker().await;
    let mut reviews = Vec::new();
    for reviewer in world.workers(12).await {
        world.hand_in(job, author).await;
        reviews.push(world.claim(job, reviewer).await);
    }
    let commands = reviews.iter().enumerate().map(|(n, review)| {
        let rejected = review.ranges.iter().next().unwrap();
        match n % 4 {
            0 => world.decision(review, &[rejected.0]),
            1 => world.decision(review, &[999]),
            2 => Decide { accept_rest: false, ..world.decision(review, &[rejected.0]) },
            _ => Decide { user: author, ..world.decision(review, &[]) },
        }
    });
    let answers = join_all(commands.map(|command| world.store.review_decide(command))).await;
    for [good, foreign, incomplete, stranger] in answers.as_chunks().0 {
        assert!(good.as_ref().unwrap().rework.is_some());
        assert!(is_foreign(foreign), "{foreign:?}");
        assert!(matches!(incomplete, Err(StoreError::Refused(Refusal::Incomplete(_)))), "{incomplete:?}");
        assert!(is_not_found(stranger), "{stranger:?}");
    }
    audit(&world, job).await;
}

async fn a_bad_grant_never_fails_its_neighbours(world: World) {
    let job = world.job(&Plan::of(100)).await;
    let unknown = JobId(world.id());
    let people = world.workers(8).await;
    // Every one of them asks twice, and for a job that is not there, which only their own request hears of.
    let requests = people.iter().flat_map(|user| {
        let good = world.request(ANNOTATE, job, *user);
        let nowhere = swath_store::Grant { job: Some(unknown), user: world.manager, ..good.clone() };
        [good.clone(), swath_store::Grant { lease: LeaseId(world.id()), ..good }, nowhere]
    });
    let answers = join_all(requests.map(|command| world.store.lease_grant(command))).await;
    for [good, again, nowhere] in answers.as_chunks().0 {
        assert!(good.is_ok() && again.is_ok(), "{good:?} {again:?}");
        assert!(is_not_found(nowhere), "{nowhere:?}");
    }
    assert_eq!(world.assignments(job).await.iter().filter(|a| a.lease.is_some()).count(), 8);
    audit(&world, job).await;
}

async fn text_that_the_database_refuses_never_fails_its_neighbours(world: World) {
    let job = world.job(&Plan::of(50)).await;
    let held = leases(&world, job, 10).await;
    let confirms = held.iter().flat_map(|good| {
        let item = good.ranges.iter().next().unwrap();
        let nul = SaveItem { work: work((item + 1).0, "\0"), ..world.confirmation(good, item.0) };
        [world.confirmation(good, item.0), nul]
    });
    // Callers refuse U+0000 before it comes here; should one forget, nobody else pays for it.
    let answers = join_all(confirms.map(|command| world.store.item_save(command))).await;
    for [good, _] in answers.as_chunks().0 {
        assert_eq!(good.as_ref().unwrap().revision, 1);
    }
    audit(&world, job).await;
}

async fn a_database_that_is_gone_is_unavailable_to_all_at_once(world: World) {
    let job = world.job(&Plan::of(50)).await;
    let held = leases(&world, job, 10).await;
    world.store.close().await;
    let confirms = held.iter().map(|held| world.confirm(held, held.ranges.iter().next().unwrap().0));
    for answer in join_all(confirms).await {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    let edit = world.store.job_edit(job, JobEdit::default(), Cause::by(world.manager, world.now())).await;
    assert!(matches!(edit, Err(StoreError::Unavailable(_))), "{edit:?}");
}

/// Starts a request that somebody may hang up on.
fn request(world: &World, random: &mut StdRng, job: JobId, known: &[Assignment]) -> JoinHandle<()> {
    let (store, now) = (world.store.clone(), world.now());
    let held = known[random.random_range(0..known.len())].clone();
    let (lease, user) = super::world::holder(&held);
    let item = held.ranges.iter().next().unwrap() + random.random_range(0..held.items);
    let (text, verdict) = (random.random_range(0..3).to_string(), verdict(item.0, Verdict::Accept));
    let ask = world.request([ANNOTATE, Stage::Review][random.random_range(0..2)], job, user);
    let (submission, decision) = (world.submission(&held), world.decision(&held, &[item.0]));
    let save = SaveItem { work: work(item.0, &text), ..world.confirmation(&held, item.0) };
    let (manager, title) = (world.manager, Some(text));
    match random.random_range(0..8) {
        0 => tokio::spawn(async move { drop(store.lease_grant(ask).await) }),
        1 | 2 => tokio::spawn(async move { drop(store.item_save(save).await) }),
        3 => tokio::spawn(async move { drop(store.lease_submit(submission).await) }),
        4 => tokio::spawn(async move { drop(store.review_decide(decision).await) }),
        5 => tokio::spawn(async move {
            let _ = store.verdict_put(PutVerdict { lease, user, token_maker: None, verdict, now }).await;
        }),
        6 => tokio::spawn(async move {
            drop(store.lease_renew(Renew { stage: ANNOTATE, lease, user, token_maker: None, now }).await)
        }),
        _ => tokio::spawn(async move {
            let _ =
                store.job_edit(job, JobEdit { title, ..JobEdit::default() }, Cause::by(manager, now)).await;
        }),
    }
}

async fn requests_that_are_dropped_at_random_leave_no_half_transition(world: World) {
    let mut random = StdRng::seed_from_u64(3);
    let job = world.job(&Plan::of(200)).await;
    let people = world.workers(12).await;
    let mut known = leases(&world, job, 4).await;
    for round in 0..10_000 {
        let running = request(&world, &mut random, job, &known);
        for _ in 0..random.random_range(0..12) {
            yield_now().await;
        }
        running.abort();
        if round % 250 == 0 {
            let stage = [ANNOTATE, Stage::Review][random.random_range(0..2)];
            let user = people[random.random_range(0..people.len())];
            if let swath_store::Granted::New(assignment) = world.ask(stage, job, user).await {
                known.push(*assignment);
            }
        }
    }
    // Commands of one kind are written in their order: behind an answer of each kind, nothing runs any more.
    settle(&world, job, &known[0]).await;
    audit(&world, job).await;
    world.pass(LEASE + MOMENT);
    world.expire().await;
    audit(&world, job).await;
}

/// Waits until every writer has answered a command that came behind all others.
async fn settle(world: &World, job: JobId, held: &Assignment) {
    let item = held.ranges.iter().next().unwrap();
    for _ in 0..2 {
        world.ask(ANNOTATE, job, held.holder().unwrap()).await;
        let _ = world.confirm(held, item.0).await;
        let _ = world.submit(held).await;
        let _ = world.decide(held, &[]).await;
        let _ = world.put_verdict(held, verdict(item.0, Verdict::Accept)).await;
        let _ = world.renew(ANNOTATE, held).await;
        world.store.job_edit(job, JobEdit::default(), Cause::by(world.manager, world.now())).await.unwrap();
    }
}
