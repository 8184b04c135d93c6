//! The conformance suite of the locks. `suite!` runs it against one implementation.

use std::time::Duration;

use swath_domain::ids::{AssignmentId, LeaseId};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::Acquired::{Granted, Refused};
use crate::{Acquired, Locks};

/// Runs the suite against the locks that `$make: fn(&str) -> Locks` makes for a prefix. `$runtime = $value` is passed
/// to `tokio::test`.
macro_rules! suite {
    ($runtime:ident = $value:literal, $make:expr) => {
        $crate::conformance::suite!($runtime = $value, $make;
            a_lock_is_granted_once
            the_same_lease_is_granted_again
            a_batch_is_answered_by_member_in_order
            a_lock_expires
            keeping_prolongs_ones_own_lock
            keeping_takes_a_free_lock_and_leaves_a_foreign_one
            freeing_frees_ones_own_lock_and_leaves_a_foreign_one
            prefixes_are_apart
        );
    };
    ($runtime:ident = $value:literal, $make:expr; $($test:ident)*) => {$(
        #[tokio::test($runtime = $value)]
        async fn $test() {
            $crate::conformance::in_time($crate::conformance::$test($make)).await;
        }
    )*};
}
pub(crate) use suite;

type Make = fn(&str) -> Locks;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(30);

/// Fails a test that hangs. It does not assert how fast anything is.
pub(crate) async fn in_time<T>(test: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), test).await.expect("the test hung")
}

pub(crate) fn prefix() -> String {
    format!("swath-test-{:016x}", rand::random::<u64>())
}

pub(crate) fn assignment() -> AssignmentId {
    AssignmentId(Uuid::from_u128(rand::random()))
}

pub(crate) fn lease() -> LeaseId {
    LeaseId(Uuid::from_u128(rand::random()))
}

pub(crate) async fn acquire(
    locks: &Locks,
    assignment: AssignmentId,
    lease: LeaseId,
    ttl: Duration,
) -> Acquired {
    locks.acquire(&[(assignment, lease)], ttl).await[0]
}

/// Waits until a lock has expired. The sleep lets a paused clock advance.
async fn until_free(locks: &Locks, assignment: AssignmentId) {
    while acquire(locks, assignment, lease(), LONG).await != Granted {
        sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) async fn a_lock_is_granted_once(make: Make) {
    let locks = make(&prefix());
    let assignment = assignment();
    assert_eq!(acquire(&locks, assignment, lease(), LONG).await, Granted);
    assert_eq!(acquire(&locks, assignment, lease(), LONG).await, Refused);
    assert_eq!(acquire(&locks, self::assignment(), lease(), LONG).await, Granted);
    let stats = locks.stats();
    assert_eq!((stats.granted, stats.refused, stats.unknown), (2, 1, 0));
    assert!(locks.health().is_up() && !stats.breaker_open);
}

pub(crate) async fn the_same_lease_is_granted_again(make: Make) {
    let locks = make(&prefix());
    let (assignment, lease) = (assignment(), lease());
    for _ in 0..3 {
        assert_eq!(acquire(&locks, assignment, lease, LONG).await, Granted);
    }
}

pub(crate) async fn a_batch_is_answered_by_member_in_order(make: Make) {
    let locks = make(&prefix());
    let batch: Vec<_> = (0..50).map(|_| (assignment(), lease())).collect();
    let taken: Vec<_> = batch.iter().step_by(2).map(|(assignment, _)| (*assignment, lease())).collect();
    assert_eq!(locks.acquire(&taken, LONG).await, vec![Granted; 25]);
    let expected: Vec<_> = (0..50).map(|member| if member % 2 == 0 { Refused } else { Granted }).collect();
    assert_eq!(locks.acquire(&batch, LONG).await, expected);
    assert_eq!(locks.acquire(&[], LONG).await, []);
}

pub(crate) async fn a_lock_expires(make: Make) {
    let locks = make(&prefix());
    let assignment = assignment();
    assert_eq!(acquire(&locks, assignment, lease(), SHORT).await, Granted);
    until_free(&locks, assignment).await;
}

pub(crate) async fn keeping_prolongs_ones_own_lock(make: Make) {
    let locks = make(&prefix());
    let (kept, left, lease) = (assignment(), assignment(), lease());
    assert_eq!(locks.acquire(&[(kept, lease), (left, lease)], SHORT).await, [Granted, Granted]);
    locks.keep(vec![(kept, lease, LONG)]);
    locks.settle().await;
    until_free(&locks, left).await;
    assert_eq!(acquire(&locks, kept, self::lease(), LONG).await, Refused);
}

pub(crate) async fn keeping_takes_a_free_lock_and_leaves_a_foreign_one(make: Make) {
    let locks = make(&prefix());
    let (free, foreign) = (assignment(), assignment());
    let (ours, theirs) = (lease(), lease());
    assert_eq!(acquire(&locks, foreign, theirs, LONG).await, Granted);
    locks.keep(vec![(free, ours, LONG), (foreign, ours, LONG)]);
    locks.settle().await;
    assert_eq!(acquire(&locks, free, theirs, LONG).await, Refused);
    assert_eq!(locks.acquire(&[(foreign, ours), (foreign, theirs)], LONG).await, [Refused, Granted]);
}

pub(crate) async fn freeing_frees_ones_own_lock_and_leaves_a_foreign_one(make: Make) {
    let locks = make(&prefix());
    let (own, foreign) = (assignment(), assignment());
    let (ours, theirs) = (lease(), lease());
    assert_eq!(locks.acquire(&[(own, ours), (foreign, theirs)], LONG).await, [Granted, Granted]);
    locks.free(vec![(own, ours), (foreign, ours), (assignment(), ours)]);
    locks.settle().await;
    assert_eq!(locks.acquire(&[(own, theirs), (foreign, ours)], LONG).await, [Granted, Refused]);
}

pub(crate) async fn prefixes_are_apart(make: Make) {
    let (ours, theirs) = (make(&prefix()), make(&prefix()));
    let assignment = assignment();
    assert_eq!(acquire(&ours, assignment, lease(), LONG).await, Granted);
    assert_eq!(acquire(&theirs, assignment, lease(), LONG).await, Granted);
}
