//! How many connections there may be, in all and before a request was authenticated. At the bound the one that is of least
//! use makes room, so that a client which opens many does not shut out the others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::sync::Notify;

use super::state::{Reason, State};
use crate::config;
use crate::telemetry::ConnectionMetrics;

/// Descriptors that are left to the database, the broker, files and logs, at least.
const DESCRIPTORS_RESERVED: u64 = 256;
/// The fewest connections that are allowed, however few descriptors there are.
const CONNECTIONS_MIN: usize = 64;
/// Between two lines of the log about connections that were closed at the bound.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// The most connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) all: usize,
    pub(super) unauthenticated: usize,
}

impl Bounds {
    /// For scrapes, of which nobody is authenticated.
    pub(super) const METRICS: Self = Self { all: 32, unauthenticated: 32 };

    /// What is configured, as far as `descriptors` go.
    pub(super) fn of(server: &config::Server, descriptors: u64) -> Self {
        let reserved = DESCRIPTORS_RESERVED.max(descriptors / 4);
        let room = usize::try_from(descriptors.saturating_sub(reserved)).unwrap_or(usize::MAX);
        let all = server.connections.min(room).max(CONNECTIONS_MIN);
        Self { all, unauthenticated: server.unauthenticated_connections.min(all / 2) }
    }
}

/// Raises the bound on descriptors as far as the system allows, and answers with it.
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
    /// With those that are closing.
    count: AtomicUsize,
    unauthenticated: Arc<AtomicUsize>,
    next: AtomicU64,
    bounds: Bounds,
    gone: Notify,
    metrics: ConnectionMetrics,
    logged: Mutex<Option<Instant>>,
}

/// A connection's place; it is free again when this is dropped.
pub(super) struct Place {
    id: u64,
    pub(super) state: Arc<State>,
    connections: Arc<Connections>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let connections = &self.connections;
        connections.open().remove(&self.id);
        // One that was never authenticated is not counted among those any more.
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

    /// A place for a new connection; none where every other one is of more use.
    pub(super) async fn place(self: &Arc<Self>) -> Option<Place> {
        loop {
            let unauthenticated = self.unauthenticated.load(Ordering::Acquire) >= self.bounds.unauthenticated;
            if !unauthenticated && self.count.load(Ordering::Acquire) < self.bounds.all {
                return Some(self.taken());
            }
            if !self.evict_one(unauthenticated) {
                self.metrics.closed(Reason::Refused.label());
                return None;
            }
            self.gone.notified().await;
        }
    }

    fn taken(self: &Arc<Self>) -> Place {
        let state = Arc::new(State::new(self.unauthenticated.clone()));
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.open().insert(id, state.clone());
        self.count.fetch_add(1, Ordering::AcqRel);
        self.metrics.open.inc();
        Place { id, state, connections: self.clone() }
    }

    /// Closes the oldest connection of nobody known, else the one that has been idle for longest; false if all are busy for
    /// somebody known.
    pub(super) fn evict_one(&self, unauthenticated: bool) -> bool {
        let mut open = self.open();
        let worth = |state: &State| match (state.is_authenticated(), state.is_busy()) {
            (false, false) => Some((0, state.opened())),
            (true, false) if !unauthenticated => Some((1, state.used())),
            (false, true) => Some((2, state.opened())),
            (true, _) => None,
        };
        let least = open.iter().filter_map(|(id, state)| Some((worth(state)?, *id))).min();
        let evicted = least.and_then(|(_, id)| open.remove(&id));
        drop(open);
        let Some(evicted) = evicted else { return false };
        evicted.evict();
        self.log();
        true
    }

    fn log(&self) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|last| last.elapsed() >= LOG_PAUSE) {
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
