//! A suite: an installation, and the faults that are played on it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use swath_harness::Service;
use tokio::time::timeout;

use crate::distributed::Distributed;
use crate::embedded::Embedded;
use crate::report::Row;

/// No fault takes longer, whatever is stuck.
const FAULT_TIMEOUT: Duration = Duration::from_secs(240);
/// How many warnings of a process are shown for a fault that failed.
const WARNINGS_MAX: usize = 10;

/// An installation and the faults that it can have.
pub enum FaultSuite {
    /// Six processes on real servers.
    Distributed(Box<Distributed>),
    /// The same, with PostgreSQL on a small disk that can be filled.
    SmallDisk(Box<Distributed>),
    /// One process.
    Embedded(Box<Embedded>),
}

impl FaultSuite {
    /// All suites.
    pub fn all() -> [Self; 3] {
        [
            Self::Distributed(Box::new(Distributed::new(false))),
            Self::SmallDisk(Box::new(Distributed::new(true))),
            Self::Embedded(Box::default()),
        ]
    }

    /// The deployment.
    pub fn deployment(&self) -> &'static str {
        match self {
            Self::Distributed(_) | Self::SmallDisk(_) => "distributed",
            Self::Embedded(_) => "embedded",
        }
    }

    /// The names of the faults.
    pub fn faults(&self) -> Vec<&'static str> {
        match self {
            Self::Distributed(on) | Self::SmallDisk(on) => on.faults(),
            Self::Embedded(on) => on.faults(),
        }
    }

    /// Starts the installation.
    pub async fn open(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Distributed(on) | Self::SmallDisk(on) => on.open().await,
            Self::Embedded(on) => on.open().await,
        }
    }

    /// Plays a fault. One that cannot be played counts as a violation, and the processes' warnings are shown with it.
    pub async fn play(&mut self, fault: &str, seed: u64) -> Row {
        let before: Vec<usize> = self.services().iter().map(|service| service.log().len()).collect();
        let mut row = self.attempt(fault, seed).await;
        if row.violations > 0 {
            for (service, before) in self.services().iter().zip(before) {
                row.found.extend(warnings(service, before));
            }
        }
        row
    }

    async fn attempt(&mut self, fault: &str, seed: u64) -> Row {
        let playing = async {
            match self {
                Self::Distributed(on) | Self::SmallDisk(on) => on.play(fault, seed).await,
                Self::Embedded(on) => on.play(fault, seed).await,
            }
        };
        // Clients of the harness panic at an unexpected answer.
        let played = match timeout(FAULT_TIMEOUT, AssertUnwindSafe(playing).catch_unwind()).await {
            Ok(Ok(played)) => played,
            Ok(Err(_)) => Err(anyhow::anyhow!("a client panicked: see above")),
            Err(_) => Err(anyhow::anyhow!("it did not end within {} s", FAULT_TIMEOUT.as_secs())),
        };
        let deployment = self.deployment();
        played.unwrap_or_else(|error| Row::failed(fault, deployment, &error))
    }

    fn services(&self) -> &[Service] {
        match self {
            Self::Distributed(on) | Self::SmallDisk(on) => on.services(),
            Self::Embedded(on) => on.services(),
        }
    }

    /// Stops the installation.
    pub async fn close(&mut self) {
        match self {
            Self::Distributed(on) | Self::SmallDisk(on) => on.close().await,
            Self::Embedded(on) => on.close(),
        }
    }
}

/// The warnings of a process after the first `since` bytes of its log.
fn warnings(service: &Service, since: usize) -> Vec<String> {
    let log = service.log();
    let new = log.get(since..).unwrap_or(&log).lines();
    let loud = new.filter(|line| line.contains(" WARN ") || line.contains(" ERROR "));
    loud.take(WARNINGS_MAX).map(|line| format!("{}: {line}", service.name())).collect()
}
