//! Leaps of the clock: an hour that did not pass must not take anybody's work away.

use swath_domain::Time;
use swath_domain::time::seconds;
use tokio::time::Instant;

/// A clock that went this much further than time itself, or less far, has leapt; and so long it is given to settle,
/// in microseconds.
const LEAP: i64 = seconds(60);

/// Compares a clock with time that never leaps.
#[derive(Default)]
pub(crate) struct Leaps {
    last: Option<(Time, Instant)>,
    settled_at: Option<Instant>,
}

impl Leaps {
    /// Whether the clock has leapt a moment ago, and people have not had the time to renew their leases yet.
    pub(crate) fn has_leapt(&mut self, now: Time) -> bool {
        let here = Instant::now();
        let leap = self.last.replace((now, here)).map_or(0, |(last, then)| {
            let passed = i64::try_from((here - then).as_micros()).unwrap_or(i64::MAX);
            (now - last).saturating_sub(passed)
        });
        if leap.abs() > LEAP {
            tracing::warn!(seconds = leap / 1_000_000, "the clock has leapt; leases are given time to renew");
            self.settled_at = Some(here + std::time::Duration::from_micros(LEAP.unsigned_abs()));
        }
        self.settled_at.is_some_and(|settled_at| here < settled_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::advance;

    const START: Time = Time(seconds(1_800_000_000));
    const HOUR: i64 = seconds(3_600);

    #[tokio::test(start_paused = true)]
    async fn an_hour_in_either_direction_is_given_a_minute() {
        for leap in [HOUR, -HOUR] {
            let mut leaps = Leaps::default();
            assert!(!leaps.has_leapt(START));
            assert!(leaps.has_leapt(START + leap));
            advance(Duration::from_secs(59)).await;
            assert!(leaps.has_leapt(START + leap + seconds(59)));
            advance(Duration::from_secs(2)).await;
            assert!(!leaps.has_leapt(START + leap + seconds(61)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_hour_that_really_passed_is_no_leap() {
        let mut leaps = Leaps::default();
        assert!(!leaps.has_leapt(START));
        advance(Duration::from_secs(3_600)).await;
        assert!(!leaps.has_leapt(START + HOUR), "a sweeper that had no duty for an hour sweeps at once");
    }
}
