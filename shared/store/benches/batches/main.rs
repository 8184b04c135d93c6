//! What one command costs, alone and in company: callers that come together share a transaction. Every time shown is
//! of a single command, so that a batch of 100 can be read against a batch of 1.
//!
//! SQLite always runs; PostgreSQL where `SWATH_TEST_POSTGRES` is the URL of a server's maintenance database.
#![expect(clippy::expect_used, reason = "a bench whose database fails has nothing to measure")]

mod fixture;

use std::str::FromStr;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use futures::future::join_all;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use swath_domain::{Assignment, Stage};
use swath_store::Target;
use tokio::runtime::Runtime;

use crate::fixture::Fixture;

/// Callers that ask at the same moment.
const CALLERS: [usize; 3] = [1, 10, 100];

/// The commands that are measured.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Grant,
    Save,
    Submit,
    Decide,
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let runtime = Runtime::new().expect("a runtime starts");
    on_sqlite(&mut criterion, &runtime);
    on_postgres(&mut criterion, &runtime);
    criterion.final_summary();
}

fn on_sqlite(criterion: &mut Criterion, runtime: &Runtime) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    measure(criterion, runtime, "sqlite", Target::Sqlite(folder.path().join("swath.db")));
}

fn on_postgres(criterion: &mut Criterion, runtime: &Runtime) {
    let Ok(server) = std::env::var("SWATH_TEST_POSTGRES") else {
        eprintln!("PostgreSQL is skipped: SWATH_TEST_POSTGRES is not set");
        return;
    };
    let name = format!("swath_bench_{}", std::process::id());
    let options = PgConnectOptions::from_str(&server).expect("a PostgreSQL URL");
    let url = options.database(&name).to_url_lossy().to_string();
    runtime.block_on(command(&server, format!("CREATE DATABASE {name}")));
    measure(criterion, runtime, "postgres", Target::Postgres { url, connections: 16 });
    runtime.block_on(command(&server, format!("DROP DATABASE {name} WITH (FORCE)")));
}

async fn command(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.expect("the PostgreSQL server answers");
    connection.execute(AssertSqlSafe(sql)).await.expect("the maintenance command runs");
}

fn measure(criterion: &mut Criterion, runtime: &Runtime, database: &str, target: Target) {
    let fixture = runtime.block_on(Fixture::open(&target));
    for verb in [Verb::Grant, Verb::Save, Verb::Submit, Verb::Decide] {
        let mut group = criterion.benchmark_group(format!("{database}/{verb:?}"));
        for callers in CALLERS {
            group.bench_with_input(BenchmarkId::from_parameter(callers), &callers, |bench, callers| {
                bench.to_async(runtime).iter_custom(|rounds| cost(&fixture, verb, *callers, rounds));
            });
        }
        group.finish();
    }
}

/// The time of one command, over so many rounds: what it takes to get to the verb is not counted.
async fn cost(fixture: &Fixture, verb: Verb, callers: usize, rounds: u64) -> Duration {
    let mut spent = Duration::ZERO;
    for _ in 0..rounds {
        fixture.cut(callers).await;
        spent += round(fixture, verb, callers).await;
    }
    spent / u32::try_from(callers).expect("few callers")
}

async fn round(fixture: &Fixture, verb: Verb, callers: usize) -> Duration {
    let (leases, granting) = timed(join_all((0..callers).map(|_| fixture.grant(Stage::Annotate)))).await;
    if let Verb::Grant = verb {
        return granting;
    }
    let ((), confirming) = timed(each(&leases, |held| fixture.confirm(held))).await;
    if let Verb::Save = verb {
        return confirming;
    }
    let ((), submitting) = timed(each(&leases, |held| fixture.submit(held))).await;
    if let Verb::Submit = verb {
        return submitting;
    }
    let reviews = join_all((0..callers).map(|_| fixture.grant(Stage::Review))).await;
    timed(each(&reviews, |review| fixture.decide(review))).await.1
}

async fn each<'a, F: Future<Output = ()>>(held: &'a [Assignment], command: impl Fn(&'a Assignment) -> F) {
    join_all(held.iter().map(command)).await;
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (work.await, start.elapsed())
}
