//! The two deployments: their processes, and the settings of each.

use std::path::Path;

use super::settings::Settings;
use crate::ids;
use crate::process::{Environment, Service, migrate, migrate_by};
use crate::servers::{Addresses, Database};

/// Environment variable that names the deployment under test.
const DEPLOYMENT: &str = "SWATH_TEST_SHAPE";

/// How the processes of an installation are divided.
#[derive(Clone, Debug)]
pub enum Deployment {
    /// One process with every role, on SQLite.
    Embedded,
    /// A process for each role, two gateways and two review services, on real servers.
    Distributed(Addresses),
}

/// Prepared processes, and the database that was created for them.
pub(super) struct Plan {
    pub(super) services: Vec<Service>,
    pub(super) database: Option<Database>,
}

impl Deployment {
    /// The deployment that the environment names; embedded by default.
    ///
    /// # Errors
    /// When the name is unknown, or the environment lacks a server of the distributed deployment.
    pub fn from_environment() -> anyhow::Result<Self> {
        match std::env::var(DEPLOYMENT).as_deref() {
            Err(_) | Ok("embedded") => Ok(Self::Embedded),
            Ok("distributed") => Ok(Self::Distributed(Addresses::from_environment()?)),
            Ok(other) => anyhow::bail!("{DEPLOYMENT}={other}: neither embedded nor distributed"),
        }
    }

    /// True if one process does everything.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded)
    }

    pub(super) async fn plan(
        &self,
        folder: &Path,
        mut environment: Environment,
        settings: &Settings,
    ) -> anyhow::Result<Plan> {
        let database = match self {
            Self::Embedded => None,
            Self::Distributed(servers) => Some(connect(servers, &mut environment).await?),
        };
        environment.extend(settings.environment.clone());
        if database.is_some() {
            match &settings.program {
                Some(program) => migrate_by(program, &environment).await?,
                None => migrate(&environment).await?,
            }
        }
        let processes = self.processes(settings).into_iter();
        let services = processes.map(|(name, role)| {
            let mut service = Service::new(&name, role, folder, &environment)?;
            service.runs(settings.program.as_deref());
            Ok(service)
        });
        Ok(Plan { services: services.collect::<anyhow::Result<_>>()?, database })
    }

    /// The names of the processes and their roles. Without a role, a process has all of them.
    fn processes(&self, settings: &Settings) -> Vec<(String, Option<&'static str>)> {
        let single = |role: &'static str| (role.to_owned(), Some(role));
        let several = |role: &'static str, count: usize| {
            (1..=count).map(move |number| (format!("{role}-{number}"), Some(role)))
        };
        match self {
            Self::Embedded => vec![("swath".to_owned(), None)],
            Self::Distributed(_) => [single("coordinator")]
                .into_iter()
                .chain(several("gateway", settings.gateways))
                .chain(several("review", settings.reviews))
                .chain([single("metrics")])
                .collect(),
        }
    }
}

/// A database and prefixes of its own separate a world from others on the same servers.
async fn connect(servers: &Addresses, environment: &mut Environment) -> anyhow::Result<Database> {
    let database = Database::create(&servers.postgres).await?;
    let prefix = ids::named("swath");
    let settings = [
        ("SWATH__STORE__URL", database.url()),
        ("SWATH__BUS__URL", &servers.amqp),
        ("SWATH__BUS__PREFIX", &prefix),
        ("SWATH__LOCKS__URL", &servers.redis),
        ("SWATH__LOCKS__PREFIX", &prefix),
    ];
    environment.extend(settings.map(|(key, value)| (key.to_owned(), value.to_owned())));
    Ok(database)
}
