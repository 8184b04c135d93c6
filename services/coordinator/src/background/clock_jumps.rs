//! Detects jumps of the clock, so that a jump does not expire leases whose time has not passed.

use std::time::Duration;

use swath_domain::Time;
use swath_domain::time::{Micros, seconds};
use tokio::time::Instant;

/// A difference between the clock and the monotonic clock that counts as a jump.
const JUMP: Micros = seconds(60);
/// How long users get to renew their leases after a jump.
const SETTLE_TIME: Duration = Duration::from_secs(60);

/// Compares the clock with the monotonic clock.
#[derive(Default)]
pub(super) struct ClockJumpDetector {
    last: Option<(Time, Instant)>,
    settled_at: Option<Instant>,
}

impl ClockJumpDetector {
    /// Whether the clock has jumped so recently that users may not have renewed their leases yet.
    pub(super) fn has_jumped(&mut self, now: Time) -> bool {
        let monotonic = Instant::now();
        let jump = self
            .last
            .replace((now, monotonic))
            .map_or(Micros::default(), |(last, then)| (now - last) - (monotonic - then).into());
        if jump.abs() > JUMP {
            tracing::warn!(
                seconds = jump.whole_seconds(),
                "the clock has jumped; leases are given time to renew"
            );
            self.settled_at = Some(monotonic + SETTLE_TIME);
        }
        self.settled_at.is_some_and(|settled_at| monotonic < settled_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const START: Time = Time(seconds(1_800_000_000).0);
    const HOUR: Micros = seconds(3_600);

    #[tokio::test(start_paused = true)]
    async fn an_hour_in_either_direction_is_given_a_minute() {
        for jump in [HOUR, -HOUR] {
            let mut detector = ClockJumpDetector::default();
            assert!(!detector.has_jumped(START));
            assert!(detector.has_jumped(START + jump));
            advance(Duration::from_secs(59)).await;
            assert!(detector.has_jumped(START + jump + seconds(59)));
            advance(Duration::from_secs(2)).await;
            assert!(!detector.has_jumped(START + jump + seconds(61)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_hour_that_really_passed_is_no_jump() {
        let mut detector = ClockJumpDetector::default();
        assert!(!detector.has_jumped(START));
        advance(Duration::from_secs(3_600)).await;
        assert!(
            !detector.has_jumped(START + HOUR),
            "a sweeper that was not the leader for an hour sweeps at once"
        );
    }
}
