//! The machine itself: the rates that it and its servers reach without any product code, measured in the same run.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::Context;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use redis::Script;
use serde::de::IgnoredAny;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt;
use swath_client::{Attempt, Connection as Wire, Method};
use swath_harness::servers::{Database, Servers};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};
use uuid::Uuid;

use crate::bare::bare_loop::Kind;
use crate::effort::Effort;
use crate::loops::{self, Loop};
use crate::table::{Row, Table};

/// The number of concurrent callers.
const CALLERS: usize = 64;
/// Rows of one statement, rows of one copy, and messages that wait for their confirms.
const ROWS_PER_INSERT: usize = 300;
const ROWS_PER_COPY: usize = 10_000;
const IN_FLIGHT: usize = 500;
/// After this time a call counts as lost.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs all measurements of the machine.
pub async fn measure(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = loops::servers(effort).await?;
    let mut rows: [Vec<f64>; 5] = Default::default();
    for _ in 0..effort.times {
        rows[0].push(echo(&servers, effort).await?);
        rows[1].push(scripts(&servers, effort).await?);
        let (unnest, copy) = inserts(&servers, effort).await?;
        rows[2].push(unnest);
        rows[3].push(copy);
        rows[4].push(publish(&servers, effort).await?);
    }
    servers.stop().await;
    let [echo, scripts, unnest, copy, publish] = &rows;
    table.take(Row::of(format!("HTTP echo, {CALLERS} connections"), "calls/s", echo));
    table.take(Row::of(format!("Redis script, {CALLERS} callers"), "calls/s", scripts));
    table.take(Row::of(
        format!("PostgreSQL, UNNEST of {ROWS_PER_INSERT} rows and a commit"),
        "rows/s",
        unnest,
    ));
    table.take(Row::of(format!("PostgreSQL, COPY of {ROWS_PER_COPY} rows"), "rows/s", copy));
    table.take(Row::of(format!("RabbitMQ, confirmed publish, {IN_FLIGHT} in flight"), "msgs/s", publish));
    Ok(())
}

/// How often the callers complete a step per second. Each of the given closures is a caller.
async fn rate<F, Fut>(effort: Effort, callers: impl IntoIterator<Item = F>) -> anyhow::Result<f64>
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = anyhow::Result<u64>> + Send,
{
    let (count, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut tasks = JoinSet::new();
    for mut step in callers {
        let (count, over) = (count.clone(), over.clone());
        tasks.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let done = step().await?;
                count.fetch_add(done, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    sleep(effort.warm_up / 2).await;
    let (began, first) = (Instant::now(), count.load(Ordering::Relaxed));
    sleep(effort.window / 2).await;
    let (last, took) = (count.load(Ordering::Relaxed), began.elapsed());
    over.store(true, Ordering::Relaxed);
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    Ok((last - first) as f64 / took.as_secs_f64())
}

async fn echo(servers: &Servers, effort: Effort) -> anyhow::Result<f64> {
    let bare = Loop::start(servers, Kind::Volatile).await?;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let wire = Arc::new(tokio::sync::Mutex::new(Wire::of(bare.client())));
            move || {
                let wire = wire.clone();
                async move {
                    let body = Some(json!({"submission_id": "echo", "items": [{"index": 1}]}));
                    let attempt = Attempt { method: Method::POST, path: "/echo", key: None, body };
                    wire.lock().await.attempt::<IgnoredAny>(&attempt, REQUEST_TIMEOUT).await?;
                    Ok(1)
                }
            }
        })
        .collect();
    rate(effort, callers).await
}

async fn scripts(servers: &Servers, effort: Effort) -> anyhow::Result<f64> {
    let client = redis::Client::open(servers.addresses().redis)?;
    let connection = client.get_multiplexed_async_connection().await?;
    let script = Arc::new(Script::new("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])"));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (connection, script) = (connection.clone(), script.clone());
            move || {
                let (mut connection, script) = (connection.clone(), script.clone());
                async move {
                    let key = format!("machine:{}", Uuid::new_v4());
                    let mut call = script.key(key);
                    call.arg("lease").arg(5_000);
                    let _: Option<String> = call.invoke_async(&mut connection).await?;
                    Ok(1)
                }
            }
        })
        .collect();
    rate(effort, callers).await
}

async fn inserts(servers: &Servers, effort: Effort) -> anyhow::Result<(f64, f64)> {
    let database = Database::create(&servers.addresses().postgres).await?;
    let pool = PgPool::connect(database.url()).await?;
    sqlx::query("CREATE TABLE machine (id UUID PRIMARY KEY, n BIGINT NOT NULL, body TEXT NOT NULL)")
        .execute(&pool)
        .await?;
    let unnest = {
        let pool = pool.clone();
        move || {
            let pool = pool.clone();
            async move {
                let ids: Vec<_> = (0..ROWS_PER_INSERT).map(|_| Uuid::now_v7()).collect();
                sqlx::query("INSERT INTO machine SELECT * FROM UNNEST($1::uuid[], $2::bigint[], $3::text[])")
                    .bind(ids)
                    .bind(vec![1_i64; ROWS_PER_INSERT])
                    .bind(vec!["a row of the machine"; ROWS_PER_INSERT])
                    .execute(&pool)
                    .await?;
                Ok(ROWS_PER_INSERT as u64)
            }
        }
    };
    let copy = {
        let pool = pool.clone();
        move || {
            let pool = pool.clone();
            async move {
                let mut text = String::with_capacity(ROWS_PER_COPY * 64);
                for _ in 0..ROWS_PER_COPY {
                    writeln!(text, "{}\t1\ta row of the machine", Uuid::now_v7())?;
                }
                let mut copy = pool.copy_in_raw("COPY machine FROM STDIN").await?;
                copy.send(text.as_bytes()).await?;
                copy.finish().await?;
                Ok(ROWS_PER_COPY as u64)
            }
        }
    };
    Ok((rate(effort, [unnest.clone(), unnest]).await?, rate(effort, [copy]).await?))
}

async fn publish(servers: &Servers, effort: Effort) -> anyhow::Result<f64> {
    const QUEUE: &str = "machine";
    let amqp = servers.addresses().amqp;
    let connection = Connection::connect(&amqp, ConnectionProperties::default()).await.context("RabbitMQ")?;
    let channel = connection.create_channel().await?;
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(10_000));
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(QUEUE.into(), options, arguments).await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let step = move || {
        let channel = channel.clone();
        async move {
            let mut confirms = FuturesUnordered::new();
            for _ in 0..IN_FLIGHT {
                let (options, properties) =
                    (BasicPublishOptions::default(), BasicProperties::default().with_delivery_mode(2));
                let body = b"a message of the machine";
                confirms
                    .push(channel.basic_publish("".into(), QUEUE.into(), options, body, properties).await?);
            }
            while let Some(confirm) = confirms.next().await {
                confirm?;
            }
            Ok(IN_FLIGHT as u64)
        }
    };
    rate(effort, [step]).await
}
