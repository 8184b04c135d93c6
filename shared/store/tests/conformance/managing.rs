//! What a manager does: to take work back, to reopen it, to call it off; and what nobody may undo.

use futures::future::join_all;
use swath_domain::cause::Cause;
use swath_domain::job::JobStatus;
use swath_domain::time::seconds;
use swath_domain::{AssignmentId, LeaseEnd, Refusal, Role, Round, Stage, Status, Time, UserId};

use super::audit::{accepted, audit};
use super::suite;
use super::world::{LEASE, MOMENT, Plan, RESERVE, World, staleness};
use swath_store::{AssignmentFilter, LogPage, StoreError, Turn};

suite! {
    work_that_is_taken_back_is_reserved_for_whom_the_manager_names
    reopened_work_is_done_again_and_accepted_again
    a_reopened_slot_is_open_to_its_former_author_and_so_are_the_others
    reopening_makes_a_done_job_active
    a_rejected_submission_is_never_reopened
    decided_work_is_neither_reassigned_nor_called_off
    nothing_goes_back_into_a_cancelled_job
    an_unknown_assignment_is_not_found
    assignments_are_listed_by_what_narrows_them
    assignments_are_listed_by_what_happens_next
    the_log_names_actor_and_reason
    a_holder_and_a_manager_at_once_leave_one_truth
}

const ANNOTATE: Stage = Stage::Annotate;

/// Asserts that a status does not allow what was asked for.
fn must_be_refused<T: std::fmt::Debug>(answer: swath_store::Result<T>, status: Status) {
    let refused = matches!(answer, Err(StoreError::Refused(Refusal::Status(found))) if found == status);
    assert!(refused, "{answer:?}");
}

async fn work_that_is_taken_back_is_reserved_for_whom_the_manager_names(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let (holder, named) = (world.worker().await, world.worker().await);
    let held = world.lease(job, holder).await;
    world.confirm(&held, 0).await.unwrap();
    let until = world.now() + RESERVE;
    let (after, ended) =
        world.store.assignment_reassign(held.id, Some(named), until, world.cause()).await.unwrap();
    assert_eq!((after.status, after.saved, ended), (Status::Pending, 0, held.lease_id()));
    assert_eq!(staleness(world.renew(ANNOTATE, &held).await), LeaseEnd::Reassigned);
    assert_eq!(world.lease(job, holder).await.key.number, 1);
    let next = world.lease(job, named).await;
    assert_eq!((next.id, next.fence), (held.id, held.fence + 1));
    audit(&world, job).await;
}

async fn reopened_work_is_done_again_and_accepted_again(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (author, reviewer) = (world.worker().await, world.worker().await);
    let id = world.hand_in(job, author).await.id;
    let reopen = async || world.store.assignment_reopen(id, world.cause()).await.unwrap();
    reopen().await;
    world.hand_in(job, author).await;
    let review = world.claim(job, reviewer).await;
    assert_eq!(reopen().await.1, review.lease_id());
    assert_eq!(staleness(world.decide(&review, &[]).await), LeaseEnd::Reassigned);
    world.hand_in(job, author).await;
    world.decide(&world.claim(job, reviewer).await, &[]).await.unwrap();
    assert_eq!(accepted(&world, job).await.len(), 5);
    reopen().await;
    audit(&world, job).await;
    assert!(accepted(&world, job).await.is_empty());
    world.hand_in(job, reviewer).await;
    world.decide(&world.claim(job, author).await, &[]).await.unwrap();
    assert!(accepted(&world, job).await.iter().all(|item| item.annotation.author == reviewer));
    audit(&world, job).await;
}

async fn a_reopened_slot_is_open_to_its_former_author_and_so_are_the_others(world: World) {
    let job = world.job(&Plan { slots: 2, ..Plan::of(5) }).await;
    let (first, second) = (world.worker().await, world.worker().await);
    let reopened = world.hand_in(job, first).await;
    world.store.assignment_reopen(reopened.id, world.cause()).await.unwrap();
    // The other slot comes first here, and is no second opinion: the first was withdrawn.
    let other = world.assignments(job).await.into_iter().find(|a| a.id != reopened.id).unwrap();
    let request = swath_store::Grant { candidates: vec![other.id], ..world.request(ANNOTATE, job, first) };
    let held = super::world::granted(world.store.lease_grant(request).await.unwrap());
    assert_ne!(held.key.slot, reopened.key.slot);
    world.submit(&held).await.unwrap();
    assert_eq!(world.hand_in(job, second).await.key.slot, reopened.key.slot);
    audit(&world, job).await;
}

async fn reopening_makes_a_done_job_active(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let author = world.worker().await;
    let id = world.hand_in(job, author).await.id;
    world.decide(&world.claim(job, world.worker().await).await, &[]).await.unwrap();
    assert!(world.store.job_finish(job, world.now()).await.unwrap());
    assert!(!world.store.job_finish(job, world.now()).await.unwrap());
    world.store.assignment_reopen(id, world.cause()).await.unwrap();
    assert_eq!(world.store.job(job).await.unwrap().unwrap().status, JobStatus::Active);
    assert!(!world.store.job_finish(job, world.now()).await.unwrap());
    audit(&world, job).await;
}

/// A job whose first range was rejected in part: the submission and its rework.
async fn rejected(world: &World) -> (AssignmentId, AssignmentId) {
    let job = world.job(&Plan::of(5)).await;
    world.hand_in(job, world.worker().await).await;
    let review = world.claim(job, world.worker().await).await;
    (review.id, world.decide(&review, &[0]).await.unwrap().rework.unwrap())
}

async fn a_rejected_submission_is_never_reopened(world: World) {
    let (parent, rework) = rejected(&world).await;
    must_be_refused(world.store.assignment_reopen(parent, world.cause()).await, Status::Rejected);
    must_be_refused(world.store.assignment_reopen(rework, world.cause()).await, Status::Pending);
    audit(&world, world.look(parent).await.key.job).await;
}

async fn decided_work_is_neither_reassigned_nor_called_off(world: World) {
    let (parent, rework) = rejected(&world).await;
    let reassign = async |id| world.store.assignment_reassign(id, None, Time(0), world.cause()).await;
    let cancel = async |id| world.store.assignment_cancel(id, world.cause()).await;
    must_be_refused(reassign(parent).await, Status::Rejected);
    must_be_refused(cancel(parent).await, Status::Rejected);
    cancel(rework).await.unwrap();
    must_be_refused(cancel(rework).await, Status::Cancelled);
    must_be_refused(reassign(rework).await, Status::Cancelled);
    audit(&world, world.look(parent).await.key.job).await;
}

async fn nothing_goes_back_into_a_cancelled_job(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let submitted = world.hand_in(job, world.worker().await).await;
    let held = world.lease(job, world.worker().await).await;
    world.store.job_cancel(job, Cause::by(world.manager, world.now())).await.unwrap();
    let reopened = world.store.assignment_reopen(submitted.id, world.cause()).await;
    assert!(matches!(reopened, Err(StoreError::Conflict(_))), "{reopened:?}");
    let reassigned = world.store.assignment_reassign(held.id, None, Time(0), world.cause()).await;
    assert!(matches!(reassigned, Err(StoreError::Conflict(_))), "{reassigned:?}");
    assert_eq!(world.look(held.id).await, held);
    world.store.assignment_cancel(held.id, world.cause()).await.unwrap();
    audit(&world, job).await;
}

async fn an_unknown_assignment_is_not_found(world: World) {
    let unknown = AssignmentId(world.id());
    assert!(world.store.assignment(unknown).await.unwrap().is_none());
    let answer = world.store.assignment_reopen(unknown, world.cause()).await;
    assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
}

async fn assignments_are_listed_by_what_narrows_them(world: World) {
    let job = world.job(&Plan::of(20)).await;
    let (user, other) = (world.worker().await, world.worker().await);
    world.hand_in(job, user).await;
    world.decide(&world.claim(job, other).await, &[]).await.unwrap();
    world.lease(job, user).await;
    let held = world.lease(job, other).await;
    let list = async |filter| {
        let page = world.store.assignments(job, filter, uuid::Uuid::nil(), 10).await.unwrap();
        page.into_iter().map(|a| a.key.number).collect::<Vec<_>>()
    };
    let all = AssignmentFilter::default;
    assert_eq!(list(all()).await, [0, 1, 2, 3]);
    assert_eq!(list(AssignmentFilter { status: Some(Status::InProgress), ..all() }).await, [1, 2]);
    assert_eq!(list(AssignmentFilter { holder: Some(other), ..all() }).await, [2]);
    assert_eq!(list(AssignmentFilter { undecided: true, ..all() }).await, [1, 2, 3]);
    assert_eq!(list(AssignmentFilter { author: Some(user), ..all() }).await, [0]);
    assert_eq!(list(AssignmentFilter { author: Some(other), ..all() }).await, [0; 0]);
    assert_eq!(list(AssignmentFilter { round: Some(Round::FIRST), ..all() }).await, [0, 1, 2, 3]);
    assert_eq!(list(AssignmentFilter { round: Some(Round(2)), ..all() }).await, [0; 0]);
    world.submit(&held).await.unwrap();
    world.decide(&world.claim(job, user).await, &[10]).await.unwrap();
    assert_eq!(list(AssignmentFilter { round: Some(Round(2)), ..all() }).await, [2]);
    assert_eq!(list(AssignmentFilter { round: Some(Round::FIRST), author: Some(other), ..all() }).await, [2]);
}

async fn assignments_are_listed_by_what_happens_next(world: World) {
    let job = world.job(&Plan::of(45)).await;
    let people = world.workers(5).await;
    // Ranges 0 and 1 are handed in, 1 first; 2 and 3 are held, 2 longer; 1 comes back in part.
    let (first, second) = (world.lease(job, people[0]).await, world.lease(job, people[1]).await);
    for held in [&second, &first] {
        world.pass(MOMENT);
        world.submit(held).await.unwrap();
    }
    let third = world.lease(job, people[2]).await;
    world.pass(seconds(1_700));
    world.lease(job, people[3]).await;
    world.pass(MOMENT);
    world.renew(Stage::Annotate, &third).await.unwrap();
    let list = async |status, limit| {
        let (mut all, mut after) = (Vec::new(), Turn::FIRST);
        loop {
            let filter = AssignmentFilter { status: Some(status), ..AssignmentFilter::default() };
            let page = world.store.assignments_next(job, &filter, after, limit).await.unwrap();
            let Some(last) = page.last() else { return all };
            after = Turn::of(last).unwrap();
            all.extend(page.into_iter().map(|a| (a.key.round.0, a.key.number)));
        }
    };
    assert_eq!(list(Status::Completed, 1).await, [(1, 1), (1, 0)]);
    assert_eq!(list(Status::InProgress, 1).await, [(1, 3), (1, 2)]);
    let review = world.claim(job, people[4]).await;
    assert_eq!(list(Status::InReview, 2).await, [(1, 1)]);
    world.decide(&review, &[5]).await.unwrap();
    for limit in 1..=4 {
        let waiting = [(2, 1), (1, 4), (1, 5), (1, 6), (1, 7), (1, 8)];
        assert_eq!(list(Status::Pending, limit).await, waiting, "pages of {limit}");
    }
    assert_eq!(list(Status::Rejected, 2).await, []);
    let of =
        AssignmentFilter { status: Some(Status::InProgress), holder: Some(people[2]), ..Default::default() };
    let page = world.store.assignments_next(job, &of, Turn::FIRST, 10).await.unwrap();
    assert_eq!(page.iter().map(|a| a.key.number).collect::<Vec<_>>(), [2]);
}

async fn the_log_names_actor_and_reason(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let user = world.member(&[Role::Annotator]).await;
    let held = world.lease(job, user).await;
    world.pass(LEASE + MOMENT);
    world.expire().await;
    world.store.assignment_cancel(held.id, world.cause()).await.unwrap();
    let log = world.store.log(held.id.0, 0, 10).await.unwrap().entries;
    let lines: Vec<_> =
        log.iter().map(|entry| (entry.action.as_str(), entry.actor, entry.reason.as_deref())).collect();
    let manager = Some(world.manager);
    let expected = [
        ("grant", Some(user), None),
        ("expire", None, None),
        ("cancel", manager, Some("the manager says so")),
    ];
    assert_eq!(lines, expected);
    let second = world.store.log(held.id.0, 1, 1).await.unwrap();
    assert_eq!(second, LogPage { entries: log[1..2].to_vec(), has_more: true });
}

async fn a_holder_and_a_manager_at_once_leave_one_truth(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let other = world.another_process().await;
    for _ in 0..20 {
        let held = world.lease(job, UserId(world.id())).await;
        let saves = join_all(held.ranges.iter().map(|item| world.confirm(&held, item.0)));
        let taken = other.store.assignment_reassign(held.id, None, world.now(), world.cause());
        let (answers, taken) = tokio::join!(saves, taken);
        taken.unwrap();
        for late in answers.into_iter().filter(Result::is_err) {
            assert_eq!(staleness(late), LeaseEnd::Reassigned);
        }
        assert_eq!(world.look(held.id).await.status, Status::Pending);
        audit(&world, job).await;
    }
}
