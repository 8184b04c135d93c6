//! Bare loops: a program that only leases, takes submissions and accepts them. They show what the machine and its
//! servers allow; Swath's rate is compared with theirs.
//!
//! A bare loop has no users, no labels, and no log beyond one row for each transition. It answers the same requests
//! as Swath's gateway and shares no code with it.

pub mod bare_loop;
mod durable;
mod group;
mod http;
mod notice;
mod unit;
mod volatile;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use clap::Args;
use redis::Script;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use bare_loop::{BareLoop, Kind};
use group::Group;
use notice::Notices;

/// The arguments of `swath-bench bare`.
#[derive(Debug, Clone, Args)]
pub struct BareArgs {
    /// Where leases are stored
    #[arg(long)]
    pub kind: Kind,
    /// Whether completions are published, consumed and accepted
    #[arg(long)]
    pub accept: bool,
    /// The URL of an empty database
    #[arg(long)]
    pub postgres: String,
    /// The URL of Redis
    #[arg(long)]
    pub redis: String,
    /// The URL of RabbitMQ
    #[arg(long)]
    pub amqp: String,
    /// The loopback port to listen on
    #[arg(long)]
    pub port: u16,
    /// The number of rows of work
    #[arg(long, default_value_t = 1_000_000)]
    pub rows: i64,
}

/// Tasks that write one kind of row.
const WRITERS: usize = 2;
const CONNECTIONS_MAX: u32 = 12;

/// Serves requests until the process is killed.
pub async fn run(args: &BareArgs) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).test_before_acquire(false);
    let pool = pool.connect(&args.postgres).await.context("PostgreSQL")?;
    durable::prepare(&pool, args.rows).await?;
    let redis = redis::Client::open(args.redis.as_str())?;
    let redis = redis.get_multiplexed_async_connection().await.context("Redis")?;
    let accepted = Arc::new(AtomicU64::new(0));
    let notices = match args.accept {
        true => Some(Notices::start(&args.amqp, accepter(args.kind, &pool, &accepted)).await?),
        false => None,
    };
    let bare = BareLoop {
        kind: args.kind,
        redis,
        take: Script::new("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])"),
        give: Script::new(
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end",
        ),
        leases: Group::start(WRITERS, on_pool(&pool, durable::lease)),
        completions: match args.kind {
            Kind::Durable => Group::start(WRITERS, on_pool(&pool, durable::complete)),
            Kind::Volatile => Group::start(WRITERS, on_pool(&pool, volatile::complete)),
        },
        notices,
        next: AtomicI64::new(1),
        leased: Mutex::default(),
        completed: AtomicU64::new(0),
        accepted,
    };
    http::serve(Arc::new(bare), args.port).await
}

/// A write to the given pool.
fn on_pool<T, F>(pool: &PgPool, step: fn(PgPool, Vec<T>) -> F) -> impl Fn(Vec<T>) -> F + Clone + use<T, F> {
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
