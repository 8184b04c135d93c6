//! Connection pools, and the server settings that durability depends on.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, SqlitePool};
use swath_domain::Time;
use tokio::time::timeout;

use crate::engine::connections::Connections;
use crate::engine::db::{Db, Reader, Tx, fetch_all, fetch_one};
use crate::engine::migrations;
use crate::engine::writer_connections::{PING_TIMEOUT, WriterConnections};
use crate::error::{Result, StoreError};
use crate::model::memory::{Connection, Memory};

/// A connection for reading that was idle for longer is pinged before it is used.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);
/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long PostgreSQL works on one statement, how long it waits for a row that another transaction has locked, and after
/// how long it ends a transaction of a process that has gone silent. A machine that loses its power closes no connection,
/// and its locks would otherwise stay for hours.
const SERVER_TIMEOUTS: [(&str, &str); 6] = [
    ("statement_timeout", "12s"),
    ("lock_timeout", "3s"),
    ("idle_in_transaction_session_timeout", "20s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];
/// Hot statements look rows up by key. A plan that was made while its table was empty must not scan it for as long as the
/// connection lives, so PostgreSQL is told to use indexes, and to plan a statement once.
const PLANNER_SETTINGS: [(&str, &str); 6] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];
/// Connections for reading in the embedded deployment.
const SQLITE_READERS: u32 = 4;

/// Which database, and how many connections.
#[derive(Debug, Clone)]
pub enum Target {
    /// A PostgreSQL URL, and the most connections that this process may open.
    Postgres {
        /// The address, such as `postgres://user@host/database`.
        url: String,
        /// The most connections that the process opens.
        connections: u32,
    },
    /// The database file, which is created if it is missing.
    Sqlite(PathBuf),
    /// A file that is read and never written, beside the process that has it open.
    SqliteReadOnly(PathBuf),
    /// A model that ends with its process, for simulations.
    Memory(Memory),
}

pub(crate) enum Pools {
    Postgres { read: PgPool, write: Arc<WriterConnections> },
    Sqlite { read: SqlitePool, write: SqlitePool },
    Memory(Connection),
}

impl Pools {
    /// Prepares the pools. PostgreSQL is not contacted yet, SQLite's file is made where it is missing.
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        match target {
            Target::Postgres { url, connections } => {
                let options =
                    PgConnectOptions::from_str(url).map_err(|e| StoreError::Unavailable(e.to_string()))?;
                let options = options
                    .application_name("swath")
                    .disable_statement_logging()
                    .options(SERVER_TIMEOUTS)
                    .options(PLANNER_SETTINGS);
                let write = (*connections * 2 / 3).max(1);
                let read = PgPoolOptions::new()
                    .max_connections((*connections - write).max(1))
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .before_acquire(|connection, meta| {
                        Box::pin(async move {
                            let fresh = meta.idle_for < PING_AFTER_IDLE;
                            Ok(fresh || matches!(timeout(PING_TIMEOUT, connection.ping()).await, Ok(Ok(()))))
                        })
                    })
                    .connect_lazy_with(options.clone());
                Ok(Self::Postgres { read, write: WriterConnections::new(options, write as usize) })
            }
            Target::Sqlite(path) => Self::open_sqlite(path).await,
            Target::SqliteReadOnly(path) => {
                let options =
                    SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(ACQUIRE_TIMEOUT);
                let read =
                    SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(options);
                Ok(Self::Sqlite { write: read.clone(), read })
            }
            Target::Memory(memory) => Ok(Self::Memory(Connection::to(memory))),
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .disable_statement_logging();
        let pool = |connections| {
            SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT)
        };
        // A full disk makes SQLite end a transaction by itself, which sqlx does not notice: a connection that still
        // believes to be in one is of no use any more.
        let writer = pool(1).before_acquire(|connection, _| {
            let open = connection.is_in_transaction();
            Box::pin(std::future::ready(Ok(!open)))
        });
        // The file and its journal mode must stand before readers come.
        let write = writer.connect_with(options.clone()).await?;
        let read = pool(SQLITE_READERS).connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Self::Sqlite { read, write })
    }

    pub(crate) async fn reader(&self) -> Result<Reader> {
        Ok(match self {
            Self::Postgres { read, .. } => Reader::Postgres(read.acquire().await?),
            Self::Sqlite { read, .. } => Reader::Sqlite(read.acquire().await?),
            Self::Memory(memory) => Reader::Memory(memory.open().await?),
        })
    }

    /// A transaction for one of the store's tasks, on the connection that it used before.
    pub(crate) async fn begin(&self, writer: usize) -> Result<Tx> {
        Ok(match self {
            Self::Postgres { write, .. } => Tx::Postgres(write.begin(writer).await?),
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Memory(memory) => Tx::Memory(memory.open().await?),
        })
    }

    pub(crate) async fn migrate(&self) -> Result<()> {
        match self {
            Self::Postgres { read, .. } => {
                // An index over many rows takes longer than any statement of a service may.
                let options = read
                    .connect_options()
                    .as_ref()
                    .clone()
                    .options([("statement_timeout", "0"), ("lock_timeout", "0")]);
                let patient = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
                let patient = patient.connect_lazy_with(options);
                let done = migrations::postgres().run(&patient).await;
                patient.close().await;
                done
            }
            Self::Sqlite { write, .. } => migrations::sqlite().run(write).await,
            Self::Memory(_) => return Ok(()),
        }
        .map_err(|error| StoreError::Unavailable(format!("migration: {error}")))
    }

    /// Whether every migration that this version knows has been applied.
    pub(crate) async fn is_migrated(&self) -> Result<bool> {
        let mut reader = self.reader().await?;
        let applied = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
            |_t| Some((migrations::COUNT,))
        );
        match applied {
            Ok(row) => Ok(row.is_some_and(|(count,)| count >= migrations::COUNT)),
            // The table itself comes with the first migration.
            Err(StoreError::Unavailable(text)) if text.contains("_sqlx_migrations") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Settings under which an acknowledged write could be lost, as `name = value`.
    pub(crate) async fn unsafe_settings(&self) -> Result<Vec<String>> {
        let mut reader = self.reader().await?;
        let Db::Postgres(_) = reader.db() else { return Ok(Vec::new()) };
        let rows = fetch_all!(
            &mut reader.db(),
            (String, String),
            "SELECT name, setting FROM pg_settings
             WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'";
            |_t| Vec::new()
        )?;
        Ok(rows.into_iter().map(|(name, value)| format!("{name} = {value}")).collect())
    }

    /// The database's own clock; none where the process' clock is the one that counts.
    pub(crate) async fn clock(&self) -> Result<Option<Time>> {
        let mut reader = self.reader().await?;
        let Db::Postgres(_) = reader.db() else { return Ok(None) };
        let row = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
            |_t| None
        )?;
        Ok(row.map(|(micros,)| Time(micros)))
    }

    /// The room on the disk of a database in a file, in bytes; none where the database looks after its disk itself, or
    /// nothing is known.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let Self::Sqlite { write, .. } = self else { return None };
        let options = write.connect_options();
        let room = statvfs(options.get_filename()).ok()?;
        Some(room.fragment_size() * room.blocks_available())
    }

    pub(crate) fn connections(&self) -> Vec<Connections> {
        match self {
            Self::Postgres { read, write } => vec![of_pool("read", read), write.connections("write")],
            Self::Sqlite { read, write } => vec![of_pool("read", read), of_pool("write", write)],
            Self::Memory(_) => Vec::new(),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Memory(memory) => memory.close(),
        }
    }
}

fn of_pool<D: sqlx::Database>(pool: &'static str, of: &sqlx::Pool<D>) -> Connections {
    let idle = u32::try_from(of.num_idle()).unwrap_or(u32::MAX);
    Connections { pool, open: of.size(), idle, most: of.options().get_max_connections() }
}
