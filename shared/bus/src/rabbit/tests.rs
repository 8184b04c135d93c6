//! The conformance suite on a real broker, and the failures that only a broker has.

use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use swath_harness::proxy::{Line, Proxy};

use crate::conformance::{self, hint, in_time, next_number, options, publish, team};
use crate::{Bus, Health, Options, Published, Queue};

conformance::suite!(bus);

fn url() -> String {
    std::env::var("SWATH_TEST_AMQP").expect(
        "these tests need a RabbitMQ: set SWATH_TEST_AMQP to its URL, as amqp://guest:guest@host:port/%2f",
    )
}

fn bus(options: Options) -> Bus {
    Bus::rabbit(&url(), options).unwrap()
}

/// A proxy before the broker that the test can cut.
async fn proxied(line: Line) -> (Proxy, String) {
    let (proxy, url) = Proxy::before(&url()).await.unwrap();
    proxy.set(line);
    (proxy, url)
}

/// A channel of the test itself, independent of the bus.
async fn operator() -> (Connection, Channel) {
    let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

async fn until_health(bus: &Bus, up: bool) -> Health {
    while bus.health().is_up() != up {
        tokio::task::yield_now().await;
    }
    bus.health()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undecodable_message_is_dropped_and_the_next_arrives() {
    in_time(async {
        let options = options();
        let prefix = options.prefix.clone();
        let bus = bus(options);
        let mut subscription = bus.subscribe(Queue::Coordinate);
        publish(&bus, Queue::Coordinate, hint(1)).await;
        assert_eq!(next_number(&mut subscription).await, 1);

        let (_connection, channel) = operator().await;
        let key = format!("{prefix}.coordinate");
        let body = br#"{"type":"hint/999","surprise":true}"#;
        let (options, properties) = (Default::default(), BasicProperties::default());
        channel
            .basic_publish(prefix.into(), key.into(), options, body, properties)
            .await
            .unwrap()
            .await
            .unwrap();
        while bus.stats().dropped_undecodable == 0 {
            tokio::task::yield_now().await;
        }
        publish(&bus, Queue::Coordinate, hint(2)).await;
        assert_eq!(next_number(&mut subscription).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_comes_up_later_is_used() {
    in_time(async {
        let (proxy, url) = proxied(Line::Cut).await;
        let bus = Bus::rabbit(&url, options()).unwrap();
        let mut subscription = bus.subscribe(Queue::Coordinate);
        assert_eq!(bus.publish(Queue::Coordinate, hint(1)).await, Published::Unknown);
        assert_eq!(bus.depth(Queue::Coordinate).await, None);
        assert!(!bus.health().is_up());

        proxy.set(Line::Open);
        until_health(&bus, true).await;
        publish(&bus, Queue::Coordinate, hint(2)).await;
        assert_eq!(next_number(&mut subscription).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_made_again() {
    in_time(async {
        let (proxy, url) = proxied(Line::Open).await;
        let bus = Bus::rabbit(&url, options()).unwrap();
        let queue = Queue::Annotate(team());
        let mut subscription = bus.subscribe(queue);
        for round in 0..3 {
            publish(&bus, queue, hint(round)).await;
            while next_number(&mut subscription).await != round {}
            proxy.interrupt().await;
        }
        until_health(&bus, true).await;
        publish(&bus, queue, hint(3)).await;
        while next_number(&mut subscription).await != 3 {}
        assert!(bus.stats().reconnects >= 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_broker_makes_publishes_unknown_and_nothing_hangs() {
    in_time(async {
        let (proxy, url) = proxied(Line::Open).await;
        let publish_deadline = std::time::Duration::from_millis(200);
        let bus = Bus::rabbit(&url, Options { publish_deadline, ..options() }).unwrap();
        let mut subscription = bus.subscribe(Queue::Coordinate);
        publish(&bus, Queue::Coordinate, hint(1)).await;
        assert_eq!(next_number(&mut subscription).await, 1);

        proxy.set(Line::Stalled);
        assert_eq!(bus.publish(Queue::Coordinate, hint(2)).await, Published::Unknown);
        assert_eq!(bus.depth(Queue::Coordinate).await, None);
        proxy.set(Line::Open);
        publish(&bus, Queue::Coordinate, hint(3)).await;
        while next_number(&mut subscription).await != 3 {}

        proxy.set(Line::Stalled);
        bus.close().await;
        // Messages that were delivered twice may still be in the buffer.
        while subscription.recv().await.is_some() {}
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_deleted_under_its_consumer_comes_back() {
    in_time(async {
        let options = options();
        let name = format!("{}.coordinate", options.prefix);
        let bus = bus(options);
        let mut subscription = bus.subscribe(Queue::Coordinate);
        publish(&bus, Queue::Coordinate, hint(1)).await;
        assert_eq!(next_number(&mut subscription).await, 1);

        let (_connection, channel) = operator().await;
        channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
        publish(&bus, Queue::Coordinate, hint(2)).await;
        while next_number(&mut subscription).await != 2 {}
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_to_a_deleted_queue_is_unknown_until_it_exists_again() {
    in_time(async {
        let options = options();
        let name = format!("{}.coordinate", options.prefix);
        let bus = bus(options);
        publish(&bus, Queue::Coordinate, hint(1)).await;

        let (_connection, channel) = operator().await;
        channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
        assert_eq!(bus.publish(Queue::Coordinate, hint(2)).await, Published::Unknown);
        publish(&bus, Queue::Coordinate, hint(3)).await;
        assert_eq!(next_number(&mut bus.subscribe(Queue::Coordinate)).await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_with_other_settings_is_used_as_it_is() {
    in_time(async {
        let options = options();
        let name = format!("{}.coordinate", options.prefix);
        let (_connection, channel) = operator().await;
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(name.as_str().into(), durable, FieldTable::default()).await.unwrap();

        let bus = bus(options);
        let mut subscription = bus.subscribe(Queue::Coordinate);
        publish(&bus, Queue::Coordinate, hint(1)).await;
        assert_eq!(next_number(&mut subscription).await, 1);
        channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_publishes_run_at_once() {
    in_time(async {
        let bus = bus(options());
        let queue = Queue::Review(team());
        publish(&bus, queue, hint(0)).await;
        let publishes = (1..500).map(|number| bus.publish(queue, hint(number)));
        let published = futures::future::join_all(publishes).await;
        assert!(published.iter().all(|published| *published == Published::Confirmed));
        bus.close().await;
        assert_eq!(bus.stats().confirmed, 500);
    })
    .await;
}

#[tokio::test]
async fn a_bad_url_is_refused_at_once_and_not_repeated_in_the_error() {
    for url in ["", "http://a:secret@b", "redis://secret@x"] {
        let error = Bus::rabbit(url, options()).err().expect("refused").to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
