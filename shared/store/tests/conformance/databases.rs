//! A fresh database for each test, and its end, however the test came out.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::world::World;
use swath_store::{Memory, Target};

/// Where the URL of a server's maintenance database stands.
const SERVER: &str = "SWATH_TEST_POSTGRES";
/// A hung test should fail and not hang; nothing is asserted about how long a thing takes.
const HUNG: Duration = Duration::from_secs(300);
/// Enough for the readers and writers of one test.
const CONNECTIONS: u32 = 8;

/// Runs a test on tables of its own.
pub(super) async fn on_memory<F>(test: fn(World) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    outcome(run(Target::Memory(Memory::default()), test).await);
}

/// Runs a test in a file of its own.
pub(super) async fn on_sqlite<F>(test: fn(World) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let folder = tempfile::tempdir().expect("a temporary folder");
    outcome(run(Target::Sqlite(folder.path().join("swath.db")), test).await);
}

/// Runs a test in a database of its own.
pub(super) async fn on_postgres<F>(test: fn(World) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = std::env::var(SERVER)
        .unwrap_or_else(|_| panic!("{SERVER} must be the URL of a PostgreSQL server's maintenance database"));
    let name = fresh_name();
    command(&server, format!("CREATE DATABASE {name}")).await;
    let result = run(Target::Postgres { url: within(&server, &name), connections: CONNECTIONS }, test).await;
    command(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    outcome(result);
}

type Outcome = Result<Result<(), tokio::task::JoinError>, tokio::time::error::Elapsed>;

/// The test is a task, so that its panic does not keep the database from being dropped.
async fn run<F>(target: Target, test: fn(World) -> F) -> Outcome
where
    F: Future<Output = ()> + Send + 'static,
{
    let body = tokio::spawn(async move { test(World::new(target).await).await });
    tokio::time::timeout(HUNG, body).await
}

fn outcome(result: Outcome) {
    if let Err(panicked) = result.expect("the test hung") {
        std::panic::resume_unwind(panicked.into_panic());
    }
}

/// Test binaries may share a server: the process tells their databases apart.
fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("swath_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn within(server: &str, database: &str) -> String {
    let options = PgConnectOptions::from_str(server).expect("a PostgreSQL URL");
    options.database(database).to_url_lossy().to_string()
}

async fn command(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.expect("the PostgreSQL server answers");
    connection.execute(AssertSqlSafe(sql)).await.expect("the maintenance command runs");
    connection.close().await.expect("the connection closes");
}
