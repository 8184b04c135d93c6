//! The background task: it keeps and frees locks, and polls whether the server is reachable.

use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use swath_domain::ids::{AssignmentId, LeaseId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use super::keys::{key, millis};
use super::server::{BACKGROUND_TIMEOUT, Server};
use crate::stats::Counters;

/// How often the server is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// Bounded, because a script blocks the whole server while it runs.
const LOCKS_PER_SCRIPT: usize = 256;

/// Keeps each lock that has a time to live and frees each that has none, in order. Skips locks of other leases.
static KEEP_OR_FREE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for i, key in ipairs(KEYS) do
           local lease, ttl = ARGV[2 * i - 1], ARGV[2 * i]
           local holder = redis.call('GET', key)
           if ttl == '0' then
             if holder == lease then redis.call('DEL', key) end
           elseif not holder or holder == lease then
             redis.call('SET', key, lease, 'PX', ttl)
           end
         end",
    )
});

/// One line of the script.
struct Write {
    assignment: AssignmentId,
    lease: LeaseId,
    /// How long the lock is kept; `None` frees it.
    keep_for: Option<Duration>,
}

pub(super) enum LockWrite {
    Keep(Vec<(AssignmentId, LeaseId, Duration)>),
    Free(Vec<(AssignmentId, LeaseId)>),
    /// Answered once everything before it is done.
    Settle(oneshot::Sender<()>),
}

impl LockWrite {
    /// The number of locks in it.
    pub fn len(&self) -> usize {
        match self {
            Self::Keep(batch) => batch.len(),
            Self::Free(batch) => batch.len(),
            Self::Settle(_) => 0,
        }
    }
}

pub(super) struct BackgroundWriter {
    prefix: String,
    server: Arc<Server>,
    counters: Arc<Counters>,
    queued: mpsc::Receiver<LockWrite>,
}

impl BackgroundWriter {
    pub fn new(
        prefix: String,
        server: Arc<Server>,
        counters: Arc<Counters>,
        queued: mpsc::Receiver<LockWrite>,
    ) -> Self {
        Self { prefix, server, counters, queued }
    }

    /// Carries out writes one after the other, in order, until the last handle on the locks is dropped. Writes that
    /// arrive while the server is busy share the next script.
    pub async fn run(mut self) {
        let mut ping = interval(PING_INTERVAL);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut received = Vec::new();
        loop {
            tokio::select! {
                count = self.queued.recv_many(&mut received, LOCKS_PER_SCRIPT) => {
                    if count == 0 {
                        return;
                    }
                    self.run_all(received.drain(..)).await;
                }
                _ = ping.tick() => self.server.check().await,
            }
        }
    }

    async fn run_all(&self, received: impl Iterator<Item = LockWrite>) {
        let mut writes: Vec<Write> = Vec::new();
        for write in received {
            match write {
                LockWrite::Keep(batch) => {
                    writes.extend(batch.into_iter().map(|(assignment, lease, left)| Write {
                        assignment,
                        lease,
                        keep_for: Some(left),
                    }));
                }
                LockWrite::Free(batch) => writes.extend(batch.into_iter().map(|(assignment, lease)| Write {
                    assignment,
                    lease,
                    keep_for: None,
                })),
                LockWrite::Settle(done) => {
                    self.send(&mut writes).await;
                    // The receiver may be gone: `settle` has a time limit.
                    let _ = done.send(());
                }
            }
        }
        self.send(&mut writes).await;
    }

    async fn send(&self, writes: &mut Vec<Write>) {
        for group in writes.chunks(LOCKS_PER_SCRIPT) {
            let mut call = KEEP_OR_FREE.prepare_invoke();
            for write in group {
                let ttl = write.keep_for.map_or(0, millis);
                call.key(key(&self.prefix, write.assignment)).arg(write.lease.to_string()).arg(ttl);
            }
            let done = self
                .server
                .call(BACKGROUND_TIMEOUT, async |connection| call.invoke_async::<()>(connection).await);
            if done.await.is_none() {
                self.counters.dropped(group.len());
            }
        }
        writes.clear();
    }
}
