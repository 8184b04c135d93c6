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

/// One by one, in order: a lock with a time to live is kept, one without is freed, and neither where it is another's.
static CHORES: LazyLock<Script> = LazyLock::new(|| {
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

/// A lock, the lease that it is about, and for how long it is kept; not at all where it is freed.
type Task = (AssignmentId, LeaseId, Option<Duration>);

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

    /// Does one thing after the other, in the order asked, until the last handle on the locks is gone. What comes while
    /// the server works shares the next script.
    pub async fn run(mut self) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut gathered = Vec::new();
        loop {
            tokio::select! {
                count = self.queued.recv_many(&mut gathered, LOCKS_PER_SCRIPT) => {
                    if count == 0 {
                        return;
                    }
                    self.run_all(gathered.drain(..)).await;
                }
                _ = look.tick() => self.server.check().await,
            }
        }
    }

    async fn run_all(&self, chores: impl Iterator<Item = Chore>) {
        let mut tasks: Vec<Task> = Vec::new();
        for chore in chores {
            match chore {
                Chore::Keep(batch) => {
                    tasks.extend(batch.into_iter().map(|(id, lease, left)| (id, lease, Some(left))));
                }
                Chore::Free(batch) => tasks.extend(batch.into_iter().map(|(id, lease)| (id, lease, None))),
                Chore::Settle(done) => {
                    self.work_off(&mut tasks).await;
                    // Whoever waited may have given up.
                    let _ = done.send(());
                }
            }
        }
        self.work_off(&mut tasks).await;
    }

    async fn work_off(&self, tasks: &mut Vec<Task>) {
        for group in tasks.chunks(LOCKS_PER_SCRIPT) {
            let mut call = CHORES.prepare_invoke();
            for (assignment, lease, left) in group {
                let ttl = left.map_or(0, millis);
                call.key(key(&self.prefix, *assignment)).arg(lease.to_string()).arg(ttl);
            }
            let done =
                self.server.call(PATIENCE, async |connection| call.invoke_async::<()>(connection).await);
            if done.await.is_none() {
                self.counters.dropped(group.len());
            }
        }
        tasks.clear();
    }
}
