//! Swath as it is measured: its processes on the private servers, asked without an ingress between.

use std::sync::OnceLock;

use anyhow::Context;
use serde_json::Value;
use swath_client::Client;
use swath_harness::servers::{Database, Servers};
use swath_harness::{Deployment, Service, Settings, World};
use swath_load::{Plan, Scene, verify};

use crate::Effort;
use crate::gauge::{self, Over, Window};

static SET: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Further settings of everything that is started from now on.
pub fn set(settings: Vec<(String, String)>) {
    // Once, at the start of the program.
    let _ = SET.set(settings);
}

fn settings() -> Settings {
    let set = SET.get().into_iter().flatten();
    set.fold(Settings::default(), |settings, (key, value)| settings.with(key, value))
}

/// An installation.
pub struct Installation {
    world: World,
}

impl Installation {
    /// Starts the distributed shape with so many gateways and reviews.
    pub async fn start(servers: &Servers, gateways: usize, reviews: usize) -> anyhow::Result<Self> {
        Self::with(Some(servers), Settings { gateways, reviews, ..settings() }).await
    }

    /// Starts everything in one process.
    pub async fn embedded() -> anyhow::Result<Self> {
        Self::with(None, settings()).await
    }

    /// Starts one that cuts so many ranges ahead of its people, with a gateway and a review; in one process where no
    /// servers are given.
    pub async fn cutting(servers: Option<&Servers>, ahead: u64) -> anyhow::Result<Self> {
        let settings = Settings { gateways: 1, reviews: 1, ..settings() };
        Self::with(servers, settings.with("SWATH__WORK__CUT_AHEAD", ahead.to_string())).await
    }

    async fn with(servers: Option<&Servers>, settings: Settings) -> anyhow::Result<Self> {
        let shape =
            servers.map_or(Deployment::Embedded, |servers| Deployment::Distributed(servers.addresses()));
        Ok(Self { world: World::start_as(shape, settings).await? })
    }

    /// The installation as tests know it.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Its processes.
    pub fn services(&mut self) -> &mut [Service] {
        self.world.services_mut()
    }

    /// Where its tables are, where others may read them.
    pub fn database(&self) -> Option<&Database> {
        self.world.database()
    }

    fn addresses(&self, role: &str) -> Vec<String> {
        self.world.with_role(role).map(|service| service.url()).collect()
    }

    /// Where a role is asked.
    pub fn address(&self, role: &str) -> anyhow::Result<String> {
        self.addresses(role).into_iter().next().with_context(|| format!("no {role}"))
    }

    /// Where a role serves `/metrics`.
    pub fn metrics_address(&self, role: &str) -> anyhow::Result<String> {
        let addresses = self.world.with_role(role).map(|service| service.metrics_url());
        addresses.into_iter().next().with_context(|| format!("no {role}"))
    }

    /// The administrator, at the coordinator.
    pub fn admin(&self) -> anyhow::Result<Client> {
        let base = self.address("coordinator")?;
        Ok(Client::new(&base)?.with_token(self.world.admin_token())?)
    }

    /// The plan with this installation's addresses in it.
    pub fn placed(&self, plan: &Plan) -> Plan {
        Plan { gateways: self.addresses("gateway"), reviews: self.addresses("review"), ..plan.clone() }
    }

    /// Lets people work, looks at them for a while, and has it checked: what the window showed, and broken promises.
    pub async fn watch(&self, plan: &Plan, effort: Effort) -> anyhow::Result<(Window, u64)> {
        let plan = self.placed(plan);
        let scene = Scene::set(&self.admin()?, &plan).await.context("the scene could not be set")?;
        let (window, remembered) = gauge::watch(&plan, &scene, &Accepted(&scene), effort).await?;
        let findings = verify(&scene, remembered).await?;
        for violation in &findings.violations {
            println!("  {violation}");
        }
        Ok((window, findings.count))
    }

    /// The statements that PostgreSQL has spent most time on since the installation was started.
    pub async fn statements(&self) -> anyhow::Result<String> {
        const TOP: &str = "
            SELECT total_exec_time, calls, rows, shared_blks_hit / calls, left(regexp_replace(query, '\\s+', ' ', 'g'), 150)
            FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            ORDER BY total_exec_time DESC LIMIT 24";
        let database = self.world.database().context("no database")?;
        let pool = sqlx::PgPool::connect(database.url()).await?;
        sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").execute(&pool).await?;
        let rows: Vec<(f64, i64, i64, i64, String)> = sqlx::query_as(TOP).fetch_all(&pool).await?;
        let line = |(millis, calls, rows, blocks, text): &(f64, i64, i64, i64, String)| {
            format!("{millis:>8.0} ms {calls:>7} calls {rows:>8} rows {blocks:>7} blocks/call  {text}")
        };
        Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// Ends it, and says before what PostgreSQL did if that is wanted.
    pub async fn end(self, effort: Effort) -> anyhow::Result<()> {
        if effort.profile {
            println!("{}", self.statements().await?);
        }
        Ok(())
    }
}

/// Assignments that are accepted by now; with one item in each, items.
pub struct Accepted<'a>(pub &'a Scene);

impl Over for Accepted<'_> {
    async fn over(&self) -> anyhow::Result<u64> {
        let job: Value = self.0.look().await?;
        job["progress"]["accepted"].as_u64().context("the job tells no progress")
    }
}
