//! The distributed deployment, and the faults of its processes, its servers and the connections between them.

mod installation;
mod scenes;

use std::time::Duration;

use anyhow::Context;
use swath_client::Client;
use swath_harness::proxy::{Line, Proxy};
use swath_harness::servers::{Addresses, Servers};
use swath_harness::{Deployment, Service, Settings, World};

use crate::disk::Disk;
use crate::report::Row;
use crate::trial::{Must, Trial, plan};
use installation::Harm::*;
use installation::{DEPLOYMENT, FAULT_DURATION, Harm, Installation, Server};

/// Enough for PostgreSQL's own files, with a small margin.
const DISK_MEGABYTES: u32 = 220;
type Fault = (&'static str, Must, &'static [Harm]);

const FAULTS: &[Fault] = &[
    ("kill -9 coordinator", Must::Recover, &[Kill("coordinator")]),
    ("kill -9 one gateway", Must::Recover, &[Kill("gateway-1")]),
    ("kill -9 both gateways", Must::Recover, &[Kill("gateway-1"), Kill("gateway-2")]),
    ("kill -9 one review", Must::Recover, &[Kill("review-1")]),
    ("kill -9 metrics", Must::GoOn, &[Kill("metrics")]),
    ("stopped coordinator", Must::Recover, &[Freeze("coordinator")]),
    ("stopped gateway", Must::Recover, &[Freeze("gateway-2")]),
    ("stopped review", Must::Recover, &[Freeze("review-2")]),
    ("stopped metrics", Must::GoOn, &[Freeze("metrics")]),
    ("rolling restart", Must::KeepLeases, &[RollingRestart]),
    ("clients hang up", Must::Recover, &[HangUps]),
    ("postgres: kill -9", Must::Recover, &[KillPostgres]),
    ("postgres: stop -m immediate", Must::Recover, &[StopPostgres]),
    ("postgres: stopped", Must::Recover, &[FreezePostgres]),
    ("postgres: backends terminated", Must::Recover, &[EndBackends]),
    ("postgres: wire cut", Must::Recover, &[Wire(Server::Postgres, Line::Cut)]),
    ("postgres: wire stalled", Must::Recover, &[Wire(Server::Postgres, Line::Stalled)]),
    ("postgres: wire slow", Must::Recover, &[Wire(Server::Postgres, Line::Slow(Duration::from_millis(20)))]),
    ("postgres: commits unheard", Must::Recover, &[LoseAnswers]),
    ("redis: kill -9", Must::GoOn, &[KillRedis]),
    ("redis: stopped", Must::GoOn, &[FreezeRedis]),
    ("redis: FLUSHALL", Must::GoOn, &[FlushRedis]),
    ("redis: CLIENT PAUSE", Must::GoOn, &[PauseRedis]),
    ("redis: wire cut", Must::GoOn, &[Wire(Server::Redis, Line::Cut)]),
    ("redis: wire stalled", Must::GoOn, &[Wire(Server::Redis, Line::Stalled)]),
    ("redis: wire mute", Must::GoOn, &[Wire(Server::Redis, Line::Mute)]),
    ("rabbit: kill -9", Must::GoOn, &[KillRabbit]),
    ("rabbit: stopped", Must::GoOn, &[FreezeRabbit]),
    ("rabbit: queues deleted", Must::GoOn, &[DeleteQueues]),
    ("rabbit: memory alarm", Must::GoOn, &[AlarmRabbit]),
    ("rabbit: connections closed", Must::GoOn, &[CloseConnections]),
    ("rabbit: stop_app", Must::GoOn, &[StopRabbit]),
    ("rabbit: wire cut", Must::GoOn, &[Wire(Server::Rabbit, Line::Cut)]),
    ("rabbit: wire stalled", Must::GoOn, &[Wire(Server::Rabbit, Line::Stalled)]),
    ("rabbit: wire deaf", Must::GoOn, &[Wire(Server::Rabbit, Line::Deaf)]),
    (
        "a job without redis and rabbit",
        Must::Finish,
        &[Wire(Server::Redis, Line::Cut), Wire(Server::Rabbit, Line::Cut)],
    ),
    (
        "redis and rabbit stalled",
        Must::GoOn,
        &[Wire(Server::Redis, Line::Stalled), Wire(Server::Rabbit, Line::Stalled)],
    ),
    ("gateway killed, redis flushed", Must::Recover, &[FlushRedis, Kill("gateway-1")]),
    ("gateway killed, rabbit cut", Must::Recover, &[Wire(Server::Rabbit, Line::Cut), Kill("gateway-2")]),
    ("review killed, queues deleted", Must::Recover, &[DeleteQueues, Kill("review-1")]),
    ("coordinator and postgres killed", Must::Recover, &[Kill("coordinator"), KillPostgres]),
    ("commits unheard, redis cut", Must::Recover, &[Wire(Server::Redis, Line::Cut), LoseAnswers]),
    (
        "every process killed",
        Must::Recover,
        &[
            Kill("coordinator"),
            Kill("gateway-1"),
            Kill("gateway-2"),
            Kill("review-1"),
            Kill("review-2"),
            Kill("metrics"),
        ],
    ),
];

const FULL_DISK: &[Fault] = &[("postgres: disk full", Must::Recover, &[FillDisk])];

/// Faults that are not played under a load, but as scenes with a bound of their own.
const SCENES: &[&str] = &["a holder who is gone", "a hint that is lost"];

/// The installation.
pub struct Distributed {
    small: bool,
    installation: Option<Installation>,
}

impl Distributed {
    /// An installation that is not started yet, with a small disk or without.
    pub fn new(small: bool) -> Self {
        Self { small, installation: None }
    }

    fn table(&self) -> &'static [Fault] {
        if self.small { FULL_DISK } else { FAULTS }
    }

    /// The names of its faults.
    pub fn faults(&self) -> Vec<&'static str> {
        let scenes = if self.small { &[][..] } else { SCENES };
        self.table().iter().map(|(name, ..)| *name).chain(scenes.iter().copied()).collect()
    }

    /// Starts the servers, the proxies and the processes.
    pub async fn open(&mut self) -> anyhow::Result<()> {
        let disk = if self.small { Some(Disk::mount(DISK_MEGABYTES)?) } else { None };
        let servers =
            Servers::start_with(disk.as_ref().map(|disk| disk.path().join("postgres")), &[]).await?;
        let direct = servers.addresses();
        let (postgres, postgres_url) = Proxy::before(&direct.postgres).await?;
        let (redis, redis_url) = Proxy::before(&direct.redis).await?;
        let (rabbit, amqp) = Proxy::before(&direct.amqp).await?;
        let through = Addresses { postgres: postgres_url, redis: redis_url, amqp };
        let world = World::start_as(Deployment::Distributed(through), Settings::default()).await?;
        self.installation = Some(Installation { world, postgres, redis, rabbit, servers, disk });
        Ok(())
    }

    /// The running processes.
    pub fn services(&self) -> &[Service] {
        self.installation.as_ref().map(|installation| installation.world.services()).unwrap_or_default()
    }

    /// Stops everything.
    pub async fn close(&mut self) {
        if let Some(installation) = self.installation.take() {
            let Installation { world, servers, disk, .. } = installation;
            drop(world);
            servers.stop().await;
            drop(disk);
        }
    }

    /// Plays a fault.
    pub async fn play(&mut self, name: &str, seed: u64) -> anyhow::Result<Row> {
        let fault = self.table().iter().find(|(known, ..)| *known == name);
        let installation = self.installation.as_mut().context("the installation is not running")?;
        let Some((_, must, harms)) = fault else { return scenes::play(installation, name).await };
        let client =
            Client::new(installation.world.origin())?.with_token(installation.world.admin_token())?;
        let mut plan = plan(seed, *must);
        if harms.iter().any(|harm| matches!(harm, HangUps)) {
            plan.hangs_up = 30.0;
        }
        if matches!(must, Must::GoOn | Must::Finish) {
            plan.hangs_up = 0.0;
        }
        let mut trial = Trial::begin(name, DEPLOYMENT, &client, plan, *must).await?;
        let harmed = installation.harm_all(harms).await;
        if harmed.is_ok() {
            trial.hold(FAULT_DURATION).await;
        }
        // Mends every fault even if another one could not be caused, because more faults follow.
        installation.mend_all(harms).await?;
        harmed?;
        trial.end().await
    }
}
