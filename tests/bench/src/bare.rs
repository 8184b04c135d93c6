//! The bare loops: the cycle of lease, submission and acceptance without any product around it, as a program of its
//! own. What they give is what the machine and its servers give at most; Swath is told as a share of it.
//!
//! They know no people, no labels and no log of decisions beyond one row per transition, answer the same requests as
//! Swath's gateway, and use none of its code.

mod durable;
mod group;
mod http;
mod notice;
mod volatile;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use clap::{Args, ValueEnum};
use redis::Script;
use redis::aio::MultiplexedConnection;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use group::Group;
use notice::Notices;

/// Where a lease stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// In Redis alone; only the completion is committed.
    Volatile,
    /// In PostgreSQL, with a row in a log for every transition.
    Durable,
}

/// What `swath-bench bare` takes.
#[derive(Debug, Clone, Args)]
pub struct BareArgs {
    /// Where a lease stands
    #[arg(long)]
    pub kind: Kind,
    /// Whether a completion is published, consumed and accepted
    #[arg(long)]
    pub accept: bool,
    /// An empty database
    #[arg(long)]
    pub postgres: String,
    /// Redis
    #[arg(long)]
    pub redis: String,
    /// RabbitMQ
    #[arg(long)]
    pub amqp: String,
    /// The port to listen on, on the loopback
    #[arg(long)]
    pub port: u16,
    /// Rows of work
    #[arg(long, default_value_t = 1_000_000)]
    pub rows: i64,
}

/// Tasks that write one kind of thing, and how much of it they gather.
const WRITERS: usize = 2;
const CONNECTIONS: u32 = 12;

/// A unit of work and the lease on it.
#[derive(Debug, Clone, Copy)]
pub struct Leased {
    /// Its number.
    pub id: i64,
    /// The lease.
    pub lease: Uuid,
}

/// A unit of work handed in.
#[derive(Debug, Clone)]
pub struct Done {
    /// Which.
    pub leased: Leased,
    /// The labels.
    pub body: String,
}

/// One loop.
pub struct Bare {
    kind: Kind,
    redis: MultiplexedConnection,
    take: Script,
    give: Script,
    leases: Group<Leased>,
    completions: Group<Done>,
    notices: Option<Notices>,
    next: AtomicI64,
    held: Mutex<HashMap<Uuid, i64>>,
    completed: AtomicU64,
    accepted: Arc<AtomicU64>,
}

/// Serves until it is killed.
pub async fn run(args: &BareArgs) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
    let pool = pool.connect(&args.postgres).await.context("PostgreSQL")?;
    durable::prepare(&pool, args.rows).await?;
    let redis = redis::Client::open(args.redis.as_str())?;
    let redis = redis.get_multiplexed_async_connection().await.context("Redis")?;
    let accepted = Arc::new(AtomicU64::new(0));
    let notices = match args.accept {
        true => Some(Notices::start(&args.amqp, accepter(args.kind, &pool, &accepted)).await?),
        false => None,
    };
    let bare = Bare {
        kind: args.kind,
        redis,
        take: Script::new("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])"),
        give: Script::new(
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end",
        ),
        leases: Group::start(WRITERS, over(&pool, durable::lease)),
        completions: match args.kind {
            Kind::Durable => Group::start(WRITERS, over(&pool, durable::complete)),
            Kind::Volatile => Group::start(WRITERS, over(&pool, volatile::complete)),
        },
        notices,
        next: AtomicI64::new(1),
        held: Mutex::default(),
        completed: AtomicU64::new(0),
        accepted,
    };
    http::serve(Arc::new(bare), args.port).await
}

/// A writing step over a pool.
fn over<T, F>(pool: &PgPool, step: fn(PgPool, Vec<T>) -> F) -> impl Fn(Vec<T>) -> F + Clone + use<T, F> {
    let pool = pool.clone();
    move |group| step(pool.clone(), group)
}

fn accepter(
    kind: Kind,
    pool: &PgPool,
    accepted: &Arc<AtomicU64>,
) -> impl Fn(Vec<i64>) -> futures::future::BoxFuture<'static, anyhow::Result<()>> + Send + Sync + use<> {
    let (pool, accepted) = (pool.clone(), accepted.clone());
    move |ids| {
        let (pool, accepted) = (pool.clone(), accepted.clone());
        Box::pin(async move {
            let count = ids.len() as u64;
            if kind == Kind::Durable {
                durable::accept(pool, ids).await?;
            }
            accepted.fetch_add(count, Ordering::Relaxed);
            Ok(())
        })
    }
}

impl Bare {
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
        taken.context("the lock is taken")?;
        if self.kind == Kind::Durable {
            self.leases.run(leased).await?;
        }
        self.held().insert(leased.lease, leased.id);
        Ok(leased)
    }

    /// Takes a unit of work back, done.
    pub async fn submit(&self, lease: Uuid, body: String) -> anyhow::Result<i64> {
        let id = self.held().remove(&lease).context("no such lease")?;
        let leased = Leased { id, lease };
        if self.kind == Kind::Volatile {
            let mut redis = self.redis.clone();
            let key = format!("bare:{id}");
            let given: i64 = self.give.key(key).arg(lease.to_string()).invoke_async(&mut redis).await?;
            anyhow::ensure!(given == 1, "the lease is over");
        }
        self.completions.run(Done { leased, body }).await?;
        if let Some(notices) = &self.notices {
            notices.tell(id);
        }
        self.completed.fetch_add(1, Ordering::Relaxed);
        Ok(id)
    }

    /// Cycles that are over: accepted where that is part of them.
    pub fn over(&self) -> u64 {
        match self.notices {
            Some(_) => self.accepted.load(Ordering::Relaxed),
            None => self.completed.load(Ordering::Relaxed),
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, i64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
