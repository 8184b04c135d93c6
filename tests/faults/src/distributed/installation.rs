//! A running distributed installation, and what harms and mends it.

use std::time::Duration;

use anyhow::{Context, ensure};
use nix::sys::signal::Signal;
use swath_harness::proxy::{Line, Proxy};
use swath_harness::servers::Servers;
use swath_harness::{Service, World};
use tokio::time::sleep;

use crate::disk::Disk;

/// How long a fault lasts, unless a condition takes longer.
pub(super) const FAULT_DURATION: Duration = Duration::from_secs(3);
/// The name of the deployment in reports.
pub(super) const DEPLOYMENT: &str = "distributed";

/// The servers between which and Swath a proxy stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Server {
    Postgres,
    Redis,
    Rabbit,
}

/// A harmful action.
#[derive(Debug, Clone, Copy)]
pub(super) enum Harm {
    /// Kills a process.
    Kill(&'static str),
    /// Freezes a process.
    Freeze(&'static str),
    /// Restarts all processes in an orderly way, one after the other.
    RollingRestart,
    /// Changes what a proxy does.
    Wire(Server, Line),
    /// Commits succeed and their answers are lost; then the connections break.
    LoseAnswers,
    /// PostgreSQL: SIGKILL, immediate stop, freeze, terminated connections, full disk.
    KillPostgres,
    StopPostgres,
    FreezePostgres,
    EndBackends,
    FillDisk,
    /// Redis: SIGKILL, freeze, all keys lost, paused clients.
    KillRedis,
    FreezeRedis,
    FlushRedis,
    PauseRedis,
    /// RabbitMQ: SIGKILL, freeze, all queues lost, blocked publishers, closed connections, stopped node.
    KillRabbit,
    FreezeRabbit,
    DeleteQueues,
    AlarmRabbit,
    CloseConnections,
    StopRabbit,
    /// Does nothing: more clients than usual hang up.
    HangUps,
}

use Harm::*;

/// The running servers, proxies and processes.
pub(super) struct Installation {
    // Dropped in this order: processes before proxies, proxies before servers, servers before their disk.
    pub(super) world: World,
    pub(super) postgres: Proxy,
    pub(super) redis: Proxy,
    pub(super) rabbit: Proxy,
    pub(super) servers: Servers,
    pub(super) disk: Option<Disk>,
}

impl Installation {
    /// Causes these faults.
    pub(super) async fn harm_all(&mut self, harms: &[Harm]) -> anyhow::Result<()> {
        for harm in harms {
            self.harm(*harm).await.with_context(|| format!("{harm:?}"))?;
        }
        Ok(())
    }

    /// Mends these faults.
    pub(super) async fn mend_all(&mut self, harms: &[Harm]) -> anyhow::Result<()> {
        let mut mended = Ok(());
        // In reverse order: a process only becomes ready once its servers are mended.
        for harm in harms.iter().rev() {
            let one = self.mend(*harm).await.with_context(|| format!("mending {harm:?}"));
            mended = mended.and(one);
        }
        mended
    }

    /// The process with this name.
    pub(super) fn service(&mut self, name: &str) -> anyhow::Result<&mut Service> {
        let mut services = self.world.services_mut().iter_mut();
        services.find(|service| service.name() == name).with_context(|| format!("no {name}"))
    }

    fn proxy(&self, server: Server) -> &Proxy {
        match server {
            Server::Postgres => &self.postgres,
            Server::Redis => &self.redis,
            Server::Rabbit => &self.rabbit,
        }
    }

    async fn harm(&mut self, harm: Harm) -> anyhow::Result<()> {
        match harm {
            Kill(name) => self.service(name)?.kill(),
            Freeze(name) => self.service(name)?.signal(Signal::SIGSTOP),
            RollingRestart => return self.restart_all().await,
            Wire(server, line) => self.proxy(server).set(line),
            LoseAnswers => {
                self.postgres.set(Line::Mute);
                sleep(FAULT_DURATION / 10).await;
                self.postgres.cut();
            }
            KillPostgres => self.servers.postgres.kill(),
            StopPostgres => return self.servers.postgres.stop_immediately().await,
            FreezePostgres => self.servers.postgres.freeze(true),
            EndBackends => return self.servers.postgres.end_backends().await,
            FillDisk => self.disk.as_ref().context("no small disk")?.fill()?,
            KillRedis => self.servers.redis.kill(),
            FreezeRedis => self.servers.redis.freeze(true),
            FlushRedis => {
                ensure!(self.servers.redis.command("FLUSHALL").await? == "+OK", "FLUSHALL was refused")
            }
            PauseRedis => {
                let millis = FAULT_DURATION.as_millis();
                let reply = self.servers.redis.command(&format!("CLIENT PAUSE {millis} ALL")).await?;
                ensure!(reply == "+OK", "CLIENT PAUSE was refused: {reply}");
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
            Wire(server, _) => self.proxy(server).mend(),
            LoseAnswers => self.postgres.mend(),
            KillPostgres | StopPostgres => self.servers.postgres.start_again().await?,
            FreezePostgres => self.servers.postgres.freeze(false),
            FillDisk => {
                self.disk.as_ref().context("no small disk")?.free();
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

    /// In one call, because `rabbitmqctl delete_queue` takes a second for each queue.
    async fn delete_queues(&self) -> anyhow::Result<()> {
        const DELETE: &str = "[rabbit_amqqueue:delete(Queue, false, false, <<\"a fault\">>) || Queue <- rabbit_amqqueue:list()].";
        let said = self.servers.rabbit.ctl(&["eval", DELETE]).await?;
        ensure!(said.contains("ok"), "no queue was deleted: {said}");
        Ok(())
    }
}
