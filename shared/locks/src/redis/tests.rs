//! The conformance suite on a real Redis, and the failures that only a server has.

use std::time::Duration;

use redis::Client;
use swath_harness::proxy::{Line, Proxy};

use crate::conformance::{self, acquire, assignment, in_time, lease, prefix};
use crate::{Acquired, Locks, Options};

conformance::suite!(flavor = "multi_thread", |prefix| locks(&url(), prefix));

const LONG: Duration = Duration::from_secs(60);

fn url() -> String {
    std::env::var("SWATH_TEST_REDIS")
        .expect("these tests need a Redis 7: set SWATH_TEST_REDIS to its URL, as redis://host:port")
}

/// Locks with a budget large enough for a busy machine.
fn locks(url: &str, prefix: &str) -> Locks {
    let budget = Duration::from_secs(5);
    Locks::redis(url, Options { prefix: prefix.to_owned(), budget, ..Options::default() }).unwrap()
}

/// A proxy before the server that the test can cut, and locks with a short budget.
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

/// Acquires until the breaker has opened, and checks that nothing is granted meanwhile.
async fn until_down(locks: &Locks) {
    while locks.health().is_up() {
        assert_eq!(acquire(locks, assignment(), lease(), LONG).await, Acquired::Unknown);
    }
}

async fn operator() -> redis::aio::MultiplexedConnection {
    Client::open(url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_noticed_at_start() {
    in_time(async {
        let (proxy, locks) = proxied(Line::Cut).await;
        locks.check_eviction().await.unwrap();
        assert!(!locks.health().is_up(), "one failed call is enough at start");
        proxy.set(Line::Open);
        until_granted(&locks).await;
        assert!(locks.health().is_up());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_up_later_is_used() {
    in_time(async {
        let (proxy, locks) = proxied(Line::Cut).await;
        until_down(&locks).await;
        assert!(locks.stats().breaker_open);
        assert!(locks.check_eviction().await.is_ok(), "an unreachable server is not refused");
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
async fn an_unreachable_server_is_noticed_without_callers() {
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
        // Like FLUSHALL, but it spares the locks of tests that run at the same time.
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
async fn a_server_that_evicts_is_refused() {
    in_time(async {
        let locks = locks(&url(), &prefix());
        let mut operator = operator().await;
        let mut set = async |name: &str, value: &str| {
            redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec_async(&mut operator).await.unwrap();
        };
        assert!(locks.check_eviction().await.is_ok());
        set("maxmemory", "1gb").await;
        assert!(locks.check_eviction().await.is_ok(), "a memory limit alone evicts nothing");
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
    // The test has one thread and does not await, so nothing is taken from the queue meanwhile.
    for _ in 0..3 {
        locks.keep(vec![(assignment(), lease(), LONG); 10]);
    }
    assert_eq!(locks.stats().dropped, 20);
    locks.settle().await;
    assert_eq!(locks.stats().dropped, 20);
}

#[tokio::test]
async fn a_bad_url_is_refused_at_once_and_not_repeated_in_the_error() {
    for url in ["", "http://a:secret@b", "amqp://secret@x"] {
        let error = Locks::redis(url, Options::default()).err().expect("refused").to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
