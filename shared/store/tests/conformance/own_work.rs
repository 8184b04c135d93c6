//! One's own work, and what others have said of an item.

use swath_domain::review::Verdict;
use swath_domain::time::seconds;
use swath_domain::{ItemIndex, Micros, Round, Stage, Status, TeamId, UserId};

use super::suite;
use super::world::{MOMENT, Plan, World, verdict};
use swath_store::{OwnWork, OwnWorkOf, VerdictRow};

suite! {
    what_one_holds_what_came_back_and_what_one_handed_in
    what_lies_before_the_moment_or_in_other_teams_is_left_out
    what_was_handed_in_late_counts_when_it_arrived
    a_review_says_how_far_it_is
    the_figures_of_a_verdict_reach_the_next_round
    other_slots_and_former_rounds_are_opinions
}

async fn own(world: &World, person: UserId) -> OwnWork {
    let of = OwnWorkOf { user: person, teams: vec![world.team], now: world.now(), since: world.now() - HOUR };
    world.store.own_work(&of).await.unwrap()
}

const HOUR: Micros = seconds(3_600);

async fn what_one_holds_what_came_back_and_what_one_handed_in(world: World) {
    let job = world.job(&Plan::of(15)).await;
    let (author, reviewer) = (world.worker().await, world.worker().await);
    let first = world.hand_in(job, author).await;
    let held = world.lease(job, author).await;
    world.confirm(&held, held.ranges.iter().next().unwrap().0).await.unwrap();
    let review = world.claim(job, reviewer).await;
    world.pass(MOMENT);
    let rework =
        world.decide(&review, &[review.ranges.iter().next().unwrap().0]).await.unwrap().rework.unwrap();

    let work = own(&world, author).await;
    let told: Vec<_> =
        work.held.iter().map(|row| (row.assignment, row.lease, row.saved, row.items)).collect();
    assert_eq!(told, [(held.id.0, held.lease_id().map(|lease| lease.0), 1, 5)]);
    assert_eq!(work.held[0].title, "a job");
    let told: Vec<_> = work.returned.iter().map(|row| (row.assignment, row.round, row.items)).collect();
    assert_eq!(told, [(rework.0, 2, 1)]);
    let told: Vec<_> = work.handed_in.iter().map(|row| (row.assignment, row.stage, row.status)).collect();
    assert_eq!(told, [(first.id.0, Stage::Annotate.code(), Status::Rejected.code())]);
    assert_eq!(work.totals.iter().map(|total| (total.count, total.items)).collect::<Vec<_>>(), [(1, 5)]);

    let work = own(&world, reviewer).await;
    assert!(work.held.is_empty() && work.returned.is_empty());
    let told: Vec<_> = work.handed_in.iter().map(|row| (row.assignment, row.stage)).collect();
    assert_eq!(told, [(first.id.0, Stage::Review.code())]);
    assert_eq!((work.totals[0].stage, work.totals[0].items), (Stage::Review.code(), 5));
}

async fn what_lies_before_the_moment_or_in_other_teams_is_left_out(world: World) {
    let job = world.job(&Plan::of(15)).await;
    let author = world.worker().await;
    world.hand_in(job, author).await;
    let held = world.lease(job, author).await;
    world.pass(HOUR + Micros(1));
    let work = own(&world, author).await;
    assert!(work.handed_in.is_empty() && work.totals.is_empty(), "{work:?}");
    assert!(
        work.held.is_empty() && held.expires().unwrap() < world.now(),
        "an expired lease is held no more"
    );
    let of = OwnWorkOf { user: author, teams: vec![TeamId(world.id())], now: held.since, since: held.since };
    let work = world.store.own_work(&of).await.unwrap();
    assert!(work.held.is_empty() && work.handed_in.is_empty(), "{work:?}");
    let of = OwnWorkOf { teams: Vec::new(), ..of };
    assert!(world.store.own_work(&of).await.unwrap().held.is_empty());
}

async fn what_was_handed_in_late_counts_when_it_arrived(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let author = world.worker().await;
    // One lease runs out unseen, the other is swept; nobody takes either.
    let swept = world.lease(job, author).await;
    for item in swept.ranges.iter() {
        world.confirm(&swept, item.0).await.unwrap();
    }
    world.pass(HOUR * 3);
    assert_eq!(world.expire().await, 1);
    assert!(own(&world, author).await.held.is_empty());
    world.submit(&swept).await.unwrap();
    let unseen = world.lease(job, author).await;
    for item in unseen.ranges.iter() {
        world.confirm(&unseen, item.0).await.unwrap();
    }
    world.pass(HOUR * 3);
    world.submit(&unseen).await.unwrap();
    let work = own(&world, author).await;
    let told: Vec<_> = work.handed_in.iter().map(|row| (row.assignment, row.at)).collect();
    assert_eq!(told, [(unseen.id.0, world.now().0)]);
    let of = OwnWorkOf { user: author, teams: vec![world.team], now: world.now(), since: swept.since };
    let work = world.store.own_work(&of).await.unwrap();
    let told: Vec<_> = work.handed_in.iter().map(|row| row.assignment).collect();
    assert_eq!(told, [unseen.id.0, swept.id.0]);
    assert_eq!(work.totals.iter().map(|total| (total.count, total.items)).collect::<Vec<_>>(), [(2, 10)]);
}

async fn a_review_says_how_far_it_is(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (author, reviewer) = (world.worker().await, world.worker().await);
    world.hand_in(job, author).await;
    let review = world.claim(job, reviewer).await;
    for item in [0, 3] {
        world.put_verdict(&review, verdict(item, Verdict::Accept)).await.unwrap();
    }
    let held = own(&world, reviewer).await.held;
    assert_eq!(
        held.iter().map(|row| (row.stage, row.saved)).collect::<Vec<_>>(),
        [(Stage::Review.code(), 2)]
    );
}

async fn the_figures_of_a_verdict_reach_the_next_round(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (author, reviewer) = (world.worker().await, world.worker().await);
    world.hand_in(job, author).await;
    let review = world.claim(job, reviewer).await;
    let said = VerdictRow { figures: vec![4, 0, 99], ..verdict(2, Verdict::Reject) };
    world.put_verdict(&review, said.clone()).await.unwrap();
    world.decide(&review, &[]).await.unwrap();
    let submission = review.submission_id().unwrap();
    assert_eq!(
        world.store.deciding_verdicts(review.id, submission, ItemIndex(2)..=ItemIndex(2)).await.unwrap(),
        [said]
    );
}

async fn other_slots_and_former_rounds_are_opinions(world: World) {
    let job = world.job(&Plan { slots: 2, ..Plan::of(5) }).await;
    let (one, two) = (world.worker().await, world.worker().await);
    let first = world.hand_in(job, one).await;
    let other = world.hand_in(job, two).await;
    let review = world.claim(job, world.worker().await).await;
    assert_eq!(review.id, first.id);
    let rework = world.decide(&review, &[3]).await.unwrap().rework.unwrap();
    let held = world.lease(job, one).await;
    assert_eq!(held.id, rework);
    let places = async |of: &swath_domain::Assignment, item| {
        let told = world.store.other_opinions(of, 2, item).await.unwrap();
        told.into_iter().map(|told| (told.assignment, told.round, told.slot, told.status)).collect::<Vec<_>>()
    };
    // What is not handed in yet is nobody else's business.
    world.confirm(&held, 3).await.unwrap();
    let before = [(first.id, Round(1), first.key.slot, Status::Rejected)];
    assert_eq!(places(&other, ItemIndex(3)).await, before);
    world.submit(&held).await.unwrap();
    assert_eq!(
        places(&other, ItemIndex(3)).await,
        [vec![(rework, Round(2), first.key.slot, Status::Completed)], before.to_vec()].concat()
    );
    assert_eq!(places(&other, ItemIndex(2)).await, before);
    let again = world.look(rework).await;
    let all = [before[0], (other.id, Round(1), other.key.slot, Status::Completed)];
    assert_eq!(places(&again, ItemIndex(3)).await, all);
}
