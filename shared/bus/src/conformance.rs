//! The conformance suite of the bus. `suite!` runs it against one implementation.

use std::collections::BTreeSet;
use std::time::Duration;
use swath_domain::Round;

use swath_domain::ids::{JobId, TeamId};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{Bus, Envelope, Message, Options, Published, Queue, Subscription};

/// Runs the suite against the buses that `$make: fn(Options) -> Bus` makes.
macro_rules! suite {
    ($make:expr) => {
        $crate::conformance::suite!($make;
            a_message_reaches_one_of_the_competing_subscribers
            messages_published_before_the_first_subscriber_are_kept
            queues_are_apart
            prefixes_are_apart
            a_dropped_subscription_leaves_its_unread_messages_to_others
            a_full_queue_drops_its_oldest
            a_message_keeps_its_trace
            a_closed_bus_is_down
            subscriptions_end_with_the_last_handle
        );
    };
    ($make:expr; $($test:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            $crate::conformance::in_time($crate::conformance::$test($make)).await;
        }
    )*};
}
pub(crate) use suite;

type Make = fn(Options) -> Bus;

/// Fails a test that hangs. It does not assert how fast anything is.
pub(crate) async fn in_time<T>(test: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), test).await.expect("the test hung")
}

/// Options for a test, with a prefix of its own.
pub(crate) fn options() -> Options {
    Options {
        prefix: format!("swath-test-{:016x}", rand::random::<u64>()),
        queue_ttl: Duration::from_secs(60),
        ..Options::default()
    }
}

pub(crate) fn team() -> TeamId {
    TeamId(Uuid::from_u128(rand::random()))
}

pub(crate) fn hint(number: i64) -> Message {
    Message::Hint { job: JobId(Uuid::from_u128(1)), round: Round::FIRST, numbers: vec![number] }
}

pub(crate) fn number(message: &Message) -> i64 {
    match message {
        Message::Hint { numbers, .. } => numbers[0],
        other => panic!("not a hint: {other:?}"),
    }
}

/// Publishes until the bus confirms, because it answers `Unknown` while the broker starts.
pub(crate) async fn publish(bus: &Bus, queue: Queue, message: Message) {
    while bus.publish(queue, message.clone()).await == Published::Unknown {
        tokio::task::yield_now().await;
    }
}

async fn publish_all(bus: &Bus, queue: Queue, numbers: std::ops::Range<i64>) {
    for number in numbers {
        publish(bus, queue, hint(number)).await;
    }
}

pub(crate) async fn next_number(subscription: &mut Subscription) -> i64 {
    number(&subscription.recv().await.expect("the subscription ended"))
}

async fn take(subscription: &mut Subscription, count: usize) -> BTreeSet<i64> {
    let mut seen = BTreeSet::new();
    while seen.len() < count {
        seen.insert(next_number(subscription).await);
    }
    seen
}

pub(crate) async fn a_message_reaches_one_of_the_competing_subscribers(make: Make) {
    let bus = make(options());
    let queue = Queue::Annotate(team());
    let (mut one, mut other) = (bus.subscribe(queue), bus.subscribe(queue));
    publish_all(&bus, queue, 0..100).await;
    let (mut seen, mut received) = (BTreeSet::new(), 0);
    while seen.len() < 100 {
        seen.insert(tokio::select! {
            number = next_number(&mut one) => number,
            number = next_number(&mut other) => number,
        });
        received += 1;
    }
    assert_eq!(received, 100, "both subscribers saw the same message");
    assert_eq!(bus.stats().redelivered, 0);
}

pub(crate) async fn messages_published_before_the_first_subscriber_are_kept(make: Make) {
    let bus = make(options());
    let queue = Queue::Coordinate;
    assert_eq!(bus.publish(queue, hint(0)).await, Published::Confirmed);
    publish_all(&bus, queue, 1..20).await;
    assert_eq!(bus.depth(queue).await, Some(20));
    assert_eq!(take(&mut bus.subscribe(queue), 20).await, (0..20).collect());
}

pub(crate) async fn queues_are_apart(make: Make) {
    let bus = make(options());
    let (team, other) = (team(), team());
    let queues = [Queue::Annotate(team), Queue::Annotate(other), Queue::Review(team), Queue::Coordinate];
    for (queue, number) in queues.into_iter().zip(0..) {
        publish(&bus, queue, hint(number)).await;
    }
    for (queue, number) in queues.into_iter().zip(0..) {
        assert_eq!(bus.depth(queue).await, Some(1));
        assert_eq!(next_number(&mut bus.subscribe(queue)).await, number);
    }
    assert_eq!(bus.depth(Queue::Review(other)).await, Some(0), "a queue that nobody used is empty");
}

pub(crate) async fn prefixes_are_apart(make: Make) {
    let (ours, theirs) = (make(options()), make(options()));
    publish(&theirs, Queue::Coordinate, hint(1)).await;
    publish(&ours, Queue::Coordinate, hint(2)).await;
    assert_eq!(next_number(&mut ours.subscribe(Queue::Coordinate)).await, 2);
    assert_eq!(theirs.depth(Queue::Coordinate).await, Some(1));
}

/// Messages in the dropped subscription's own buffer may be lost, because they are already acknowledged.
pub(crate) async fn a_dropped_subscription_leaves_its_unread_messages_to_others(make: Make) {
    let options = Options { receive_buffer: 5, ..options() };
    let buffered = options.receive_buffer;
    let bus = make(options);
    let queue = Queue::Review(team());
    publish_all(&bus, queue, 0..200).await;
    let mut dropped = bus.subscribe(queue);
    let mut seen = BTreeSet::from([next_number(&mut dropped).await]);
    drop(dropped);
    let mut other = bus.subscribe(queue);
    while seen.len() < 200 - buffered {
        seen.insert(next_number(&mut other).await);
    }
}

pub(crate) async fn a_full_queue_drops_its_oldest(make: Make) {
    let bus = make(Options { queue_length: 10, ..options() });
    let queue = Queue::Annotate(team());
    publish_all(&bus, queue, 0..25).await;
    while bus.depth(queue).await != Some(10) {
        tokio::task::yield_now().await;
    }
    assert_eq!(take(&mut bus.subscribe(queue), 10).await, (15..25).collect());
}

pub(crate) async fn a_message_keeps_its_trace(make: Make) {
    let bus = make(options());
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let envelope = Envelope { message: hint(1), traceparent: Some(trace.to_owned()) };
    assert_eq!(bus.publish(Queue::Coordinate, envelope.clone()).await, Published::Confirmed);
    publish(&bus, Queue::Coordinate, hint(2)).await;
    let mut subscription = bus.subscribe(Queue::Coordinate);
    assert_eq!(subscription.recv_envelope().await, Some(envelope));
    assert_eq!(subscription.recv_envelope().await, Some(hint(2).into()));
}

pub(crate) async fn a_closed_bus_is_down(make: Make) {
    let bus = make(options());
    let queue = Queue::Coordinate;
    let mut subscription = bus.subscribe(queue);
    publish(&bus, queue, hint(1)).await;
    assert_eq!(next_number(&mut subscription).await, 1);
    assert!(bus.health().is_up());
    // With a broker that starts slowly, earlier publishes may have failed.
    let before = bus.stats();
    bus.close().await;
    assert_eq!(subscription.recv().await, None);
    assert_eq!(bus.publish(queue, hint(2)).await, Published::Unknown);
    assert!(!bus.health().is_up());
    let after = bus.stats();
    assert_eq!((before.confirmed, after.confirmed), (1, 1));
    assert_eq!((after.published - before.published, after.unknown - before.unknown), (1, 1));
}

pub(crate) async fn subscriptions_end_with_the_last_handle(make: Make) {
    let bus = make(options());
    let mut subscription = bus.subscribe(Queue::Coordinate);
    publish(&bus, Queue::Coordinate, hint(1)).await;
    assert_eq!(next_number(&mut subscription).await, 1);
    drop(bus);
    assert_eq!(subscription.recv().await, None);
}
