//! The two shapes, as data: which processes there are and what they are told.

use std::path::Path;

use super::Settings;
use crate::ids;
use crate::process::{Environment, Service, migrate, migrate_by};
use crate::servers::{Addresses, Database};

/// Environment variable that names the shape under test.
const SHAPE: &str = "SWATH_TEST_SHAPE";

/// How an installation is laid out.
#[derive(Clone, Debug)]
pub enum Shape {
    /// One process with every role, on one file.
    Embedded,
    /// A process per role, two gateways and two reviews, on real servers.
    Distributed(Addresses),
}

/// Prepared processes and the database that was made for them.
pub(super) struct Plan {
    pub(super) services: Vec<Service>,
    pub(super) database: Option<Database>,
}

impl Shape {
    /// The shape that the environment names; embedded without.
    ///
    /// # Errors
    /// When the name is unknown, or a server of the distributed shape is not given.
    pub fn from_environment() -> anyhow::Result<Self> {
        match std::env::var(SHAPE).as_deref() {
            Err(_) | Ok("embedded") => Ok(Self::Embedded),
            Ok("distributed") => Ok(Self::Distributed(Addresses::from_environment()?)),
            Ok(other) => anyhow::bail!("{SHAPE}={other}: neither embedded nor distributed"),
        }
    }

    /// Whether one process does everything.
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

    /// The processes and their roles; one process has all of them.
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

/// A database and prefixes of its own keep a world apart from all others on the same servers.
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
