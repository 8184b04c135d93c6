//! The statements of the durable loop. Every transition is a guarded update of a locked row, and a log row.

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::PgPool;
use uuid::Uuid;

use super::unit::{Done, Leased};

const TABLES: &[&str] = &[
    "CREATE TABLE work (id BIGINT PRIMARY KEY, status BIGINT NOT NULL, fence BIGINT NOT NULL, lease UUID,
         expires BIGINT NOT NULL) WITH (fillfactor = 80)",
    "CREATE TABLE labels (id BIGINT PRIMARY KEY, lease UUID NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE log (id BIGINT, seq BIGINT, status BIGINT NOT NULL, lease UUID, at BIGINT NOT NULL,
         PRIMARY KEY (id, seq))",
];

/// Creates the tables and fills the queue.
pub async fn prepare(pool: &PgPool, rows: i64) -> anyhow::Result<()> {
    for table in TABLES {
        sqlx::query(*table).execute(pool).await?;
    }
    const FILL: &str =
        "INSERT INTO work (id, status, fence, expires) SELECT id, 0, 0, 0 FROM generate_series(1, $1) id";
    sqlx::query(FILL).bind(rows).execute(pool).await?;
    sqlx::query("VACUUM ANALYZE work").execute(pool).await?;
    Ok(())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Grants these leases.
pub async fn lease(pool: PgPool, group: Vec<Leased>) -> anyhow::Result<()> {
    let ids: Vec<i64> = group.iter().map(|leased| leased.id).collect();
    let leases: Vec<Uuid> = group.iter().map(|leased| leased.lease).collect();
    let mut tx = pool.begin().await?;
    let free = "SELECT id FROM work WHERE id = ANY($1) AND status = 0 ORDER BY id FOR NO KEY UPDATE";
    let free: Vec<(i64,)> = sqlx::query_as(free).bind(&ids).fetch_all(&mut *tx).await?;
    anyhow::ensure!(free.len() == ids.len(), "some of the work is not free");
    sqlx::query(
        "UPDATE work w SET status = 1, fence = w.fence + 1, lease = c.lease, expires = $3
         FROM UNNEST($1::bigint[], $2::uuid[]) AS c (id, lease) WHERE w.id = c.id AND w.status = 0",
    )
    .bind(&ids)
    .bind(&leases)
    .bind(now())
    .execute(&mut *tx)
    .await?;
    log(&mut tx, &ids, &leases, 1).await?;
    tx.commit().await?;
    Ok(())
}

/// Stores the labels and completes the work.
pub async fn complete(pool: PgPool, group: Vec<Done>) -> anyhow::Result<()> {
    let ids: Vec<i64> = group.iter().map(|done| done.leased.id).collect();
    let leases: Vec<Uuid> = group.iter().map(|done| done.leased.lease).collect();
    let bodies: Vec<&str> = group.iter().map(|done| done.body.as_str()).collect();
    let mut tx = pool.begin().await?;
    let leased: Vec<(i64,)> = sqlx::query_as(
        "SELECT w.id FROM work w JOIN UNNEST($1::bigint[], $2::uuid[]) AS c (id, lease) ON w.id = c.id
         WHERE w.lease = c.lease AND w.status = 1 ORDER BY w.id FOR NO KEY UPDATE OF w",
    )
    .bind(&ids)
    .bind(&leases)
    .fetch_all(&mut *tx)
    .await?;
    anyhow::ensure!(leased.len() == ids.len(), "some of the leases have expired");
    sqlx::query("INSERT INTO labels SELECT * FROM UNNEST($1::bigint[], $2::uuid[], $3::text[])")
        .bind(&ids)
        .bind(&leases)
        .bind(&bodies)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE work SET status = 2 WHERE id = ANY($1)").bind(&ids).execute(&mut *tx).await?;
    log(&mut tx, &ids, &leases, 2).await?;
    tx.commit().await?;
    Ok(())
}

/// Accepts completed work.
pub async fn accept(pool: PgPool, ids: Vec<i64>) -> anyhow::Result<()> {
    let mut tx = pool.begin().await?;
    let completed =
        "SELECT id, lease FROM work WHERE id = ANY($1) AND status = 2 ORDER BY id FOR NO KEY UPDATE";
    let completed: Vec<(i64, Uuid)> = sqlx::query_as(completed).bind(&ids).fetch_all(&mut *tx).await?;
    let (ids, leases): (Vec<i64>, Vec<Uuid>) = completed.into_iter().unzip();
    sqlx::query("UPDATE work SET status = 4, lease = NULL WHERE id = ANY($1)")
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    log(&mut tx, &ids, &leases, 4).await?;
    tx.commit().await?;
    Ok(())
}

async fn log(
    tx: &mut sqlx::PgTransaction<'_>,
    ids: &[i64],
    leases: &[Uuid],
    status: i64,
) -> anyhow::Result<()> {
    let statuses = vec![status; ids.len()];
    let times = vec![now(); ids.len()];
    sqlx::query(
        "INSERT INTO log (id, seq, status, lease, at)
         SELECT id, status, status, lease, at
         FROM UNNEST($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[]) AS c (id, status, lease, at)",
    )
    .bind(ids)
    .bind(&statuses)
    .bind(leases)
    .bind(&times)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
