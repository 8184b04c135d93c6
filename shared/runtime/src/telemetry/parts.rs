//! Metrics of the bus, the locks and the connection pools, which are read at every scrape.

use std::sync::{Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntGauge, IntGaugeVec, Opts, Registry};
use swath_bus::Bus;
use swath_locks::Locks;
use swath_store::Store;

use super::panics;

/// The state of the parts at one scrape.
struct Snapshot {
    bus: swath_bus::Stats,
    bus_up: bool,
    locks: swath_locks::Stats,
}

/// A counter: its name, its label if it has one, its help text, and how to read it.
type Total = (&'static str, Option<(&'static str, &'static str)>, &'static str, fn(&Snapshot) -> u64);
/// A gauge that is 0 or 1: its name, its help text, and how to read it.
type State = (&'static str, &'static str, fn(&Snapshot) -> bool);

const ANSWERS: &str = "Requested locks, by answer; without an answer in time it is unknown and the work goes on without the lock.";

const TOTALS: [Total; 13] = [
    ("swath_panics_total", None, "Panics, which are bugs; each is logged.", |_| panics::count()),
    ("swath_bus_published_total", None, "Messages published.", |seen| seen.bus.published),
    ("swath_bus_confirmed_total", None, "Messages that the broker confirmed in time.", |seen| {
        seen.bus.confirmed
    }),
    ("swath_bus_unknown_total", None, "Messages without a confirm in time.", |seen| seen.bus.unknown),
    ("swath_bus_received_total", None, "Messages received.", |seen| seen.bus.received),
    ("swath_bus_redelivered_total", None, "Messages received that had been delivered before.", |seen| {
        seen.bus.redelivered
    }),
    ("swath_bus_reconnects_total", None, "Reconnects to the broker.", |seen| seen.bus.reconnects),
    ("swath_bus_undecodable_total", None, "Messages that this release cannot read.", |seen| {
        seen.bus.dropped_undecodable
    }),
    ("swath_locks_total", Some(("answer", "granted")), ANSWERS, |seen| seen.locks.granted),
    ("swath_locks_total", Some(("answer", "collided")), ANSWERS, |seen| seen.locks.refused),
    ("swath_locks_total", Some(("answer", "unknown")), ANSWERS, |seen| seen.locks.unknown),
    ("swath_locks_errors_total", None, "Calls to Redis that failed.", |seen| seen.locks.errors),
    ("swath_locks_lost_total", None, "Keeps and frees of locks that were dropped.", |seen| {
        seen.locks.dropped
    }),
];

const STATES: [State; 3] = [
    ("swath_bus_up", "Whether the broker accepts and delivers messages.", |seen| seen.bus_up),
    (
        "swath_bus_blocked",
        "Whether the broker blocks publishes because it is short of memory or disk.",
        |seen| seen.bus.blocked,
    ),
    ("swath_locks_up", "Whether Redis is used for locks.", |seen| !seen.locks.breaker_open),
];

/// The collector of these metrics.
struct Parts {
    store: Store,
    bus: Bus,
    locks: Locks,
    /// Serializes scrapes, because two at once would add the same difference twice.
    scraping: Mutex<()>,
    totals: Vec<IntCounter>,
    states: Vec<IntGauge>,
    connections: IntGaugeVec,
}

/// Registers the metrics of these parts.
pub(crate) fn register(
    registry: &Registry,
    store: &Store,
    bus: &Bus,
    locks: &Locks,
) -> prometheus::Result<()> {
    for collector in store.collectors() {
        registry.register(collector)?;
    }
    let total = |(name, label, help, _): &Total| {
        let opts = Opts::new(*name, *help);
        IntCounter::with_opts(label.iter().fold(opts, |opts, (name, value)| opts.const_label(*name, *value)))
    };
    let parts = Parts {
        store: store.clone(),
        bus: bus.clone(),
        locks: locks.clone(),
        scraping: Mutex::default(),
        totals: TOTALS.iter().map(total).collect::<prometheus::Result<_>>()?,
        states: STATES
            .iter()
            .map(|(name, help, _)| IntGauge::new(*name, *help))
            .collect::<prometheus::Result<_>>()?,
        connections: IntGaugeVec::new(
            Opts::new("swath_store_connections", "Connections to the database, by pool and state."),
            &["pool", "state"],
        )?,
    };
    registry.register(Box::new(parts))
}

impl Parts {
    fn update(&self) {
        let seen =
            Snapshot { bus: self.bus.stats(), bus_up: self.bus.health().is_up(), locks: self.locks.stats() };
        for (counter, (.., read)) in self.totals.iter().zip(TOTALS) {
            counter.inc_by(read(&seen).saturating_sub(counter.get()));
        }
        for (gauge, (.., read)) in self.states.iter().zip(STATES) {
            gauge.set(i64::from(read(&seen)));
        }
        for pool in self.store.connections() {
            let states =
                [("busy", pool.open.saturating_sub(pool.idle)), ("idle", pool.idle), ("most", pool.most)];
            for (state, count) in states {
                self.connections.with_label_values(&[pool.pool, state]).set(i64::from(count));
            }
        }
    }

    fn collectors(&self) -> impl Iterator<Item = &dyn Collector> {
        let totals = self.totals.iter().map(|counter| counter as &dyn Collector);
        let states = self.states.iter().map(|gauge| gauge as &dyn Collector);
        totals.chain(states).chain([&self.connections as &dyn Collector])
    }
}

impl Collector for Parts {
    fn desc(&self) -> Vec<&Desc> {
        self.collectors().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _scraping = self.scraping.lock().unwrap_or_else(PoisonError::into_inner);
        self.update();
        self.collectors().flat_map(Collector::collect).collect()
    }
}
