//! What nobody waits for: keeping and freeing locks, and looking whether the server is there.

use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use swath_domain::ids::{AssignmentId, LeaseId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use super::server::Server;
use super::{PATIENCE, key, millis};
use crate::stats::Counters;

/// How often the server is looked at when nobody calls.
const LOOK: Duration = Duration::from_secs(1);

/// A script holds up the whole server while it runs.
const LOCKS_PER_SCRIPT: usize = 256;

static KEEP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for i, key in ipairs(KEYS) do
           local lease, ttl = ARGV[2 * i - 1], ARGV[2 * i]
           local holder = redis.call('GET', key)
           if not holder or holder == lease then redis.call('SET', key, lease, 'PX', ttl) end
         end",
    )
});

static FREE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for i, key in ipairs(KEYS) do
           if redis.call('GET', key) == ARGV[i] then redis.call('DEL', key) end
         end",
    )
});

pub(super) enum Chore {
    Keep(Vec<(AssignmentId, LeaseId, Duration)>),
    Free(Vec<(AssignmentId, LeaseId)>),
    /// Answered when everything before it is done.
    Settle(oneshot::Sender<()>),
}

impl Chore {
    /// The locks that it is about.
    pub fn len(&self) -> usize {
        match self {
            Self::Keep(batch) => batch.len(),
            Self::Free(batch) => batch.len(),
            Self::Settle(_) => 0,
        }
    }
}

pub(super) struct Chores {
    prefix: String,
    server: Arc<Server>,
    counters: Arc<Counters>,
    queued: mpsc::Receiver<Chore>,
}

impl Chores {
    pub fn new(
        prefix: String,
        server: Arc<Server>,
        counters: Arc<Counters>,
        queued: mpsc::Receiver<Chore>,
    ) -> Self {
        Self { prefix, server, counters, queued }
    }

    /// Does one thing after the other, in the order asked, until the last handle on the locks is gone.
    pub async fn run(mut self) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                chore = self.queued.recv() => match chore {
                    Some(chore) => self.run_chore(chore).await,
                    None => return,
                },
                _ = look.tick() => self.server.check().await,
            }
        }
    }

    async fn run_chore(&self, chore: Chore) {
        match chore {
            Chore::Keep(batch) => {
                for group in batch.chunks(LOCKS_PER_SCRIPT) {
                    self.keep(group).await;
                }
            }
            Chore::Free(batch) => {
                for group in batch.chunks(LOCKS_PER_SCRIPT) {
                    self.free(group).await;
                }
            }
            Chore::Settle(done) => {
                // Whoever waited may have given up.
                let _ = done.send(());
            }
        }
    }

    async fn keep(&self, group: &[(AssignmentId, LeaseId, Duration)]) {
        let mut call = KEEP.prepare_invoke();
        for (assignment, lease, remaining) in group {
            call.key(key(&self.prefix, *assignment)).arg(lease.to_string()).arg(millis(*remaining));
        }
        self.invoke(call, group.len()).await;
    }

    async fn free(&self, group: &[(AssignmentId, LeaseId)]) {
        let mut call = FREE.prepare_invoke();
        for (assignment, lease) in group {
            call.key(key(&self.prefix, *assignment)).arg(lease.to_string());
        }
        self.invoke(call, group.len()).await;
    }

    async fn invoke(&self, call: redis::ScriptInvocation<'_>, locks: usize) {
        let done = self.server.call(PATIENCE, async |connection| call.invoke_async::<()>(connection).await);
        if done.await.is_none() {
            self.counters.dropped(locks);
        }
    }
}
