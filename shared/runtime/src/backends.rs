//! Chooses the database, the bus and the locks of an installation by the schemes of their URLs. No other module does.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use secrecy::ExposeSecret;
use swath_bus::Bus;
use swath_files::{Bucket, Files};
use swath_locks::Locks;
use swath_store::Target;

use crate::config::Config;

/// The deployment of an installation, as the URLs define it.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The database.
    pub store: Target,
    /// Whether this process is the whole installation.
    pub embedded: bool,
}

impl Deployment {
    /// Reads the deployment from the configuration. `whole` says whether this process has all the roles.
    ///
    /// # Errors
    /// If a URL has an unknown scheme, or a process without all roles is to use SQLite, or a bus or locks in memory.
    pub fn of(config: &Config, whole: bool) -> anyhow::Result<Self> {
        let store = target(config)?;
        let embedded = matches!(store, Target::Sqlite(_));
        let in_memory = |url: &str| url.starts_with("memory:");
        let bus = in_memory(config.bus.url.expose_secret());
        let locks = in_memory(config.locks.url.expose_secret());
        ensure!(
            whole || !embedded,
            "store.url: SQLite serves one process; give it all the roles, or use PostgreSQL"
        );
        ensure!(
            whole || !bus,
            "bus.url: a bus in memory serves one process; give it all the roles, or use RabbitMQ"
        );
        ensure!(
            whole || !locks,
            "locks.url: locks in memory serve one process; give it all the roles, or use Redis"
        );
        Ok(Self { store, embedded })
    }
}

/// The name of the database file in the data folder.
pub(crate) const DATABASE_FILE: &str = "swath.db";

fn target(config: &Config) -> anyhow::Result<Target> {
    let url = config.store.url.expose_secret();
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Ok(Target::Postgres { url: url.to_owned(), connections: config.store.connections });
    }
    let Some(path) = url.strip_prefix("sqlite:") else {
        bail!("store.url: must begin with `sqlite:` or `postgres:`")
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = if path.is_empty() { config.data.dir.join(DATABASE_FILE) } else { PathBuf::from(path) };
    Ok(Target::Sqlite(path))
}

/// Opens the bus, which connects in the background.
///
/// # Errors
/// If `bus.url` is not valid.
pub fn bus(config: &Config) -> anyhow::Result<Bus> {
    let url = config.bus.url.expose_secret();
    let options = swath_bus::Options { prefix: config.bus.prefix.clone(), ..Default::default() };
    match url.split(':').next() {
        Some("memory") => Ok(Bus::memory_with(options)),
        Some("amqp" | "amqps") => Bus::rabbit(url, options).context("bus.url"),
        _ => bail!("bus.url: must begin with `memory:`, `amqp:` or `amqps:`"),
    }
}

/// The name of the folder for uploads in the data folder.
const FILES_FOLDER: &str = "files";

/// The folder of uploads and thumbnails. `None` if they are in a bucket or not configured.
pub fn files_folder(config: &Config, deployment: &Deployment) -> Option<PathBuf> {
    let files = &config.files;
    match () {
        () if !files.folder.as_os_str().is_empty() => Some(files.folder.clone()),
        () if files.s3_bucket.is_empty() && deployment.embedded => Some(config.data.dir.join(FILES_FOLDER)),
        () => None,
    }
}

/// Opens the uploads and thumbnails.
///
/// # Errors
/// If the settings of the bucket are not valid.
pub fn files(config: &Config, deployment: &Deployment) -> anyhow::Result<Files> {
    if let Some(folder) = files_folder(config, deployment) {
        return Ok(Files::folder(folder));
    }
    let files = &config.files;
    if files.s3_bucket.is_empty() {
        return Ok(Files::not_configured());
    }
    let bucket = Bucket {
        endpoint: files.s3_endpoint.clone(),
        is_path_style: files.s3_path_style,
        region: files.s3_region.clone(),
        name: files.s3_bucket.clone(),
        prefix: files.s3_prefix.clone(),
        access_key: files.s3_access_key.clone(),
        secret_key: files.s3_secret_key.clone(),
    };
    Files::bucket(bucket).context("files")
}

/// Opens the locks, which connect in the background.
///
/// # Errors
/// If `locks.url` is not valid.
pub fn locks(config: &Config) -> anyhow::Result<Locks> {
    let url = config.locks.url.expose_secret();
    let options = swath_locks::Options { prefix: config.locks.prefix.clone(), ..Default::default() };
    match url.split(':').next() {
        Some("memory") => Ok(Locks::memory()),
        Some("redis" | "rediss") => Locks::redis(url, options).context("locks.url"),
        _ => bail!("locks.url: must begin with `memory:`, `redis:` or `rediss:`"),
    }
}
