//! The distributed shape: what can be done to its processes, its servers and the wires between them.

mod scenes;

use std::time::Duration;

use anyhow::{Context, ensure};
use nix::sys::signal::Signal;
use swath_client::Client;
use swath_harness::proxy::{Line, Proxy};
use swath_harness::servers::{Addresses, Servers};
use swath_harness::{Deployment, Service, Settings, World};
use tokio::time::sleep;

use crate::disk::Disk;
use crate::report::Row;
use crate::trial::{Must, Trial, plan};

/// How long a fault lasts unless what must be so takes longer.
const LASTS: Duration = Duration::from_secs(3);
/// Enough for PostgreSQL's own files, and a little more.
const DISK_MEGABYTES: u32 = 220;
const SHAPE: &str = "distributed";

/// A wire.
#[derive(Debug, Clone, Copy)]
enum To {
    Postgres,
    Redis,
    Rabbit,
}

/// Something bad.
#[derive(Debug, Clone, Copy)]
enum Harm {
    /// A process is killed.
    Kill(&'static str),
    /// A process stands still.
    Freeze(&'static str),
    /// Every process is ended in an orderly way and started again, one after the other.
    RollingRestart,
    /// A wire does this.
    Wire(To, Line),
    /// Commits go through and their answers do not come back; then the connections break.
    LoseAnswers,
    /// PostgreSQL: kill -9, stop at once, stand still, end connections, fill the disk.
    KillPostgres,
    StopPostgres,
    FreezePostgres,
    EndBackends,
    FillDisk,
    /// Redis: kill -9, stand still, forget everything, make clients wait.
    KillRedis,
    FreezeRedis,
    FlushRedis,
    PauseRedis,
    /// RabbitMQ: kill -9, stand still, lose its queues, block publishers, close connections, stop.
    KillRabbit,
    FreezeRabbit,
    DeleteQueues,
    AlarmRabbit,
    CloseConnections,
    StopRabbit,
    /// Nothing but people who hang up, more than ever.
    HangUps,
}

use Harm::*;

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
    ("postgres: wire cut", Must::Recover, &[Wire(To::Postgres, Line::Cut)]),
    ("postgres: wire stalled", Must::Recover, &[Wire(To::Postgres, Line::Stalled)]),
    ("postgres: wire slow", Must::Recover, &[Wire(To::Postgres, Line::Slow(Duration::from_millis(20)))]),
    ("postgres: commits unheard", Must::Recover, &[LoseAnswers]),
    ("redis: kill -9", Must::GoOn, &[KillRedis]),
    ("redis: stopped", Must::GoOn, &[FreezeRedis]),
    ("redis: FLUSHALL", Must::GoOn, &[FlushRedis]),
    ("redis: CLIENT PAUSE", Must::GoOn, &[PauseRedis]),
    ("redis: wire cut", Must::GoOn, &[Wire(To::Redis, Line::Cut)]),
    ("redis: wire stalled", Must::GoOn, &[Wire(To::Redis, Line::Stalled)]),
    ("redis: wire mute", Must::GoOn, &[Wire(To::Redis, Line::Mute)]),
    ("rabbit: kill -9", Must::GoOn, &[KillRabbit]),
    ("rabbit: stopped", Must::GoOn, &[FreezeRabbit]),
    ("rabbit: queues deleted", Must::GoOn, &[DeleteQueues]),
    ("rabbit: memory alarm", Must::GoOn, &[AlarmRabbit]),
    ("rabbit: connections closed", Must::GoOn, &[CloseConnections]),
    ("rabbit: stop_app", Must::GoOn, &[StopRabbit]),
    ("rabbit: wire cut", Must::GoOn, &[Wire(To::Rabbit, Line::Cut)]),
    ("rabbit: wire stalled", Must::GoOn, &[Wire(To::Rabbit, Line::Stalled)]),
    ("rabbit: wire deaf", Must::GoOn, &[Wire(To::Rabbit, Line::Deaf)]),
    (
        "a job without redis and rabbit",
        Must::Finish,
        &[Wire(To::Redis, Line::Cut), Wire(To::Rabbit, Line::Cut)],
    ),
    (
        "redis and rabbit stalled",
        Must::GoOn,
        &[Wire(To::Redis, Line::Stalled), Wire(To::Rabbit, Line::Stalled)],
    ),
    ("gateway killed, redis flushed", Must::Recover, &[FlushRedis, Kill("gateway-1")]),
    ("gateway killed, rabbit cut", Must::Recover, &[Wire(To::Rabbit, Line::Cut), Kill("gateway-2")]),
    ("review killed, queues deleted", Must::Recover, &[DeleteQueues, Kill("review-1")]),
    ("coordinator and postgres killed", Must::Recover, &[Kill("coordinator"), KillPostgres]),
    ("commits unheard, redis cut", Must::Recover, &[Wire(To::Redis, Line::Cut), LoseAnswers]),
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

/// What is told apart from a load: scenes with a bound of their own.
const SCENES: &[&str] = &["a holder who is gone", "a hint that is lost"];

/// The installation.
pub struct Distributed {
    small: bool,
    standing: Option<Standing>,
}

struct Standing {
    // In this order: processes end before the wires, the wires before the servers, the servers before their disk.
    world: World,
    postgres: Proxy,
    redis: Proxy,
    rabbit: Proxy,
    servers: Servers,
    disk: Option<Disk>,
}

impl Distributed {
    /// An installation that does not stand yet; with a small disk or without.
    pub fn new(small: bool) -> Self {
        Self { small, standing: None }
    }

    fn table(&self) -> &'static [Fault] {
        if self.small { FULL_DISK } else { FAULTS }
    }

    /// The names of its faults.
    pub fn faults(&self) -> Vec<&'static str> {
        let scenes = if self.small { &[][..] } else { SCENES };
        self.table().iter().map(|(name, ..)| *name).chain(scenes.iter().copied()).collect()
    }

    /// Starts servers, wires and processes.
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
        self.standing = Some(Standing { world, postgres, redis, rabbit, servers, disk });
        Ok(())
    }

    /// The processes that stand.
    pub fn services(&self) -> &[Service] {
        self.standing.as_ref().map(|standing| standing.world.services()).unwrap_or_default()
    }

    /// Ends everything.
    pub async fn close(&mut self) {
        if let Some(standing) = self.standing.take() {
            let Standing { world, servers, disk, .. } = standing;
            drop(world);
            servers.stop().await;
            drop(disk);
        }
    }

    /// Plays a fault.
    pub async fn play(&mut self, name: &str, seed: u64) -> anyhow::Result<Row> {
        let fault = self.table().iter().find(|(known, ..)| *known == name);
        let standing = self.standing.as_mut().context("nothing stands")?;
        let Some((_, must, harms)) = fault else { return scenes::play(standing, name).await };
        let client = Client::new(standing.world.origin())?.with_token(standing.world.admin_token())?;
        let mut plan = plan(seed, *must);
        if harms.iter().any(|harm| matches!(harm, HangUps)) {
            plan.hangs_up = 30.0;
        }
        if matches!(must, Must::GoOn | Must::Finish) {
            plan.hangs_up = 0.0;
        }
        let mut trial = Trial::begin(name, SHAPE, &client, plan, *must).await?;
        let harmed = standing.harm_all(harms).await;
        if harmed.is_ok() {
            trial.hold(LASTS).await;
        }
        // Whatever was done is mended, also where the rest could not be done: other faults come after this one.
        standing.mend_all(harms).await?;
        harmed?;
        trial.end().await
    }
}

impl Standing {
    async fn harm_all(&mut self, harms: &[Harm]) -> anyhow::Result<()> {
        for harm in harms {
            self.harm(*harm).await.with_context(|| format!("{harm:?}"))?;
        }
        Ok(())
    }

    async fn mend_all(&mut self, harms: &[Harm]) -> anyhow::Result<()> {
        let mut mended = Ok(());
        // Backwards: a process is ready again only when the servers are that were taken from it later.
        for harm in harms.iter().rev() {
            let one = self.mend(*harm).await.with_context(|| format!("mending {harm:?}"));
            mended = mended.and(one);
        }
        mended
    }

    fn service(&mut self, name: &str) -> anyhow::Result<&mut Service> {
        let mut services = self.world.services_mut().iter_mut();
        services.find(|service| service.name() == name).with_context(|| format!("no {name}"))
    }

    fn wire(&self, to: To) -> &Proxy {
        match to {
            To::Postgres => &self.postgres,
            To::Redis => &self.redis,
            To::Rabbit => &self.rabbit,
        }
    }

    async fn harm(&mut self, harm: Harm) -> anyhow::Result<()> {
        match harm {
            Kill(name) => self.service(name)?.kill(),
            Freeze(name) => self.service(name)?.signal(Signal::SIGSTOP),
            RollingRestart => return self.restart_all().await,
            Wire(to, line) => self.wire(to).set(line),
            LoseAnswers => {
                self.postgres.set(Line::Mute);
                sleep(LASTS / 10).await;
                self.postgres.cut();
            }
            KillPostgres => self.servers.postgres.kill(),
            StopPostgres => return self.servers.postgres.stop_immediately().await,
            FreezePostgres => self.servers.postgres.freeze(true),
            EndBackends => return self.servers.postgres.end_backends().await,
            FillDisk => self.disk.as_ref().context("no disk of our own")?.fill()?,
            KillRedis => self.servers.redis.kill(),
            FreezeRedis => self.servers.redis.freeze(true),
            FlushRedis => {
                ensure!(self.servers.redis.command("FLUSHALL").await? == "+OK", "FLUSHALL was refused")
            }
            PauseRedis => {
                let millis = LASTS.as_millis();
                let told = self.servers.redis.command(&format!("CLIENT PAUSE {millis} ALL")).await?;
                ensure!(told == "+OK", "CLIENT PAUSE was refused: {told}");
            }
            KillRabbit => self.servers.rabbit.kill(),
            FreezeRabbit => self.servers.rabbit.freeze(true),
            DeleteQueues => return self.delete_queues().await,
            AlarmRabbit => {
                self.servers.rabbit.ctl(&["set_vm_memory_high_watermark", "absolute", "1"]).await?;
            }
            CloseConnections => {
                self.servers.rabbit.ctl(&["close_all_connections", "a fault"]).await?;
            }
            StopRabbit => {
                self.servers.rabbit.ctl(&["stop_app"]).await?;
            }
            HangUps => {}
        }
        Ok(())
    }

    async fn mend(&mut self, harm: Harm) -> anyhow::Result<()> {
        match harm {
            Kill(name) => self.service(name)?.start().await?,
            Freeze(name) => self.service(name)?.signal(Signal::SIGCONT),
            Wire(to, _) => self.wire(to).mend(),
            LoseAnswers => self.postgres.mend(),
            KillPostgres | StopPostgres => self.servers.postgres.start_again().await?,
            FreezePostgres => self.servers.postgres.freeze(false),
            FillDisk => {
                self.disk.as_ref().context("no disk of our own")?.free();
                self.servers.postgres.start_again().await?;
            }
            KillRedis => self.servers.redis.start_again().await?,
            FreezeRedis => self.servers.redis.freeze(false),
            KillRabbit => self.servers.rabbit.start_again().await?,
            FreezeRabbit => self.servers.rabbit.freeze(false),
            AlarmRabbit => {
                self.servers.rabbit.ctl(&["set_vm_memory_high_watermark", "0.4"]).await?;
            }
            StopRabbit => {
                self.servers.rabbit.ctl(&["start_app"]).await?;
            }
            RollingRestart | EndBackends | FlushRedis | PauseRedis | DeleteQueues | CloseConnections
            | HangUps => {}
        }
        Ok(())
    }

    async fn restart_all(&mut self) -> anyhow::Result<()> {
        for service in self.world.services_mut() {
            let status = service.terminate().await?;
            ensure!(status.code() == Some(0), "{} ended with {status}", service.name());
            service.start().await?;
        }
        Ok(())
    }

    /// All at once: `rabbitmqctl delete_queue` takes a second for each.
    async fn delete_queues(&self) -> anyhow::Result<()> {
        const DELETE: &str = "[rabbit_amqqueue:delete(Queue, false, false, <<\"a fault\">>) || Queue <- rabbit_amqqueue:list()].";
        let said = self.servers.rabbit.ctl(&["eval", DELETE]).await?;
        ensure!(said.contains("ok"), "no queue was deleted: {said}");
        Ok(())
    }
}
