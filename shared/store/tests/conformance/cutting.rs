//! Cutting: the selection is covered once, whoever cuts, however often and wherever a cutter is stopped.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use swath_domain::Stage;
use swath_domain::cause::Cause;
use swath_domain::ranges::Range;

use super::audit::audit;
use super::suite;
use super::world::{Plan, World};
use swath_store::{Store, Wait};

suite! {
    a_cut_that_goes_on_at_random_points_covers_the_selection
    two_cutters_at_once_cut_every_range_once
    of_two_who_cut_from_the_same_place_one_does
    a_cutter_that_is_stopped_leaves_a_slice_or_nothing
    a_cancelled_job_is_not_cut
    a_huge_job_can_be_worked_on_after_its_first_slice
}

/// Runs of many lengths with gaps between them.
fn ragged(random: &mut StdRng) -> Vec<Range> {
    let mut start = 0;
    let mut next = |_| {
        start += random.random_range(1..20);
        let end = start + random.random_range(1..30);
        Range::of(std::mem::replace(&mut start, end), end)
    };
    (0..25).map(&mut next).collect()
}

async fn a_cut_that_goes_on_at_random_points_covers_the_selection(world: World) {
    let mut random = StdRng::seed_from_u64(1);
    for slots in [1, 3] {
        let plan = Plan { selection: ragged(&mut random), range_size: 7, slots, ..Plan::of(1) };
        let job = world.uncut_job(&plan).await;
        let mut done = false;
        while !done {
            audit(&world, job).await;
            let cutter = world.another_process().await;
            done = cutter.store.job_cut(job, random.random_range(1..9), world.now()).await.unwrap().done;
        }
        audit(&world, job).await;
        let more = world.store.job_cut(job, 5, world.now()).await.unwrap();
        assert_eq!((more.made, more.ranges, more.done), (0, (0, 0), true));
    }
}

async fn two_cutters_at_once_cut_every_range_once(world: World) {
    let other = world.another_process().await;
    let plan = Plan { slots: 2, ..Plan::of(203) };
    let job = world.uncut_job(&plan).await;
    let cut = async |store: &Store, ranges| {
        let mut made = 0;
        loop {
            let cut = store.job_cut(job, ranges, world.now()).await.unwrap();
            made += cut.made;
            if cut.done {
                return made;
            }
        }
    };
    let (mine, theirs) = tokio::join!(cut(&world.store, 2), cut(&other.store, 3));
    assert_eq!(mine + theirs, 41 * 2);
    audit(&world, job).await;
}

async fn a_cutter_that_is_stopped_leaves_a_slice_or_nothing(world: World) {
    let mut random = StdRng::seed_from_u64(2);
    let job = world.uncut_job(&Plan::of(400)).await;
    for _ in 0..30 {
        let (store, now) = (Arc::new(world.store.clone()), world.now());
        let cutter = tokio::spawn(async move { store.job_cut(job, 2, now).await });
        for _ in 0..random.random_range(0..20) {
            tokio::task::yield_now().await;
        }
        cutter.abort();
    }
    while !world.store.job_cut(job, 2, world.now()).await.unwrap().done {}
    audit(&world, job).await;
}

async fn of_two_who_cut_from_the_same_place_one_does(world: World) {
    let other = world.another_process().await;
    let job = world.uncut_job(&Plan::of(200)).await;
    let mut from = 0;
    loop {
        let (mine, theirs) = tokio::join!(
            world.store.job_cut_from(job, from, 2, world.now()),
            other.store.job_cut_from(job, from, 2, world.now())
        );
        let (mine, theirs) = (mine.unwrap(), theirs.unwrap());
        assert!((mine.made > 0) != (theirs.made > 0), "{mine:?} {theirs:?}");
        from = mine.to.max(theirs.to);
        if mine.done || theirs.done {
            break;
        }
    }
    audit(&world, job).await;
}

async fn a_cancelled_job_is_not_cut(world: World) {
    let job = world.uncut_job(&Plan::of(50)).await;
    world.store.job_cut(job, 2, world.now()).await.unwrap();
    world.store.job_cancel(job, Cause::by(world.manager, world.now())).await.unwrap();
    assert_eq!(world.store.job_cut(job, 2, world.now()).await.unwrap().made, 0);
    assert_eq!(world.assignments(job).await.len(), 2);
    audit(&world, job).await;
}

async fn a_huge_job_can_be_worked_on_after_its_first_slice(world: World) {
    let plan = Plan { range_size: 1_000, ..Plan::of(100_000_000) };
    let draft = world.draft(&plan).await;
    let job = world.store.job_create(draft, None).await.unwrap();
    let cut = world.store.job_cut(job, 3, world.now()).await.unwrap();
    assert_eq!((cut.made, cut.ranges, cut.done), (3, (0, 3), false));
    let held = world.lease(job, world.worker().await).await;
    let items =
        world.store.items(world.store.job(job).await.unwrap().unwrap().dataset, &held.ranges).await.unwrap();
    assert_eq!((items.len(), items[999].uri.as_str()), (1_000, "s3://bucket/000999.jpg"));
    let progress = world.store.job_progress(job).await.unwrap().items();
    assert_eq!((progress.in_progress, progress.total()), (1_000, 100_000_000));
    let wait = world.store.lease_wait(Stage::Annotate, job, world.manager, None, world.now()).await.unwrap();
    assert_eq!(
        wait,
        Wait { eligible: true, uncut: true, leased_until: Some(held.expires().unwrap()), ..Wait::default() }
    );
}
