use super::*;
use crate::ids::{JobId, TeamId};
use crate::job::LeasePolicy;
use crate::key::{ItemIndex, Round, Slot};
use crate::progress::Progress;
use crate::ranges::Range;
use crate::status::{LeaseEnd, Stage};
use uuid::Uuid;

const TERMS: LeasePolicy = LeasePolicy::of_seconds(60, 600, 30, 2);

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn lease(n: u128) -> LeaseId {
    LeaseId(Uuid::from_u128(n))
}

fn at(seconds: i64) -> Time {
    Time(seconds * 1_000_000)
}

fn pending() -> Assignment {
    let job = JobId(Uuid::from_u128((5 << 80) | 1));
    let ranges = Ranges::new(&[Range::of(10, 14)], 100).unwrap();
    let key = RangeKey { job, round: Round::FIRST, number: 3, slot: Slot::FIRST };
    Assignment::new(TeamId(Uuid::from_u128(1)), key, ranges, at(0))
}

fn leased() -> Assignment {
    let mut a = pending();
    a.grant(Stage::Annotate, user(1), lease(1), TERMS, at(0)).unwrap();
    a
}

fn submitted() -> Assignment {
    let mut a = leased();
    a.submit(user(1), true, Value::Null, at(1));
    a
}

fn in_review() -> Assignment {
    let mut a = submitted();
    a.grant(Stage::Review, user(2), lease(2), TERMS, at(2)).unwrap();
    a
}

#[test]
fn a_grant_raises_the_fence_and_shuts_others_out() {
    let mut a = leased();
    assert_eq!((a.status, a.fence, a.expires()), (Status::InProgress, 1, Some(at(60))));
    assert_eq!(a.grant(Stage::Annotate, user(2), lease(9), TERMS, at(1)), Err(Refusal::Unavailable));
    assert_eq!(a.lease_state(Stage::Annotate, user(1), lease(1)), Some(LeaseState::Current));
    assert_eq!(a.lease_state(Stage::Annotate, user(2), lease(1)), None);
    assert_eq!(a.lease_state(Stage::Annotate, user(1), lease(2)), None);
}

#[test]
fn an_expired_lease_is_revived_until_its_hard_deadline() {
    let mut a = leased();
    a.expire(at(70)).unwrap();
    assert_eq!((a.status, a.lease_id()), (Status::Pending, Some(lease(1))));
    assert_eq!(a.lease_state(Stage::Annotate, user(1), lease(1)), Some(LeaseState::Expired));
    let entry = a.renew(Stage::Annotate, user(1), TERMS, at(80)).unwrap().unwrap();
    assert_eq!((entry.action.as_str(), a.status, a.fence), ("revive", Status::InProgress, 1));
    a.expire(at(599)).unwrap();
    assert_eq!(a.renew(Stage::Annotate, user(1), TERMS, at(600)), Err(Refusal::Stale(LeaseEnd::Expired)));
}

#[test]
fn a_renewal_that_gains_little_changes_nothing() {
    let mut a = leased();
    assert_eq!(a.renew(Stage::Annotate, user(1), TERMS, at(14)), Ok(None));
    assert_eq!(a.expires(), Some(at(60)));
    assert_eq!(a.renew(Stage::Annotate, user(1), TERMS, at(15)), Ok(None));
    assert_eq!(a.expires(), Some(at(75)));
    assert_eq!(a.renew(Stage::Annotate, user(1), TERMS, at(590)), Ok(None));
    assert_eq!(a.expires(), Some(at(600)), "never beyond the hard deadline");
}

#[test]
fn nobody_reviews_their_own_work() {
    let mut a = submitted();
    assert_eq!(a.grant(Stage::Review, user(1), lease(2), TERMS, at(2)), Err(Refusal::Unavailable));
    assert!(a.grant(Stage::Review, user(2), lease(2), TERMS, at(2)).is_ok());
}

#[test]
fn rejected_items_and_only_those_become_a_rework_for_their_author() {
    let mut a = in_review();
    let decision = Decision {
        accepted: vec![ItemIndex(10), ItemIndex(13)],
        skipped: vec![ItemIndex(12)],
        rejected: vec![ItemIndex(11)],
    };
    let (entry, child) = a.decide(user(2), &decision, TERMS, at(3));
    let (child, cut) = child.unwrap();
    assert_eq!((a.status, entry.to), (Status::Rejected, Some(Status::Rejected)));
    assert_eq!(
        (child.key.round, child.key.number, child.key.slot, child.parent),
        (Round(2), 3, Slot(0), Some(a.id))
    );
    assert_eq!((child.ranges.to_string().as_str(), child.items), ("11-12", 1));
    assert_eq!((cut.seq, cut.action.as_str()), (1, "rework"));
    assert!(child.is_eligible(Stage::Annotate, user(1), at(4)));
    assert!(!child.is_eligible(Stage::Annotate, user(3), at(4)), "reserved for its author");
    assert!(child.is_eligible(Stage::Annotate, user(3), at(33)), "until the reservation ends");
    assert!(!child.needs_manager);
}

#[test]
fn the_round_after_the_last_waits_for_a_manager() {
    let mut a = in_review();
    a.key.round = Round(2);
    let decision = Decision {
        rejected: vec![ItemIndex(10), ItemIndex(11), ItemIndex(12), ItemIndex(13)],
        ..Decision::default()
    };
    let (_, child) = a.decide(user(2), &decision, TERMS, at(3));
    let (mut child, _) = child.unwrap();
    assert!(child.needs_manager && !child.is_eligible(Stage::Annotate, user(1), at(900)));
    child.reassign(None, at(4), &Cause::by(user(8), at(4))).unwrap();
    assert!(child.is_eligible(Stage::Annotate, user(3), at(5)));
}

#[test]
fn what_is_decided_stays_decided() {
    let mut a = in_review();
    a.decide(
        user(2),
        &Decision {
            rejected: vec![ItemIndex(10)],
            accepted: vec![ItemIndex(11), ItemIndex(12), ItemIndex(13)],
            ..Decision::default()
        },
        TERMS,
        at(3),
    );
    let cause = Cause::by(user(9), at(4));
    assert_eq!(a.reopen(&cause), Err(Refusal::Status(Status::Rejected)));
    assert_eq!(a.cancel(&cause), Err(Refusal::Status(Status::Rejected)));
    assert_eq!(a.reassign(None, at(9), &cause), Err(Refusal::Status(Status::Rejected)));
    assert_eq!(a.expire(at(900)), Err(Refusal::Status(Status::Rejected)));
    assert_eq!(a.waive(&[], at(5)), Err(Refusal::Status(Status::Rejected)));
}

#[test]
fn every_transition_conserves_the_items() {
    let steps: [(Assignment, Assignment); 4] = [
        (pending(), leased()),
        (leased(), submitted()),
        (submitted(), in_review()),
        (in_review(), {
            let mut a = in_review();
            a.decide(
                user(2),
                &Decision {
                    accepted: vec![ItemIndex(10), ItemIndex(11), ItemIndex(12)],
                    skipped: vec![ItemIndex(13)],
                    ..Decision::default()
                },
                TERMS,
                at(3),
            );
            a
        }),
    ];
    for (before, after) in steps {
        assert_eq!(Progress::between(&before, &after).items().total(), 0);
    }
}

#[test]
fn the_log_counts_without_a_gap() {
    let mut a = in_review();
    assert_eq!(a.seq, 3);
    assert_eq!(a.cancel(&Cause::by(user(9), at(4)).because(Some("late".into()))).unwrap().seq, 4);
}
