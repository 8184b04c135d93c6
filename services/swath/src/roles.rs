//! A server with some or all roles: opens what its services share, starts them, and stops them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use clap::ValueEnum;
use swath_coordinator::Coordinator;
use swath_gateway::Gateway;
use swath_metrics::Metrics;
use swath_review::Review;
use swath_runtime::administrator::FirstSignIn;
use swath_runtime::backends::Deployment;
use swath_runtime::boot::{self, FolderLock, Opened};
use swath_runtime::clock::StoreClock;
use swath_runtime::config::{Config, Sources};
use swath_runtime::inspection::{self, Inspected};
use swath_runtime::panics::keep_running;
use swath_runtime::{Context, Route, origin, server, telemetry, token_use_writer};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::documented;

/// The roles of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// People, datasets, jobs, exports; cuts, hints and sweeps
    Coordinator,
    /// Leases, saved items, submissions, pictures
    Gateway,
    /// The review rule, reviews, decisions
    Review,
    /// Counters for Prometheus
    Metrics,
}

const ALL: [Role; 4] = [Role::Coordinator, Role::Gateway, Role::Review, Role::Metrics];

/// The options of a server.
#[derive(Debug, Clone, Default)]
pub struct UpOptions {
    /// A TOML file that overrides the defaults.
    pub config: Option<PathBuf>,
    /// The data folder.
    pub data: Option<PathBuf>,
    /// The address and port to listen on.
    pub listen: Option<String>,
    /// The roles; all of them if empty.
    pub roles: Vec<Role>,
    /// Keys that override everything else, such as `("admin.token", "…")`.
    pub overrides: Vec<(String, String)>,
    /// Logs only warnings and errors.
    pub quiet: bool,
}

impl UpOptions {
    fn config(&self) -> anyhow::Result<Config> {
        let mut overrides = self.overrides.clone();
        overrides.extend(self.data.as_ref().map(|dir| ("data.dir".to_owned(), dir.display().to_string())));
        overrides.extend(self.listen.as_ref().map(|listen| ("server.listen".to_owned(), listen.clone())));
        if self.quiet {
            overrides.push(("log.level".to_owned(), "warn".to_owned()));
        }
        Config::load(&Sources { file: self.config.clone(), overrides })
    }

    /// The name of the process in traces: with its role, if it has a single one.
    fn service(&self) -> String {
        match self.roles.as_slice() {
            [role] => format!("swath-{}", format!("{role:?}").to_lowercase()),
            _ => "swath".to_owned(),
        }
    }

    fn has(&self, role: Role) -> bool {
        self.roles.is_empty() || self.roles.contains(&role)
    }
}

/// How long connections may take to close before the process exits without them.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that listens.
pub struct Running {
    /// The address that it listens on.
    pub address: SocketAddr,
    context: Context,
    serving: JoinHandle<anyhow::Result<()>>,
    booting: Option<JoinHandle<anyhow::Result<Option<FirstSignIn>>>>,
    tasks: TaskTracker,
    shared: Option<PathBuf>,
    serves_pages: bool,
    _folder: Option<FolderLock>,
}

/// Starts a server. It listens when this returns, and is ready once [`Running::booted`] says so.
pub async fn start(options: UpOptions) -> anyhow::Result<Running> {
    let config = options.config()?;
    telemetry::log(&config);
    let whole = ALL.iter().all(|role| options.has(*role));
    let Opened { context, deployment, clock, folder } = boot::open(config, whole, &options.service()).await?;
    let shared = boot::start_folder(&context.config, &deployment)?;
    let (listener, address) = server::bind(&context.config.server.listen).await?;
    let metrics_listener = server::bind_metrics(&context.config, whole).await?;
    let services = Services::new(&context, &options)?;
    let router =
        server::router(&context, services.routes(), documented::document, services.pages(&context.config));
    let serving = tokio::spawn(server::serve(context.clone(), listener, router));
    let tasks = TaskTracker::new();
    if let Some((listener, address)) = metrics_listener {
        tasks.spawn(server::serve_metrics(context.clone(), listener));
        tracing::info!(%address, "serving /metrics");
    }
    let booting = tokio::spawn(come_up(context.clone(), deployment, clock, services, tasks.clone()));
    tracing::info!(%address, "listening");
    let serves_pages = options.has(Role::Gateway);
    Ok(Running {
        address,
        context,
        serving,
        booting: Some(booting),
        tasks,
        shared,
        serves_pages,
        _folder: folder,
    })
}

/// Waits for the database, then starts the services.
async fn come_up(
    context: Context,
    deployment: Deployment,
    clock: Arc<StoreClock>,
    services: Services,
    tasks: TaskTracker,
) -> anyhow::Result<Option<FirstSignIn>> {
    let first = boot::boot(&context, &deployment, &clock, services.coordinator.is_some()).await?;
    let uses = context.clone();
    tasks.spawn(async move {
        keep_running("token uses", &uses.shutdown, || token_use_writer::run(uses.clone())).await;
    });
    tasks.spawn(async move {
        let start = || clock.follow(&context.store, &context.shutdown);
        keep_running("clock", &context.shutdown, start).await;
    });
    services.run(&tasks);
    tracing::info!("ready");
    Ok(first)
}

/// The origins besides the server itself from which browsers load pictures.
fn picture_origins(config: &Config) -> Vec<String> {
    let store = origin::of(&config.media.s3_endpoint);
    store.into_iter().chain(config.media.origins.iter().cloned()).collect()
}

/// The services of this process.
struct Services {
    coordinator: Option<Arc<Coordinator>>,
    gateway: Option<Arc<Gateway>>,
    review: Option<Arc<Review>>,
    metrics: Option<Arc<Metrics>>,
}

impl Services {
    fn new(context: &Context, options: &UpOptions) -> anyhow::Result<Self> {
        let wanted = |role| options.has(role).then(|| context.clone());
        Ok(Self {
            coordinator: wanted(Role::Coordinator).map(Coordinator::new).transpose()?,
            gateway: wanted(Role::Gateway).map(Gateway::new).transpose()?,
            review: wanted(Role::Review).map(Review::new).transpose()?,
            metrics: wanted(Role::Metrics).map(Metrics::new).transpose()?,
        })
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        routes.extend(self.coordinator.iter().flat_map(|service| service.routes()));
        routes.extend(self.gateway.iter().flat_map(Gateway::routes));
        routes.extend(self.review.iter().flat_map(Review::routes));
        routes
    }

    /// The pages for browsers, which gateways serve.
    fn pages(&self, config: &Config) -> Router<Context> {
        match self.gateway {
            Some(_) => swath_console::router(&picture_origins(config)),
            None => server::docs_first(),
        }
    }

    fn run(self, tasks: &TaskTracker) {
        self.coordinator.map(|service| tasks.spawn(service.run()));
        self.gateway.map(|service| tasks.spawn(service.run()));
        self.review.map(|service| tasks.spawn(service.run()));
        self.metrics.map(|service| tasks.spawn(service.run()));
    }
}

impl Running {
    /// Waits until the server is ready. Returns how the administrator signs in, if this is the first start.
    pub async fn booted(&mut self) -> anyhow::Result<Option<FirstSignIn>> {
        match self.booting.take() {
            Some(booting) => booting.await?,
            None => Ok(None),
        }
    }

    /// The folder whose pictures all teams may use, if media roots are not configured.
    pub fn shared(&self) -> Option<&Path> {
        self.shared.as_deref()
    }

    /// Stops the server: it reports that it is not ready, finishes requests and background tasks, and closes
    /// connections.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.context.shutdown.cancel();
        let served = self.serving.await.context("the server")?;
        self.tasks.close();
        if tokio::time::timeout(self.context.config.shutdown(), self.tasks.wait()).await.is_err() {
            tracing::warn!("background work did not end in time");
        }
        let parts = async {
            self.context.bus.close().await;
            self.context.locks.settle().await;
            self.context.store.close().await;
        };
        let traces = self.context.traces.clone();
        let traced = tokio::task::spawn_blocking(move || traces.close());
        let parts = async { tokio::join!(parts, traced) };
        if tokio::time::timeout(CLOSE_TIMEOUT, parts).await.is_err() {
            tracing::warn!("a connection did not close in time; the process ends without it");
        }
        served
    }

    /// Reports that it is not ready any more, and continues to serve until load balancers have noticed.
    async fn drain(&self) {
        self.context.draining.store(true, Ordering::Release);
        tokio::time::sleep(Duration::from_secs(self.context.config.server.drain_seconds)).await;
    }

    /// True if it serves the console.
    pub fn serves_pages(&self) -> bool {
        self.serves_pages
    }

    /// The URL of the server on this machine.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        format!("http://{address}")
    }

    /// Serves until SIGTERM or SIGINT, or until the start fails. Once the server is ready, `tell` gets how the
    /// administrator signs in, if this is the first start.
    pub async fn wait(mut self, tell: impl FnOnce(Option<FirstSignIn>)) -> anyhow::Result<()> {
        let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // A user who presses ^C waits for the exit. SIGTERM comes from an orchestrator, which needs time to redirect
        // requests.
        let mut asked_to_drain = async || {
            tokio::select! {
                _ = term.recv() => true,
                _ = interrupt.recv() => false,
            }
        };
        let booted = tokio::select! {
            booted = self.booted() => Some(booted),
            _ = asked_to_drain() => None,
        };
        match booted {
            Some(Ok(first)) => {
                tell(first);
                if asked_to_drain().await {
                    self.drain().await;
                }
                self.stop().await
            }
            Some(Err(error)) => {
                self.stop().await?;
                Err(error)
            }
            None => self.stop().await,
        }
    }
}

/// The configuration in force, as TOML.
pub fn config_text(options: &UpOptions) -> anyhow::Result<String> {
    Ok(options.config()?.to_toml())
}

/// Looks for stored data that would be refused today.
pub async fn inspect(options: &UpOptions, most: usize) -> anyhow::Result<Inspected> {
    inspection::inspect(&options.config()?, most).await
}

/// Migrates the database to the schema of this version.
pub async fn migrate(options: &UpOptions) -> anyhow::Result<()> {
    boot::migrate(&options.config()?).await
}
