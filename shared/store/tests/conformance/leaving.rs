//! People who lose a membership, a role or the account: what they hold is free at once, what they have done stays.

use swath_domain::{ItemIndex, LeaseEnd, Micros, Role, Roles, Stage, Status, TokenId, UserId};
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{Plan, World, granted, staleness};
use swath_store::{NewInvitation, StoreError, UserEdit, digest};

suite! {
    what_a_member_holds_is_free_when_they_leave
    what_a_role_no_longer_allows_is_free_when_it_is_lost
    a_lease_that_has_expired_is_not_revived_after_its_holder_left
    what_is_reserved_for_a_member_is_free_when_they_leave
    rework_that_its_author_has_taken_is_free_when_they_leave
    rework_is_not_reserved_for_an_author_who_has_left
    a_deactivated_account_holds_nothing_anywhere
    a_grant_that_was_under_way_is_freed_by_the_sweep
    tokens_end_with_the_membership_and_with_the_right_to_make_them
    an_invitation_is_void_with_its_inviter
    a_manager_frees_a_review
    nobody_reviews_through_a_token_of_the_author
    a_right_that_was_lost_makes_no_token
    tokens_of_a_former_manager_end_when_their_user_gains_a_role
}

const ANNOTATE: Stage = Stage::Annotate;

async fn put(world: &World, user: UserId, roles: &[Role]) -> Vec<swath_store::Freed> {
    world.store.member_put(world.team, user, Roles::of(roles), world.actor()).await.unwrap()
}

async fn what_a_member_holds_is_free_when_they_leave(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let (leaver, stayer) = (world.worker().await, world.worker().await);
    let submitted = world.hand_in(job, stayer).await;
    let review = granted(world.ask(Stage::Review, job, leaver).await);
    assert_eq!(review.id, submitted.id);
    let held = granted(world.ask(ANNOTATE, job, leaver).await);
    let item = held.ranges.iter().next().unwrap();
    world.store.item_save(world.confirmation(&held, item.0)).await.unwrap();

    let freed = put(&world, leaver, &[]).await;
    assert_eq!(freed.len(), 2);
    assert_eq!(world.look(held.id).await.status, Status::Pending);
    assert_eq!(world.look(review.id).await.status, Status::Completed);
    let late = world.store.item_save(world.confirmation(&held, item.0)).await;
    assert_eq!(staleness(late), LeaseEnd::Reassigned);
    // What was saved stays, under the name of who saved it; the next holder starts empty.
    let next = granted(world.ask(ANNOTATE, job, stayer).await);
    assert_eq!((next.id, next.saved), (held.id, 0));
    assert_eq!(
        world.store.annotations(held.id, leaver, ItemIndex(0)..=ItemIndex(i64::MAX)).await.unwrap().len(),
        1
    );
    assert!(
        world
            .store
            .annotations(held.id, stayer, ItemIndex(0)..=ItemIndex(i64::MAX))
            .await
            .unwrap()
            .is_empty()
    );
    audit(&world, job).await;
}

async fn what_a_role_no_longer_allows_is_free_when_it_is_lost(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let (person, other) = (world.worker().await, world.worker().await);
    world.hand_in(job, other).await;
    let review = granted(world.ask(Stage::Review, job, person).await);
    let held = granted(world.ask(ANNOTATE, job, person).await);
    assert!(put(&world, person, &[Role::Annotator, Role::Reviewer, Role::Manager]).await.is_empty());
    let freed = put(&world, person, &[Role::Reviewer]).await;
    assert_eq!(freed.iter().map(|(assignment, _)| assignment.id).collect::<Vec<_>>(), [held.id]);
    assert_eq!(world.look(review.id).await.status, Status::InReview);
    let freed = put(&world, person, &[Role::Annotator]).await;
    assert_eq!(freed.iter().map(|(assignment, _)| assignment.id).collect::<Vec<_>>(), [review.id]);
    audit(&world, job).await;
}

async fn a_lease_that_has_expired_is_not_revived_after_its_holder_left(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let person = world.worker().await;
    let held = granted(world.ask(ANNOTATE, job, person).await);
    let late = world.pass(super::world::LEASE + Micros(10));
    world.store.leases_expire(late, late, 10).await.unwrap();
    assert_eq!(world.look(held.id).await.lease_id(), held.lease_id());
    put(&world, person, &[]).await;
    assert_eq!(world.look(held.id).await.lease, None);
    assert_eq!(staleness(world.renew(ANNOTATE, &held).await), LeaseEnd::Reassigned);
    audit(&world, job).await;
}

async fn what_is_reserved_for_a_member_is_free_when_they_leave(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (author, other) = (world.worker().await, world.worker().await);
    world.hand_in(job, author).await;
    let review = granted(world.ask(Stage::Review, job, other).await);
    let rework = world.store.review_decide(world.decision(&review, &[1])).await.unwrap().rework.unwrap();
    assert_eq!(world.look(rework).await.reserved_for(), Some(author));
    put(&world, author, &[Role::Reviewer]).await;
    assert_eq!(world.look(rework).await.reserved_for(), None);
    assert_eq!(granted(world.ask(ANNOTATE, job, other).await).id, rework);
    audit(&world, job).await;
}

/// Rework that is leased to its author is reserved for them as well.
async fn rework_that_its_author_has_taken_is_free_when_they_leave(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (author, other) = (world.worker().await, world.worker().await);
    world.hand_in(job, author).await;
    let review = granted(world.ask(Stage::Review, job, other).await);
    let rework = world.store.review_decide(world.decision(&review, &[1])).await.unwrap().rework.unwrap();
    assert_eq!(granted(world.ask(ANNOTATE, job, author).await).id, rework);
    put(&world, author, &[]).await;
    assert_eq!(world.look(rework).await.reserved_for(), None);
    assert_eq!(granted(world.ask(ANNOTATE, job, other).await).id, rework);
    audit(&world, job).await;
}

async fn rework_is_not_reserved_for_an_author_who_has_left(world: World) {
    let job = world.job(&Plan::of(15)).await;
    let (lost_role, deactivated, other) = (world.worker().await, world.worker().await, world.worker().await);
    for author in [lost_role, deactivated, other] {
        world.hand_in(job, author).await;
    }
    put(&world, lost_role, &[Role::Reviewer]).await;
    let edit = UserEdit { active: Some(false), ..UserEdit::default() };
    world.store.user_edit(deactivated, edit, world.actor()).await.unwrap();
    let reviewer = world.worker().await;
    let mut reserved = Vec::new();
    for _ in 0..3 {
        let review = granted(world.ask(Stage::Review, job, reviewer).await);
        let first = review.ranges.iter().next().unwrap();
        let decided = world.store.review_decide(world.decision(&review, &[first.0])).await.unwrap();
        reserved.push(world.look(decided.rework.unwrap()).await.reserved_for());
    }
    assert_eq!(reserved, [None, None, Some(other)]);
    audit(&world, job).await;
}

async fn a_deactivated_account_holds_nothing_anywhere(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let person = world.worker().await;
    let held = granted(world.ask(ANNOTATE, job, person).await);
    let edit = UserEdit { active: Some(false), ..UserEdit::default() };
    let (_, freed) = world.store.user_edit(person, edit, world.actor()).await.unwrap();
    assert_eq!(freed.len(), 1);
    assert_eq!(world.look(held.id).await.status, Status::Pending);
    assert_eq!(
        world.store.member_roles(world.team, person).await.unwrap().to_vec().len(),
        2,
        "it keeps its roles"
    );
    audit(&world, job).await;
}

/// A gateway may believe in a membership for a moment longer, so that a grant comes after the removal.
async fn a_grant_that_was_under_way_is_freed_by_the_sweep(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let person = world.worker().await;
    put(&world, person, &[]).await;
    let late = granted(world.ask(ANNOTATE, job, person).await);
    let freed = world.store.departures_sweep(world.pass(Micros(15_000_000)), 10).await.unwrap();
    assert_eq!(freed.iter().map(|(assignment, _)| assignment.id).collect::<Vec<_>>(), [late.id]);
    assert_eq!(world.look(late.id).await.status, Status::Pending);
    // Who comes back keeps what they get then.
    put(&world, person, &[Role::Annotator]).await;
    put(&world, person, &[]).await;
    put(&world, person, &[Role::Annotator]).await;
    let held = granted(world.ask(ANNOTATE, job, person).await);
    let later = world.pass(Micros(60_000_000));
    assert!(world.store.departures_sweep(later, 10).await.unwrap().is_empty());
    assert_eq!(world.look(held.id).await.status, Status::InProgress);
    audit(&world, job).await;
}

async fn tokens_end_with_the_membership_and_with_the_right_to_make_them(world: World) {
    let leaver = world.member(&[Role::Manager]).await;
    let (annotator, reviewer) =
        (world.member(&[Role::Annotator]).await, world.member(&[Role::Reviewer]).await);
    let by_leaver = async |user, secret: &str| {
        let id = TokenId(world.id());
        let digest = digest(secret.as_bytes());
        let token = swath_store::NewToken { id, user, team: Some(world.team), digest, expires: None };
        let actor = swath_store::Actor { user: Some(leaver), ..world.actor() };
        world.store.token_create(token, actor, None).await.unwrap();
    };
    world.token(leaver, "own").await;
    world.token(reviewer, "a reviewer's by another").await;
    by_leaver(annotator, "an annotator's").await;
    by_leaver(reviewer, "a reviewer's").await;
    by_leaver(world.manager, "a manager's").await;
    let is_good = async |secret: &str| {
        world.store.token(&digest(secret.as_bytes())).await.unwrap().unwrap().revoked.is_none()
    };
    put(&world, leaver, &[Role::Annotator]).await;
    assert!(is_good("own").await && !is_good("a reviewer's").await && !is_good("a manager's").await);
    put(&world, leaver, &[]).await;
    assert!(!is_good("own").await);
    assert!(is_good("an annotator's").await && is_good("a reviewer's by another").await);
    put(&world, leaver, &[Role::Annotator]).await;
    assert!(!is_good("own").await, "who comes back starts without a token");
}

async fn an_invitation_is_void_with_its_inviter(world: World) {
    let inviter = world.member(&[Role::Manager]).await;
    let secret = digest(b"code");
    let new = NewInvitation {
        id: world.id(),
        team: world.team,
        digest: secret.clone(),
        roles: Roles::of(&[Role::Annotator]),
        note: None,
        expires: world.now() + Micros(1_000),
    };
    let actor = swath_store::Actor { user: Some(inviter), ..world.actor() };
    world.store.invitation_create(new, actor, None).await.unwrap();
    assert!(world.store.invitation(&secret, world.now()).await.unwrap().is_some());
    assert!(
        world.store.invitation(&secret, world.now() + Micros(1_000)).await.unwrap().is_none(),
        "it has expired"
    );
    put(&world, inviter, &[Role::Annotator]).await;
    assert!(world.store.invitation(&secret, world.now()).await.unwrap().is_none());
    put(&world, inviter, &[Role::Manager]).await;
    assert!(world.store.invitation(&secret, world.now()).await.unwrap().is_none(), "it stays void");
    assert!(world.store.invitations(world.team, world.now(), Uuid::nil(), 9).await.unwrap().is_empty());
}

async fn a_manager_frees_a_review(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (author, reviewer, other) = (world.worker().await, world.worker().await, world.worker().await);
    world.hand_in(job, author).await;
    let review = granted(world.ask(Stage::Review, job, reviewer).await);
    let until = world.now() + Micros(1_000);
    let kept = world.store.assignment_reassign(review.id, Some(other), until, world.cause()).await;
    assert!(matches!(kept, Err(StoreError::Refused(_))), "a review is not reserved: {kept:?}");
    let (freed, lease) =
        world.store.assignment_reassign(review.id, None, swath_domain::Time(0), world.cause()).await.unwrap();
    assert_eq!((freed.status, lease), (Status::Completed, review.lease_id()));
    assert_eq!(granted(world.ask(Stage::Review, job, other).await).id, review.id);
    audit(&world, job).await;
}

async fn nobody_reviews_through_a_token_of_the_author(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let (author, reviewer) = (world.worker().await, world.worker().await);
    let submitted = world.hand_in(job, author).await;
    let through =
        |token_maker| swath_store::Grant { token_maker, ..world.request(Stage::Review, job, reviewer) };
    let refused = world.store.lease_grant(through(Some(author))).await.unwrap();
    assert!(matches!(refused, swath_store::Granted::Nothing), "{refused:?}");
    let wait = |maker| world.store.lease_wait(Stage::Review, job, reviewer, maker, world.now());
    let (own, free) = (wait(Some(author)).await.unwrap(), wait(None).await.unwrap());
    assert!(own.own && !own.eligible && free.eligible, "{own:?} {free:?}");
    let review = granted(world.store.lease_grant(through(Some(world.manager))).await.unwrap());
    assert_eq!(review.id, submitted.id);
    let decide = swath_store::Decide { token_maker: Some(author), ..world.decision(&review, &[]) };
    let refused = world.store.review_decide(decide.clone()).await;
    assert!(matches!(refused, Err(StoreError::Refused(swath_domain::Refusal::OwnWork))), "{refused:?}");
    world
        .store
        .review_decide(swath_store::Decide { token_maker: Some(world.manager), ..decide })
        .await
        .unwrap();
    let log = world.store.log(review.id.0, 0, 100).await.unwrap();
    let makers: Vec<_> = log.entries.iter().map(|entry| (entry.action.as_str(), entry.token_maker)).collect();
    assert_eq!(
        makers,
        [("grant", None), ("submit", None), ("claim", Some(world.manager)), ("decide", Some(world.manager))]
    );
}

fn new_token(world: &World, user: UserId, secret: &str) -> swath_store::NewToken {
    let digest = digest(secret.as_bytes());
    swath_store::NewToken { id: TokenId(world.id()), user, team: Some(world.team), digest, expires: None }
}

/// A process may believe in a right for a moment longer.
async fn a_right_that_was_lost_makes_no_token(world: World) {
    let (former, other) = (world.member(&[Role::Manager]).await, world.member(&[Role::Annotator]).await);
    let token = world.token(former, "own").await;
    put(&world, former, &[Role::Annotator]).await;
    let late = || swath_store::Actor { user: Some(former), token: Some(token), ..world.actor() };
    let made = world.store.token_create(new_token(&world, other, "late"), late(), None).await;
    assert!(matches!(made, Err(StoreError::NotFound)), "{made:?}");
    let put = world.store.member_put(world.team, other, Roles::of(&[Role::Manager]), late()).await;
    assert!(matches!(put, Err(StoreError::NotFound)), "{put:?}");
    let gone = world.person().await;
    let made = world.store.token_create(new_token(&world, gone, "no member"), world.actor(), None).await;
    assert!(matches!(made, Err(StoreError::NotFound)), "{made:?}");
}

async fn tokens_of_a_former_manager_end_when_their_user_gains_a_role(world: World) {
    let (former, annotator) = (world.member(&[Role::Manager]).await, world.member(&[Role::Annotator]).await);
    let by = |user| swath_store::Actor { user: Some(user), ..world.actor() };
    world
        .store
        .token_create(new_token(&world, annotator, "by a former one"), by(former), None)
        .await
        .unwrap();
    world.store.token_create(new_token(&world, annotator, "by another"), world.actor(), None).await.unwrap();
    put(&world, former, &[]).await;
    let is_good = async |secret: &str| {
        world.store.token(&digest(secret.as_bytes())).await.unwrap().unwrap().revoked.is_none()
    };
    assert!(is_good("by a former one").await);
    put(&world, annotator, &[Role::Annotator, Role::Manager]).await;
    assert!(!is_good("by a former one").await && is_good("by another").await);
}
