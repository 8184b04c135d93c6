//! Group commit: what comes while a transaction runs shares the next one.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::{Mutex, mpsc, oneshot};

/// The most in one transaction, and the most that may wait.
const MOST: usize = 256;
const WAITING: usize = 4_096;

type Waiting<T> = (T, oneshot::Sender<bool>);

/// The queue before the tasks that write.
pub struct Group<T>(mpsc::Sender<Waiting<T>>);

impl<T: Send + 'static> Group<T> {
    /// Starts `tasks` tasks that take turns at gathering.
    pub fn start<F, Fut>(tasks: usize, write: F) -> Self
    where
        F: Fn(Vec<T>) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send,
    {
        let (queue, waiting) = mpsc::channel::<Waiting<T>>(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..tasks {
            let (waiting, write) = (waiting.clone(), write.clone());
            tokio::spawn(async move {
                loop {
                    let mut group = Vec::new();
                    if waiting.lock().await.recv_many(&mut group, MOST).await == 0 {
                        return;
                    }
                    let (things, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
                    let written = write(things).await;
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

    /// Has one thing written.
    pub async fn run(&self, thing: T) -> anyhow::Result<()> {
        let (reply, answer) = oneshot::channel();
        self.0.send((thing, reply)).await.ok().context("nobody writes")?;
        anyhow::ensure!(answer.await?, "the group failed");
        Ok(())
    }
}
