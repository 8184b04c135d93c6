//! A world is one installation of Swath, in either shape, with an administrator who may do everything.
//!
//! Tests that only need a team of their own share one world, as tenants do. A test that kills or
//! configures something takes a world for itself.

mod front;
mod shape;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use tempfile::TempDir;

use crate::children::Running;
use crate::client::{Person, Team};
use crate::process::{Environment, Service};
use crate::servers::{Database, ObjectStore};
use crate::{ids, nginx};

pub use shape::Shape;

/// What a world is to be, beyond the ordinary.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Further settings of every process; they win over the harness's own.
    pub environment: Environment,
    /// Gateways of the distributed shape.
    pub gateways: usize,
    /// Reviews of the distributed shape.
    pub reviews: usize,
    /// Another program than the one under test.
    pub program: Option<PathBuf>,
    /// Whether nginx, as it is shipped, stands in front of the processes of the distributed shape.
    pub behind_nginx: bool,
}

/// Environment variable of runs in which nginx stands in front, as browsers find it.
const NGINX: &str = "SWATH_TEST_NGINX";

/// Two of whatever must not be alone.
impl Default for Settings {
    fn default() -> Self {
        let behind_nginx = std::env::var_os(NGINX).is_some();
        Self { environment: Environment::default(), gateways: 2, reviews: 2, program: None, behind_nginx }
    }
}

impl Settings {
    /// Adds one setting, `SWATH__SECTION__KEY`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.environment.insert(key.to_owned(), value.into());
        self
    }
}

/// One installation of Swath.
#[derive(Debug)]
pub struct World {
    shape: Shape,
    services: Vec<Service>,
    _nginx: Option<Running>,
    database: Option<Database>,
    origin: String,
    admin_token: String,
    folder: TempDir,
}

impl World {
    /// The world that tests share, started by the first who asks.
    pub async fn shared() -> &'static World {
        static SHARED: OnceLock<Arc<World>> = OnceLock::new();
        let found = tokio::task::spawn_blocking(|| SHARED.get_or_init(start_on_own_thread)).await;
        found.unwrap_or_else(|error| panic!("the shared world did not start: {error}"))
    }

    /// Starts a world of the shape that the environment names.
    ///
    /// # Errors
    /// When a process does not become ready; its log is part of the error.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        Self::start_as(Shape::from_environment()?, settings).await
    }

    /// Starts a world of the given shape.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn start_as(shape: Shape, settings: Settings) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("swath-world-").tempdir()?;
        std::fs::create_dir_all(media_of(folder.path()))?;
        let admin_token = format!("admin-{}", ids::fresh());
        let mut common = common_settings(folder.path(), &admin_token);
        // An older program refuses a setting that it does not know, and shares everything.
        if settings.program.is_none() {
            common.insert("SWATH__MEDIA__SHARED".to_owned(), shared(folder.path()));
            if !shape.is_embedded() {
                common.extend(files(folder.path()));
            }
        }
        let mut plan = shape.plan(folder.path(), common, &settings).await?;
        for service in &mut plan.services {
            service.launch()?;
        }
        for service in &mut plan.services {
            service.ready().await.context("the world did not start")?;
        }
        let (nginx, origin) = if settings.behind_nginx && !shape.is_embedded() {
            let (nginx, origin) = nginx::start(folder.path(), &plan.services).await?;
            (Some(nginx), origin)
        } else {
            (None, front::origin(&plan.services).await?)
        };
        let (services, database) = (plan.services, plan.database);
        Ok(Self { shape, services, _nginx: nginx, database, origin, admin_token, folder })
    }

    /// The shape of this world.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The one address that people use, whichever process answers.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The processes of this world.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The processes whose names start with `role`: all of them in one process answer to every role.
    pub fn with_role<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Service> {
        self.services
            .iter()
            .filter(move |service| service.name().starts_with(role) || service.name() == "swath")
    }

    /// The processes, to kill and to start.
    pub fn services_mut(&mut self) -> &mut [Service] {
        &mut self.services
    }

    /// The database behind it, where the shape has one that others may read.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// A new folder below the media roots of this world.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn media_folder(&self, stem: &str) -> anyhow::Result<std::path::PathBuf> {
        let folder = media_of(self.folder.path()).join(ids::named(stem));
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// What the administrator signs in with.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// The administrator.
    pub fn admin(&self) -> Person {
        Person::new(&self.origin, "admin", &self.admin_token)
    }

    /// Somebody who has no token, or a wrong one.
    pub fn stranger(&self, token: Option<&str>) -> Person {
        Person::stranger(&self.origin, token)
    }

    /// A new team with a manager, apart from all others.
    pub async fn team(&self, name: &str) -> Team {
        Team::found(&self.admin(), name).await
    }
}

/// The shared world lives on a thread that never ends: its processes follow that thread into the grave.
fn start_on_own_thread() -> Arc<World> {
    let (give, take) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
        runtime.block_on(async move {
            let world = World::start(Settings::default()).await;
            if give.send(world).is_ok() {
                std::future::pending::<()>().await;
            }
        });
    });
    match take.recv() {
        Ok(Ok(world)) => Arc::new(world),
        Ok(Err(error)) => panic!("the shared world did not start: {error:#}"),
        Err(_) => panic!("the shared world ended while it started"),
    }
}

fn common_settings(folder: &Path, admin_token: &str) -> Environment {
    let settings = [
        ("SWATH__ADMIN__TOKEN", admin_token.to_owned()),
        ("SWATH__SERVER__SECRET", format!("secret-{}", ids::fresh())),
        ("SWATH__MEDIA__ROOTS", media_of(folder).display().to_string()),
    ];
    settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Where processes that share no data folder keep files: in the object store of the run, where there is one.
fn files(folder: &Path) -> Environment {
    let settings = match ObjectStore::from_environment() {
        Ok(store) => vec![
            ("SWATH__FILES__S3_ENDPOINT", store.endpoint),
            ("SWATH__FILES__S3_BUCKET", ObjectStore::BUCKET.to_owned()),
            ("SWATH__FILES__S3_PREFIX", format!("{}/", ids::named("world"))),
            ("SWATH__FILES__S3_ACCESS_KEY", ObjectStore::KEY.to_owned()),
            ("SWATH__FILES__S3_SECRET_KEY", ObjectStore::SECRET.to_owned()),
        ],
        Err(_) => vec![("SWATH__FILES__FOLDER", folder.join("files").display().to_string())],
    };
    settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What all teams of a world may use: its folder, and buckets by these names.
fn shared(folder: &Path) -> String {
    format!("{},s3://bucket,s3://pictures,s3://lists", media_of(folder).display())
}

fn media_of(folder: &Path) -> std::path::PathBuf {
    folder.join("media")
}
