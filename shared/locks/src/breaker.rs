//! A circuit breaker: after failures in a row it blocks calls, and lets one through at times as a probe.

use std::time::Duration;

use tokio::time::Instant;

use crate::Health;

pub(crate) struct Breaker {
    /// How many failures in a row open the breaker.
    threshold: u32,
    failures: u32,
    open: Option<Open>,
}

struct Open {
    since: Instant,
    next_probe: Instant,
    reason: String,
}

impl Breaker {
    pub fn new(threshold: u32) -> Self {
        Self { threshold, failures: 0, open: None }
    }

    /// True if a call may be made now. An open breaker lets one call through per `pause`, as a probe.
    pub fn allow(&mut self, now: Instant, pause: Duration) -> bool {
        match &mut self.open {
            None => true,
            Some(open) if now < open.next_probe => false,
            Some(open) => {
                open.next_probe = now + pause;
                true
            }
        }
    }

    /// Opens the breaker at once, whatever the threshold.
    pub fn trip(&mut self, now: Instant, pause: Duration, reason: String) {
        self.failures = self.threshold;
        self.open.get_or_insert(Open { since: now, next_probe: now + pause, reason });
    }

    /// Records a call that succeeded. True if that closed the breaker.
    pub fn succeeded(&mut self) -> bool {
        self.failures = 0;
        self.open.take().is_some()
    }

    /// Records a call that failed. True if that opened the breaker, which blocks all calls for `pause`.
    pub fn failed(&mut self, now: Instant, pause: Duration, reason: String) -> bool {
        self.failures = self.failures.saturating_add(1);
        match &mut self.open {
            Some(open) => {
                open.reason = reason;
                false
            }
            None if self.failures < self.threshold => false,
            None => {
                self.open = Some(Open { since: now, next_probe: now + pause, reason });
                true
            }
        }
    }

    pub fn health(&self) -> Health {
        match &self.open {
            None => Health::Up,
            Some(open) => Health::Down { reason: open.reason.clone(), since: open.since },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(1);

    fn fail(breaker: &mut Breaker, now: Instant) -> bool {
        breaker.failed(now, PAUSE, "refused".to_owned())
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_not_before() {
        let (mut breaker, now) = (Breaker::new(3), Instant::now());
        assert!(!fail(&mut breaker, now));
        assert!(!fail(&mut breaker, now));
        breaker.succeeded();
        assert!(!fail(&mut breaker, now));
        assert!(!fail(&mut breaker, now));
        assert!(breaker.allow(now, PAUSE));
        assert!(fail(&mut breaker, now), "the third in a row opens it");
        assert!(!breaker.allow(now, PAUSE));
        assert_eq!(breaker.health(), Health::Down { reason: "refused".to_owned(), since: now });
    }

    #[test]
    fn an_open_breaker_lets_one_probe_through_per_pause() {
        let (mut breaker, opened) = (Breaker::new(1), Instant::now());
        fail(&mut breaker, opened);
        assert!(!breaker.allow(opened + PAUSE / 2, PAUSE));
        let later = opened + PAUSE;
        assert!(breaker.allow(later, PAUSE), "the probe");
        assert!(!breaker.allow(later, PAUSE), "only one");
        assert!(!fail(&mut breaker, later), "it was open already");
        assert!(!breaker.allow(later + PAUSE / 2, PAUSE));
        assert!(breaker.allow(later + PAUSE, PAUSE), "the next probe");
    }

    #[test]
    fn a_success_closes_it() {
        let (mut breaker, now) = (Breaker::new(1), Instant::now());
        fail(&mut breaker, now);
        assert!(breaker.succeeded());
        assert!(breaker.allow(now, PAUSE));
        assert!(breaker.health().is_up());
        assert!(!breaker.succeeded(), "it was closed already");
    }
}
