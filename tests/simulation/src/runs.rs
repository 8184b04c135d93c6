//! Runs: a seed or a list of operations, played in a world of its own, and a failure that is shortened.

use swath_runtime::Config;
use swath_runtime::config::Sources;
use tokio::runtime::{Builder, Runtime};

use crate::ops::{Op, of_seed};
use crate::verify::Material;
use crate::violation::Violation;
use crate::world::World;

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The violation, if there was one.
    pub violation: Option<Violation>,
    /// A digest of everything that happened, to compare runs.
    pub fingerprint: u64,
    /// The number of operations.
    pub operations: u64,
    /// What happened, line by line, if that was asked for.
    pub story: Vec<String>,
}

/// Plays seeds and lists.
pub struct Runner {
    config: Config,
    runtime: Runtime,
}

impl Runner {
    /// A runner whose tokio time stands still until the simulation moves it.
    pub fn new() -> anyhow::Result<Self> {
        let config = Config::load(&Sources::default())?;
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
        Ok(Self { config, runtime })
    }

    /// Plays the operations of a seed.
    pub fn seed(&self, seed: u64) -> anyhow::Result<Outcome> {
        self.list(seed, &of_seed(seed), false)
    }

    /// Plays a list in the world of a seed; `tell` keeps what happened.
    pub fn list(&self, seed: u64, ops: &[Op], tell: bool) -> anyhow::Result<Outcome> {
        self.runtime.block_on(async {
            let mut world = World::new(&self.config, seed, tell).await?;
            let mut violation = None;
            for op in ops {
                violation = world.run(op).await.err();
                if violation.is_some() {
                    break;
                }
            }
            if violation.is_none() {
                violation = world.come_to_rest().await.err();
            }
            if violation.is_none() {
                violation = world.verify().await.err();
            }
            Ok(Outcome {
                violation,
                fingerprint: world.fingerprint(),
                operations: world.operations,
                story: world.story.take().unwrap_or_default(),
            })
        })
    }

    /// What users did and what is stored, for the first job of a seed without a violation.
    pub fn material(&self, seed: u64) -> anyhow::Result<Option<Material>> {
        self.runtime.block_on(async {
            let mut world = World::new(&self.config, seed, false).await?;
            for op in of_seed(seed) {
                if world.run(&op).await.is_err() {
                    return Ok(None);
                }
            }
            if world.come_to_rest().await.is_err() {
                return Ok(None);
            }
            world.material(world.jobs[0]).await.map(Some)
        })
    }

    /// Shortens a failing list: smaller and smaller parts are left out, as long as it still fails.
    pub fn shrink(&self, seed: u64, mut ops: Vec<Op>) -> anyhow::Result<Vec<Op>> {
        let mut piece = ops.len() / 2;
        while piece > 0 {
            let mut at = 0;
            while at < ops.len() {
                let mut shorter = ops.clone();
                shorter.drain(at..(at + piece).min(ops.len()));
                if self.list(seed, &shorter, false)?.violation.is_some() {
                    ops = shorter;
                } else {
                    at += piece;
                }
            }
            piece /= 2;
        }
        Ok(ops)
    }
}
