//! Poll back-off: as long as a job's counters do not change, nothing has been taken and nothing has become ready, so the
//! job is polled again only after a pause, which doubles up to a bound.

use std::collections::HashMap;

use swath_domain::ids::JobId;
use swath_domain::progress::Progress;
use swath_domain::{Micros, Time};

/// The longest pause, as a multiple of the shortest one.
const LONGEST_FACTOR: i64 = 16;

/// The pause of each job.
pub(super) struct PollBackoff {
    shortest: Micros,
    polled: HashMap<JobId, Poll>,
}

/// The last poll of a job.
struct Poll {
    progress: Progress,
    at: Time,
    pause: Micros,
}

impl PollBackoff {
    /// No job polled yet; `shortest` is the first pause.
    pub(super) fn new(shortest: Micros) -> Self {
        Self { shortest, polled: HashMap::new() }
    }

    /// Whether the job has changed since its last poll, or its pause is over.
    pub(super) fn is_due(&self, job: JobId, progress: &Progress, now: Time) -> bool {
        self.unchanged(job, progress).is_none_or(|poll| now - poll.at >= poll.pause)
    }

    /// Records a poll. Call it only once everything about the job has been read.
    pub(super) fn record(&mut self, job: JobId, progress: Progress, now: Time) {
        let longer = |poll: &Poll| (poll.pause * 2).min(self.longest());
        let pause = self.unchanged(job, &progress).map_or(self.shortest, longer);
        self.polled.insert(job, Poll { progress, at: now, pause });
    }

    /// Makes the job due in the next round.
    pub(super) fn reset(&mut self, job: JobId) {
        self.polled.remove(&job);
    }

    /// Removes jobs that have not been polled for long: they are over.
    pub(super) fn evict(&mut self, now: Time) {
        let oldest = self.longest() * 2;
        self.polled.retain(|_, poll| now - poll.at < oldest);
    }

    fn longest(&self) -> Micros {
        self.shortest * LONGEST_FACTOR
    }

    fn unchanged(&self, job: JobId, progress: &Progress) -> Option<&Poll> {
        self.polled.get(&job).filter(|poll| poll.progress == *progress)
    }
}

#[cfg(test)]
mod tests {
    use swath_domain::progress::Counter;
    use uuid::Uuid;

    use super::*;

    const JOB: JobId = JobId(Uuid::from_u128(1));

    fn pending(count: i64) -> Progress {
        let mut progress = Progress::default();
        progress.add(Counter::Pending, count);
        progress
    }

    /// Polls at every step at which the job is due, and returns these steps.
    fn polls(steps: i64) -> Vec<i64> {
        let mut backoff = PollBackoff::new(Micros(4));
        let mut polls = Vec::new();
        for step in 0..steps {
            let now = Time(step);
            backoff.evict(now);
            if backoff.is_due(JOB, &pending(5), now) {
                backoff.record(JOB, pending(5), now);
                polls.push(step);
            }
        }
        polls
    }

    #[test]
    fn a_job_that_does_not_change_is_polled_ever_more_rarely_but_never_not_at_all() {
        assert_eq!(polls(300), [0, 4, 12, 28, 60, 124, 188, 252]);
    }

    #[test]
    fn a_job_that_changes_is_due_at_once_and_its_pause_is_short_again() {
        let mut backoff = PollBackoff::new(Micros(4));
        for at in [0, 4, 12] {
            backoff.record(JOB, pending(5), Time(at));
        }
        assert!(!backoff.is_due(JOB, &pending(5), Time(27)));
        assert!(backoff.is_due(JOB, &pending(4), Time(13)));
        backoff.record(JOB, pending(4), Time(13));
        assert!(!backoff.is_due(JOB, &pending(4), Time(16)));
        assert!(backoff.is_due(JOB, &pending(4), Time(17)));
    }

    #[test]
    fn a_job_whose_poll_failed_stays_due() {
        let mut backoff = PollBackoff::new(Micros(4));
        assert!(backoff.is_due(JOB, &pending(5), Time(0)));
        assert!(backoff.is_due(JOB, &pending(5), Time(1)), "asking records nothing");
        backoff.record(JOB, pending(5), Time(1));
        backoff.reset(JOB);
        assert!(backoff.is_due(JOB, &pending(5), Time(2)));
    }
}
