//! The pause before the next attempt: it doubles up to a limit and has jitter.

use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next pause, at random between half of the bound and the bound, so that processes do not retry at the same
    /// time.
    pub fn next(&mut self) -> Duration {
        let jitter = rand::random_range(0.5..1.0);
        let bound = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(jitter)
    }

    /// True before the first failure, and after a success.
    pub fn is_fresh(&self) -> bool {
        self.failures == 0
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_start_over_after_a_success() {
        let mut backoff = Backoff::default();
        for bound in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let pause = backoff.next();
            let bound = Duration::from_millis(bound);
            assert!(pause >= bound / 2 && pause <= bound, "{pause:?} of {bound:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST_PAUSE);
    }
}
