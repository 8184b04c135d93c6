//! Writes run in tasks that the process owns: a caller sends a command and awaits the reply, and may go away.
//! Commands of one kind that come while a transaction runs share the next one.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::error::{Result, StoreError};

/// Commands in one transaction.
const BATCH: usize = 128;
/// Commands that may wait; past that callers wait for room.
const WAITING: usize = 4_096;
/// How long a transaction may take before its outcome counts as unknown.
const DEADLINE: Duration = Duration::from_secs(15);
/// How often a lone command is run again that met another transaction.
const TRIES: u32 = 5;

/// The reply to each member of a batch, or one failure for all.
pub(crate) type Replies<R> = Result<Vec<Result<R>>>;
type Run<C, R> = Arc<dyn Fn(Vec<C>) -> BoxFuture<'static, Replies<R>> + Send + Sync>;
type Waiting<C, R> = (C, oneshot::Sender<Result<R>>);

/// The queue before the tasks that write one kind of command.
pub(crate) struct Writer<C, R> {
    queue: mpsc::Sender<Waiting<C, R>>,
}

impl<C: Clone + Send + 'static, R: Send + 'static> Writer<C, R> {
    /// Starts `tasks` tasks that take turns at gathering a batch and then run it side by side.
    pub(crate) fn spawn(tasks: usize, run: Run<C, R>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..tasks {
            tokio::spawn(write(waiting.clone(), run.clone()));
        }
        Self { queue }
    }

    /// Runs one command; whoever drops this future leaves the command to its fate, whole or not at all.
    pub(crate) async fn run(&self, command: C) -> Result<R> {
        let (reply, answer) = oneshot::channel();
        let closed = || StoreError::Unavailable("the store is shutting down".into());
        self.queue.send((command, reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

async fn write<C: Clone, R: Send + 'static>(
    waiting: Arc<Mutex<mpsc::Receiver<Waiting<C, R>>>>,
    run: Run<C, R>,
) {
    loop {
        let mut batch = Vec::new();
        if waiting.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let (commands, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        for (reply, answer) in replies.into_iter().zip(answers(&run, commands).await) {
            // A caller that went away does not wait for its answer.
            let _ = reply.send(answer);
        }
    }
}

/// Runs a batch; one that fails as a whole because of a member is run again member by member.
async fn answers<C: Clone, R: Send + 'static>(run: &Run<C, R>, commands: Vec<C>) -> Vec<Result<R>> {
    let count = commands.len();
    match within_deadline(run, commands.clone()).await {
        Ok(answers) => answers,
        // What came of it is not known, or nothing can be asked: whoever sends the same key again finds out.
        Err(error @ StoreError::Unavailable(_)) => (0..count).map(|_| Err(error.clone())).collect(),
        Err(error @ StoreError::Corrupt { .. }) if count == 1 => vec![Err(error)],
        Err(_) => {
            let mut answers = Vec::with_capacity(count);
            for command in commands {
                answers.push(alone(run, command).await);
            }
            answers
        }
    }
}

async fn alone<C: Clone, R: Send + 'static>(run: &Run<C, R>, command: C) -> Result<R> {
    for _ in 1..TRIES {
        match within_deadline(run, vec![command.clone()]).await {
            Err(StoreError::Collision(_)) => {}
            other => return sole(other),
        }
    }
    sole(within_deadline(run, vec![command]).await)
}

fn sole<R>(replies: Replies<R>) -> Result<R> {
    replies?.pop().unwrap_or_else(|| Err(StoreError::Unavailable("a batch lost its answer".into())))
}

/// The transaction is a task of its own and is never aborted: a `BEGIN` dropped half way poisons its connection.
async fn within_deadline<C, R: Send + 'static>(run: &Run<C, R>, commands: Vec<C>) -> Replies<R> {
    match tokio::time::timeout(DEADLINE, tokio::spawn(run(commands))).await {
        Ok(Ok(replies)) => replies,
        // It was undone, and perhaps only one member is to blame.
        Ok(Err(panic)) => Err(StoreError::Collision(format!("the transaction ended: {panic}"))),
        Err(_) => Err(StoreError::Unavailable(format!("no answer within {DEADLINE:?}"))),
    }
}
