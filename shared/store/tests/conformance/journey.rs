//! One range from the cut to the export, by way of a rejection.

use swath_domain::{JobId, Role, Round, Stage, Status, UserId};

use super::audit::{accepted, audit};
use super::suite;
use super::world::{Plan, World};
use swath_store::{Granted, digest};

suite! {
    a_range_goes_from_the_cut_to_the_export
}

async fn a_range_goes_from_the_cut_to_the_export(world: World) {
    let (annotator, reviewer) = people(&world).await;
    let job = world.job(&Plan::of(8)).await;
    audit(&world, job).await;
    label(&world, job, annotator).await;
    audit(&world, job).await;
    review(&world, job, reviewer).await;
    audit(&world, job).await;
    rework(&world, job, annotator, reviewer).await;
    audit(&world, job).await;
    assert!(world.store.job_finish(job, world.now()).await.unwrap());
    export(&world, job, annotator).await;
}

async fn people(world: &World) -> (UserId, UserId) {
    let annotator = world.member(&[Role::Annotator]).await;
    let reviewer = world.member(&[Role::Reviewer]).await;
    let secret = digest(b"a secret");
    world.token(annotator, "a secret").await;
    let known = world.store.token(&secret).await.unwrap().unwrap();
    assert_eq!(known.user.id, annotator);
    assert!(known.teams[0].2.has(Role::Annotator));
    (annotator, reviewer)
}

/// Both ranges, the first of them item by item.
async fn label(world: &World, job: JobId, annotator: UserId) {
    let held = world.lease(job, annotator).await;
    assert_eq!((held.key.number, held.fence), (0, 1));
    for item in held.ranges.iter() {
        assert_eq!(world.confirm(&held, item.0).await.unwrap().revision, 1);
    }
    assert_eq!(world.look(held.id).await.saved, 5);
    assert_eq!(world.submit(&held).await.unwrap().status, Status::Completed);
    world.hand_in(job, annotator).await;
    assert!(matches!(world.ask(Stage::Annotate, job, annotator).await, Granted::Nothing));
}

async fn review(world: &World, job: JobId, reviewer: UserId) {
    let first = world.claim(job, reviewer).await;
    let decided = world.decide(&first, &[2, 3]).await.unwrap();
    assert_eq!((decided.status, decided.rework_key), (Status::Rejected, Some((Round(2), 0))));
    let second = world.claim(job, reviewer).await;
    let decided = world.decide(&second, &[]).await.unwrap();
    assert_eq!((decided.status, decided.rework), (Status::Accepted, None));
}

async fn rework(world: &World, job: JobId, annotator: UserId, reviewer: UserId) {
    let again = world.lease(job, annotator).await;
    assert_eq!((again.key.round, again.key.number, again.ranges.to_string().as_str()), (Round(2), 0, "2-4"));
    assert!(!world.store.job_finish(job, world.now()).await.unwrap());
    world.submit(&again).await.unwrap();
    let review = world.claim(job, reviewer).await;
    assert_eq!(world.decide(&review, &[]).await.unwrap().status, Status::Accepted);
}

async fn export(world: &World, job: JobId, annotator: UserId) {
    let items = accepted(world, job).await;
    let lines: Vec<_> = items.iter().map(|item| (item.annotation.item.0, item.round.0)).collect();
    assert_eq!(lines, [(0, 1), (1, 1), (2, 2), (3, 2), (4, 1), (5, 1), (6, 1), (7, 1)]);
    assert!(items.iter().all(|item| item.annotation.author == annotator));
}
