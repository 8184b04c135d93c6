//! Work on files, which may block: never without a deadline, and never on more than a few threads.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Pieces of work on files at a time. A thread that a file system does not answer keeps its place.
const AT_ONCE_MAX: usize = 64;

/// The file system did not answer in time, or too many others wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("did not answer in time")]
pub struct TimedOut;

/// Runs work on files beside the requests.
#[derive(Debug, Clone)]
pub struct FileWork {
    places: Arc<Semaphore>,
}

impl Default for FileWork {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }
}

impl FileWork {
    /// Runs one short piece of work and waits for it, but not beyond the deadline.
    pub async fn run<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TimedOut> {
        let done = async {
            let place = self.places.clone().acquire_owned().await.map_err(|_| TimedOut)?;
            let work = move || {
                let done = work();
                drop(place);
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
    async fn what_is_stuck_costs_its_place_and_holds_up_nothing_else() {
        let work = FileWork::default();
        let (release, stuck) = mpsc::channel::<()>();
        let stuck = Arc::new(std::sync::Mutex::new(stuck));
        for _ in 0..AT_ONCE_MAX - 1 {
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
