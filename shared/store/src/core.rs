//! The store as a value: its pools, the tasks that write, and what never changes about a job.

use std::iter::repeat;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use prometheus::core::Collector;
use swath_domain::Time;
use swath_domain::ids::{DatasetId, JobId};
use swath_domain::job::{JobHead, JobSpec};
use swath_domain::planted::{Bug, is};

use crate::batcher::{Batcher, Replies, Run, Traffic, UNHURRIED};
use crate::db::{Db, Reader, Tx};
use crate::error::{Result, StoreError};
use crate::grants::{self, Grant, Granted};
use crate::heads::Heads;
use crate::holds::{self, Release, Renew, Renewed};
use crate::items::{self, Confirm, Confirmed};
use crate::jobs;
use crate::meters::Meters;
use crate::pieces::Piece;
use crate::pools::{Connections, Pools, Target};
use crate::remembered::Remembered;
use crate::reviews::{self, Decide, Decided};
use crate::submissions::{self, Submit, Submitted};
use crate::under_review::{self, Look, UnderReview};
use crate::verdicts::{self, PutVerdict};

/// Jobs whose unchanging part is remembered, in bytes.
const JOBS_BYTES: usize = 8 << 20;
/// Specifications of jobs that are remembered, in bytes of JSON; parsed they take up to three times as much.
const SPECS_BYTES: usize = 16 << 20;
/// Datasets whose pieces are remembered, in bytes.
const DATASETS_BYTES: usize = 8 << 20;
/// Tasks that write one kind of command into PostgreSQL.
const TASKS: usize = 2;

/// Stripes of the counters that one process writes, at most: one for each of its tasks, and the first for rare writes.
const STRIPES: i64 = 16;

/// What every transaction of this process needs, and the stripe of the counters that is its task's own: two tasks that
/// shared one would wait for each other's commits.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) stripe: i64,
    parts: Arc<Parts>,
}

/// What all tasks of a process share.
pub(crate) struct Parts {
    pub(crate) pools: Pools,
    pub(crate) pieces: Remembered<DatasetId, Arc<[Piece]>>,
    pub(crate) heads: Heads,
    /// Each with the number of the job's last log entry, which grows with every change.
    pub(crate) specs: Remembered<JobId, (i64, Arc<JobSpec>)>,
    jobs: Remembered<JobId, Arc<JobHead>>,
}

impl Deref for Core {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Core {
    /// A transaction on the connection that this task's stripe has to itself, as far as that can be.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        self.pools.begin(usize::try_from(self.stripe % STRIPES).unwrap_or_default()).await
    }

    /// A job's unchanging part: terms, review rule, slots. Its status and texts may be old.
    pub(crate) async fn job(&self, db: &mut Db<'_>, id: JobId) -> Result<Arc<JobHead>> {
        if let Some(job) = self.jobs.get(&id) {
            return Ok(job);
        }
        let job = Arc::new(jobs::head(db, id).await?.ok_or(StoreError::NotFound)?);
        self.jobs.insert(id, job.clone(), job.title.len());
        Ok(job)
    }
}

/// The handle that services hold; clones share everything.
#[derive(Clone)]
pub struct Store {
    core: Core,
    verbs: Arc<Verbs>,
    meters: Arc<Meters>,
}

struct Verbs {
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
    pub async fn open(target: &Target, stripe: i64) -> Result<Self> {
        let parts = Arc::new(Parts {
            pools: Pools::open(target).await?,
            pieces: Remembered::of_bytes(DATASETS_BYTES),
            heads: Heads::default(),
            specs: Remembered::of_bytes(SPECS_BYTES),
            jobs: Remembered::of_bytes(JOBS_BYTES),
        });
        let mut cores = (stripe * STRIPES..(stripe + 1) * STRIPES)
            .map(|stripe| Core { stripe, parts: parts.clone() })
            .collect::<Vec<_>>()
            .into_iter();
        let core = cores.next().ok_or_else(|| StoreError::Unavailable("no stripe is left".into()))?;
        let tasks = match target {
            Target::Postgres { .. } => TASKS,
            Target::Sqlite(_) | Target::SqliteReadOnly(_) | Target::Memory(_) => 1,
        };
        let traffic = Arc::new(Traffic::default());
        let meters = Meters::new().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let verbs = Verbs {
            grant: batcher!(&traffic, meters.of("grant"), cores, tasks, grants::grant),
            renew: batcher!(&traffic, meters.of("renew"), cores, 1, holds::renew, UNHURRIED),
            release: batcher!(&traffic, meters.of("release"), cores, tasks, holds::release),
            confirm: batcher!(&traffic, meters.of("confirm"), cores, tasks, items::confirm),
            submit: batcher!(&traffic, meters.of("submit"), cores, tasks, submissions::submit),
            verdict: batcher!(&traffic, meters.of("verdict"), cores, tasks, verdicts::put_verdicts),
            decide: batcher!(&traffic, meters.of("decide"), cores, tasks, reviews::decide),
            look: batcher!(
                &Arc::default(),
                meters.of("look"),
                repeat(core.clone()),
                tasks,
                under_review::read
            ),
        };
        Ok(Self { core, verbs: Arc::new(verbs), meters: Arc::new(meters) })
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
        self.verbs.grant.run(command).await
    }

    /// Keeps a lease or a review alive.
    pub async fn lease_renew(&self, command: Renew) -> Result<Renewed> {
        self.verbs.renew.run(command).await
    }

    /// Gives a lease or a review back.
    pub async fn lease_release(&self, command: Release) -> Result<()> {
        self.verbs.release.run(command).await
    }

    /// Saves one item.
    pub async fn item_confirm(&self, command: Confirm) -> Result<Confirmed> {
        self.verbs.confirm.run(command).await
    }

    /// Hands in an assignment.
    pub async fn lease_submit(&self, command: Submit) -> Result<Submitted> {
        self.verbs.submit.run(command).await
    }

    /// Saves a verdict on one item.
    pub async fn verdict_put(&self, command: PutVerdict) -> Result<()> {
        self.verbs.verdict.run(command).await
    }

    /// A submission as a reviewer sees it: how large its items are, and the items themselves where they are small.
    pub async fn review_look(&self, command: UnderReview) -> Result<Look> {
        self.verbs.look.run(command).await
    }

    /// Decides a review.
    pub async fn review_decide(&self, command: Decide) -> Result<Decided> {
        self.verbs.decide.run(command).await
    }

    /// What never changes about a job: its team, dataset and terms. Its status and texts may be old.
    pub async fn job_frame(&self, id: JobId) -> Result<Option<Arc<JobHead>>> {
        if let Some(job) = self.core.jobs.get(&id) {
            return Ok(Some(job));
        }
        // In a box, as it is rare: what a future may have to hold is moved about with every call.
        Box::pin(async move {
            match self.core.job(&mut self.reader().await?.db(), id).await {
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
                    Err(StoreError::Collision(_)) if tries < COLLISIONS => {}
                    other => return other,
                }
            }
        });
        task.await?
    }
}

/// How often a rare write is run again that met another transaction.
const COLLISIONS: u32 = 5;

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

/// Tells a member that is refused, which is an answer, from a failure that spoils the transaction for all.
pub(crate) fn settle<R>(answer: Result<R>) -> Result<Result<R>> {
    match answer {
        Err(
            error @ (StoreError::Collision(_)
            | StoreError::Unavailable(_)
            | StoreError::Panicked(_)
            | StoreError::Corrupt { .. }),
        ) => Err(error),
        answer => Ok(answer),
    }
}

/// Ends a batch: commits, and passes the replies on.
pub(crate) async fn commit<R>(tx: Tx, replies: Vec<Result<R>>) -> Replies<R> {
    committed(tx.commit().await)?;
    Ok(replies)
}

/// Whether what was written is on disk: nothing is answered before that is known.
fn committed(outcome: Result<()>) -> Result<()> {
    if is(Bug::AnswerBeforeCommit) { Ok(()) } else { outcome }
}
