//! The real sources of time and ids. A distributed process follows the database's clock: it adds an offset, which it
//! measures regularly, to its monotonic clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use swath_domain::{Clock, Ids, Time};
use swath_store::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::{NoContext, Timestamp, Uuid};

/// The time between two measurements.
const MEASURE_INTERVAL: Duration = Duration::from_secs(30);
/// The time after a failed measurement. It is short, so that a few failures do not make the clock stale.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How old the last measurement may be for granting new leases.
const MEASUREMENT_AGE_MAX: Duration = Duration::from_secs(90);
/// A measurement that takes longer is too inaccurate.
const ROUND_TRIP_MAX: Duration = Duration::from_millis(500);

/// A clock that follows the database server's clock, or the machine's in an embedded deployment.
pub struct StoreClock {
    started: Instant,
    /// Microseconds to add to the time since `started`.
    offset: AtomicI64,
    /// The time of the last measurement, in microseconds since `started`. Negative before the first.
    measured: AtomicI64,
    /// Whether the machine's clock is used.
    local: bool,
}

impl StoreClock {
    /// A clock with the machine's time. Unless `local`, the first measurement replaces it.
    pub fn new(local: bool) -> Self {
        let offset = AtomicI64::new(machine_time());
        Self { started: Instant::now(), offset, measured: AtomicI64::new(-1), local }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// Measures the offset to the database's clock once. Returns false, and changes nothing, if the answer is slow or
    /// missing.
    pub async fn measure(&self, store: &Store) -> bool {
        let before = self.elapsed();
        let answer = tokio::time::timeout(ROUND_TRIP_MAX, store.clock()).await;
        let after = self.elapsed();
        let Ok(Ok(Some(Time(theirs)))) = answer else { return false };
        self.offset.store(theirs - (before + after) / 2, Ordering::Relaxed);
        self.measured.store(after, Ordering::Relaxed);
        true
    }

    /// Measures regularly until shutdown.
    pub async fn follow(&self, store: &Store, shutdown: &CancellationToken) {
        if !self.local {
            measure_regularly(|| self.measure(store), shutdown).await;
        }
    }
}

/// Measures until shutdown, sooner after a failed measurement.
async fn measure_regularly<F: Future<Output = bool>>(measure: impl Fn() -> F, shutdown: &CancellationToken) {
    loop {
        let pause = if measure().await { MEASURE_INTERVAL } else { RETRY_INTERVAL };
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
        self.local || (measured >= 0 && self.elapsed() - measured < MEASUREMENT_AGE_MAX.as_micros() as i64)
    }
}

#[expect(clippy::disallowed_methods, reason = "the only place that reads the machine's clock")]
fn machine_time() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Ids from the operating system's randomness.
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self, now: Time) -> Uuid {
        // A UUIDv7 cannot be older than 1970.
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, (millis % 1_000) as u32 * 1_000_000))
    }

    #[expect(clippy::disallowed_methods, reason = "the only place that draws random ids")]
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failed_measurement_is_repeated_soon() {
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
        measure_regularly(measure, &shutdown).await;
        assert_eq!(*tries.lock().unwrap(), [0, 30, 31, 32, 62, 92]);
    }
}
