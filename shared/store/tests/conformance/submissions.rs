//! Submissions: whole or not at all, once, late or in time, and one opinion of each user on a range.

use futures::future::join_all;
use swath_domain::{Assignment, ItemIndex, LeaseEnd, Refusal, Slot, Stage, Status, UserId};

use super::audit::audit;
use super::suite;
use super::world::{DEADLINE, LEASE, MOMENT, Plan, World, staleness, work};
use swath_store::{Granted, Key, StoreError, Submit};

suite! {
    a_submission_that_is_sent_again_gets_its_first_answer
    copies_of_a_submission_that_come_together_are_one
    a_submission_with_items_missing_lists_them_and_keeps_what_came
    a_submission_with_a_foreign_item_is_refused_as_a_whole
    a_late_submission_is_taken_while_nobody_has_the_work
    a_late_submission_is_refused_when_the_work_was_taken_and_its_items_are_kept
    a_refused_submission_never_overwrites_one_that_stands
    a_submission_into_called_off_work_is_refused_and_its_items_are_kept
    a_refused_submission_goes_over_what_was_saved_before
    a_refused_submission_goes_not_over_what_was_saved_under_a_later_lease
    nobody_gives_two_opinions_on_one_range
    a_lease_past_its_deadline_keeps_its_holder_off_the_other_slots
    a_refused_submission_is_no_opinion
}

const ANNOTATE: Stage = Stage::Annotate;

async fn expire(world: &World) {
    world.pass(LEASE + MOMENT);
    world.expire().await;
}

/// A lease that expired and was taken by the other user.
async fn taken(world: &World, plan: &Plan, first: UserId, second: UserId) -> (Assignment, Assignment) {
    let job = world.job(plan).await;
    let late = world.lease(job, first).await;
    expire(world).await;
    let next = world.lease(job, second).await;
    assert_eq!(next.id, late.id);
    (late, next)
}

async fn bodies(world: &World, held: &Assignment) -> Vec<String> {
    let rows = world
        .store
        .annotations(held.id, held.holder().unwrap(), ItemIndex(0)..=ItemIndex(i64::MAX))
        .await
        .unwrap();
    rows.into_iter().map(|row| row.body).collect()
}

async fn a_submission_that_is_sent_again_gets_its_first_answer(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let first = world.submit(&held).await.unwrap();
    assert!(first.fresh);
    expire(&world).await;
    let again = world.submit(&held).await.unwrap();
    assert_eq!((again.assignment, again.status, again.fresh), (first.assignment, first.status, false));
    let submission = world.submission(&held);
    let other = Key::new(submission.submission.text.clone(), b"something else");
    let answer = world.store.lease_submit(Submit { submission: other, ..submission.clone() }).await;
    assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
    let other = Key::new("another key", b"everything");
    let answer = world.store.lease_submit(Submit { submission: other, ..submission }).await;
    assert_eq!(staleness(answer), LeaseEnd::Submitted);
    audit(&world, job).await;
}

async fn copies_of_a_submission_that_come_together_are_one(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let other = world.another_process().await;
    let copies = (0..20).map(|n| if n % 2 == 0 { &world } else { &other }.submit(&held));
    let answers: Vec<_> = join_all(copies).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.fresh).count(), 1);
    audit(&world, job).await;
}

async fn a_submission_with_items_missing_lists_them_and_keeps_what_came(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    world.confirm(&held, 0).await.unwrap();
    let items = vec![work(3, "ok")];
    let part = Submit { items, ..world.submission(&held) };
    let answer = world.store.lease_submit(part).await;
    let missing = [1, 2, 4].map(ItemIndex);
    assert!(
        matches!(&answer, Err(StoreError::Refused(Refusal::Incomplete(items))) if *items == missing),
        "{answer:?}"
    );
    let now = world.look(held.id).await;
    assert_eq!((now.status, now.saved), (Status::InProgress, 2));
    assert!(world.submit(&held).await.unwrap().fresh);
    audit(&world, job).await;
}

async fn a_submission_with_a_foreign_item_is_refused_as_a_whole(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let held = world.lease(job, world.worker().await).await;
    let mut submission = world.submission(&held);
    submission.items.push(work(7, "not mine"));
    let answer = world.store.lease_submit(submission).await;
    assert!(matches!(answer, Err(StoreError::Refused(Refusal::ForeignItem(ItemIndex(7))))), "{answer:?}");
    assert!(bodies(&world, &held).await.is_empty());
    assert_eq!(world.look(held.id).await, held);
}

async fn a_late_submission_is_taken_while_nobody_has_the_work(world: World) {
    let job = world.job(&Plan::of(10)).await;
    for late_by in [LEASE + MOMENT, DEADLINE + MOMENT] {
        let held = world.lease(job, world.worker().await).await;
        world.pass(late_by);
        assert_eq!(world.expire().await, 1);
        assert!(world.submit(&held).await.unwrap().fresh);
        assert_eq!(world.look(held.id).await.author(), held.holder());
    }
    audit(&world, job).await;
}

async fn a_late_submission_is_refused_when_the_work_was_taken_and_its_items_are_kept(world: World) {
    let (first, second) = (world.worker().await, world.worker().await);
    let (late, next) = taken(&world, &Plan::of(5), first, second).await;
    assert_eq!(staleness(world.submit(&late).await), LeaseEnd::Taken);
    assert_eq!(world.look(late.id).await, next);
    assert_eq!(bodies(&world, &late).await.len(), 5);
    world.release(ANNOTATE, &next).await.unwrap();
    let again = world.lease(late.key.job, first).await;
    assert_eq!(again.saved, 5);
    let empty = Submit { items: Vec::new(), ..world.submission(&again) };
    assert!(world.store.lease_submit(empty).await.unwrap().fresh);
    audit(&world, late.key.job).await;
}

async fn a_refused_submission_never_overwrites_one_that_stands(world: World) {
    let (first, second) = (world.worker().await, world.worker().await);
    let (late, next) = taken(&world, &Plan::of(5), first, second).await;
    world.release(ANNOTATE, &next).await.unwrap();
    let again = world.hand_in(late.key.job, first).await;
    assert_eq!(again.id, late.id);
    let before = bodies(&world, &late).await;
    let items = late.ranges.iter().map(|item| work(item.0, "changed my mind")).collect();
    let answer = world.store.lease_submit(Submit { items, ..world.submission(&late) }).await;
    assert_eq!(staleness(answer), LeaseEnd::Taken);
    assert_eq!(bodies(&world, &late).await, before);
    audit(&world, late.key.job).await;
}

async fn a_submission_into_called_off_work_is_refused_and_its_items_are_kept(world: World) {
    let job = world.job(&Plan::of(10)).await;
    for reason in [LeaseEnd::Cancelled, LeaseEnd::Reassigned] {
        let held = world.lease(job, world.worker().await).await;
        match reason {
            LeaseEnd::Cancelled => world.store.assignment_cancel(held.id, world.cause()).await.unwrap(),
            _ => world.store.assignment_reassign(held.id, None, world.now(), world.cause()).await.unwrap(),
        };
        assert_eq!(staleness(world.submit(&held).await), reason);
        assert_eq!(bodies(&world, &held).await.len(), 5);
    }
    audit(&world, job).await;
}

/// The row that a lease has left does not tell any more what was saved under it.
async fn a_refused_submission_goes_over_what_was_saved_before(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let held = world.lease(job, world.worker().await).await;
    world.confirm(&held, (held.ranges.as_slice()[0].start).0).await.unwrap();
    world.store.assignment_reassign(held.id, None, world.now(), world.cause()).await.unwrap();
    for text in ["late", "later"] {
        let items = held.ranges.iter().map(|item| work(item.0, text)).collect();
        let answer = world.store.lease_submit(Submit { items, ..world.submission(&held) }).await;
        assert_eq!(staleness(answer), LeaseEnd::Reassigned);
    }
    let saved = world
        .store
        .annotations(held.id, held.holder().unwrap(), ItemIndex(0)..=ItemIndex(i64::MAX))
        .await
        .unwrap();
    let revisions: Vec<_> = saved.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, [3, 2, 2, 2, 2]);
    audit(&world, job).await;
}

async fn a_refused_submission_goes_not_over_what_was_saved_under_a_later_lease(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let first = world.lease(job, world.worker().await).await;
    let (user, item) = (first.holder().unwrap(), first.ranges.as_slice()[0].start);
    world.confirm(&first, item.0).await.unwrap();
    world.release(ANNOTATE, &first).await.unwrap();
    let later = world.lease(job, user).await;
    assert_eq!(later.id, first.id);
    // What it says was said before, which makes it no less a save of the later lease.
    assert_eq!(world.confirm(&later, item.0).await.unwrap().revision, 1);
    let kept = bodies(&world, &later).await;
    let items: Vec<_> = first.ranges.iter().map(|item| work(item.0, "from another window")).collect();
    let late = Submit { items, ..world.submission(&first) };
    assert_eq!(staleness(world.store.lease_submit(late.clone()).await), LeaseEnd::Released);
    // Nor once the later lease is over itself.
    world.release(ANNOTATE, &later).await.unwrap();
    assert_eq!(staleness(world.store.lease_submit(late).await), LeaseEnd::Released);
    let now = bodies(&world, &later).await;
    assert_eq!((now.len(), &now[..1]), (5, &kept[..]));
    audit(&world, job).await;
}

async fn nobody_gives_two_opinions_on_one_range(world: World) {
    let job = world.job(&Plan { slots: 2, ..Plan::of(5) }).await;
    let (first, second) = (world.worker().await, world.worker().await);
    world.hand_in(job, first).await;
    assert!(matches!(world.ask(ANNOTATE, job, first).await, Granted::Nothing));
    let candidates = world.assignments(job).await.into_iter().map(|a| a.id).collect();
    let request = swath_store::Grant { candidates, ..world.request(ANNOTATE, job, first) };
    assert!(matches!(world.store.lease_grant(request).await.unwrap(), Granted::Nothing));
    assert_eq!(world.hand_in(job, second).await.key.slot, Slot(1));
    audit(&world, job).await;
}

async fn a_lease_past_its_deadline_keeps_its_holder_off_the_other_slots(world: World) {
    let job = world.job(&Plan { slots: 2, ..Plan::of(5) }).await;
    let user = world.worker().await;
    let late = world.lease(job, user).await;
    world.pass(DEADLINE + MOMENT);
    world.expire().await;
    // It may still be handed in, and a second lease on the same range could then never be.
    let other = swath_store::Grant {
        candidates: world
            .assignments(job)
            .await
            .into_iter()
            .filter(|a| a.key.slot == Slot(1))
            .map(|a| a.id)
            .collect(),
        ..world.request(ANNOTATE, job, user)
    };
    let again = super::world::granted(world.store.lease_grant(other).await.unwrap());
    assert_eq!(again.key.slot, late.key.slot);
    assert_eq!(staleness(world.submit(&late).await), LeaseEnd::Taken);
    world.submit(&again).await.unwrap();
    assert!(matches!(world.ask(ANNOTATE, job, user).await, Granted::Nothing));
    audit(&world, job).await;
}

async fn a_refused_submission_is_no_opinion(world: World) {
    let (first, second) = (world.worker().await, world.worker().await);
    let (late, next) = taken(&world, &Plan { slots: 2, ..Plan::of(5) }, first, second).await;
    world.submit(&next).await.unwrap();
    assert_eq!(staleness(world.submit(&late).await), LeaseEnd::Taken);
    assert_eq!(world.lease(late.key.job, first).await.key.slot.0, 1 - late.key.slot.0);
    audit(&world, late.key.job).await;
}
