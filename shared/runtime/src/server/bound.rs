//! The limits on connections: on all of them, and on those without an authenticated request. At a limit the least
//! useful connection is closed, so that a client with many connections does not lock out others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::sync::Notify;

use super::state::{Reason, State};
use crate::config;
use crate::telemetry::ConnectionMetrics;

/// The minimum number of descriptors for the database, the broker, files and logs.
const DESCRIPTORS_RESERVED: u64 = 256;
/// The minimum number of allowed connections, however few descriptors there are.
const CONNECTIONS_MIN: usize = 64;
/// The shortest time between two log lines about connections that were closed at a limit.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The limits on connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) all: usize,
    pub(super) unauthenticated: usize,
}

impl Bounds {
    /// The limits for scrapes, which are never authenticated.
    pub(super) const METRICS: Self = Self { all: 32, unauthenticated: 32 };

    /// The configured limits, reduced to what `descriptors` allow.
    pub(super) fn of(server: &config::Server, descriptors: u64) -> Self {
        let reserved = DESCRIPTORS_RESERVED.max(descriptors / 4);
        let room = usize::try_from(descriptors.saturating_sub(reserved)).unwrap_or(usize::MAX);
        let all = server.connections.min(room).max(CONNECTIONS_MIN);
        Self { all, unauthenticated: server.unauthenticated_connections.min(all / 2) }
    }
}

/// Raises the limit on descriptors as far as the system allows, and returns it.
pub fn raise_descriptors() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return DESCRIPTORS_RESERVED };
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() {
        return hard;
    }
    soft
}

/// The connections of one listener.
pub(super) struct Connections {
    open: Mutex<HashMap<u64, Arc<State>>>,
    /// All connections, including closing ones.
    count: AtomicUsize,
    unauthenticated: Arc<AtomicUsize>,
    next: AtomicU64,
    bounds: Bounds,
    gone: Notify,
    metrics: ConnectionMetrics,
    logged: Mutex<Option<Instant>>,
}

/// A connection's slot within the limits, which is freed when this is dropped.
pub(super) struct ConnectionSlot {
    id: u64,
    pub(super) state: Arc<State>,
    connections: Arc<Connections>,
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let connections = &self.connections;
        connections.open().remove(&self.id);
        // Removes it from the count of unauthenticated connections, if it is still there.
        self.state.authenticate();
        connections.count.fetch_sub(1, Ordering::AcqRel);
        connections.metrics.open.dec();
        connections.gone.notify_one();
    }
}

impl Connections {
    pub(super) fn new(bounds: Bounds, metrics: ConnectionMetrics) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            count: AtomicUsize::new(0),
            unauthenticated: Arc::default(),
            next: AtomicU64::new(0),
            bounds,
            gone: Notify::new(),
            metrics,
            logged: Mutex::default(),
        })
    }

    /// A slot for a new connection. `None` if all other connections are more useful.
    pub(super) async fn slot(self: &Arc<Self>) -> Option<ConnectionSlot> {
        loop {
            let unauthenticated = self.unauthenticated.load(Ordering::Acquire) >= self.bounds.unauthenticated;
            if !unauthenticated && self.count.load(Ordering::Acquire) < self.bounds.all {
                return Some(self.new_slot());
            }
            if !self.evict_one(unauthenticated) {
                self.metrics.closed(Reason::Refused.label());
                return None;
            }
            self.gone.notified().await;
        }
    }

    fn new_slot(self: &Arc<Self>) -> ConnectionSlot {
        let state = Arc::new(State::new(self.unauthenticated.clone()));
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.open().insert(id, state.clone());
        self.count.fetch_add(1, Ordering::AcqRel);
        self.metrics.open.inc();
        ConnectionSlot { id, state, connections: self.clone() }
    }

    /// Closes the least useful connection: an unauthenticated idle one, then an authenticated idle one, then an
    /// unauthenticated busy one. Of several it closes the oldest. Returns false if all are busy and authenticated.
    pub(super) fn evict_one(&self, unauthenticated: bool) -> bool {
        let mut open = self.open();
        let usefulness = |state: &State| match (state.is_authenticated(), state.is_busy()) {
            (false, false) => Some((0, state.opened())),
            (true, false) if !unauthenticated => Some((1, state.used())),
            (false, true) => Some((2, state.opened())),
            (true, _) => None,
        };
        let least = open.iter().filter_map(|(id, state)| Some((usefulness(state)?, *id))).min();
        let evicted = least.and_then(|(_, id)| open.remove(&id));
        drop(open);
        let Some(evicted) = evicted else { return false };
        evicted.evict();
        self.log();
        true
    }

    fn log(&self) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|last| last.elapsed() >= LOG_INTERVAL) {
            *logged = Some(Instant::now());
            let (open, unauthenticated) = (self.count.load(Ordering::Acquire), &self.unauthenticated);
            let unauthenticated = unauthenticated.load(Ordering::Acquire);
            tracing::warn!(
                open,
                unauthenticated,
                bounds = ?self.bounds,
                "too many connections: the oldest ones that are idle or not authenticated are closed"
            );
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<State>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
