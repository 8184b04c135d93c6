//! Group commit: requests that arrive while a transaction runs share the next one.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::{Mutex, mpsc, oneshot};

/// The most requests in one transaction, and the most that may wait.
const GROUP_MAX: usize = 256;
const QUEUE_CAPACITY: usize = 4_096;

type Waiting<T> = (T, oneshot::Sender<bool>);

/// The queue of the tasks that write.
pub struct Group<T>(mpsc::Sender<Waiting<T>>);

impl<T: Send + 'static> Group<T> {
    /// Starts tasks that collect a group each in turn and write it.
    pub fn start<F, Fut>(tasks: usize, write: F) -> Self
    where
        F: Fn(Vec<T>) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send,
    {
        let (queue, waiting) = mpsc::channel::<Waiting<T>>(QUEUE_CAPACITY);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..tasks {
            let (waiting, write) = (waiting.clone(), write.clone());
            tokio::spawn(async move {
                loop {
                    let mut group = Vec::new();
                    if waiting.lock().await.recv_many(&mut group, GROUP_MAX).await == 0 {
                        return;
                    }
                    let (values, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
                    let written = write(values).await;
                    if let Err(error) = &written {
                        eprintln!("a group failed: {error:#}");
                    }
                    for reply in replies {
                        let _ = reply.send(written.is_ok());
                    }
                }
            });
        }
        Self(queue)
    }

    /// Writes one value and waits for its commit.
    pub async fn run(&self, value: T) -> anyhow::Result<()> {
        let (reply, answer) = oneshot::channel();
        self.0.send((value, reply)).await.ok().context("the writing tasks have ended")?;
        anyhow::ensure!(answer.await?, "the group failed");
        Ok(())
    }
}
