//! Locks on Redis: one key per assignment. Its value is the lease, and it lives as long as the lock.

use std::sync::Arc;
use std::time::Duration;

use redis::{Pipeline, Value};
use swath_domain::ids::{AssignmentId, LeaseId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::{debug, warn};

use self::background::{BackgroundWriter, LockWrite};
use self::keys::{key, millis};
use self::server::{BACKGROUND_TIMEOUT, Server};
use crate::stats::Counters;
use crate::{Acquired, BadUrl, EvictingServer, Health, Options};

mod background;
mod keys;
mod server;

#[cfg(test)]
mod tests;

pub(crate) struct Redis {
    options: Options,
    server: Arc<Server>,
    writes: mpsc::Sender<LockWrite>,
    counters: Arc<Counters>,
}

impl Redis {
    pub fn start(url: &str, options: Options, counters: Arc<Counters>) -> Result<Self, BadUrl> {
        let server = Arc::new(Server::new(url, options.breaker_threshold, Arc::clone(&counters))?);
        let (writes, queued) = mpsc::channel(options.queue);
        tokio::spawn(
            BackgroundWriter::new(options.prefix.clone(), Arc::clone(&server), Arc::clone(&counters), queued)
                .run(),
        );
        Ok(Self { options, server, writes, counters })
    }

    pub async fn acquire(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Vec<Acquired> {
        if batch.is_empty() {
            return Vec::new();
        }
        let pipeline = self.acquire_pipeline(batch, ttl);
        let holders: Option<Vec<Value>> = self
            .server
            .call(self.options.budget, async |connection| pipeline.query_async(connection).await)
            .await;
        // Without an answer every member is unknown.
        let holders = holders.unwrap_or_default();
        (0..batch.len()).map(|member| outcome(holders.get(member), batch[member].1)).collect()
    }

    pub fn keep(&self, batch: Vec<(AssignmentId, LeaseId, Duration)>) {
        self.queue(LockWrite::Keep(batch));
    }

    pub fn free(&self, batch: Vec<(AssignmentId, LeaseId)>) {
        self.queue(LockWrite::Free(batch));
    }

    pub async fn settle(&self) {
        let (done, settled) = oneshot::channel();
        let settle = async {
            self.writes.send(LockWrite::Settle(done)).await.ok()?;
            settled.await.ok()
        };
        if timeout(2 * BACKGROUND_TIMEOUT, settle).await.is_err() {
            debug!("keeps and frees are still running");
        }
    }

    pub fn health(&self) -> Health {
        self.server.health()
    }

    pub async fn check_eviction(&self) -> Result<(), EvictingServer> {
        // INFO rather than CONFIG, because managed servers refuse CONFIG.
        let memory: Option<redis::InfoDict> = self
            .server
            .call(BACKGROUND_TIMEOUT, async |connection| {
                redis::cmd("INFO").arg("memory").query_async(connection).await
            })
            .await;
        let Some(memory) = memory else {
            warn!("Redis did not answer whether it evicts keys; starting without this check");
            self.server.presume_unreachable();
            return Ok(());
        };
        let maxmemory = memory.get("maxmemory").unwrap_or(0);
        let policy = memory.get("maxmemory_policy").unwrap_or_else(|| "noeviction".to_owned());
        // Every other policy evicts keys with a time to live, and every lock has one.
        if maxmemory > 0 && policy != "noeviction" {
            Err(EvictingServer { maxmemory, policy })
        } else {
            Ok(())
        }
    }

    /// `NX GET` returns the current holder if there is one. One command thus distinguishes a new lock, our own and
    /// another lease's.
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

    fn queue(&self, write: LockWrite) {
        if let Err(error) = self.writes.try_send(write) {
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
