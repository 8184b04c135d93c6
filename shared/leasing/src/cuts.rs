//! Cuts a job on demand if users wait and the cutter has not cut enough. Requests of one process for the same job
//! share a cut. Otherwise many users who begin with a new job would each cut it, one after the other.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use swath_domain::ids::JobId;

/// A cut has as many ranges as requests wait for it, but at least this many.
const RANGES_MIN: i64 = 100;
/// The largest number of ranges in a cut.
const RANGES_MAX: i64 = 500;

/// The jobs for which requests wait.
#[derive(Default)]
pub(crate) struct Cuts(Mutex<HashMap<JobId, Weak<SharedCut>>>);

/// The state that the requests for one job share.
#[derive(Default)]
struct SharedCut {
    waiting: AtomicI64,
    /// The number of cuts that have ended, including failed ones.
    ended: AtomicU64,
    cutting: tokio::sync::Mutex<()>,
}

/// Counts a request as waiting until it is dropped.
struct Waiting<'a>(&'a SharedCut);

impl<'a> Waiting<'a> {
    fn begin(shared: &'a SharedCut) -> Self {
        shared.waiting.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Cuts {
    /// Runs `cut` with a number of ranges, or waits until the cut of another request has ended. In both cases the
    /// caller finds the result in the database.
    pub(crate) async fn further<T, E, F>(&self, job: JobId, cut: impl FnOnce(i64) -> F) -> Result<(), E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let shared = self.shared(job);
        let before = shared.ended.load(Ordering::Acquire);
        let _waiting = Waiting::begin(&shared);
        let _cutting = shared.cutting.lock().await;
        if shared.ended.load(Ordering::Acquire) > before {
            return Ok(());
        }
        let made = cut(shared.waiting.load(Ordering::Relaxed).clamp(RANGES_MIN, RANGES_MAX)).await;
        shared.ended.fetch_add(1, Ordering::Release);
        made.map(drop)
    }

    fn shared(&self, job: JobId) -> Arc<SharedCut> {
        let mut cuts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = cuts.get(&job).and_then(Weak::upgrade) {
            return shared;
        }
        cuts.retain(|_, shared| shared.strong_count() > 0);
        let shared = Arc::<SharedCut>::default();
        cuts.insert(job, Arc::downgrade(&shared));
        shared
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::{join_all, pending};
    use tokio::task::yield_now;
    use uuid::Uuid;

    use super::*;

    const JOB: JobId = JobId(Uuid::nil());

    /// Records how many ranges were requested, and yields once.
    async fn recorded(made: &Mutex<Vec<i64>>, ranges: i64, outcome: Result<(), ()>) -> Result<(), ()> {
        yield_now().await;
        made.lock().unwrap().push(ranges);
        outcome
    }

    #[tokio::test]
    async fn waiting_requests_share_one_cut_and_a_later_one_makes_another() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let ask = || cuts.further(JOB, |ranges| recorded(&made, ranges, Ok(())));
        assert!(join_all((0..40).map(|_| ask())).await.iter().all(Result::is_ok));
        assert_eq!(*made.lock().unwrap(), [RANGES_MIN]);
        ask().await.unwrap();
        assert_eq!(*made.lock().unwrap(), [RANGES_MIN, RANGES_MIN]);
    }

    #[tokio::test]
    async fn only_the_request_that_cuts_gets_its_error() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let answers =
            join_all((0..3).map(|_| cuts.further(JOB, |ranges| recorded(&made, ranges, Err(()))))).await;
        assert_eq!(answers, [Err(()), Ok(()), Ok(())]);
        assert_eq!(made.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_cancelled_request_leaves_the_cut_to_the_next_with_a_range_for_each_that_waits() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let mut cancelled = Box::pin(cuts.further(JOB, |_| pending::<Result<(), ()>>()));
        assert!(cancelled.as_mut().now_or_never().is_none());
        let mut others =
            Box::pin(join_all((0..300).map(|_| cuts.further(JOB, |ranges| recorded(&made, ranges, Ok(()))))));
        assert!(others.as_mut().now_or_never().is_none());
        drop(cancelled);
        assert!(others.await.iter().all(Result::is_ok));
        assert_eq!(*made.lock().unwrap(), [300]);
    }

    #[tokio::test]
    async fn jobs_do_not_wait_for_each_other_and_are_removed() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let mut other = Box::pin(cuts.further(JobId(Uuid::max()), |_| pending::<Result<(), ()>>()));
        assert!(other.as_mut().now_or_never().is_none());
        cuts.further(JOB, |ranges| recorded(&made, ranges, Ok(()))).await.unwrap();
        drop(other);
        cuts.further(JOB, |ranges| recorded(&made, ranges, Ok(()))).await.unwrap();
        assert_eq!(cuts.0.lock().unwrap().len(), 1);
    }
}
