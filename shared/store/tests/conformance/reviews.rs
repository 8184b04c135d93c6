//! Reviews: decided once, by someone else than the author, and exactly what was rejected comes back.

use futures::future::join_all;
use swath_domain::review::{ReviewRule, Verdict};
use swath_domain::{Assignment, ItemIndex, JobId, LeaseEnd, Micros, Refusal, Round, Stage, Status};

use super::audit::{accepted, audit};
use super::suite;
use super::world::{LEASE, MOMENT, Plan, RESERVE, World, skip, staleness, verdict};
use swath_store::{Decide, Granted, Key, Next, StoreError, Submit, UnderReview};

suite! {
    nobody_reviews_their_own_work
    a_decision_that_is_sent_again_gets_its_first_answer
    copies_of_a_decision_that_come_together_are_one
    of_two_reviewers_who_decide_at_once_one_decides
    exactly_the_rejected_items_come_back_once
    rework_waits_for_its_author_and_then_for_anyone
    after_the_last_round_rework_waits_for_a_manager
    a_decision_lists_the_items_without_a_verdict
    a_former_reviewers_verdicts_do_not_count
    a_verdict_on_a_foreign_item_is_refused
    what_the_rule_does_not_review_is_accepted_as_it_came
    a_submission_that_comes_whole_waits_for_no_review_service
    a_submission_that_comes_whole_goes_to_a_reviewer_if_it_is_drawn
    skipped_items_are_accepted_as_skipped
}

/// A job of one range, handed in and claimed.
async fn under_review(world: &World, plan: &Plan) -> (JobId, Assignment) {
    let job = world.job(plan).await;
    world.hand_in(job, world.worker().await).await;
    (job, world.claim(job, world.worker().await).await)
}

async fn nobody_reviews_their_own_work(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let author = world.worker().await;
    let submitted = world.hand_in(job, author).await;
    assert!(matches!(world.ask(Stage::Review, job, author).await, Granted::Nothing));
    let request =
        swath_store::Grant { candidates: vec![submitted.id], ..world.request(Stage::Review, job, author) };
    assert!(matches!(world.store.lease_grant(request).await.unwrap(), Granted::Nothing));
    assert_eq!(world.claim(job, world.worker().await).await.id, submitted.id);
}

async fn a_decision_that_is_sent_again_gets_its_first_answer(world: World) {
    let (job, review) = under_review(&world, &Plan::of(5)).await;
    let first = world.decide(&review, &[1]).await.unwrap();
    let again = world.decide(&review, &[1]).await.unwrap();
    assert!(first.fresh && !again.fresh);
    assert_eq!(
        (again.assignment, again.status, again.rework),
        (first.assignment, first.status, first.rework)
    );
    let decision = world.decision(&review, &[1]);
    let other = Key::new(decision.decision.text.clone(), b"something else");
    let answer = world.store.review_decide(Decide { decision: other, ..decision.clone() }).await;
    assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
    let other = Key::new("another key", b"these and no others");
    let answer = world.store.review_decide(Decide { decision: other, ..decision }).await;
    assert_eq!(staleness(answer), LeaseEnd::Submitted);
    audit(&world, job).await;
}

async fn copies_of_a_decision_that_come_together_are_one(world: World) {
    let (job, review) = under_review(&world, &Plan::of(5)).await;
    let other = world.another_process().await;
    let copies = (0..20).map(|n| if n % 2 == 0 { &world } else { &other }.decide(&review, &[0, 4]));
    let answers: Vec<_> = join_all(copies).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.fresh).count(), 1);
    assert_eq!(world.assignments(job).await.len(), 2);
    audit(&world, job).await;
}

async fn of_two_reviewers_who_decide_at_once_one_decides(world: World) {
    let (job, slow) = under_review(&world, &Plan::of(5)).await;
    world.pass(LEASE + MOMENT);
    world.expire().await;
    let other = world.another_process().await;
    let quick = world.worker().await;
    let request = world.request(Stage::Review, job, quick);
    let claim = async { other.store.lease_grant(request).await.unwrap() };
    let (answer, claimed) = tokio::join!(world.decide(&slow, &[0]), claim);
    match (answer, claimed) {
        (Ok(decided), Granted::Nothing) => assert_eq!(decided.status, Status::Rejected),
        (late, Granted::New(quick)) => {
            assert_eq!(staleness(late), LeaseEnd::Taken);
            assert_eq!(world.decide(&quick, &[]).await.unwrap().status, Status::Accepted);
        }
        both => panic!("neither or both: {both:?}"),
    }
    audit(&world, job).await;
}

async fn exactly_the_rejected_items_come_back_once(world: World) {
    let (job, review) = under_review(&world, &Plan::of(5)).await;
    let decided = world.decide(&review, &[0, 2, 3]).await.unwrap();
    let rework = world.look(decided.rework.unwrap()).await;
    assert_eq!(
        (rework.ranges.to_string().as_str(), rework.key.round, rework.key.number),
        ("0-1,2-4", Round(2), 0)
    );
    assert_eq!((rework.parent, rework.reserved_for()), (Some(review.id), review.author()));
    let items: Vec<_> = accepted(&world, job).await.into_iter().map(|item| item.annotation.item.0).collect();
    assert_eq!(items, [1, 4]);
    audit(&world, job).await;
}

async fn rework_waits_for_its_author_and_then_for_anyone(world: World) {
    for round in [1, 2] {
        let (job, review) = under_review(&world, &Plan::of(5)).await;
        world.decide(&review, &[0]).await.unwrap();
        let (author, other) = (review.author().unwrap(), world.worker().await);
        assert!(matches!(world.ask(Stage::Annotate, job, other).await, Granted::Nothing));
        let worker = if round == 1 { author } else { other };
        world.pass(if round == 1 { Micros(0) } else { RESERVE });
        assert_eq!(world.hand_in(job, worker).await.key.round, Round(2));
        audit(&world, job).await;
    }
}

async fn after_the_last_round_rework_waits_for_a_manager(world: World) {
    let (job, review) = under_review(&world, &Plan { rounds: 1, ..Plan::of(5) }).await;
    let rework = world.decide(&review, &[0]).await.unwrap().rework.unwrap();
    let author = review.author().unwrap();
    world.pass(RESERVE);
    assert!(matches!(world.ask(Stage::Annotate, job, author).await, Granted::Nothing));
    let wait = world.store.lease_wait(Stage::Annotate, job, author, None, world.now()).await.unwrap();
    assert!(wait.needs_manager && !wait.eligible);
    audit(&world, job).await;
    world.store.assignment_reassign(rework, None, world.now(), world.cause()).await.unwrap();
    assert_eq!(world.lease(job, author).await.id, rework);
    audit(&world, job).await;
}

async fn a_decision_lists_the_items_without_a_verdict(world: World) {
    let (job, review) = under_review(&world, &Plan::of(5)).await;
    world.put_verdict(&review, verdict(1, Verdict::Accept)).await.unwrap();
    let strict = |rejected: &[i64]| Decide { accept_rest: false, ..world.decision(&review, rejected) };
    let answer = world.store.review_decide(strict(&[2])).await;
    let missing = [0, 3, 4].map(ItemIndex);
    assert!(
        matches!(&answer, Err(StoreError::Refused(Refusal::Incomplete(items))) if *items == missing),
        "{answer:?}"
    );
    assert_eq!(world.look(review.id).await.status, Status::InReview);
    let verdicts = [0, 3, 4].map(|item| world.put_verdict(&review, verdict(item, Verdict::Accept)));
    join_all(verdicts).await.into_iter().for_each(Result::unwrap);
    // The verdict of the decision that was refused is kept.
    assert_eq!(world.store.review_decide(strict(&[])).await.unwrap().status, Status::Rejected);
    audit(&world, job).await;
}

async fn a_former_reviewers_verdicts_do_not_count(world: World) {
    let (job, former) = under_review(&world, &Plan::of(5)).await;
    let said = [(0, Verdict::Accept), (1, Verdict::Reject), (2, Verdict::Accept)]
        .map(|(item, word)| verdict(item, word));
    for row in &said {
        world.put_verdict(&former, row.clone()).await.unwrap();
    }
    world.release(Stage::Review, &former).await.unwrap();
    let review = world.claim(job, world.worker().await).await;
    let rework = world.decide(&review, &[0]).await.unwrap().rework.unwrap();
    assert_eq!(world.look(rework).await.ranges.to_string(), "0-1");
    let submission = review.submission_id().unwrap();
    let (author, reviewer) = (review.author().unwrap(), former.holder().unwrap());
    let under = UnderReview { assignment: review.id, author, submission, reviewer };
    let shown = world.store.review_look(under).await.unwrap().items.unwrap();
    assert_eq!(
        shown.iter().map(|shown| (shown.item.0, shown.revision)).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4].map(|i| (i, 1))
    );
    assert_eq!(shown.into_iter().filter_map(|shown| shown.verdict).collect::<Vec<_>>(), said);
    // What the rework is told is what its decision said.
    let told = world
        .store
        .deciding_verdicts(review.id, submission, ItemIndex(0)..=ItemIndex(i64::MAX))
        .await
        .unwrap();
    let accepts: Vec<_> = told.iter().map(|row| row.verdict == Verdict::Accept).collect();
    assert_eq!(accepts, [false, true, true, true, true]);
    audit(&world, job).await;
}

async fn a_verdict_on_a_foreign_item_is_refused(world: World) {
    let (job, review) = under_review(&world, &Plan::of(10)).await;
    let answer = world.put_verdict(&review, verdict(7, Verdict::Accept)).await;
    assert!(matches!(answer, Err(StoreError::Refused(Refusal::ForeignItem(ItemIndex(7))))), "{answer:?}");
    let answer = world.decide(&review, &[7]).await;
    assert!(matches!(answer, Err(StoreError::Refused(Refusal::ForeignItem(ItemIndex(7))))), "{answer:?}");
    assert_eq!(world.look(review.id).await, review);
    audit(&world, job).await;
}

async fn what_the_rule_does_not_review_is_accepted_as_it_came(world: World) {
    let job = world.job(&Plan { review: ReviewRule::None, ..Plan::of(10) }).await;
    let user = world.worker().await;
    let ids = [world.hand_in_saved(job, user).await.id, world.hand_in_saved(job, user).await.id];
    assert!(matches!(world.ask(Stage::Review, job, world.worker().await).await, Granted::Nothing));
    assert_eq!(world.store.submissions_to_waive(world.now() + Micros(1), 10).await.unwrap().len(), 2);
    let other = world.another_process().await;
    let waive =
        async |process: &World| process.store.submission_waive(ids.to_vec(), world.now()).await.unwrap();
    let (mine, theirs) = tokio::join!(waive(&world), waive(&other));
    let mut waived = [mine, theirs, waive(&world).await].concat();
    waived.sort_unstable();
    assert_eq!(waived, ids);
    assert_eq!(accepted(&world, job).await.iter().filter(|item| item.reviewer.is_none()).count(), 10);
    audit(&world, job).await;
}

async fn a_submission_that_comes_whole_waits_for_no_review_service(world: World) {
    let job = world.job(&Plan { review: ReviewRule::None, ..Plan::of(10) }).await;
    let user = world.worker().await;
    let held = world.lease(job, user).await;
    // What was saved before does not matter where everything comes along.
    world.confirm(&held, 1).await.unwrap();
    let first = world.submit(&held).await.unwrap();
    assert_eq!((first.status, first.next), (Status::Completed, Next::Nobody));
    assert_eq!(world.look(held.id).await.status, Status::Accepted);
    let again = world.submit(&held).await.unwrap();
    assert_eq!((again.status, again.next, again.fresh), (Status::Completed, Next::Nobody, false));
    assert!(world.store.submissions_to_waive(world.now() + Micros(1), 10).await.unwrap().is_empty());

    let held = world.lease(job, user).await;
    world.confirm(&held, held.ranges.iter().next().unwrap().0).await.unwrap();
    let mut partly = world.submission(&held);
    partly.items.remove(0);
    assert_eq!(world.store.lease_submit(partly).await.unwrap().next, Next::Rule);
    assert_eq!(accepted(&world, job).await.iter().filter(|item| item.reviewer.is_none()).count(), 5);
    audit(&world, job).await;
}

async fn a_submission_that_comes_whole_goes_to_a_reviewer_if_it_is_drawn(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    assert_eq!(world.submit(&held).await.unwrap().next, Next::Reviewer);
    assert_eq!(world.look(held.id).await.status, Status::Completed);
    assert!(accepted(&world, job).await.is_empty());
    audit(&world, job).await;
}

async fn skipped_items_are_accepted_as_skipped(world: World) {
    for (review, is_saved_before) in
        [(ReviewRule::All, false), (ReviewRule::None, false), (ReviewRule::None, true)]
    {
        let job = world.job(&Plan { review, ..Plan::of(5) }).await;
        let held = world.lease(job, world.worker().await).await;
        let mut submission: Submit = world.submission(&held);
        submission.items[2] = skip(2);
        if is_saved_before {
            world.save(&held, std::mem::take(&mut submission.items)).await;
        }
        world.store.lease_submit(submission).await.unwrap();
        if review == ReviewRule::All {
            let review = world.claim(job, world.worker().await).await;
            world.decide(&review, &[]).await.unwrap();
        } else if is_saved_before {
            world.store.submission_waive(vec![held.id], world.now()).await.unwrap();
        }
        let now = world.look(held.id).await;
        assert_eq!((now.status, now.outcome.accepted, now.outcome.skipped), (Status::Accepted, 4, 1));
        audit(&world, job).await;
    }
}
