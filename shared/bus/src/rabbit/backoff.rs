//! How long to wait before trying again: doubling, bounded, jittered, for ever.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next pause: between half of the bound and the bound, so that many processes do not return in step.
    pub fn next(&mut self) -> Duration {
        let jitter = rand::random_range(0.5..1.0);
        let bound = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
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
    fn pauses_double_up_to_their_bound_and_begin_again_after_a_success() {
        let mut backoff = Backoff::default();
        for bound in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let pause = backoff.next();
            let bound = Duration::from_millis(bound);
            assert!(pause >= bound / 2 && pause <= bound, "{pause:?} of {bound:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
