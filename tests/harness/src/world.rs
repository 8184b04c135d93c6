//! A world is one installation of Swath, in either deployment, with an administrator.
//!
//! Tests that only need a team of their own share one world. A test that kills or configures something starts a world
//! for itself.

mod deployment;
mod front;
mod settings;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use tempfile::TempDir;

use crate::children::Running;
use crate::client::{Team, User};
use crate::process::{Environment, Service};
use crate::servers::{Database, ObjectStore};
use crate::{ids, nginx};

pub use deployment::Deployment;
pub use settings::Settings;

/// One installation of Swath.
#[derive(Debug)]
pub struct World {
    deployment: Deployment,
    services: Vec<Service>,
    _nginx: Option<Running>,
    database: Option<Database>,
    origin: String,
    admin_token: String,
    folder: TempDir,
}

impl World {
    /// The world that tests share. The first caller starts it.
    pub async fn shared() -> &'static World {
        static SHARED: OnceLock<Arc<World>> = OnceLock::new();
        let found = tokio::task::spawn_blocking(|| SHARED.get_or_init(start_on_own_thread)).await;
        found.unwrap_or_else(|error| panic!("the shared world did not start: {error}"))
    }

    /// Starts a world in the deployment that the environment names.
    ///
    /// # Errors
    /// When a process does not become ready; its log is part of the error.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        Self::start_as(Deployment::from_environment()?, settings).await
    }

    /// Starts a world in the given deployment.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn start_as(deployment: Deployment, settings: Settings) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("swath-world-").tempdir()?;
        std::fs::create_dir_all(media_of(folder.path()))?;
        let admin_token = format!("admin-{}", ids::fresh());
        let mut common = common_settings(folder.path(), &admin_token);
        // An older program refuses settings that it does not know, and shares all media roots with all teams.
        if settings.program.is_none() {
            common.insert("SWATH__MEDIA__SHARED".to_owned(), shared(folder.path()));
            if !deployment.is_embedded() {
                common.extend(files(folder.path()));
            }
        }
        let mut plan = deployment.plan(folder.path(), common, &settings).await?;
        for service in &mut plan.services {
            service.launch()?;
        }
        for service in &mut plan.services {
            service.ready().await.context("the world did not start")?;
        }
        let (nginx, origin) = if settings.behind_nginx && !deployment.is_embedded() {
            let (nginx, origin) = nginx::start(folder.path(), &plan.services).await?;
            (Some(nginx), origin)
        } else {
            (None, front::origin(&plan.services).await?)
        };
        let (services, database) = (plan.services, plan.database);
        Ok(Self { deployment, services, _nginx: nginx, database, origin, admin_token, folder })
    }

    /// The deployment of this world.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The one address that users see, whichever process answers.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The processes of this world.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The processes with a role. An embedded process has all roles.
    pub fn with_role<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Service> {
        self.services
            .iter()
            .filter(move |service| service.name().starts_with(role) || service.name() == "swath")
    }

    /// The processes, to kill and restart them.
    pub fn services_mut(&mut self) -> &mut [Service] {
        &mut self.services
    }

    /// Its database, if the deployment has one that others may read.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// Creates a folder below the media roots of this world.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn media_folder(&self, stem: &str) -> anyhow::Result<std::path::PathBuf> {
        let folder = media_of(self.folder.path()).join(ids::named(stem));
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The administrator's token.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// The administrator.
    pub fn admin(&self) -> User {
        User::new(&self.origin, "admin", &self.admin_token)
    }

    /// A user without a token, or with a wrong one.
    pub fn stranger(&self, token: Option<&str>) -> User {
        User::stranger(&self.origin, token)
    }

    /// A new team with a manager.
    pub async fn team(&self, name: &str) -> Team {
        Team::found(&self.admin(), name).await
    }
}

/// Starts the shared world on a thread that never ends, because its processes die with the thread that started them.
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

/// Where processes without a common data folder keep files: in the object store of the run, if there is one.
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

/// What all teams of a world may use: its folder, and buckets with these names.
fn shared(folder: &Path) -> String {
    format!("{},s3://bucket,s3://pictures,s3://lists", media_of(folder).display())
}

fn media_of(folder: &Path) -> std::path::PathBuf {
    folder.join("media")
}
