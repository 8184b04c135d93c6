//! Batches of commands in one transaction. Each kind of command has tasks of its own: a caller sends a command and awaits
//! the reply, and may drop its future. Commands that come while a transaction runs share the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::engine::meters::Meter;
use crate::error::{Result, StoreError};

/// The most commands in one transaction.
const BATCH_MAX: usize = 128;
/// So many waiting commands begin a transaction beside one that runs.
const BATCH_BESIDE_MIN: usize = 32;
/// The longest that a command waits for others while transactions run. Without it, transactions of other kinds could
/// delay a command for ever.
const BATCH_MAX_WAIT: Duration = Duration::from_millis(100);
/// The least time between two batches of commands that are not urgent, such as renewals, unless a batch is large.
pub(crate) const NOT_URGENT_PACE: Duration = Duration::from_millis(25);
/// From so many commands on a batch is large.
const LARGE_BATCH_MIN: usize = BATCH_MAX / 2;
/// The most commands that wait; past that callers wait for room.
const QUEUE_CAPACITY: usize = 4_096;
/// How long a transaction may take before its outcome counts as unknown.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a command is run in all that collides with other transactions.
const ATTEMPTS_MAX: u32 = 5;

/// The reply to each member of a batch, or one failure for all.
pub(crate) type Replies<R> = Result<Vec<Result<R>>>;
/// What a task does with a batch.
pub(crate) type Run<C, R> = Arc<dyn Fn(Vec<C>) -> BoxFuture<'static, Replies<R>> + Send + Sync>;

/// A command, its caller, and when it came.
struct Waiting<C, R> {
    command: C,
    reply: oneshot::Sender<Result<R>>,
    since: Instant,
}

/// The entrance for one kind of command.
pub(crate) struct Batcher<C, R> {
    sender: mpsc::Sender<Waiting<C, R>>,
}

/// The transactions that run right now, of all kinds that share a database.
#[derive(Default)]
pub(crate) struct Traffic {
    running: AtomicUsize,
    ended: Notify,
}

/// The waiting commands of one kind, which its tasks share.
struct BatchQueue<C, R> {
    waiting: Mutex<mpsc::Receiver<Waiting<C, R>>>,
    traffic: Arc<Traffic>,
    meter: Meter,
}

impl<C: Clone + Send + 'static, R: Send + 'static> Batcher<C, R> {
    /// Starts a task for each of `runs`. They take turns at gathering a batch, and run batches side by side where
    /// enough commands wait. Each task begins small batches at least `pace` apart.
    pub(crate) fn spawn(
        traffic: &Arc<Traffic>,
        meter: Meter,
        pace: Duration,
        runs: impl Iterator<Item = Run<C, R>>,
    ) -> Self {
        let (sender, waiting) = mpsc::channel(QUEUE_CAPACITY);
        let queue = Arc::new(BatchQueue { waiting: Mutex::new(waiting), traffic: traffic.clone(), meter });
        for run in runs {
            tokio::spawn(work(queue.clone(), pace, run));
        }
        Self { sender }
    }

    /// Runs one command. Cancel safe: a dropped command still commits or fails as a whole.
    pub(crate) async fn run(&self, command: C) -> Result<R> {
        let (reply, answer) = oneshot::channel();
        let closed = || StoreError::Unavailable("the store is shutting down".into());
        self.sender.send(Waiting { command, reply, since: Instant::now() }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl<C, R> BatchQueue<C, R> {
    /// Gathers a batch; an empty one once the store is closed. A command that comes alone runs at once. While a
    /// transaction runs, of whatever kind, commands are gathered until there are enough for a second one beside it: two
    /// small transactions cost twice as much as one, and wait for each other's locks.
    async fn gather(&self) -> Vec<Waiting<C, R>> {
        let mut waiting = self.waiting.lock().await;
        let mut batch = Vec::new();
        loop {
            let ended = self.traffic.ended.notified();
            let is_calm = self.traffic.running.load(Ordering::Acquire) == 0;
            if !batch.is_empty() && (batch.len() >= BATCH_BESIDE_MIN || is_calm) {
                break;
            }
            let deadline = batch.first().map(|first: &Waiting<C, R>| first.since + BATCH_MAX_WAIT);
            let room = BATCH_MAX - batch.len();
            tokio::select! {
                biased;
                count = waiting.recv_many(&mut batch, room) => if count == 0 { break },
                () = ended, if !batch.is_empty() => {}
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => break,
            }
        }
        self.traffic.running.fetch_add(1, Ordering::AcqRel);
        batch
    }

    fn note(&self, batch: &[Waiting<C, R>], began: Instant) {
        self.meter.size.observe(batch.len() as f64);
        for waiting in batch {
            self.meter.wait.observe((began - waiting.since).as_secs_f64());
        }
    }

    fn end(&self) {
        self.traffic.running.fetch_sub(1, Ordering::AcqRel);
        self.traffic.ended.notify_waiters();
    }
}

async fn work<C: Clone, R: Send + 'static>(queue: Arc<BatchQueue<C, R>>, pace: Duration, run: Run<C, R>) {
    loop {
        let batch = queue.gather().await;
        if batch.is_empty() {
            return;
        }
        let began = Instant::now();
        let is_large = batch.len() >= LARGE_BATCH_MIN;
        queue.note(&batch, began);
        let (commands, replies): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.command, waiting.reply)).unzip();
        let answers = answers(&run, commands).await;
        queue.end();
        queue.meter.time.observe(began.elapsed().as_secs_f64());
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that went away does not wait for its answer.
            let _ = reply.send(answer);
        }
        if !pace.is_zero() && !is_large {
            sleep_until(began + pace).await;
        }
    }
}

/// Runs a batch; one that fails as a whole because of a member is run again member by member.
async fn answers<C: Clone, R: Send + 'static>(run: &Run<C, R>, commands: Vec<C>) -> Vec<Result<R>> {
    let count = commands.len();
    match within_deadline(run, commands.clone()).await {
        Ok(answers) => answers,
        // The outcome is unknown, or the database cannot be reached: the same command with the same key finds out.
        Err(error @ StoreError::Unavailable(_)) => (0..count).map(|_| Err(error.clone())).collect(),
        Err(error @ (StoreError::Corrupt { .. } | StoreError::Panicked(_))) if count == 1 => vec![Err(error)],
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
    for _ in 1..ATTEMPTS_MAX {
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
    match tokio::time::timeout(TRANSACTION_TIMEOUT, tokio::spawn(run(commands))).await {
        Ok(Ok(replies)) => replies,
        // It was undone, and perhaps only one member is to blame.
        Ok(Err(panic)) => Err(panic.into()),
        Err(_) => Err(StoreError::Unavailable(format!("no answer within {TRANSACTION_TIMEOUT:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::time::sleep;

    use super::*;
    use crate::engine::meters::Meters;

    /// Answers each command with the number of those in its batch, after a while.
    fn batcher(traffic: &Arc<Traffic>, takes: Duration) -> Batcher<(), usize> {
        let run: Run<(), usize> = Arc::new(move |batch| {
            let answers = batch.iter().map(|()| Ok(batch.len())).collect();
            sleep(takes).map(|()| Ok(answers)).boxed()
        });
        let meter = Meters::new().unwrap().of("test");
        Batcher::spawn(traffic, meter, Duration::ZERO, std::iter::once(run))
    }

    /// Panics on a batch in which a member is odd; answers each of the others with the number of those in its batch.
    fn panics_on_odd(traffic: &Arc<Traffic>) -> Batcher<usize, usize> {
        let run: Run<usize, usize> = Arc::new(move |batch: Vec<usize>| {
            async move {
                assert!(batch.iter().all(|command| command % 2 == 0), "a planted panic");
                Ok(batch.iter().map(|_| Ok(batch.len())).collect())
            }
            .boxed()
        });
        let meter = Meters::new().unwrap().of("test");
        Batcher::spawn(traffic, meter, Duration::ZERO, std::iter::once(run))
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_panics_fails_alone_and_the_task_goes_on() {
        let batcher = panics_on_odd(&Arc::default());
        let answers = futures::future::join_all((0..8).map(|command| batcher.run(command))).await;
        for (command, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(_) => assert_eq!(command % 2, 0, "{command}"),
                Err(StoreError::Panicked(_)) => assert_eq!(command % 2, 1, "{command}"),
                Err(error) => panic!("{command}: {error}"),
            }
        }
        assert_eq!(batcher.run(2).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lone_command_does_not_wait_for_the_end_of_a_long_transaction_of_another_kind() {
        let traffic = Arc::default();
        let (long, short) = (batcher(&traffic, TRANSACTION_TIMEOUT / 2), batcher(&traffic, Duration::ZERO));
        let began = Instant::now();
        let mut running = Box::pin(long.run(()));
        while traffic.running.load(Ordering::Acquire) == 0 {
            assert!(running.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert_eq!(short.run(()).await.unwrap(), 1);
        assert!(began.elapsed() < 2 * BATCH_MAX_WAIT, "{:?}", began.elapsed());
        assert_eq!(running.await.unwrap(), 1);
    }
}
