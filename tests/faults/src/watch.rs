//! Watches a load: when each kind of call last succeeded, and the longest time without any success.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath_load::{Kind, Meter};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How often the load is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(5);
/// The kinds of calls that must succeed before an installation counts as recovered.
pub const NEEDED: [Kind; 5] = [Kind::Lease, Kind::Confirm, Kind::Submit, Kind::Review, Kind::Decide];

#[derive(Debug)]
struct Seen {
    counts: [u64; NEEDED.len()],
    last: [Instant; NEEDED.len()],
    any: Instant,
    longest: Duration,
}

/// A watch on one load.
#[derive(Debug)]
pub struct Watch {
    seen: Arc<Mutex<Seen>>,
    looking: JoinHandle<()>,
}

impl Watch {
    /// Starts to watch.
    pub fn over(meter: Arc<Meter>) -> Self {
        let now = Instant::now();
        let seen =
            Seen { counts: [0; NEEDED.len()], last: [now; NEEDED.len()], any: now, longest: Duration::ZERO };
        let seen = Arc::new(Mutex::new(seen));
        let looking = tokio::spawn(look(meter, seen.clone()));
        Self { seen, looking }
    }

    /// Restarts the measurement of the longest silence.
    pub fn begin(&self) {
        let mut seen = locked(&self.seen);
        (seen.any, seen.longest) = (Instant::now(), Duration::ZERO);
    }

    /// The longest silence since [`Watch::begin`], including the current one.
    pub fn longest_silence(&self) -> Duration {
        let seen = locked(&self.seen);
        seen.longest.max(seen.any.elapsed())
    }

    /// The latest success, if every needed kind has succeeded after `moment`.
    pub fn all_since(&self, moment: Instant) -> Option<Instant> {
        let seen = locked(&self.seen);
        seen.last.iter().all(|last| *last > moment).then(|| seen.last.iter().max().copied()).flatten()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

async fn look(meter: Arc<Meter>, seen: Arc<Mutex<Seen>>) {
    loop {
        sleep(POLL_INTERVAL).await;
        let now = Instant::now();
        let mut seen = locked(&seen);
        let mut moved = false;
        for (place, kind) in NEEDED.into_iter().enumerate() {
            let done = meter.done(kind);
            if done != seen.counts[place] {
                (seen.counts[place], seen.last[place], moved) = (done, now, true);
            }
        }
        if moved {
            seen.longest = seen.longest.max(now - seen.any);
            seen.any = now;
        }
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
