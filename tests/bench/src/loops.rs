//! Lease + submit: the bare loops, and Swath compared with them.

use anyhow::Context;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};
use swath_client::Client;
use swath_harness::children::{Running, bound_to_parent};
use swath_harness::servers::{Database, Servers};
use swath_harness::{ports, until};
use swath_load::{Drive, Person, Plan, Review, Scene};
use uuid::Uuid;

use crate::bare::bare_loop::Kind;
use crate::effort::Effort;
use crate::gauge::{self, Over, Window};
use crate::swath::Installation;
use crate::table::{Row, Table, Target, median};

/// How long a bare loop may take to listen.
const START_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(60);
/// The share of the durable loop's rate that Swath must reach.
const SHARE_MIN: f64 = 0.7;

/// How many of PostgreSQL's log files are prepared, of 16 MB each: a little less than it writes between two
/// checkpoints.
const LOG_FILES: usize = 60;

/// The private servers, prepared as if they had worked for a while.
pub async fn servers(effort: Effort) -> anyhow::Result<Servers> {
    const STATISTICS: &[&str] =
        &["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.max=1000"];
    let servers = Servers::start_with(None, if effort.profile { STATISTICS } else { &[] }).await?;
    prepare_log(&servers).await.context("PostgreSQL's log files could not be prepared")?;
    Ok(servers)
}

/// A new server fills each log file with zeros before it uses it, and every commit waits for that. After the first
/// checkpoints it reuses files.
async fn prepare_log(servers: &Servers) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&servers.addresses().postgres).await?;
    for _ in 0..LOG_FILES {
        connection.execute("SELECT pg_logical_emit_message(false, 'swath', 'next'), pg_switch_wal()").await?;
    }
    connection.execute("CHECKPOINT").await?;
    connection.close().await?;
    Ok(())
}

/// Every user leases one item, labels it and submits it.
pub fn plan(people: usize) -> Plan {
    Plan {
        annotators: people,
        reviewers: 0,
        items: 50_000_000,
        range_size: 1,
        review: Review::None,
        lease_seconds: 1_800,
        drive: Drive::Saturate,
        whole: true,
        gives_up: 0.0,
        ..Plan::default()
    }
}

/// Measures the loops and Swath in turn, so that disturbances of the machine hit all of them. Returns the median of
/// Swath's rates.
pub async fn measure(table: &mut Table, effort: Effort, people: usize) -> anyhow::Result<f64> {
    let servers = servers(effort).await?;
    let (mut volatile, mut durable, mut swath) = (Vec::new(), Vec::new(), Vec::new());
    let (mut violations, mut cost, mut bare_cost) = (0, String::new(), String::new());
    for _ in 0..effort.times {
        volatile.push(bare(&servers, effort, people, Kind::Volatile).await?.rate);
        let window = bare(&servers, effort, people, Kind::Durable).await?;
        bare_cost = window.cost;
        durable.push(window.rate);
        let installation = Installation::start(&servers, 1, 1).await?;
        let (window, found) = installation.watch(&plan(people), effort).await?;
        installation.end(effort).await?;
        cost = window.cost;
        swath.push(window.rate);
        violations += found;
    }
    servers.stop().await;
    let name = |what: &str| format!("{what}, {people} connections");
    table.take(Row::of(name("bare loop, leases in Redis, accepted"), "cycles/s", &volatile));
    let row = Row::of(name("bare loop, leases in PostgreSQL, accepted"), "cycles/s", &durable);
    table.take(row.noting(bare_cost));
    let share = |of: &[f64]| {
        let shares: Vec<f64> = swath.iter().zip(of).map(|(swath, bare)| swath / bare).collect();
        median(&shares)
    };
    let row = Row::of(name("lease + submit"), "cycles/s", &swath).beside("the durable loop", share(&durable));
    let row = row.wanted(Target::Share(SHARE_MIN)).checked(violations);
    table.take(row.noting(format!("{:.2} of the loop in Redis; {cost}", share(&volatile))));
    Ok(median(&swath))
}

/// A bare loop as a process.
pub struct Loop {
    _process: Running,
    _folder: tempfile::TempDir,
    base: String,
    client: Client,
}

impl Loop {
    /// Starts a bare loop on an empty database.
    pub async fn start(servers: &Servers, kind: Kind) -> anyhow::Result<Self> {
        let at = servers.addresses();
        let database = Database::create(&at.postgres).await?;
        let port = ports::free()?;
        let folder = tempfile::tempdir()?;
        let kind = match kind {
            Kind::Volatile => "volatile",
            Kind::Durable => "durable",
        };
        let mut command = bound_to_parent(std::env::current_exe()?, "KILL");
        command.args(["bare", "--accept", "--kind", kind, "--port", &port.to_string()]);
        command.args(["--postgres", database.url(), "--redis", &at.redis, "--amqp", &at.amqp]);
        let process = Running::start("the bare loop", &mut command, &folder.path().join("log"))?;
        let base = format!("http://{}", ports::local(port));
        let client = Client::new(&base)?;
        let here = Self { _process: process, _folder: folder, base, client };
        let listens =
            until("the bare loop to listen", START_TIMEOUT, || async { here.over().await.ok() }).await;
        listens.with_context(|| here._process.output())?;
        Ok(here)
    }

    /// A client of the loop.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn scene(&self, people: usize) -> anyhow::Result<Scene> {
        let person = |_| {
            // The loop ignores tokens, but the load sends one.
            let client = self.client.with_token(&format!("bare_{}", Uuid::new_v4().simple()))?;
            let id: Uuid = Uuid::new_v4();
            anyhow::Ok(Person { name: id.to_string(), id: id.into(), client })
        };
        Ok(Scene {
            job: Uuid::nil().to_string().parse().ok().context("an id")?,
            annotators: (0..people).map(person).collect::<Result<_, _>>()?,
            reviewers: Vec::new(),
            manager: self.client.clone(),
        })
    }
}

impl Over for Loop {
    async fn over(&self) -> anyhow::Result<u64> {
        Ok(self.client.text(&format!("{}/over", self.base)).await?.parse()?)
    }
}

async fn bare(servers: &Servers, effort: Effort, people: usize, kind: Kind) -> anyhow::Result<Window> {
    let bare = Loop::start(servers, kind).await?;
    let (window, _) = gauge::watch(&plan(people), &bare.scene(people)?, &bare, effort).await?;
    Ok(window)
}
