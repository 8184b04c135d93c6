//! Private PostgreSQL, Redis, RabbitMQ and an S3 server: own ports, own folders, loopback only, gone with the run.

mod object_store;
mod postgres;
mod rabbit;
mod redis;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

pub use object_store::{ObjectStore, S3Server};
pub use postgres::{Database, Postgres};
pub use rabbit::Rabbit;
pub use redis::Redis;

/// How long a server may take to start on a busy machine.
const START: Duration = Duration::from_secs(90);
/// How long a server may take to end before it is killed.
const STOP: Duration = Duration::from_secs(15);

/// Environment variables under which tests of every crate find the servers.
pub const POSTGRES: &str = "SWATH_TEST_POSTGRES";
/// See [`POSTGRES`].
pub const REDIS: &str = "SWATH_TEST_REDIS";
/// See [`POSTGRES`].
pub const AMQP: &str = "SWATH_TEST_AMQP";
/// See [`POSTGRES`]; an S3 server.
pub const OBJECT_STORE: &str = "SWATH_TEST_S3";

/// The servers of one run.
#[derive(Debug)]
pub struct Servers {
    /// PostgreSQL.
    pub postgres: Postgres,
    /// Redis.
    pub redis: Redis,
    /// RabbitMQ.
    pub rabbit: Rabbit,
    /// An S3 server, where one was asked for.
    pub object_store: Option<S3Server>,
    // Last, so that the folder goes when nobody writes there any more.
    folder: TempDir,
}

impl Servers {
    /// Starts PostgreSQL, Redis and RabbitMQ side by side and waits until each answers.
    ///
    /// # Errors
    /// When a program is missing or a server does not come up; its output is part of the error.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(None, &[]).await
    }

    /// The same, with PostgreSQL's data in a folder of the caller's, and with settings of PostgreSQL's, as in
    /// `work_mem=8MB`.
    ///
    /// # Errors
    /// As [`Servers::start`].
    pub async fn start_with(data: Option<PathBuf>, settings: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("swath-servers-").tempdir()?;
        open_to_all(folder.path())?;
        let data = data.unwrap_or_else(|| folder.path().join("postgres"));
        let (postgres, redis, rabbit) = tokio::try_join!(
            Postgres::start(data, settings),
            Redis::start(folder.path().join("redis")),
            Rabbit::start(folder.path().join("rabbit")),
        )?;
        Ok(Self { postgres, redis, rabbit, object_store: None, folder })
    }

    /// Starts an S3 server beside them, by its program.
    ///
    /// # Errors
    /// As [`Servers::start`].
    pub async fn add_object_store(&mut self, program: &Path) -> anyhow::Result<()> {
        self.object_store = Some(S3Server::start(program, self.folder.path().join("s3")).await?);
        Ok(())
    }

    /// Where they are.
    pub fn addresses(&self) -> Addresses {
        Addresses { postgres: self.postgres.url(), redis: self.redis.url(), amqp: self.rabbit.url() }
    }

    /// What a test process needs to find them.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut found =
            vec![(POSTGRES, self.postgres.url()), (REDIS, self.redis.url()), (AMQP, self.rabbit.url())];
        found.extend(self.object_store.iter().map(|store| (OBJECT_STORE, store.url())));
        found
    }

    /// Ends all of them in an orderly way.
    pub async fn stop(mut self) {
        if let Some(store) = &mut self.object_store {
            store.stop().await;
        }
        tokio::join!(self.postgres.stop(), self.redis.stop(), self.rabbit.stop());
    }
}

/// The servers that the runner started, as a test finds them in its environment.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// A maintenance database; each world makes its own beside it.
    pub postgres: String,
    /// The Redis server.
    pub redis: String,
    /// The RabbitMQ server.
    pub amqp: String,
}

impl Addresses {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a server is not given: such a test fails, it never passes in silence.
    pub fn from_environment() -> anyhow::Result<Self> {
        Ok(Self { postgres: given(POSTGRES)?, redis: given(REDIS)?, amqp: given(AMQP)? })
    }
}

fn given(key: &str) -> anyhow::Result<String> {
    std::env::var(key).map_err(|_| anyhow::anyhow!("{key} is not set: run this through tests/run"))
}

/// PostgreSQL runs as another user when we are root, and must reach its own folder.
fn open_to_all(folder: &std::path::Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn made(folder: PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The output of a short command that must succeed.
async fn output_of(command: std::process::Command) -> anyhow::Result<String> {
    let shown = format!("{command:?}");
    let run = tokio::process::Command::from(command).kill_on_drop(true).output();
    let output = tokio::time::timeout(START, run).await??;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    anyhow::ensure!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(text)
}
