//! Copies an installation from a SQLite file into an empty PostgreSQL database, in one transaction. Both have the same
//! tables, so that a row is copied as JSON, whatever its columns mean.

use futures::future::BoxFuture;
use std::path::Path;

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use crate::engine::pools::{Pools, Target};
use crate::error::{Result, StoreError};

/// The tables that are copied, in the order of their foreign keys. Tables that only matter to running processes are not:
/// `duties`, `requests`, `departures`, `revisions`, `events` and `event_marks`. Nor is `coverage`, which is counted anew
/// from the assignments.
pub(crate) const TABLES: [&str; 29] = [
    "users",
    "teams",
    "members",
    "team_media",
    "tokens",
    "token_uses",
    "invitations",
    "sign_in_links",
    "audit_log",
    "answers",
    "datasets",
    "segments",
    "items",
    "files",
    "file_usage",
    "picture_sizes",
    "size_reports",
    "missing_pictures",
    "measuring",
    "jobs",
    "runs",
    "job_progress",
    "assignments",
    "grants",
    "annotations",
    "verdicts",
    "accepted",
    "opinions",
    "decision_log",
];
/// The most rows that are written in one statement.
const ROWS_PER_STATEMENT: usize = 1_000;
/// A statement takes no further rows once its rows have this many bytes of JSON.
const BYTES_PER_STATEMENT: usize = 4 << 20;
/// The size of the pool of connections to PostgreSQL.
const CONNECTIONS: u32 = 3;

/// How many rows of a table were copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The name of the table.
    pub table: &'static str,
    /// The number of its rows.
    pub rows: u64,
}

/// Copies all rows of a SQLite file, which no process may have open, into the PostgreSQL database at `url`, which must not
/// hold an installation. The schemas of both are brought to this version first; the rows of the file are left as they are.
///
/// # Errors
/// [`StoreError::Conflict`] where the database holds an installation, [`StoreError::Unavailable`] where the file or the
/// database cannot be opened or does not answer, and other variants for rows that PostgreSQL refuses. After any error the
/// database is empty as before.
pub fn move_to_postgres<'a>(file: &'a Path, url: &'a str) -> BoxFuture<'a, Result<Vec<Moved>>> {
    Box::pin(open_and_move(file, url))
}

async fn open_and_move(file: &Path, url: &str) -> Result<Vec<Moved>> {
    let from = Pools::open(&Target::Sqlite(file.to_owned())).await?;
    let to = Pools::open(&Target::Postgres { url: url.to_owned(), connections: CONNECTIONS }).await?;
    from.migrate().await?;
    to.migrate().await?;
    let moved = move_all(&from, &to).await;
    from.close().await;
    to.close().await;
    moved
}

async fn move_all(from: &Pools, to: &Pools) -> Result<Vec<Moved>> {
    let (Pools::Sqlite { read: from, .. }, Pools::Postgres { read: to, .. }) = (from, to) else {
        return Err(StoreError::Unavailable(
            "a SQLite file can be moved to PostgreSQL, and nothing else".into(),
        ));
    };
    let mut from = from.acquire().await?;
    let mut to = to.begin().await?;
    // A process that starts meanwhile must not create a first administrator in the database.
    sqlx::query("LOCK TABLE users, teams IN EXCLUSIVE MODE").execute(&mut *to).await?;
    let (is_taken,): (bool,) =
        sqlx::query_as("SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM teams)")
            .fetch_one(&mut *to)
            .await?;
    if is_taken {
        return Err(StoreError::Conflict("the database already holds an installation".into()));
    }
    let mut moved = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        moved.push(Moved { table, rows: move_table(table, &mut from, &mut to).await? });
    }
    to.commit().await?;
    Ok(moved)
}

async fn move_table(table: &str, from: &mut SqliteConnection, to: &mut PgConnection) -> Result<u64> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(&mut *to)
    .await?;
    let names = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let object = columns.iter().map(|(name, kind)| format!("'{name}', {}", as_json(name, kind)));
    let select = format!("SELECT json_object({}) FROM {table}", object.collect::<Vec<_>>().join(", "));
    let insert = format!(
        "INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, CAST($1 AS JSON))"
    );
    let mut rows = sqlx::query_as::<_, (String,)>(AssertSqlSafe(select)).fetch(from);
    let (mut page, mut bytes, mut moved) = (Vec::new(), 0, 0);
    loop {
        let row = rows.try_next().await?;
        let is_last = row.is_none();
        if let Some((row,)) = row {
            bytes += row.len();
            page.push(row);
        }
        if page.len() >= ROWS_PER_STATEMENT || bytes >= BYTES_PER_STATEMENT || is_last && !page.is_empty() {
            let json = format!("[{}]", page.join(","));
            let done = sqlx::query(AssertSqlSafe(insert.clone())).bind(json).execute(&mut *to).await?;
            moved += done.rows_affected();
            page.clear();
            bytes = 0;
        }
        if is_last {
            return Ok(moved);
        }
    }
}

/// The expression that turns a column of SQLite into JSON that PostgreSQL reads as this type.
fn as_json(name: &str, kind: &str) -> String {
    match kind {
        "uuid" => format!("CASE WHEN {name} IS NOT NULL THEN lower(hex({name})) END"),
        "bytea" => format!("CASE WHEN {name} IS NOT NULL THEN '\\x' || lower(hex({name})) END"),
        "boolean" => format!("json(CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_table_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let pools = Pools::open(&Target::Sqlite(folder.path().join("swath.db"))).await.unwrap();
        pools.migrate().await.unwrap();
        let Pools::Sqlite { read, .. } = &pools else { panic!("a file") };
        let there: Vec<(String,)> =
            sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .fetch_all(read)
                .await
                .unwrap();
        let of_processes = [
            "_sqlx_migrations",
            "coverage",
            "departures",
            "duties",
            "event_marks",
            "events",
            "requests",
            "revisions",
            "sqlite_sequence",
        ];
        let mut known: Vec<_> = TABLES.iter().chain(&of_processes).collect();
        known.sort();
        assert_eq!(there.iter().map(|(name,)| name).collect::<Vec<_>>(), known);
    }
}
