//! Locks on Redis: one key per assignment, its value the lease, its time to live the lock's.

use std::sync::Arc;
use std::time::Duration;

use redis::{Pipeline, Value};
use swath_domain::ids::{AssignmentId, LeaseId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::{debug, warn};

use self::chores::{Chore, Chores};
use self::server::Server;
use crate::locks::Options;
use crate::stats::Counters;
use crate::{Acquired, BadUrl, Health, Unsafe};

mod chores;
mod server;

#[cfg(test)]
mod tests;

/// How long anything may take that no request waits for.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Redis {
    options: Options,
    server: Arc<Server>,
    chores: mpsc::Sender<Chore>,
    counters: Arc<Counters>,
}

impl Redis {
    pub fn start(url: &str, options: Options, counters: Arc<Counters>) -> Result<Self, BadUrl> {
        let server = Arc::new(Server::new(url, options.breaker_threshold, Arc::clone(&counters))?);
        let (chores, queued) = mpsc::channel(options.queue);
        tokio::spawn(
            Chores::new(options.prefix.clone(), Arc::clone(&server), Arc::clone(&counters), queued).run(),
        );
        Ok(Self { options, server, chores, counters })
    }

    pub async fn acquire(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Vec<Acquired> {
        if batch.is_empty() {
            return Vec::new();
        }
        let pipeline = self.acquire_pipeline(batch, ttl);
        let answers: Option<Vec<Value>> = self
            .server
            .call(self.options.budget, async |connection| pipeline.query_async(connection).await)
            .await;
        let answers = answers.unwrap_or_default();
        (0..batch.len()).map(|member| outcome(answers.get(member), batch[member].1)).collect()
    }

    pub fn keep(&self, batch: Vec<(AssignmentId, LeaseId, Duration)>) {
        self.queue(Chore::Keep(batch));
    }

    pub fn free(&self, batch: Vec<(AssignmentId, LeaseId)>) {
        self.queue(Chore::Free(batch));
    }

    pub async fn settle(&self) {
        let (done, settled) = oneshot::channel();
        let settle = async {
            self.chores.send(Chore::Settle(done)).await.ok()?;
            settled.await.ok()
        };
        if timeout(2 * PATIENCE, settle).await.is_err() {
            debug!("keeps and frees are still under way");
        }
    }

    pub fn health(&self) -> Health {
        self.server.health()
    }

    pub async fn check_eviction(&self) -> Result<(), Unsafe> {
        // INFO and not CONFIG, which managed servers refuse.
        let memory: Option<redis::InfoDict> = self
            .server
            .call(PATIENCE, async |connection| redis::cmd("INFO").arg("memory").query_async(connection).await)
            .await;
        let Some(memory) = memory else {
            warn!("Redis cannot be asked whether it evicts keys; going on without");
            self.server.presume_away();
            return Ok(());
        };
        let maxmemory = memory.get("maxmemory").unwrap_or(0);
        let policy = memory.get("maxmemory_policy").unwrap_or_else(|| "noeviction".to_owned());
        // Every policy but this one takes keys with a time to live, and every lock has one.
        if maxmemory > 0 && policy != "noeviction" { Err(Unsafe { maxmemory, policy }) } else { Ok(()) }
    }

    /// `NX GET` answers with the holder where there is one, so that one command tells granted, ours and refused apart.
    fn acquire_pipeline(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Pipeline {
        let mut pipeline = redis::pipe();
        for (assignment, lease) in batch {
            pipeline
                .cmd("SET")
                .arg(key(&self.options.prefix, *assignment))
                .arg(lease.to_string())
                .arg("NX")
                .arg("GET")
                .arg("PX")
                .arg(millis(ttl));
        }
        pipeline
    }

    fn queue(&self, chore: Chore) {
        if let Err(error) = self.chores.try_send(chore) {
            self.counters.dropped(error.into_inner().len());
        }
    }
}

fn outcome(holder: Option<&Value>, lease: LeaseId) -> Acquired {
    match holder {
        Some(Value::Nil) => Acquired::Granted,
        Some(Value::BulkString(holder)) if *holder == lease.to_string().as_bytes() => Acquired::Granted,
        Some(Value::BulkString(_)) => Acquired::Refused,
        _ => Acquired::Unknown,
    }
}

fn key(prefix: &str, assignment: AssignmentId) -> String {
    format!("{prefix}:lock:{assignment}")
}

/// Redis refuses a time to live of nothing.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
