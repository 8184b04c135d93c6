//! Saved items: kept under their author, in revisions, and out of everyone else's reach.

use futures::future::join_all;
use swath_domain::{AssignmentId, ItemIndex, Refusal, Stage, UserId};

use super::audit::audit;
use super::suite;
use super::world::{Plan, World, work};
use swath_store::{SaveItem, StoreError};

suite! {
    the_next_holder_starts_empty_and_overwrites_nothing
    the_same_person_finds_their_own_work_again
    the_same_body_keeps_its_revision
    a_save_goes_through_at_the_revision_that_it_names
    saves_of_one_item_follow_each_other
    an_item_of_another_range_is_refused
    an_assignment_counts_its_confirmed_items
}

const ANNOTATE: Stage = Stage::Annotate;
/// Items, revisions and bodies that a user has saved.
async fn saved(world: &World, id: AssignmentId, author: UserId) -> Vec<(i64, i64, String)> {
    let rows = world.store.annotations(id, author, ItemIndex::EVERY).await.unwrap();
    rows.into_iter().map(|row| (row.item.0, row.revision, row.body)).collect()
}

async fn the_next_holder_starts_empty_and_overwrites_nothing(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (first, second) = (world.worker().await, world.worker().await);
    let held = world.lease(job, first).await;
    world.confirm(&held, 1).await.unwrap();
    let before = saved(&world, held.id, first).await;
    world.release(ANNOTATE, &held).await.unwrap();
    let next = world.lease(job, second).await;
    assert_eq!(next.saved, 0);
    assert!(saved(&world, held.id, second).await.is_empty());
    let other = SaveItem { work: work(1, "otherwise"), ..world.confirmation(&next, 1) };
    assert_eq!(world.store.item_save(other).await.unwrap().revision, 1);
    assert_eq!(saved(&world, held.id, first).await, before);
    assert_eq!(world.store.annotation_places(&[held.id]).await.unwrap().len(), 2);
}

async fn the_same_person_finds_their_own_work_again(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (first, second) = (world.worker().await, world.worker().await);
    let held = world.lease(job, first).await;
    for item in [1, 3] {
        world.confirm(&held, item).await.unwrap();
    }
    world.release(ANNOTATE, &held).await.unwrap();
    let between = world.lease(job, second).await;
    world.confirm(&between, 1).await.unwrap();
    world.release(ANNOTATE, &between).await.unwrap();
    assert_eq!(world.lease(job, first).await.saved, 2);
    assert_eq!(saved(&world, held.id, first).await.len(), 2);
    audit(&world, job).await;
}

async fn the_same_body_keeps_its_revision(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let mut revisions = Vec::new();
    for text in ["ok", "ok", "better", "better", "ok"] {
        let save = SaveItem { work: work(2, text), ..world.confirmation(&held, 2) };
        revisions.push(world.store.item_save(save).await.unwrap().revision);
    }
    assert_eq!(revisions, [1, 1, 2, 2, 3]);
}

async fn a_save_goes_through_at_the_revision_that_it_names(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let save = |text, revision| {
        let save =
            SaveItem { work: work(2, text), if_revision: Some(revision), ..world.confirmation(&held, 2) };
        world.store.item_save(save)
    };
    assert_eq!(save("first", 0).await.unwrap().revision, 1);
    assert_eq!(save("second", 1).await.unwrap().revision, 2);
    for late in [0, 1, 3] {
        let answer = save("late", late).await;
        assert!(
            matches!(&answer, Err(StoreError::Conflict(text)) if text.starts_with("the saved revision is")),
            "{answer:?}"
        );
    }
    assert_eq!(save("second", 1).await.unwrap().revision, 2, "its answer was lost");
    let rows = saved(&world, held.id, held.holder().unwrap()).await;
    assert_eq!(rows, [(2, 2, work(2, "second").body)]);
}

async fn saves_of_one_item_follow_each_other(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let other = world.another_process().await;
    let saves = (0..40).map(|n| {
        let save = SaveItem { work: work(2, &n.to_string()), ..world.confirmation(&held, 2) };
        if n % 2 == 0 { &world } else { &other }.store.item_save(save)
    });
    let mut revisions: Vec<_> =
        join_all(saves).await.into_iter().map(|answer| answer.unwrap().revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=40).collect::<Vec<_>>());
    assert_eq!(world.look(held.id).await.saved, 1);
}

async fn an_item_of_another_range_is_refused(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let held = world.lease(job, world.worker().await).await;
    for foreign in [-1, 5, 9, 10] {
        let answer = world.confirm(&held, foreign).await;
        let refused = matches!(answer, Err(StoreError::Refused(Refusal::ForeignItem(item))) if item == ItemIndex(foreign));
        assert!(refused, "{answer:?}");
    }
    assert!(saved(&world, held.id, held.holder().unwrap()).await.is_empty());
}

async fn an_assignment_counts_its_confirmed_items(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let all = [0, 1, 2, 3, 4].into_iter().chain([0, 3]).map(|item| world.confirm(&held, item));
    assert!(join_all(all).await.iter().all(Result::is_ok));
    assert_eq!(world.look(held.id).await.saved, 5);
}
