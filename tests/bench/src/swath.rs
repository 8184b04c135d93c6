//! Swath as it is measured: its processes on private servers, without an ingress.

use std::sync::OnceLock;

use anyhow::Context;
use swath_client::Client;
use swath_harness::servers::{Database, Servers};
use swath_harness::{Deployment, Service, Settings, World};
use swath_load::{Plan, Scene, verify};

use crate::effort::Effort;
use crate::gauge::{self, Over, Window};

static SET: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Adds settings to all processes that are started from now on.
pub fn set(settings: Vec<(String, String)>) {
    // Called only once, at the start of the program.
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
    /// Starts a distributed deployment with these numbers of gateways and review services.
    pub async fn start(servers: &Servers, gateways: usize, reviews: usize) -> anyhow::Result<Self> {
        Self::with(Some(servers), Settings { gateways, reviews, ..settings() }).await
    }

    /// Starts an embedded deployment.
    pub async fn embedded() -> anyhow::Result<Self> {
        Self::with(None, settings()).await
    }

    /// Starts an installation that cuts `ahead` ranges in advance, with one gateway and one review service; embedded
    /// without servers.
    pub async fn cutting(servers: Option<&Servers>, ahead: u64) -> anyhow::Result<Self> {
        let settings = Settings { gateways: 1, reviews: 1, ..settings() };
        Self::with(servers, settings.with("SWATH__WORK__CUT_AHEAD", ahead.to_string())).await
    }

    async fn with(servers: Option<&Servers>, settings: Settings) -> anyhow::Result<Self> {
        let deployment =
            servers.map_or(Deployment::Embedded, |servers| Deployment::Distributed(servers.addresses()));
        Ok(Self { world: World::start_as(deployment, settings).await? })
    }

    /// The installation as a world of the harness.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Its processes.
    pub fn services(&mut self) -> &mut [Service] {
        self.world.services_mut()
    }

    /// Its database, if others may read it.
    pub fn database(&self) -> Option<&Database> {
        self.world.database()
    }

    fn addresses(&self, role: &str) -> Vec<String> {
        self.world.with_role(role).map(|service| service.url()).collect()
    }

    /// The URL of a role.
    pub fn address(&self, role: &str) -> anyhow::Result<String> {
        self.addresses(role).into_iter().next().with_context(|| format!("no {role}"))
    }

    /// The URL of a role's `/metrics`.
    pub fn metrics_address(&self, role: &str) -> anyhow::Result<String> {
        let addresses = self.world.with_role(role).map(|service| service.metrics_url());
        addresses.into_iter().next().with_context(|| format!("no {role}"))
    }

    /// A client for the administrator at the coordinator.
    pub fn admin(&self) -> anyhow::Result<Client> {
        let base = self.address("coordinator")?;
        Ok(Client::new(&base)?.with_token(self.world.admin_token())?)
    }

    /// The plan with this installation's addresses.
    pub fn placed(&self, plan: &Plan) -> Plan {
        Plan { gateways: self.addresses("gateway"), reviews: self.addresses("review"), ..plan.clone() }
    }

    /// Runs a load, measures a window of it, and checks the job. Returns the window and the number of violations.
    pub async fn watch(&self, plan: &Plan, effort: Effort) -> anyhow::Result<(Window, u64)> {
        let plan = self.placed(plan);
        let scene = Scene::set(&self.admin()?, &plan).await.context("the scene could not be set")?;
        let (window, history) = gauge::watch(&plan, &scene, &Accepted(&scene), effort).await?;
        let findings = verify(&scene, history).await?;
        for violation in &findings.violations {
            println!("  {violation}");
        }
        Ok((window, findings.count))
    }

    /// The statements that took most of PostgreSQL's time since the installation was started.
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

    /// Stops the installation; prints PostgreSQL's statements before that if they are wanted.
    pub async fn end(self, effort: Effort) -> anyhow::Result<()> {
        if effort.profile {
            println!("{}", self.statements().await?);
        }
        Ok(())
    }
}

/// Counts the accepted items of a job.
pub struct Accepted<'a>(pub &'a Scene);

impl Over for Accepted<'_> {
    async fn over(&self) -> anyhow::Result<u64> {
        let progress = self.0.look().await?.summary.progress.context("the job tells no progress")?;
        Ok(u64::try_from(progress.accepted)?)
    }
}
