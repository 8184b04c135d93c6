//! The real sources of time and ids. The distributed clock is the database's: local monotonic time plus an offset
//! that is measured again and again.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use swath_domain::{Clock, Ids, Time};
use swath_store::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::{NoContext, Timestamp, Uuid};

/// Between two measurements.
const MEASURE_EVERY: Duration = Duration::from_secs(30);
/// After one that failed: what is missed must not add up to a stale clock while the database is there.
const MEASURE_AGAIN: Duration = Duration::from_secs(1);
/// How old a measurement may be before no new lease is granted on it.
const FRESH: Duration = Duration::from_secs(90);
/// A measurement that took longer than this tells too little.
const ROUND_TRIP: Duration = Duration::from_millis(500);

/// A clock that follows the database's where there is one, and the machine's elsewhere.
pub struct StoreClock {
    started: Instant,
    /// Microseconds to add to the time since `started`.
    offset: AtomicI64,
    /// Microseconds since `started` of the last measurement; below zero while there is none.
    measured: AtomicI64,
    /// Whether the process' own clock is the one that counts.
    local: bool,
}

impl StoreClock {
    /// A clock that shows the machine's time until it is measured; `local` if that is all it will ever show.
    pub fn new(local: bool) -> Self {
        let offset = AtomicI64::new(machine_time());
        Self { started: Instant::now(), offset, measured: AtomicI64::new(-1), local }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// Asks the database for its time once and says whether it told; a slow or missing answer changes nothing.
    pub async fn measure(&self, store: &Store) -> bool {
        let before = self.elapsed();
        let answer = tokio::time::timeout(ROUND_TRIP, store.clock()).await;
        let after = self.elapsed();
        let Ok(Ok(Some(Time(theirs)))) = answer else { return false };
        self.offset.store(theirs - (before + after) / 2, Ordering::Relaxed);
        self.measured.store(after, Ordering::Relaxed);
        true
    }

    /// Measures for as long as the process runs.
    pub async fn follow(&self, store: &Store, shutdown: &CancellationToken) {
        if !self.local {
            again_and_again(|| self.measure(store), shutdown).await;
        }
    }
}

/// Measures in turn, sooner after a measurement that failed.
async fn again_and_again<F: Future<Output = bool>>(measure: impl Fn() -> F, shutdown: &CancellationToken) {
    loop {
        let pause = if measure().await { MEASURE_EVERY } else { MEASURE_AGAIN };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

impl Clock for StoreClock {
    fn now(&self) -> Time {
        if self.local {
            return Time(machine_time());
        }
        Time(self.offset.load(Ordering::Relaxed) + self.elapsed())
    }

    fn is_fresh(&self) -> bool {
        let measured = self.measured.load(Ordering::Relaxed);
        self.local || (measured >= 0 && self.elapsed() - measured < FRESH.as_micros() as i64)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the machine's clock comes in")]
fn machine_time() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Ids from the operating system's randomness.
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self, now: Time) -> Uuid {
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, (millis % 1_000) as u32 * 1_000_000))
    }

    #[expect(clippy::disallowed_methods, reason = "this is where randomness comes in")]
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_measurement_that_fails_is_made_again_at_once() {
        let (start, shutdown) = (Instant::now(), CancellationToken::new());
        let tries = Mutex::new(Vec::new());
        let measure = || {
            let mut tries = tries.lock().unwrap();
            tries.push(start.elapsed().as_secs());
            if tries.len() == 6 {
                shutdown.cancel();
            }
            std::future::ready(![2, 3].contains(&tries.len()))
        };
        again_and_again(measure, &shutdown).await;
        assert_eq!(*tries.lock().unwrap(), [0, 30, 31, 32, 62, 92]);
    }
}
