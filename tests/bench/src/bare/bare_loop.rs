//! A bare loop: it leases units of work and takes their submissions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use clap::ValueEnum;
use redis::Script;
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

use super::group::Group;
use super::notice::Notices;
use super::unit::{Done, Leased};

/// Where leases are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// In Redis only; only completions are committed to PostgreSQL.
    Volatile,
    /// In PostgreSQL, with a log row for every transition.
    Durable,
}

/// The state of a bare loop.
pub struct BareLoop {
    pub(super) kind: Kind,
    pub(super) redis: MultiplexedConnection,
    pub(super) take: Script,
    pub(super) give: Script,
    pub(super) leases: Group<Leased>,
    pub(super) completions: Group<Done>,
    pub(super) notices: Option<Notices>,
    pub(super) next: AtomicI64,
    pub(super) leased: Mutex<HashMap<Uuid, i64>>,
    pub(super) completed: AtomicU64,
    pub(super) accepted: Arc<AtomicU64>,
}

impl BareLoop {
    /// Leases the next unit of work.
    pub async fn lease(&self) -> anyhow::Result<Leased> {
        let leased = Leased { id: self.next.fetch_add(1, Ordering::Relaxed), lease: Uuid::new_v4() };
        let mut redis = self.redis.clone();
        let millis = if self.kind == Kind::Durable { 5_000 } else { 1_800_000 };
        let taken: Option<String> = self
            .take
            .key(format!("bare:{}", leased.id))
            .arg(leased.lease.to_string())
            .arg(millis)
            .invoke_async(&mut redis)
            .await?;
        taken.context("the lock was refused")?;
        if self.kind == Kind::Durable {
            self.leases.run(leased).await?;
        }
        self.leased().insert(leased.lease, leased.id);
        Ok(leased)
    }

    /// Submits a unit of work.
    pub async fn submit(&self, lease: Uuid, body: String) -> anyhow::Result<i64> {
        let id = self.leased().remove(&lease).context("no such lease")?;
        let leased = Leased { id, lease };
        if self.kind == Kind::Volatile {
            let mut redis = self.redis.clone();
            let key = format!("bare:{id}");
            let given: i64 = self.give.key(key).arg(lease.to_string()).invoke_async(&mut redis).await?;
            anyhow::ensure!(given == 1, "the lease has expired");
        }
        self.completions.run(Done { leased, body }).await?;
        if let Some(notices) = &self.notices {
            notices.publish(id);
        }
        self.completed.fetch_add(1, Ordering::Relaxed);
        Ok(id)
    }

    /// The number of finished cycles: of accepted units if units are accepted, otherwise of completed ones.
    pub fn finished(&self) -> u64 {
        match self.notices {
            Some(_) => self.accepted.load(Ordering::Relaxed),
            None => self.completed.load(Ordering::Relaxed),
        }
    }

    fn leased(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, i64>> {
        self.leased.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
