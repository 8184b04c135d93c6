//! The store as a value, with every public method: opening it here, and the methods by subject in the modules below.
//!
//! A method that is not called for each request returns a boxed future. The body of an `async fn` is compiled in every
//! crate that awaits it; a boxed one is compiled once, here, which saves a third of the build of the services.

mod access;
mod annotations;
mod assignments;
mod datasets;
mod events;
mod files;
mod imports;
mod inspection;
mod items;
mod jobs;
mod operations;
mod people;
mod pictures;
mod requests;
mod teams;
mod work;

use std::iter::repeat;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::engine::batcher::{Batcher, NOT_URGENT_PACE, Run, Traffic};
use crate::engine::core::{Core, STRIPES};
use crate::engine::db::{Reader, Tx};
use crate::engine::meters::Meters;
use crate::engine::pools::Target;
use crate::error::{Result, StoreError};
use crate::reads::under_review::{self, Look, UnderReview};
use crate::verbs::decide::{self, Decide, Decided};
use crate::verbs::grant::{self, Grant, Granted};
use crate::verbs::leases::{self, Release, Renew, Renewed};
use crate::verbs::save::{self, ItemSaved, SaveItem};
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
    save: Batcher<SaveItem, ItemSaved>,
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
    pub fn open(target: &Target, stripe: i64) -> BoxFuture<'_, Result<Self>> {
        Box::pin(async move {
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
                renew: batcher!(&traffic, meters.of("renew"), cores, 1, leases::renew, NOT_URGENT_PACE),
                release: batcher!(&traffic, meters.of("release"), cores, tasks, leases::release),
                save: batcher!(&traffic, meters.of("confirm"), cores, tasks, save::save),
                submit: batcher!(&traffic, meters.of("submit"), cores, tasks, submit::submit),
                verdict: batcher!(&traffic, meters.of("verdict"), cores, tasks, verdicts::put),
                decide: batcher!(&traffic, meters.of("decide"), cores, tasks, decide::decide),
                look: batcher!(&Arc::default(), meters.of("look"), readers, tasks, under_review::read),
            };
            Ok(Self { core, batchers: Arc::new(batchers), meters: Arc::new(meters) })
        })
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    pub(crate) async fn reader(&self) -> Result<Reader> {
        self.core.pools.reader().await
    }

    /// Runs a rare write in a task of the store's own, again while it meets other transactions.
    #[expect(
        clippy::expect_used,
        reason = "the task sends its answer last; if it panicked, that is the error before"
    )]
    pub(crate) async fn write<A, R, F>(&self, argument: A, verb: F) -> Result<R>
    where
        A: Clone + Send + Sync + 'static,
        R: Send + 'static,
        F: for<'a> Fn(&'a Core, &'a mut Tx, &'a A) -> BoxFuture<'a, Result<R>> + Send + Sync + 'static,
    {
        let core = self.core.clone();
        let (sender, mut receiver) = oneshot::channel();
        // The runtime is compiled for each type of task, so all writes are tasks of this one type.
        let task: BoxFuture<'static, ()> = Box::pin(async move {
            // The send fails only if the caller has dropped its future. The write is committed all the same.
            let _ = sender.send(attempts(&core, &argument, &verb).await);
        });
        tokio::spawn(task).await?;
        receiver.try_recv().expect("the task has sent its answer")
    }
}

async fn attempts<A, R, F>(core: &Core, argument: &A, verb: &F) -> Result<R>
where
    F: for<'a> Fn(&'a Core, &'a mut Tx, &'a A) -> BoxFuture<'a, Result<R>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        match attempt(core, argument, verb).await {
            Err(StoreError::Collision(_)) if tries < COLLISIONS_MAX => {}
            other => return other,
        }
    }
}

async fn attempt<A, R, F>(core: &Core, argument: &A, verb: &F) -> Result<R>
where
    F: for<'a> Fn(&'a Core, &'a mut Tx, &'a A) -> BoxFuture<'a, Result<R>>,
{
    let mut tx = core.begin().await?;
    match verb(core, &mut tx, argument).await {
        Ok(answer) => tx.commit().await.map(|()| answer),
        Err(error) => {
            // A refusal is ordinary, and must not cost the connection; what cannot be rolled back is closed.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}
