//! Streams of events: one task of the process reads the events of all teams, and sends each open stream those that its user
//! may see.
//!
//! It reads only while streams are open, and a little longer, so that clients that reconnect get what they missed. A stream
//! is closed when the rights of its user change, when the client does not read, and when events cannot be read. A page then
//! knows that it does not show the present state.

mod messages;
mod recent;
mod scope;
mod streams;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use prometheus::{IntCounterVec, IntGauge, Opts, Registry};
use serde_json::json;
use swath_domain::Time;
use swath_domain::ids::{TokenId, UserId};
use swath_domain::time::{Micros, seconds};
use swath_runtime::Context;
use swath_store::{Result, TokenRights};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::messages::{Cursor, Messages};
use self::recent::{EVENTS_MAX, Missed, Recent};
use self::scope::Scope;
use self::streams::{Closed, Full, Owner, Streams};

/// The pause between two reads of events.
const READ_PAUSE: Duration = Duration::from_millis(250);
/// Reads between two checks whether the rights of users have changed.
const READS_PER_CHECK: u64 = 2;
/// Events read at once.
const PAGE_EVENTS: i64 = 1_000;
/// The time between two heartbeats on a stream.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Heartbeats are sent to one of this many parts of the streams at a time.
const HEARTBEAT_PARTS: u64 = HEARTBEAT.as_millis() as u64 / READ_PAUSE.as_millis() as u64;
/// How far back reading begins, for clients that reconnect.
const LOOK_BACK: Micros = seconds(120);
/// How long reading continues without streams.
const LINGER_TIME: Duration = Duration::from_secs(120);
/// How long events may be unreadable before streams are closed.
const UNREADABLE_TIME_MAX: Duration = Duration::from_secs(5);
/// How long a new stream waits for the first read.
const START_TIMEOUT: Duration = Duration::from_secs(5);
/// Tokens that are looked up in one statement.
const PAGE_TOKENS: usize = 1_000;

/// The streams of events of this process.
pub(crate) struct Events {
    context: Context,
    state: Mutex<State>,
    /// The number of requests for streams so far. A change of it starts the reading.
    asked: watch::Sender<u64>,
    is_live: watch::Sender<bool>,
    open: IntGauge,
    closed: IntCounterVec,
}

struct State {
    streams: Streams,
    /// `None` while no events are read.
    recent: Option<Recent>,
}

/// Why no stream could be opened.
pub(crate) enum Refused {
    /// The user has too many.
    TooMany,
    /// The process has too many, is shutting down, or cannot read events.
    Unavailable,
    /// The rights of the user have just changed.
    Changed,
}

impl Events {
    pub(crate) fn new(context: Context, registry: &Registry) -> prometheus::Result<Self> {
        let open = IntGauge::new("swath_event_streams", "Streams of events that are open.")?;
        let closed = IntCounterVec::new(
            Opts::new("swath_event_streams_closed_total", "Streams of events that have ended, by reason."),
            &["reason"],
        )?;
        registry.register(Box::new(open.clone()))?;
        registry.register(Box::new(closed.clone()))?;
        let server = &context.config.server;
        let streams = Streams::at_most(server.event_streams.min(server.connections / 2));
        let state = Mutex::new(State { streams, recent: None });
        Ok(Self {
            context,
            state,
            asked: watch::Sender::new(0),
            is_live: watch::Sender::new(false),
            open,
            closed,
        })
    }

    /// Opens a stream for a token, from the cursor `since` on if there is one.
    pub(crate) async fn open(
        &self,
        token: TokenId,
        user: UserId,
        since: Option<&str>,
    ) -> Result<mpsc::Receiver<Bytes>, Refused> {
        if self.context.is_ending() {
            return Err(Refused::Unavailable);
        }
        self.asked.send_modify(|asked| *asked += 1);
        let mut live = self.is_live.subscribe();
        let started = tokio::time::timeout(START_TIMEOUT, live.wait_for(|is_live| *is_live)).await;
        if !started.is_ok_and(|live| live.is_ok()) {
            return Err(Refused::Unavailable);
        }
        // The request was admitted by cached rights, which may be a second old.
        let rights = self.rights(token).await?;
        let scope = Scope::new(user, rights.teams);
        let chunks =
            self.add_stream(Owner { token, expires: rights.expires, scope: scope.clone() }, since)?;
        // A later change closes the open stream, but one between reading the rights and opening it has to be checked here.
        if is_as_before(&self.rights(token).await?, &scope) { Ok(chunks) } else { Err(Refused::Changed) }
    }

    async fn rights(&self, token: TokenId) -> Result<TokenRights, Refused> {
        let rights = self.context.store.tokens_rights(&[token]).await;
        let rights = rights.map_err(|_| Refused::Unavailable)?.remove(&token);
        rights.filter(|rights| !rights.is_ended && !rights.teams.is_empty()).ok_or(Refused::Changed)
    }

    fn add_stream(&self, owner: Owner, since: Option<&str>) -> Result<mpsc::Receiver<Bytes>, Refused> {
        let mut state = self.state();
        let State { streams, recent } = &mut *state;
        let Some(recent) = recent else { return Err(Refused::Unavailable) };
        let chunks = first_chunks(recent, &owner.scope, since);
        let opened = streams.open(owner, chunks);
        self.open.set(streams.count() as i64);
        opened.map_err(|full| match full {
            Full::User => Refused::TooMany,
            Full::Process => Refused::Unavailable,
        })
    }

    /// Reads and sends until shutdown.
    pub(crate) async fn run(&self) {
        let mut asked = self.asked.subscribe();
        loop {
            tokio::select! {
                changed = asked.changed() => if changed.is_err() { return },
                () = self.context.shutdown.cancelled() => return,
            }
            self.follow().await;
            asked.mark_unchanged();
            self.is_live.send_replace(false);
            self.close_all(Closed::Unreadable);
            self.state().recent = None;
            if self.context.is_ending() {
                return;
            }
        }
    }

    /// Reads and sends while there are streams, and a little longer.
    async fn follow(&self) {
        let mut pace = interval(READ_PAUSE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut round, mut revision) = (0_u64, None);
        let (mut last_read, mut last_used) = (Instant::now(), Instant::now());
        while last_used.elapsed() < LINGER_TIME {
            tokio::select! {
                _ = pace.tick() => {}
                () = self.context.shutdown.cancelled() => return,
            }
            if self.context.is_ending() {
                return;
            }
            match self.round(round, &mut revision).await {
                Ok(()) => last_read = Instant::now(),
                Err(error) if last_read.elapsed() > UNREADABLE_TIME_MAX => {
                    tracing::warn!(%error, "events cannot be read, and their streams are closed");
                    return;
                }
                Err(error) => tracing::debug!(%error, "events will be read in the next round"),
            }
            if self.state().streams.count() > 0 || !*self.is_live.borrow() {
                last_used = Instant::now();
            }
            round += 1;
        }
    }

    /// Reads what is new and sends it; ends the streams of those who may not see it any more.
    async fn round(&self, round: u64, revision: &mut Option<i64>) -> Result<()> {
        // Rights are checked before events are read, so that no events are sent by rights known to be lost.
        if round.is_multiple_of(READS_PER_CHECK) {
            self.check_rights(revision).await?;
        }
        self.read().await?;
        let heartbeat = round % HEARTBEAT_PARTS;
        let now = self.context.now();
        let mut state = self.state();
        let State { streams, recent: Some(recent) } = &mut *state else { return Ok(()) };
        let alive = recent.end().message("heartbeat", &json!({"at": now}));
        let closed = streams.send(|number, _| {
            if number % HEARTBEAT_PARTS == heartbeat { vec![alive.clone()] } else { Vec::new() }
        });
        self.count(streams, closed);
        Ok(())
    }

    /// Reads page by page, up to the newest event.
    async fn read(&self) -> Result<()> {
        let known = self.state().recent.as_ref().map(Recent::end);
        let mut cursor = match known {
            Some(cursor) => cursor,
            None => self.begin().await?,
        };
        loop {
            let page = self.context.store.events_after(cursor.position, PAGE_EVENTS).await?;
            let marks = &page.marks;
            if marks.era != cursor.era || marks.cleared > cursor.position || marks.settled < cursor.position {
                // A gap, or another history: the events in between are unknown.
                cursor = Cursor { era: marks.era.clone(), position: marks.settled };
                self.state().recent = Some(Recent::at(cursor.era.clone(), cursor.position));
                self.send_reset(&cursor);
                continue;
            }
            let is_last = page.to >= marks.settled;
            cursor.position = page.to;
            self.send(page.events, page.to);
            if is_last {
                self.is_live.send_if_modified(|is_live| !std::mem::replace(is_live, true));
                return Ok(());
            }
        }
    }

    /// Finds where reading begins: a little in the past, for clients that reconnect.
    async fn begin(&self) -> Result<Cursor> {
        let since = self.context.now() - LOOK_BACK;
        let first = self.context.store.events_since(since, EVENTS_MAX as i64 / 2).await?;
        let marks = self.context.store.events_after(i64::MAX - 1, 1).await?.marks;
        let position = first.unwrap_or(marks.settled).clamp(marks.cleared.min(marks.settled), marks.settled);
        let cursor = Cursor { era: marks.era, position };
        self.state().recent = Some(Recent::at(cursor.era.clone(), position));
        Ok(cursor)
    }

    /// Sends events to the streams that may see them, each followed by the cursor behind the events.
    fn send(&self, events: Vec<swath_store::StoredEvent>, to: i64) {
        let mut state = self.state();
        let State { streams, recent: Some(recent) } = &mut *state else { return };
        if !events.is_empty() && streams.count() > 0 {
            let mut messages = Messages::of(&events);
            let cursor = Cursor { era: recent.end().era, position: to };
            let end = cursor.message("seen", &json!({}));
            let closed = streams.send(|_, scope| {
                let mut chunks = messages.to(scope);
                if !chunks.is_empty() {
                    chunks.push(end.clone());
                }
                chunks
            });
            self.count(streams, closed);
        }
        recent.push(events, to);
    }

    fn send_reset(&self, cursor: &Cursor) {
        let reset = reset(cursor);
        let mut state = self.state();
        let closed = state.streams.send(|_, _| vec![reset.clone()]);
        self.count(&state.streams, closed);
    }

    /// Closes the streams of tokens that have ended, and of users whose roles have changed.
    async fn check_rights(&self, known: &mut Option<i64>) -> Result<()> {
        let now = self.context.now();
        let expired = {
            let is_good = |_, _: &Scope, expires: Option<Time>| expires.is_none_or(|expires| expires > now);
            self.state().streams.check(is_good)
        };
        self.count_closed(Closed::Rights, expired);
        let revision = self.context.store.people_revision().await?;
        if *known == Some(revision) {
            return Ok(());
        }
        let tokens = self.state().streams.tokens();
        let mut rights: HashMap<TokenId, TokenRights> = HashMap::new();
        for page in tokens.chunks(PAGE_TOKENS) {
            rights.extend(self.context.store.tokens_rights(page).await?);
        }
        // Streams that were opened since then have checked their rights themselves.
        let is_asked = |token: TokenId| tokens.binary_search(&token).is_ok();
        let closed = self.state().streams.check(|token, scope, _| {
            !is_asked(token) || rights.get(&token).is_some_and(|rights| is_as_before(rights, scope))
        });
        self.count_closed(Closed::Rights, closed);
        *known = Some(revision);
        Ok(())
    }

    fn close_all(&self, reason: Closed) {
        let closed = self.state().streams.close_all();
        self.count_closed(reason, closed);
    }

    fn count_closed(&self, reason: Closed, closed: usize) {
        self.closed.with_label_values(&[reason.label()]).inc_by(closed as u64);
        self.open.set(self.state().streams.count() as i64);
    }

    fn count(&self, streams: &Streams, closed: Vec<Closed>) {
        for reason in closed {
            self.closed.with_label_values(&[reason.label()]).inc();
        }
        self.open.set(streams.count() as i64);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a token still allows what it allowed when its stream was opened.
fn is_as_before(rights: &TokenRights, scope: &Scope) -> bool {
    !rights.is_ended && Scope::new(scope.user, rights.teams.clone()) == *scope
}

/// The first messages of a stream: the missed events and the cursor, or a reset if it is unknown what was missed.
fn first_chunks(recent: &Recent, scope: &Scope, since: Option<&str>) -> Vec<Bytes> {
    let end = recent.end();
    let Some(since) = since else { return vec![end.message("ready", &json!({}))] };
    match Cursor::parse(since).map(|cursor| recent.missed(&cursor)) {
        Some(Missed::Events(events)) => {
            let mut chunks = Messages::of(events).to(scope);
            chunks.push(end.message("ready", &json!({})));
            chunks
        }
        Some(Missed::Unknown) | None => vec![reset(&end)],
    }
}

/// Tells a client to load everything again that it shows.
fn reset(cursor: &Cursor) -> Bytes {
    cursor.message("reset", &json!({}))
}
