//! The store as a value, with every public method: opening it here, and the methods by subject in the modules below.

use std::iter::repeat;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use prometheus::core::Collector;
use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::job::JobHead;

use crate::engine::batcher::{Batcher, Run, Traffic, UNHURRIED};
use crate::engine::core::{Core, STRIPES, committed};
use crate::engine::db::{Reader, Tx};
use crate::engine::meters::Meters;
use crate::engine::pools::{Connections, Target};
use crate::error::{Result, StoreError};
use crate::reads::under_review::{self, Look, UnderReview};
use crate::verbs::decide::{self, Decide, Decided};
use crate::verbs::grant::{self, Grant, Granted};
use crate::verbs::jobs::definition;
use crate::verbs::leases::{self, Release, Renew, Renewed};
use crate::verbs::save::{self, Confirm, Confirmed};
use crate::verbs::submit::{self, Submit, Submitted};
use crate::verbs::verdicts::{self, PutVerdict};

/// Tasks that write one kind of command into PostgreSQL; SQLite takes one transaction at a time.
const POSTGRES_TASKS: usize = 2;
/// How often a rare write runs again that collided with another transaction.
const COLLISIONS_MAX: u32 = 5;

/// The handle that services hold; clones share everything.
#[derive(Clone)]
pub struct Store {
    core: Core,
    batchers: Arc<Batchers>,
    meters: Arc<Meters>,
}

/// The commands that come often, each kind with tasks of its own that run many of them in one transaction.
struct Batchers {
    grant: Batcher<Grant, Granted>,
    renew: Batcher<Renew, Renewed>,
    release: Batcher<Release, ()>,
    confirm: Batcher<Confirm, Confirmed>,
    submit: Batcher<Submit, Submitted>,
    verdict: Batcher<PutVerdict, ()>,
    decide: Batcher<Decide, Decided>,
    look: Batcher<UnderReview, Look>,
}

/// A batcher over one of the batch verbs, each of its tasks with a stripe of its own.
macro_rules! batcher {
    ($traffic:expr, $meter:expr, $cores:expr, $tasks:expr, $verb:path) => {
        batcher!($traffic, $meter, $cores, $tasks, $verb, Duration::ZERO)
    };
    ($traffic:expr, $meter:expr, $cores:expr, $tasks:expr, $verb:path, $pace:expr) => {
        Batcher::spawn(
            $traffic,
            $meter,
            $pace,
            $cores.by_ref().take($tasks).map(|core: Core| -> Run<_, _> {
                Arc::new(move |batch| {
                    let core = core.clone();
                    Box::pin(async move { $verb(&core, batch).await })
                })
            }),
        )
    };
}

impl Store {
    /// Opens the database and starts the writing tasks. `stripe` tells this process' counters from those of others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where SQLite's file cannot be opened. PostgreSQL is not contacted yet.
    pub async fn open(target: &Target, stripe: i64) -> Result<Self> {
        let core = Core::open(target, stripe * STRIPES).await?;
        let mut cores = (1..STRIPES).map(|offset| core.with_stripe(core.stripe + offset));
        let tasks = match target {
            Target::Postgres { .. } => POSTGRES_TASKS,
            Target::Sqlite(_) | Target::SqliteReadOnly(_) | Target::Memory(_) => 1,
        };
        let traffic = Arc::new(Traffic::default());
        let meters = Meters::new().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let mut readers = repeat(core.clone());
        let batchers = Batchers {
            grant: batcher!(&traffic, meters.of("grant"), cores, tasks, grant::grant),
            renew: batcher!(&traffic, meters.of("renew"), cores, 1, leases::renew, UNHURRIED),
            release: batcher!(&traffic, meters.of("release"), cores, tasks, leases::release),
            confirm: batcher!(&traffic, meters.of("confirm"), cores, tasks, save::confirm),
            submit: batcher!(&traffic, meters.of("submit"), cores, tasks, submit::submit),
            verdict: batcher!(&traffic, meters.of("verdict"), cores, tasks, verdicts::put_verdicts),
            decide: batcher!(&traffic, meters.of("decide"), cores, tasks, decide::decide),
            look: batcher!(&Arc::default(), meters.of("look"), readers, tasks, under_review::read),
        };
        Ok(Self { core, batchers: Arc::new(batchers), meters: Arc::new(meters) })
    }

    /// Brings the schema up to this version.
    pub async fn migrate(&self) -> Result<()> {
        self.core.pools.migrate().await
    }

    /// Whether the schema is at this version or a later one.
    pub async fn is_migrated(&self) -> Result<bool> {
        self.core.pools.is_migrated().await
    }

    /// Settings of the database under which an acknowledged write could be lost.
    pub async fn unsafe_settings(&self) -> Result<Vec<String>> {
        self.core.pools.unsafe_settings().await
    }

    /// The database's clock; none where the process' own clock counts.
    pub async fn clock(&self) -> Result<Option<Time>> {
        self.core.pools.clock().await
    }

    /// What the store measures of its transactions, to be registered.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.meters.collectors()
    }

    /// The connections of each pool.
    pub fn connections(&self) -> Vec<Connections> {
        self.core.pools.connections()
    }

    /// Closes every connection once it is back.
    pub async fn close(&self) {
        self.core.pools.close().await;
    }

    /// Grants a lease to annotate or a review, or hands back the one that the person holds.
    pub async fn lease_grant(&self, command: Grant) -> Result<Granted> {
        self.batchers.grant.run(command).await
    }

    /// Keeps a lease or a review alive.
    pub async fn lease_renew(&self, command: Renew) -> Result<Renewed> {
        self.batchers.renew.run(command).await
    }

    /// Gives a lease or a review back.
    pub async fn lease_release(&self, command: Release) -> Result<()> {
        self.batchers.release.run(command).await
    }

    /// Saves one item.
    pub async fn item_confirm(&self, command: Confirm) -> Result<Confirmed> {
        self.batchers.confirm.run(command).await
    }

    /// Hands in an assignment.
    pub async fn lease_submit(&self, command: Submit) -> Result<Submitted> {
        self.batchers.submit.run(command).await
    }

    /// Saves a verdict on one item.
    pub async fn verdict_put(&self, command: PutVerdict) -> Result<()> {
        self.batchers.verdict.run(command).await
    }

    /// A submission as a reviewer sees it: how large its items are, and the items themselves where they are small.
    pub async fn review_look(&self, command: UnderReview) -> Result<Look> {
        self.batchers.look.run(command).await
    }

    /// Decides a review.
    pub async fn review_decide(&self, command: Decide) -> Result<Decided> {
        self.batchers.decide.run(command).await
    }

    /// What never changes about a job: its team, dataset and lease policy. Its status and texts may be old.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn job_definition(&self, id: JobId) -> Result<Option<Arc<JobHead>>> {
        if let Some(job) = self.core.caches.jobs.get(&id) {
            return Ok(Some(job));
        }
        // Boxed so that this rare branch does not enlarge every caller's future.
        Box::pin(async move {
            match definition(&self.core, &mut self.reader().await?.db(), id).await {
                Err(StoreError::NotFound) => Ok(None),
                job => job.map(Some),
            }
        })
        .await
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    pub(crate) async fn reader(&self) -> Result<Reader> {
        self.core.pools.reader().await
    }

    /// Runs a rare write in a task of the store's own, again while it meets other transactions.
    pub(crate) async fn write<A, R, F>(&self, argument: A, verb: F) -> Result<R>
    where
        A: Clone + Send + Sync + 'static,
        R: Send + 'static,
        F: for<'a> Fn(&'a Core, &'a mut Tx, &'a A) -> BoxFuture<'a, Result<R>> + Send + Sync + 'static,
    {
        let core = self.core.clone();
        let task = tokio::spawn(async move {
            let mut tries = 0;
            loop {
                tries += 1;
                match attempt(&core, &argument, &verb).await {
                    Err(StoreError::Collision(_)) if tries < COLLISIONS_MAX => {}
                    other => return other,
                }
            }
        });
        task.await?
    }
}

async fn attempt<A, R, F>(core: &Core, argument: &A, verb: &F) -> Result<R>
where
    F: for<'a> Fn(&'a Core, &'a mut Tx, &'a A) -> BoxFuture<'a, Result<R>>,
{
    let mut tx = core.begin().await?;
    match verb(core, &mut tx, argument).await {
        Ok(answer) => committed(tx.commit().await).map(|()| answer),
        Err(error) => {
            // A refusal is ordinary, and must not cost the connection; what cannot be rolled back is closed.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}
