//! The state of a connection and its timeouts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::telemetry::ConnectionMetrics;

/// An idle connection frees its buffers after this time.
pub(super) const PARK_AFTER: Duration = Duration::from_secs(1);

/// The time limits of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// For the head of a request, and the first byte of a new connection.
    pub(super) header: Duration,
    /// Without a request after a response.
    pub(super) idle: Duration,
    /// Between two reads of a request's body.
    pub(super) body: Duration,
    /// Without the client reading anything of a response.
    pub(super) stall: Duration,
    /// Without a request, until the buffers are freed.
    pub(super) park: Duration,
}

impl Timeouts {
    pub(super) fn of(server: &config::Server) -> Self {
        Self {
            header: Duration::from_secs(server.header_seconds),
            idle: Duration::from_secs(server.idle_seconds),
            body: Duration::from_secs(server.body_seconds),
            stall: Duration::from_secs(server.stall_seconds),
            park: PARK_AFTER,
        }
    }

    /// The shortest limit. Nothing that begins now can time out before.
    pub(super) fn shortest(&self) -> Duration {
        self.header.min(self.idle).min(self.stall).min(self.park)
    }
}

/// Why the server closed a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Header,
    Idle,
    Body,
    Stall,
    /// It was closed to make room for another one.
    Evicted,
    /// There was no room for it.
    Refused,
}

impl Reason {
    /// The label in metrics.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Idle => "idle",
            Self::Body => "body",
            Self::Stall => "stall",
            Self::Evicted => "evicted",
            Self::Refused => "refused",
        }
    }
}

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// Nothing has arrived yet.
    New,
    /// A part of a request's head has arrived.
    Head,
    /// A request is being served.
    Busy,
    /// The last response is complete.
    Idle,
}

/// What to do with a connection now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Close(Reason),
    /// Free the buffers.
    Park,
    /// Check again at this time.
    CheckAt(Instant),
}

/// The state of a connection, shared by its task, its requests and the limit on connections.
#[derive(Debug)]
pub(super) struct State {
    opened: Instant,
    phase: AtomicU8,
    /// When the phase began, in milliseconds since the connection was opened.
    since_ms: AtomicU64,
    /// When the client last accepted bytes or stopped accepting them, in milliseconds since the connection was opened.
    wrote_ms: AtomicU64,
    /// Whether the client accepts no more bytes.
    is_blocked: AtomicBool,
    is_authenticated: AtomicBool,
    /// The number of connections that are not authenticated.
    unauthenticated: Arc<AtomicUsize>,
    pub(super) eviction: Notify,
}

impl State {
    pub(super) fn new(unauthenticated: Arc<AtomicUsize>) -> Self {
        unauthenticated.fetch_add(1, Ordering::AcqRel);
        Self {
            unauthenticated,
            opened: Instant::now(),
            phase: AtomicU8::new(Phase::New as u8),
            since_ms: AtomicU64::new(0),
            wrote_ms: AtomicU64::new(0),
            is_blocked: AtomicBool::new(false),
            is_authenticated: AtomicBool::new(false),
            eviction: Notify::new(),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn phase(&self) -> Phase {
        let phases = [Phase::New, Phase::Head, Phase::Busy, Phase::Idle];
        phases
            .into_iter()
            .find(|phase| *phase as u8 == self.phase.load(Ordering::Acquire))
            .unwrap_or(Phase::New)
    }

    fn enter(&self, phase: Phase) {
        self.since_ms.store(self.now_ms(), Ordering::Release);
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// Records that bytes have arrived.
    pub(super) fn arrived(&self) {
        if matches!(self.phase(), Phase::New | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    /// Records that a request's head is complete.
    pub(super) fn begin(&self) {
        self.enter(Phase::Busy);
    }

    /// Records that the response is complete.
    pub(super) fn end(&self) {
        self.enter(Phase::Idle);
    }

    /// Records that the client accepted bytes, or accepts none at the moment.
    pub(super) fn written(&self, is_blocked: bool) {
        let was_blocked = self.is_blocked.swap(is_blocked, Ordering::AcqRel);
        if !(was_blocked && is_blocked) {
            self.wrote_ms.store(self.now_ms(), Ordering::Release);
        }
    }

    /// Records that a request of this connection was authenticated.
    pub(super) fn authenticate(&self) {
        if !self.is_authenticated.swap(true, Ordering::AcqRel) {
            self.unauthenticated.fetch_sub(1, Ordering::AcqRel);
        }
    }

    pub(super) fn is_authenticated(&self) -> bool {
        self.is_authenticated.load(Ordering::Acquire)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.phase() == Phase::Busy
    }

    pub(super) fn opened(&self) -> Instant {
        self.opened
    }

    /// When the current phase began.
    pub(super) fn used(&self) -> Instant {
        self.opened + Duration::from_millis(self.since_ms.load(Ordering::Acquire))
    }

    /// Closes the connection to make room for another one.
    pub(super) fn evict(&self) {
        self.eviction.notify_one();
    }

    fn at(&self, millis: u64, timeout: Duration) -> Instant {
        self.opened + Duration::from_millis(millis) + timeout
    }

    pub(super) fn due(&self, timeouts: &Timeouts) -> Due {
        let (since, wrote) = (self.since_ms.load(Ordering::Acquire), self.wrote_ms.load(Ordering::Acquire));
        let now = Instant::now();
        let (end, reason) = if self.is_blocked.load(Ordering::Acquire) {
            (self.at(wrote, timeouts.stall), Reason::Stall)
        } else {
            match self.phase() {
                Phase::New | Phase::Head => (self.at(since, timeouts.header), Reason::Header),
                Phase::Idle => (self.at(since.max(wrote), timeouts.idle), Reason::Idle),
                Phase::Busy => return Due::CheckAt(now + timeouts.shortest()),
            }
        };
        if end <= now {
            return Due::Close(reason);
        }
        if reason == Reason::Idle {
            let park = self.at(since.max(wrote), timeouts.park);
            return if park <= now { Due::Park } else { Due::CheckAt(end.min(park)) };
        }
        Due::CheckAt(end)
    }
}

/// What all connections of a server share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) timeouts: Timeouts,
    pub(super) metrics: ConnectionMetrics,
    /// Cancelled when no further request is accepted.
    pub(super) shutdown: CancellationToken,
    /// Cancelled when requests in flight are aborted.
    pub(super) abort: CancellationToken,
    /// Whether clients should connect to another process.
    pub(super) is_ending: Box<dyn Fn() -> bool + Send + Sync>,
}
