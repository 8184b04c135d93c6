//! Moving an installation: everything that stands in a SQLite file goes into an empty PostgreSQL, in one transaction. The
//! tables are the same in both, so a row goes over as JSON, whatever it means.

use std::path::Path;

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use crate::engine::pools::{Pools, Target};
use crate::error::{Result, StoreError};

/// What is moved, in an order in which foreign keys hold. What belongs to running processes is not: duties, requests
/// under way, members who lost a role a moment ago, how often people have changed, and events. The coverage of jobs is
/// counted anew from their assignments.
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
/// Rows in one statement, at most.
const ROWS: usize = 1_000;
/// Bytes in one statement, at most, but for the last row.
const BYTES: usize = 4 << 20;
/// Connections to PostgreSQL.
const CONNECTIONS: u32 = 3;

/// How many rows of a table went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// Moves everything from the file, which no process may have open, into the database at `url`, which holds no
/// installation yet. Both are brought to this version first. The file is left as it is.
///
/// # Errors
/// [`StoreError::Conflict`] where the database holds something; whatever fails leaves it as it was.
pub async fn move_to_postgres(file: &Path, url: &str) -> Result<Vec<Moved>> {
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
    // Nobody who starts meanwhile makes the first administrator of an installation that is about to have one.
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
        if page.len() >= ROWS || bytes >= BYTES || is_last && !page.is_empty() {
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

/// A column of SQLite's as PostgreSQL reads it from JSON.
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
