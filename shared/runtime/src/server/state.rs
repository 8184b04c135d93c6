//! What a connection is doing, and when it has done that for too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::telemetry::ConnectionMetrics;

/// An idle connection gives its buffers back after this time.
pub(super) const PARK_AFTER: Duration = Duration::from_secs(1);

/// How long a connection may take for what it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// For the head of a request, and for the first byte of a new connection.
    pub(super) header: Duration,
    /// Without a request, after an answer.
    pub(super) idle: Duration,
    /// Between two pieces of a request's body.
    pub(super) body: Duration,
    /// Without the client reading anything of an answer.
    pub(super) stall: Duration,
    /// Without a request, until the buffers are given back.
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

    /// Nothing that begins now can be over before this time has passed.
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
    /// It made room for another one.
    Evicted,
    /// There was no room for it.
    Refused,
}

impl Reason {
    /// Its label in metrics.
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

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// Nothing has arrived yet.
    New,
    /// A part of a request's head has arrived.
    Head,
    /// A request is being answered.
    Busy,
    /// The last request has been answered.
    Idle,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Close(Reason),
    Park,
    At(Instant),
}

/// The state of a connection, which its task, its requests and the bound on connections share.
#[derive(Debug)]
pub(super) struct State {
    opened: Instant,
    phase: AtomicU8,
    /// When the phase began; times are in milliseconds since the connection was opened.
    since: AtomicU64,
    /// When the client last took some bytes, or the first were kept back from it.
    wrote: AtomicU64,
    /// The client takes no more bytes.
    is_blocked: AtomicBool,
    is_authenticated: AtomicBool,
    /// How many connections are not.
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
            since: AtomicU64::new(0),
            wrote: AtomicU64::new(0),
            is_blocked: AtomicBool::new(false),
            is_authenticated: AtomicBool::new(false),
            eviction: Notify::new(),
        }
    }

    fn now(&self) -> u64 {
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
        self.since.store(self.now(), Ordering::Release);
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// Something has arrived.
    pub(super) fn arrived(&self) {
        if matches!(self.phase(), Phase::New | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    /// A request's head is complete.
    pub(super) fn begin(&self) {
        self.enter(Phase::Busy);
    }

    /// The answer is complete.
    pub(super) fn end(&self) {
        self.enter(Phase::Idle);
    }

    /// The client took bytes, or takes none at the moment.
    pub(super) fn written(&self, is_blocked: bool) {
        let was_blocked = self.is_blocked.swap(is_blocked, Ordering::AcqRel);
        if !(was_blocked && is_blocked) {
            self.wrote.store(self.now(), Ordering::Release);
        }
    }

    /// A request on it came from somebody known.
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

    /// When it was last of use.
    pub(super) fn used(&self) -> Instant {
        self.opened + Duration::from_millis(self.since.load(Ordering::Acquire))
    }

    /// Closes it for another one.
    pub(super) fn evict(&self) {
        self.eviction.notify_one();
    }

    fn at(&self, millis: u64, timeout: Duration) -> Instant {
        self.opened + Duration::from_millis(millis) + timeout
    }

    pub(super) fn due(&self, timeouts: &Timeouts) -> Due {
        let (since, wrote) = (self.since.load(Ordering::Acquire), self.wrote.load(Ordering::Acquire));
        let now = Instant::now();
        let (end, reason) = if self.is_blocked.load(Ordering::Acquire) {
            (self.at(wrote, timeouts.stall), Reason::Stall)
        } else {
            match self.phase() {
                Phase::New | Phase::Head => (self.at(since, timeouts.header), Reason::Header),
                Phase::Idle => (self.at(since.max(wrote), timeouts.idle), Reason::Idle),
                Phase::Busy => return Due::At(now + timeouts.shortest()),
            }
        };
        if end <= now {
            return Due::Close(reason);
        }
        if reason == Reason::Idle {
            let park = self.at(since.max(wrote), timeouts.park);
            return if park <= now { Due::Park } else { Due::At(end.min(park)) };
        }
        Due::At(end)
    }
}

/// What the connections of a server share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) timeouts: Timeouts,
    pub(super) metrics: ConnectionMetrics,
    /// No further request is taken.
    pub(super) shutdown: CancellationToken,
    /// What is still in flight is cut off.
    pub(super) abort: CancellationToken,
    /// Whether clients are to look for another process.
    pub(super) is_ending: Box<dyn Fn() -> bool + Send + Sync>,
}
