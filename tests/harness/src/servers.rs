//! Private PostgreSQL, Redis, RabbitMQ and S3 servers: on ports and folders of their own, on loopback, gone after the
//! run.

mod environment;
mod launch;
mod object_store;
mod postgres;
mod rabbit;
mod redis;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub use environment::{AMQP, Addresses, OBJECT_STORE, POSTGRES, REDIS};
pub use object_store::{ObjectStore, S3Server};
pub use postgres::{Database, Postgres};
pub use rabbit::Rabbit;
pub use redis::Redis;

/// The servers of one run.
#[derive(Debug)]
pub struct Servers {
    /// PostgreSQL.
    pub postgres: Postgres,
    /// Redis.
    pub redis: Redis,
    /// RabbitMQ.
    pub rabbit: Rabbit,
    /// The S3 server, if it was started.
    pub object_store: Option<S3Server>,
    // Dropped last, when no server writes there any more.
    folder: TempDir,
}

impl Servers {
    /// Starts PostgreSQL, Redis and RabbitMQ at the same time and waits until each answers.
    ///
    /// # Errors
    /// When a program is missing or a server does not start; its output is part of the error.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(None, &[]).await
    }

    /// As [`Servers::start`], with PostgreSQL's data in the given folder and with settings of PostgreSQL, such as
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

    /// Starts an S3 server from its program.
    ///
    /// # Errors
    /// As [`Servers::start`].
    pub async fn add_object_store(&mut self, program: &Path) -> anyhow::Result<()> {
        self.object_store = Some(S3Server::start(program, self.folder.path().join("s3")).await?);
        Ok(())
    }

    /// The URLs of the servers.
    pub fn addresses(&self) -> Addresses {
        Addresses { postgres: self.postgres.url(), redis: self.redis.url(), amqp: self.rabbit.url() }
    }

    /// The environment variables by which tests find the servers.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut found =
            vec![(POSTGRES, self.postgres.url()), (REDIS, self.redis.url()), (AMQP, self.rabbit.url())];
        found.extend(self.object_store.iter().map(|store| (OBJECT_STORE, store.url())));
        found
    }

    /// Stops all servers in an orderly way.
    pub async fn stop(mut self) {
        if let Some(store) = &mut self.object_store {
            store.stop().await;
        }
        tokio::join!(self.postgres.stop(), self.redis.stop(), self.rabbit.stop());
    }
}

/// As root, PostgreSQL runs as another user, who must be able to enter the folder.
fn open_to_all(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}
