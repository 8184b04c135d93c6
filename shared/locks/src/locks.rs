//! The locks as callers see them: two implementations behind one type.

use std::sync::Arc;
use std::time::Duration;

use swath_domain::ids::{AssignmentId, LeaseId};

use crate::memory::Memory;
use crate::moody::Mood;
use crate::redis::Redis;
use crate::stats::Counters;
use crate::{Acquired, Health, Stats};

/// Names and bounds of locks on Redis; the prefix is the same in every process of an installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// What keys start with; keeps two installations on one server apart.
    pub prefix: String,
    /// How long an acquire may take, as a whole.
    pub budget: Duration,
    /// Keeps and frees (batches) that may wait before further ones are dropped.
    pub queue: usize,
    /// Failures in a row that open the breaker.
    pub breaker_threshold: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "swath".to_owned(),
            budget: Duration::from_millis(50),
            queue: 1024,
            breaker_threshold: 5,
        }
    }
}

/// A URL that is not Redis's. It does not repeat the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("not a Redis URL: {0}")]
pub struct BadUrl(pub(crate) &'static str);

/// A server that forgets locks which still run, and must not be started with.
#[derive(Debug, thiserror::Error)]
#[error(
    "Redis evicts keys when its memory is full (maxmemory {maxmemory} bytes, maxmemory-policy {policy}): \
     set maxmemory-policy noeviction, or maxmemory 0"
)]
pub struct Unsafe {
    /// The server's bound, in bytes.
    pub maxmemory: u64,
    /// What it does at that bound.
    pub policy: String,
}

/// A handle on the locks; clones share everything.
#[derive(Clone)]
pub struct Locks {
    backend: Backend,
    counters: Arc<Counters>,
}

#[derive(Clone)]
enum Backend {
    Memory(Arc<Memory>),
    Redis(Arc<Redis>),
    Moody(Mood),
}

impl Locks {
    /// Locks inside this process, for a process that has all roles.
    pub fn memory() -> Self {
        Self { backend: Backend::Memory(Arc::default()), counters: Arc::default() }
    }

    /// Locks in memory that answer as `mood` says, for simulations.
    pub fn moody(mood: Mood) -> Self {
        Self { backend: Backend::Moody(mood), counters: Arc::default() }
    }

    /// Locks on Redis 7 or later (or what speaks like it). Returns at once and connects in a task that it owns, so it
    /// must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// [`BadUrl`] when `url` is not a `redis:` or `rediss:` URL; a server that is away is no error.
    pub fn redis(url: &str, options: Options) -> Result<Self, BadUrl> {
        let counters = Arc::<Counters>::default();
        let redis = Redis::start(url, options, Arc::clone(&counters))?;
        Ok(Self { backend: Backend::Redis(Arc::new(redis)), counters })
    }

    /// Takes the locks that are free, each for `ttl`, and answers for every member of the batch in its order. Asking
    /// again with the same lease is granted and leaves the time that the lock has.
    pub async fn acquire(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Vec<Acquired> {
        let answers = match &self.backend {
            Backend::Memory(memory) => memory.acquire(batch, ttl),
            Backend::Redis(redis) => redis.acquire(batch, ttl).await,
            Backend::Moody(mood) => mood.acquire(batch, ttl),
        };
        self.counters.acquired(&answers);
        answers
    }

    /// Sets locks to the remaining time of their leases where they are free or that lease's own. Not awaited.
    pub fn keep(&self, batch: Vec<(AssignmentId, LeaseId, Duration)>) {
        match &self.backend {
            Backend::Memory(memory) => memory.keep(&batch),
            Backend::Redis(redis) => redis.keep(batch),
            Backend::Moody(mood) => mood.memory().into_iter().for_each(|memory| memory.keep(&batch)),
        }
    }

    /// Frees locks where they are that lease's own. Not awaited.
    pub fn free(&self, batch: Vec<(AssignmentId, LeaseId)>) {
        match &self.backend {
            Backend::Memory(memory) => memory.free(&batch),
            Backend::Redis(redis) => redis.free(batch),
            Backend::Moody(mood) => mood.memory().into_iter().for_each(|memory| memory.free(&batch)),
        }
    }

    /// Whether locks are given; cheap.
    pub fn health(&self) -> Health {
        match &self.backend {
            Backend::Memory(_) | Backend::Moody(_) => Health::Up,
            Backend::Redis(redis) => redis.health(),
        }
    }

    /// The counters as they stand.
    pub fn stats(&self) -> Stats {
        self.counters.snapshot(!self.health().is_up())
    }

    /// Waits, within a bound, until the keeps and frees asked for so far are done or dropped.
    pub async fn settle(&self) {
        if let Backend::Redis(redis) = &self.backend {
            redis.settle().await;
        }
    }

    /// The check at start: a server that evicts keys with a time to live is refused. One that cannot be asked now is
    /// not: locks are advice, and it may come later.
    ///
    /// # Errors
    /// [`Unsafe`] when the server has a memory bound and evicts at it.
    pub async fn check_eviction(&self) -> Result<(), Unsafe> {
        match &self.backend {
            Backend::Memory(_) | Backend::Moody(_) => Ok(()),
            Backend::Redis(redis) => redis.check_eviction().await,
        }
    }
}
