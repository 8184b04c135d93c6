//! The suite on a real Redis, and what only a server can do to us.

use std::time::Duration;

use redis::Client;
use swath_harness::proxy::{Line, Proxy};

use crate::conformance::{self, acquire, assignment, in_time, lease, prefix};
use crate::locks::Options;
use crate::{Acquired, Locks};

conformance::suite!(flavor = "multi_thread", |prefix| locks(&url(), prefix));

const LONG: Duration = Duration::from_secs(60);

fn url() -> String {
    std::env::var("SWATH_TEST_REDIS")
        .expect("these tests need a Redis 7: set SWATH_TEST_REDIS to its URL, as redis://host:port")
}

/// Locks with a budget that a busy machine keeps.
fn locks(url: &str, prefix: &str) -> Locks {
    let budget = Duration::from_secs(5);
    Locks::redis(url, Options { prefix: prefix.to_owned(), budget, ..Options::default() }).unwrap()
}

/// The server behind a line that the test can cut, and locks that give up quickly.
async fn proxied(line: Line) -> (Proxy, Locks) {
    let (proxy, url) = Proxy::before(&url()).await.unwrap();
    proxy.set(line);
    let options = Options { prefix: prefix(), budget: Duration::from_millis(100), ..Options::default() };
    let locks = Locks::redis(&url, options).unwrap();
    (proxy, locks)
}

async fn until_granted(locks: &Locks) {
    while acquire(locks, assignment(), lease(), LONG).await != Acquired::Granted {
        tokio::task::yield_now().await;
    }
}

/// Asks until the breaker has opened; nothing may be granted meanwhile.
async fn until_down(locks: &Locks) {
    while locks.health().is_up() {
        assert_eq!(acquire(locks, assignment(), lease(), LONG).await, Acquired::Unknown);
    }
}

async fn operator() -> redis::aio::MultiplexedConnection {
    Client::open(url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_at_the_start_is_known_to_be() {
    in_time(async {
        let (proxy, locks) = proxied(Line::Cut).await;
        locks.check_eviction().await.unwrap();
        assert!(!locks.health().is_up(), "one unanswered question is enough at the start");
        proxy.set(Line::Open);
        until_granted(&locks).await;
        assert!(locks.health().is_up());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_later_is_found() {
    in_time(async {
        let (proxy, locks) = proxied(Line::Cut).await;
        until_down(&locks).await;
        assert!(locks.stats().breaker_open);
        assert!(locks.check_eviction().await.is_ok(), "what cannot be asked is not refused");
        proxy.set(Line::Open);
        until_granted(&locks).await;
        assert!(locks.health().is_up());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_made_again() {
    in_time(async {
        let (proxy, locks) = proxied(Line::Open).await;
        until_granted(&locks).await;
        for _ in 0..3 {
            proxy.interrupt().await;
            until_granted(&locks).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_makes_locks_unknown_and_nothing_hangs() {
    in_time(async {
        let (proxy, locks) = proxied(Line::Open).await;
        until_granted(&locks).await;
        proxy.set(Line::Stalled);
        until_down(&locks).await;
        locks.keep(vec![(assignment(), lease(), LONG)]);
        locks.free(vec![(assignment(), lease())]);
        locks.settle().await;
        proxy.set(Line::Open);
        until_granted(&locks).await;
        assert!(locks.stats().errors > 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_callers_is_known_to_be_away() {
    in_time(async {
        let (proxy, locks) = proxied(Line::Cut).await;
        while locks.health().is_up() {
            tokio::task::yield_now().await;
        }
        proxy.set(Line::Open);
        while !locks.health().is_up() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_locks_and_scripts_are_granted_and_loaded_anew() {
    in_time(async {
        let prefix = prefix();
        let locks = locks(&url(), &prefix);
        let (assignment, theirs) = (assignment(), lease());
        assert_eq!(acquire(&locks, assignment, lease(), LONG).await, Acquired::Granted);
        let mut operator = operator().await;
        // What FLUSHALL forgets of us, without the locks of the tests beside this one.
        let key = super::key(&prefix, assignment);
        redis::cmd("DEL").arg(key).exec_async(&mut operator).await.unwrap();
        redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut operator).await.unwrap();
        assert_eq!(acquire(&locks, assignment, theirs, LONG).await, Acquired::Granted);
        locks.free(vec![(assignment, theirs)]);
        locks.settle().await;
        assert_eq!(acquire(&locks, assignment, lease(), LONG).await, Acquired::Granted);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_evicts_is_unsafe() {
    in_time(async {
        let locks = locks(&url(), &prefix());
        let mut operator = operator().await;
        let mut set = async |name: &str, value: &str| {
            redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec_async(&mut operator).await.unwrap();
        };
        assert!(locks.check_eviction().await.is_ok());
        set("maxmemory", "1gb").await;
        assert!(locks.check_eviction().await.is_ok(), "a bound alone evicts nothing");
        for policy in ["volatile-lru", "volatile-ttl", "allkeys-lru", "allkeys-random"] {
            set("maxmemory-policy", policy).await;
            let refused = locks.check_eviction().await.unwrap_err();
            assert_eq!((refused.maxmemory, refused.policy.as_str()), (1 << 30, policy));
        }
        set("maxmemory", "0").await;
        assert!(locks.check_eviction().await.is_ok(), "a policy alone evicts nothing");
        set("maxmemory-policy", "noeviction").await;
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_of_keeps_drops_the_next() {
    let locks = Locks::redis(&url(), Options { queue: 1, ..Options::default() }).unwrap();
    // One thread and no await: nothing is taken from the queue meanwhile.
    for _ in 0..3 {
        locks.keep(vec![(assignment(), lease(), LONG); 10]);
    }
    assert_eq!(locks.stats().dropped, 20);
    locks.settle().await;
    assert_eq!(locks.stats().dropped, 20);
}

#[tokio::test]
async fn a_bad_url_is_told_at_once_and_never_repeated() {
    for url in ["", "http://a:secret@b", "amqp://secret@x"] {
        let error = Locks::redis(url, Options::default()).err().expect("refused").to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
