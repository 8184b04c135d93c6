//! Blocking calls of the file system, with a deadline and on a bounded number of threads.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How many blocking calls run at a time. A call that the file system does not answer keeps its thread.
const THREADS_MAX: usize = 64;

/// The file system did not answer in time, or all threads are waiting for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("did not answer in time")]
pub struct TimedOut;

/// Runs blocking calls of the file system on other threads. Clones share the threads.
#[derive(Debug, Clone)]
pub struct FileWork {
    threads: Arc<Semaphore>,
}

impl Default for FileWork {
    fn default() -> Self {
        Self { threads: Arc::new(Semaphore::new(THREADS_MAX)) }
    }
}

impl FileWork {
    /// Runs a short blocking call and waits for its result.
    ///
    /// # Errors
    /// [`TimedOut`] if the call does not finish within `deadline`. It goes on and keeps its thread.
    pub async fn run<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TimedOut> {
        let done = async {
            let thread = self.threads.clone().acquire_owned().await.map_err(|_| TimedOut)?;
            let work = move || {
                let done = work();
                drop(thread);
                done
            };
            tokio::task::spawn_blocking(work).await.map_err(|_| TimedOut)
        };
        timeout(deadline, done).await.map_err(|_| TimedOut)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_blocked_call_keeps_its_thread_and_does_not_block_others() {
        let work = FileWork::default();
        let (release, stuck) = mpsc::channel::<()>();
        let stuck = Arc::new(std::sync::Mutex::new(stuck));
        for _ in 0..THREADS_MAX - 1 {
            let stuck = stuck.clone();
            let wait = move || stuck.lock().unwrap().recv().is_ok();
            assert_eq!(work.run(Duration::from_millis(1), wait).await, Err(TimedOut));
        }
        assert_eq!(work.run(Duration::from_secs(60), || 7).await, Ok(7));
        let again = stuck.clone();
        let wait = move || again.lock().unwrap().recv().is_ok();
        assert_eq!(work.run(Duration::from_millis(1), wait).await, Err(TimedOut));
        assert_eq!(work.run(Duration::from_millis(1), || 7).await, Err(TimedOut));
        drop(release);
        assert_eq!(work.run(Duration::from_secs(60), || 7).await, Ok(7));
    }
}
