//! The store as a value: its pools, the tasks that write, and what never changes about a job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::job::Job;
use swath_domain::planted::{Bug, is};

use crate::db::{Db, Reader, Tx};
use crate::error::{Result, StoreError};
use crate::grants::{self, Grant, Granted};
use crate::holds::{self, Release, Renew, Renewed};
use crate::items::{self, Confirm, Confirmed};
use crate::jobs;
use crate::pools::{Pools, Target};
use crate::reviews::{self, Decide, Decided, PutVerdict};
use crate::submissions::{self, Submit, Submitted};
use crate::writer::{Replies, Writer};

/// Jobs whose unchanging part is remembered.
const JOBS_REMEMBERED: usize = 10_000;
/// Tasks that write one kind of command into PostgreSQL.
const TASKS: usize = 2;

/// What every transaction of this process needs.
pub(crate) struct Core {
    pub(crate) pools: Pools,
    /// The stripe of the counters that this process writes.
    pub(crate) stripe: i64,
    jobs: Mutex<HashMap<JobId, Arc<Job>>>,
}

impl Core {
    /// A job's unchanging part: terms, review rule, slots. Its status and texts may be old.
    pub(crate) async fn job(&self, db: &mut Db<'_>, id: JobId) -> Result<Arc<Job>> {
        if let Some(job) = self.remembered().get(&id) {
            return Ok(job.clone());
        }
        let job = Arc::new(jobs::get(db, id).await?.ok_or(StoreError::NotFound)?);
        let mut jobs = self.remembered();
        if jobs.len() >= JOBS_REMEMBERED {
            jobs.clear();
        }
        jobs.insert(id, job.clone());
        Ok(job)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle that services hold; clones share everything.
#[derive(Clone)]
pub struct Store {
    core: Arc<Core>,
    writers: Arc<Writers>,
}

struct Writers {
    grant: Writer<Grant, Granted>,
    renew: Writer<Renew, Renewed>,
    release: Writer<Release, ()>,
    confirm: Writer<Confirm, Confirmed>,
    submit: Writer<Submit, Submitted>,
    verdict: Writer<PutVerdict, ()>,
    decide: Writer<Decide, Decided>,
}

/// A writer over one of the batch verbs.
macro_rules! writer {
    ($core:expr, $tasks:expr, $verb:path) => {{
        let core: Arc<Core> = $core.clone();
        Writer::spawn(
            $tasks,
            Arc::new(move |batch| {
                let core = core.clone();
                Box::pin(async move { $verb(&core, batch).await })
            }),
        )
    }};
}

impl Store {
    /// Opens the database and starts the writing tasks. `stripe` tells this process' counters from those of others.
    pub async fn open(target: &Target, stripe: i64) -> Result<Self> {
        let core = Arc::new(Core { pools: Pools::open(target).await?, stripe, jobs: Mutex::default() });
        let tasks = match target {
            Target::Postgres { .. } => TASKS,
            Target::Sqlite(_) | Target::Memory(_) => 1,
        };
        let writers = Writers {
            grant: writer!(core, tasks, grants::grant),
            renew: writer!(core, tasks, holds::renew),
            release: writer!(core, tasks, holds::release),
            confirm: writer!(core, tasks, items::confirm),
            submit: writer!(core, tasks, submissions::submit),
            verdict: writer!(core, tasks, reviews::put_verdicts),
            decide: writer!(core, tasks, reviews::decide),
        };
        Ok(Self { core, writers: Arc::new(writers) })
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

    /// Closes every connection once it is back.
    pub async fn close(&self) {
        self.core.pools.close().await;
    }

    /// Grants a lease to annotate or a review, or hands back the one that the person holds.
    pub async fn lease_grant(&self, command: Grant) -> Result<Granted> {
        self.writers.grant.run(command).await
    }

    /// Keeps a lease or a review alive.
    pub async fn lease_renew(&self, command: Renew) -> Result<Renewed> {
        self.writers.renew.run(command).await
    }

    /// Gives a lease or a review back.
    pub async fn lease_release(&self, command: Release) -> Result<()> {
        self.writers.release.run(command).await
    }

    /// Saves one item.
    pub async fn item_confirm(&self, command: Confirm) -> Result<Confirmed> {
        self.writers.confirm.run(command).await
    }

    /// Hands in an assignment.
    pub async fn lease_submit(&self, command: Submit) -> Result<Submitted> {
        self.writers.submit.run(command).await
    }

    /// Saves a verdict on one item.
    pub async fn verdict_put(&self, command: PutVerdict) -> Result<()> {
        self.writers.verdict.run(command).await
    }

    /// Decides a review.
    pub async fn review_decide(&self, command: Decide) -> Result<Decided> {
        self.writers.decide.run(command).await
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
        task.await.map_err(|panic| StoreError::Unavailable(format!("the transaction ended: {panic}")))?
    }
}

/// How often a rare write is run again that met another transaction.
const COLLISIONS: u32 = 5;

async fn attempt<A, R, F>(core: &Core, argument: &A, verb: &F) -> Result<R>
where
    F: for<'a> Fn(&'a Core, &'a mut Tx, &'a A) -> BoxFuture<'a, Result<R>>,
{
    let mut tx = core.pools.begin().await?;
    let answer = verb(core, &mut tx, argument).await?;
    committed(tx.commit().await)?;
    Ok(answer)
}

/// Tells a member that is refused, which is an answer, from a failure that spoils the transaction for all.
pub(crate) fn settle<R>(answer: Result<R>) -> Result<Result<R>> {
    match answer {
        Err(error @ (StoreError::Collision(_) | StoreError::Unavailable(_) | StoreError::Corrupt { .. })) => {
            Err(error)
        }
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
