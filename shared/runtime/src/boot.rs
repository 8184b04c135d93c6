//! Starts a process: opens its parts, waits for the database, and makes the first administrator.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use nix::fcntl::{Flock, FlockArg};
use prometheus::Registry;
use secrecy::{ExposeSecret, SecretString};
use swath_domain::{Ids, Time};
use swath_store::{Moved, Store, StoreError, Target};
use tokio_util::sync::CancellationToken;

use crate::administrator::{self, FirstSignIn};
use crate::auth::Tokens;
use crate::backends::{self, Deployment};
use crate::budget::Budget;
use crate::clock::{RandomIds, StoreClock};
use crate::config::{self, Config};
use crate::context::{Context, Parts};
use crate::media::Signer;
use crate::media_access::MediaAccess;
use crate::media_path::{MediaFiles, Places, Private};
use crate::private_files::{keep_private, make_folder};
use crate::rate::Allowance;
use crate::telemetry::{HttpMetrics, Traces, register_parts};
use crate::writes::Writes;

/// The time between two attempts to reach the database.
const DATABASE_RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// How many failed attempts there are for one line in the log.
const ATTEMPTS_PER_LOG_LINE: u32 = 20;

/// Locks the data folder, and a database outside of it, against a second process until it is dropped.
pub struct FolderLock(#[expect(dead_code, reason = "its drop releases the locks")] Vec<Flock<File>>);

/// The opened parts of a process.
pub struct Opened {
    /// The parts that handlers and background tasks get.
    pub context: Context,
    /// The kind of installation.
    pub deployment: Deployment,
    /// The clock of the context, which must be kept in step with the database's.
    pub clock: Arc<StoreClock>,
    /// The lock on the data folder, which must be kept until the process ends. `None` for a distributed deployment.
    pub folder: Option<FolderLock>,
}

/// Opens all parts of a process, without contacting PostgreSQL, the broker or Redis. `whole` says that this process
/// has all roles, and `service` is its name in traces.
///
/// # Errors
/// If the configuration is not possible, or another process uses the same data folder.
pub async fn open(config: Config, whole: bool, service: &str) -> anyhow::Result<Opened> {
    let deployment = Deployment::of(&config, whole)?;
    let ids = RandomIds;
    let folder = lock_embedded(&config, &deployment)?;
    let secret = secret(&config, &deployment, &ids)?;
    let registry = Registry::new();
    let instance = ids.random();
    let stripe = (instance.as_u128() % COUNTER_SHARDS) as i64;
    let media = media(&config, &deployment)?;
    let files = backends::files(&config, &deployment)?;
    let clock = Arc::new(StoreClock::new(deployment.embedded));
    let store = Store::open(&deployment.store, stripe).await?;
    let (bus, locks) = (backends::bus(&config)?, backends::locks(&config)?);
    register_parts(&registry, &store, &bus, &locks)?;
    let parts = Parts {
        store,
        bus,
        locks,
        clock: clock.clone(),
        ids: Arc::new(ids),
        tokens: Tokens::default(),
        allowance: Allowance::per_second(config.server.requests_per_second),
        answers: Budget::default(),
        requests: Budget::default(),
        signer: Signer::new(secret),
        media,
        files,
        traces: Traces::start(&config.traces, service, instance)?,
        http: HttpMetrics::new(&registry)?,
        registry,
        instance,
        writes: Writes::default(),
        booted: AtomicBool::new(false),
        draining: AtomicBool::new(false),
        shutdown: CancellationToken::new(),
        config,
    };
    Ok(Opened { context: Context::new(parts), deployment, clock, folder })
}

/// The media below the roots, without the installation's own files, and which of them all teams share.
fn media(config: &Config, deployment: &Deployment) -> anyhow::Result<MediaAccess> {
    let database = match &deployment.store {
        Target::Sqlite(file) => Some(file.as_path()),
        _ => None,
    };
    let private = Private::new(&config.data.dir, database, config.file.as_deref());
    let private = private.and_folder(backends::files_folder(config, deployment).as_deref());
    let shared = match start_folder(config, deployment)? {
        Some(folder) => Places::folders([folder]),
        None => Places::of_config(&config.media.shared).context("media.shared")?,
    };
    Ok(MediaAccess::new(MediaFiles::new(config.media_roots()?, private), shared))
}

/// The folder in which the process was started, if all teams share the pictures below it. That is so in an embedded
/// deployment without configured media.
///
/// # Errors
/// If the current folder cannot be determined.
pub fn start_folder(config: &Config, deployment: &Deployment) -> anyhow::Result<Option<PathBuf>> {
    let is_unset = config.media.roots.is_empty() && config.media.shared.is_empty();
    if deployment.embedded && is_unset { Ok(Some(std::env::current_dir()?)) } else { Ok(None) }
}

/// The number of counter shards of a job. Two processes with the same shard only wait for each other.
const COUNTER_SHARDS: u128 = 64;

/// Locks the data folder and the database of an embedded installation.
fn lock_embedded(config: &Config, deployment: &Deployment) -> anyhow::Result<Option<FolderLock>> {
    let Target::Sqlite(file) = &deployment.store else { return Ok(None) };
    make_folder(&config.data.dir)
        .with_context(|| format!("cannot make the data folder {}", config.data.dir.display()))?;
    let folder = lock_folder(&config.data.dir)?;
    let parent = file.parent();
    ensure!(
        parent.is_none_or(|parent| parent.as_os_str().is_empty() || parent.is_dir()),
        "store.url: no such folder"
    );
    let elsewhere = parent != Some(&config.data.dir);
    let lock = if elsewhere { Some(lock_file(file)?) } else { None };
    keep_private(file).with_context(|| format!("cannot open {}", file.display()))?;
    Ok(Some(FolderLock([folder].into_iter().chain(lock).collect())))
}

fn lock_folder(dir: &Path) -> anyhow::Result<Flock<File>> {
    let busy = || format!("the data folder {} is in use by another swath", dir.display());
    lock(&dir.join("swath.lock"), busy)
}

/// Locks a database outside of its installation's data folder. Its folder may contain other databases.
fn lock_file(database: &Path) -> anyhow::Result<Flock<File>> {
    let busy = || format!("the database {} is in use by another swath", database.display());
    lock(&database.with_added_extension("lock"), busy)
}

fn lock(path: &Path, busy: impl FnOnce() -> String) -> anyhow::Result<Flock<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let file = file.with_context(|| format!("cannot open {}", path.display()))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| anyhow!(busy()))
}

fn secret(config: &Config, deployment: &Deployment, ids: &dyn Ids) -> anyhow::Result<SecretString> {
    if !config.server.secret.expose_secret().is_empty() {
        return Ok(config.server.secret.clone());
    }
    ensure!(
        deployment.embedded,
        "server.secret: must be set, the same in every process (SWATH__SERVER__SECRET)"
    );
    config::own_secret(&config.data.dir, || format!("{}{}", ids.random().simple(), ids.random().simple()))
}

/// Waits for the database and its schema, refuses unsafe settings of the servers, and makes the first administrator.
/// Does not wait for the broker or Redis. Returns how a new administrator signs in, which is shown only once.
///
/// # Errors
/// If PostgreSQL or Redis have unsafe settings, the shutdown begins, or the database fails.
pub async fn boot(
    context: &Context,
    deployment: &Deployment,
    clock: &StoreClock,
    makes_admin: bool,
) -> anyhow::Result<Option<FirstSignIn>> {
    if deployment.embedded {
        context.store.migrate().await?;
    }
    wait_for_database(context).await?;
    let settings = context.store.unsafe_settings().await?;
    ensure!(settings.is_empty(), "PostgreSQL would lose acknowledged writes: {}", settings.join(", "));
    if let Err(error) = context.locks.check_eviction().await {
        bail!("locks.url: {error}");
    }
    clock.measure(&context.store).await;
    if deployment.embedded {
        // No other process uses this database, so whatever an earlier one was doing has ended.
        context.store.requests_forget(Time::MAX).await?;
        context.store.imports_abandon().await?;
    }
    let first = if makes_admin { administrator::ensure_administrator(context).await? } else { None };
    context.booted.store(true, Ordering::Release);
    Ok(first)
}

async fn wait_for_database(context: &Context) -> anyhow::Result<()> {
    let mut attempts = 0;
    loop {
        let reason = match context.store.is_migrated().await {
            Ok(true) => return Ok(()),
            Ok(false) => "the database waits for `swath migrate`".to_owned(),
            Err(error) => error.to_string(),
        };
        if attempts % ATTEMPTS_PER_LOG_LINE == 0 {
            tracing::warn!(%reason, "waiting for the database");
        }
        attempts += 1;
        tokio::select! {
            () = tokio::time::sleep(DATABASE_RETRY_INTERVAL) => {}
            () = context.shutdown.cancelled() => bail!("stopped while waiting for the database"),
        }
    }
}

/// Copies an embedded installation into an empty PostgreSQL database. `from` is the `sqlite:` URL of its file or data
/// folder.
///
/// # Errors
/// If a URL is wrong, a process uses the installation, the target is not empty, or the copy fails.
pub async fn move_installation(from: &str, to: &str) -> anyhow::Result<Vec<Moved>> {
    let path = from.strip_prefix("sqlite:").context("--from: must begin with `sqlite:`")?;
    let is_postgres = to.starts_with("postgres:") || to.starts_with("postgresql:");
    ensure!(is_postgres, "--to: must begin with `postgres:` or `postgresql:`");
    let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
    let file = if path.is_dir() { path.join(backends::DATABASE_FILE) } else { path };
    ensure!(file.is_file(), "--from: no such file: {}", file.display());
    let _folder = lock_folder(file.parent().unwrap_or(Path::new(".")))?;
    let _file = lock_file(&file)?;
    Ok(swath_store::move_to_postgres(&file, to).await?)
}

/// Migrates the database to this version's schema.
///
/// # Errors
/// If the database cannot be reached or is in use, or a migration fails.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let deployment = Deployment::of(config, true)?;
    let _folder = lock_embedded(config, &deployment)?;
    let store = Store::open(&deployment.store, 0).await?;
    let done = store.migrate().await;
    store.close().await;
    done.map_err(|error: StoreError| error.into())
}
