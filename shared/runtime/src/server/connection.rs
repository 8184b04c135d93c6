//! One connection: what it is doing, and when it has done that for too long. A connection that is idle costs little: its
//! buffers are given back until something arrives.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::exchange::Exchange;
use super::watched::Watched;
use crate::config;

/// What a request's head may have, in bytes.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// What a connection may buffer in either direction, in bytes.
const BUFFER_BYTES_MAX: usize = 128 << 10;
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
    fn shortest(&self) -> Duration {
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
enum Due {
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
    eviction: Notify,
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

    fn due(&self, timeouts: &Timeouts) -> Due {
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
    pub(super) metrics: crate::telemetry::ConnectionMetrics,
    /// No further request is taken.
    pub(super) shutdown: CancellationToken,
    /// What is still in flight is cut off.
    pub(super) abort: CancellationToken,
    /// Whether clients are to look for another process.
    pub(super) is_ending: Box<dyn Fn() -> bool + Send + Sync>,
}

/// Serves a connection to its end.
pub(super) async fn serve(shared: Arc<Shared>, state: Arc<State>, stream: TcpStream) {
    let ended = async {
        let mut io = Watched::new(stream, state.clone());
        loop {
            if !io.has_unread() {
                readable(&shared, &state, &io).await?;
            }
            io = exchange(&shared, &state, io).await?;
        }
    };
    let ended: Result<std::convert::Infallible, End> = tokio::select! {
        ended = ended => ended,
        () = state.eviction.notified() => Err(End::Closed(Reason::Evicted)),
        () = shared.abort.cancelled() => Err(End::Ordinary),
    };
    if let Err(End::Closed(reason)) = ended {
        shared.metrics.closed(reason.label());
    }
}

/// How a connection ended.
enum End {
    /// By the client, or by the end of the process.
    Ordinary,
    Closed(Reason),
}

/// Waits, without any buffer, until something arrives.
async fn readable(shared: &Shared, state: &State, io: &Watched) -> Result<(), End> {
    let mut check = pin!(sleep_until(Instant::now()));
    loop {
        tokio::select! {
            biased;
            readable = io.readable() => return readable.map_err(|_| End::Ordinary),
            () = shared.shutdown.cancelled() => return Err(End::Ordinary),
            () = &mut check => match state.due(&shared.timeouts) {
                Due::Close(reason) => return Err(End::Closed(reason)),
                Due::At(at) => check.as_mut().reset(at),
                Due::Park => check.as_mut().reset(state.used() + shared.timeouts.idle),
            }
        }
    }
}

/// Answers requests until none has come for a moment.
async fn exchange(shared: &Arc<Shared>, state: &Arc<State>, io: Watched) -> Result<Watched, End> {
    let mut http = Builder::new();
    // The timeouts are kept here, where they cover more than hyper's.
    http.header_read_timeout(None).max_buf_size(BUFFER_BYTES_MAX).max_header_size(HEAD_BYTES_MAX);
    let service = Exchange::new(shared.clone(), state.clone());
    let mut http = Box::new(http.serve_connection(TokioIo::new(io), service));
    let mut check = pin!(sleep_until(Instant::now() + shared.timeouts.shortest()));
    let (mut is_ending, mut is_parked) = (false, false);
    loop {
        tokio::select! {
            biased;
            served = poll_fn(|cx| http.poll_without_shutdown(cx)) => {
                served.map_err(|_| End::Ordinary)?;
                break;
            }
            () = shared.shutdown.cancelled(), if !is_ending => {
                is_ending = true;
                Pin::new(&mut *http).graceful_shutdown();
            }
            () = &mut check, if !is_parked => match state.due(&shared.timeouts) {
                Due::Close(reason) => return Err(End::Closed(reason)),
                Due::At(at) => check.as_mut().reset(at),
                Due::Park => {
                    is_parked = true;
                    Pin::new(&mut *http).graceful_shutdown();
                }
            }
        }
    }
    let parts = http.into_parts();
    let mut io = parts.io.into_inner();
    if is_parked && !is_ending {
        io.put_back(parts.read_buf);
        return Ok(io);
    }
    // The client may have closed it already.
    let _ = io.shutdown().await;
    Err(End::Ordinary)
}
