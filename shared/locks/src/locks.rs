//! The public type of the locks, with its implementations behind it.

use std::sync::Arc;
use std::time::Duration;

use swath_domain::ids::{AssignmentId, LeaseId};

use crate::fault_injection::FaultInjectingLocks;
use crate::memory::Memory;
use crate::redis::Redis;
use crate::stats::Counters;
use crate::{Acquired, BadUrl, EvictingServer, Health, Options, Stats};

/// A handle on the locks. Clones share the same locks and counters.
#[derive(Clone)]
pub struct Locks {
    backend: Backend,
    counters: Arc<Counters>,
}

#[derive(Clone)]
enum Backend {
    Memory(Arc<Memory>),
    Redis(Arc<Redis>),
    FaultInjecting(FaultInjectingLocks),
}

impl Locks {
    /// Locks inside this process, for the embedded deployment.
    pub fn memory() -> Self {
        Self { backend: Backend::Memory(Arc::default()), counters: Arc::default() }
    }

    /// Locks in memory with faults that the simulation sets.
    pub fn fault_injecting(locks: FaultInjectingLocks) -> Self {
        Self { backend: Backend::FaultInjecting(locks), counters: Arc::default() }
    }

    /// Locks on Redis 7 or later, or a compatible server. Returns at once and connects in a task of its own.
    ///
    /// # Errors
    /// [`BadUrl`] if `url` is not a `redis:` or `rediss:` URL. An unreachable server is not an error.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn redis(url: &str, options: Options) -> Result<Self, BadUrl> {
        let counters = Arc::<Counters>::default();
        let redis = Redis::start(url, options, Arc::clone(&counters))?;
        Ok(Self { backend: Backend::Redis(Arc::new(redis)), counters })
    }

    /// Takes the locks that are free, each for `ttl`, and answers for every member of the batch in order. A lock that
    /// the same lease already has is granted again and keeps its remaining time.
    pub async fn acquire(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Vec<Acquired> {
        let answers = match &self.backend {
            Backend::Memory(memory) => memory.acquire(batch, ttl),
            Backend::Redis(redis) => redis.acquire(batch, ttl).await,
            Backend::FaultInjecting(locks) => locks.acquire(batch, ttl),
        };
        self.counters.acquired(&answers);
        answers
    }

    /// Sets each lock that is free, or already the lease's own, to the given remaining time. Fire and forget.
    pub fn keep(&self, batch: Vec<(AssignmentId, LeaseId, Duration)>) {
        match &self.backend {
            Backend::Memory(memory) => memory.keep(&batch),
            Backend::Redis(redis) => redis.keep(batch),
            Backend::FaultInjecting(locks) => {
                locks.memory().into_iter().for_each(|memory| memory.keep(&batch));
            }
        }
    }

    /// Frees each lock that is the lease's own. Fire and forget.
    pub fn free(&self, batch: Vec<(AssignmentId, LeaseId)>) {
        match &self.backend {
            Backend::Memory(memory) => memory.free(&batch),
            Backend::Redis(redis) => redis.free(batch),
            Backend::FaultInjecting(locks) => {
                locks.memory().into_iter().for_each(|memory| memory.free(&batch));
            }
        }
    }

    /// Whether the lock server is used. Reads memory only.
    pub fn health(&self) -> Health {
        match &self.backend {
            Backend::Memory(_) | Backend::FaultInjecting(_) => Health::Up,
            Backend::Redis(redis) => redis.health(),
        }
    }

    /// The current values of the counters.
    pub fn stats(&self) -> Stats {
        self.counters.snapshot(!self.health().is_up())
    }

    /// Waits until all earlier keeps and frees are done or dropped, or a time limit is over.
    pub async fn settle(&self) {
        if let Backend::Redis(redis) = &self.backend {
            redis.settle().await;
        }
    }

    /// Refuses, at start, a server that evicts keys with a time to live. A server that cannot be reached is accepted,
    /// because locks are advisory and it may come up later.
    ///
    /// # Errors
    /// [`EvictingServer`] if the server has a memory limit and evicts locks when it is reached. The operator has to
    /// change the server's settings.
    pub async fn check_eviction(&self) -> Result<(), EvictingServer> {
        match &self.backend {
            Backend::Memory(_) | Backend::FaultInjecting(_) => Ok(()),
            Backend::Redis(redis) => redis.check_eviction().await,
        }
    }
}
