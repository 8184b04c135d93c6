//! A chapter: an installation that stands for as long as its faults last.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use swath_harness::Service;
use tokio::time::timeout;

use crate::distributed::Distributed;
use crate::embedded::Embedded;
use crate::report::Row;

/// No fault takes longer, whatever waits for whatever.
const LONGEST: Duration = Duration::from_secs(240);
/// Of what a process warned of under a fault that went wrong.
const WARNINGS: usize = 10;

/// An installation and the faults that it can have.
pub enum Chapter {
    /// Six processes on real servers.
    Distributed(Box<Distributed>),
    /// The same with PostgreSQL on a disk that can be filled.
    SmallDisk(Box<Distributed>),
    /// One process.
    Embedded(Box<Embedded>),
}

impl Chapter {
    /// All of them.
    pub fn all() -> [Self; 3] {
        [
            Self::Distributed(Box::new(Distributed::new(false))),
            Self::SmallDisk(Box::new(Distributed::new(true))),
            Self::Embedded(Box::default()),
        ]
    }

    /// The shape.
    pub fn shape(&self) -> &'static str {
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

    /// Plays one fault; one that cannot be played is a violation, and what the processes warned of tells why.
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
        // People of the harness fall over where they hear what they must not hear.
        let played = match timeout(LONGEST, AssertUnwindSafe(playing).catch_unwind()).await {
            Ok(Ok(played)) => played,
            Ok(Err(_)) => Err(anyhow::anyhow!("somebody fell over: see above")),
            Err(_) => Err(anyhow::anyhow!("it did not end within {} s", LONGEST.as_secs())),
        };
        let shape = self.shape();
        played.unwrap_or_else(|error| Row::failed(fault, shape, &error))
    }

    fn services(&self) -> &[Service] {
        match self {
            Self::Distributed(on) | Self::SmallDisk(on) => on.services(),
            Self::Embedded(on) => on.services(),
        }
    }

    /// Ends the installation.
    pub async fn close(&mut self) {
        match self {
            Self::Distributed(on) | Self::SmallDisk(on) => on.close().await,
            Self::Embedded(on) => on.close(),
        }
    }
}

/// What a process has warned of since its log was so long.
fn warnings(service: &Service, since: usize) -> Vec<String> {
    let log = service.log();
    let new = log.get(since..).unwrap_or(&log).lines();
    let loud = new.filter(|line| line.contains(" WARN ") || line.contains(" ERROR "));
    loud.take(WARNINGS).map(|line| format!("{}: {line}", service.name())).collect()
}
