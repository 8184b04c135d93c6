//! Cutting on the spot, where people wait and the cutter has not come by: those of one process who wait for the same job
//! share a cut. Without that a shift that begins on a new job would cut it once for each of its people, one after the other.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use swath_domain::ids::JobId;

/// Ranges in one cut: as many as people wait for it, within these bounds.
const LEAST: i64 = 100;
const MOST: i64 = 500;

/// The jobs for which somebody waits.
#[derive(Default)]
pub(crate) struct Cuts(Mutex<HashMap<JobId, Weak<Turn>>>);

/// What those who wait for one job share.
#[derive(Default)]
struct Turn {
    waiting: AtomicI64,
    /// Cuts that came to an end, of whatever kind.
    ended: AtomicU64,
    cutting: tokio::sync::Mutex<()>,
}

/// Counts one person as waiting for as long as it lives.
struct Waits<'a>(&'a Turn);

impl<'a> Waits<'a> {
    fn begin(turn: &'a Turn) -> Self {
        turn.waiting.fetch_add(1, Ordering::Relaxed);
        Self(turn)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Cuts {
    /// Runs `cut` with a number of ranges, or waits for the end of somebody else's: what that has made, or why it could
    /// not, is seen by whoever looks again.
    pub(crate) async fn further<T, E, F>(&self, job: JobId, cut: impl FnOnce(i64) -> F) -> Result<(), E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let turn = self.turn(job);
        let before = turn.ended.load(Ordering::Acquire);
        let _waits = Waits::begin(&turn);
        let _cutting = turn.cutting.lock().await;
        if turn.ended.load(Ordering::Acquire) > before {
            return Ok(());
        }
        let made = cut(turn.waiting.load(Ordering::Relaxed).clamp(LEAST, MOST)).await;
        turn.ended.fetch_add(1, Ordering::Release);
        made.map(drop)
    }

    fn turn(&self, job: JobId) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&job).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::<Turn>::default();
        turns.insert(job, Arc::downgrade(&turn));
        turn
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

    /// Notes how many ranges were asked for, and takes a moment.
    async fn noted(made: &Mutex<Vec<i64>>, ranges: i64, outcome: Result<(), ()>) -> Result<(), ()> {
        yield_now().await;
        made.lock().unwrap().push(ranges);
        outcome
    }

    #[tokio::test]
    async fn all_who_wait_share_one_cut_and_who_comes_later_makes_another() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let ask = || cuts.further(JOB, |ranges| noted(&made, ranges, Ok(())));
        assert!(join_all((0..40).map(|_| ask())).await.iter().all(Result::is_ok));
        assert_eq!(*made.lock().unwrap(), [LEAST]);
        ask().await.unwrap();
        assert_eq!(*made.lock().unwrap(), [LEAST, LEAST]);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_who_cut_and_the_others_look_for_themselves() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let answers =
            join_all((0..3).map(|_| cuts.further(JOB, |ranges| noted(&made, ranges, Err(()))))).await;
        assert_eq!(answers, [Err(()), Ok(()), Ok(())]);
        assert_eq!(made.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_cut_to_the_next_and_it_is_as_large_as_those_who_wait_are_many() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let mut gone = Box::pin(cuts.further(JOB, |_| pending::<Result<(), ()>>()));
        assert!(gone.as_mut().now_or_never().is_none());
        let mut others =
            Box::pin(join_all((0..300).map(|_| cuts.further(JOB, |ranges| noted(&made, ranges, Ok(()))))));
        assert!(others.as_mut().now_or_never().is_none());
        drop(gone);
        assert!(others.await.iter().all(Result::is_ok));
        assert_eq!(*made.lock().unwrap(), [300]);
    }

    #[tokio::test]
    async fn jobs_do_not_wait_for_each_other_and_are_forgotten() {
        let (cuts, made) = (Cuts::default(), Mutex::default());
        let mut other = Box::pin(cuts.further(JobId(Uuid::max()), |_| pending::<Result<(), ()>>()));
        assert!(other.as_mut().now_or_never().is_none());
        cuts.further(JOB, |ranges| noted(&made, ranges, Ok(()))).await.unwrap();
        drop(other);
        cuts.further(JOB, |ranges| noted(&made, ranges, Ok(()))).await.unwrap();
        assert_eq!(cuts.0.lock().unwrap().len(), 1);
    }
}
