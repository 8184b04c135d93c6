//! Which jobs are worth a look. As long as a job's counters stand still, nothing has been taken and nothing has come, and
//! it is looked at again only after a pause, which grows.

use std::collections::HashMap;

use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::progress::Progress;

/// The longest pause, in shortest ones.
const LONGEST: i64 = 16;

/// What was last seen of each job.
pub struct Attention {
    shortest: i64,
    seen: HashMap<JobId, Seen>,
}

struct Seen {
    progress: Progress,
    at: Time,
    pause: i64,
}

impl Attention {
    /// Nothing seen yet; `shortest` is the first pause, in microseconds.
    pub fn new(shortest: i64) -> Self {
        Self { shortest, seen: HashMap::new() }
    }

    /// Whether the job has moved since it was seen, or its pause is over.
    pub fn is_due(&self, job: JobId, progress: &Progress, now: Time) -> bool {
        self.still(job, progress).is_none_or(|seen| now - seen.at >= seen.pause)
    }

    /// Notes that the job was looked at, which is only said once everything about it has been read.
    pub fn note(&mut self, job: JobId, progress: Progress, now: Time) {
        let longer = |seen: &Seen| (2 * seen.pause).min(LONGEST * self.shortest);
        let pause = self.still(job, &progress).map_or(self.shortest, longer);
        self.seen.insert(job, Seen { progress, at: now, pause });
    }

    /// Has the job looked at again in the next round.
    pub fn forget(&mut self, job: JobId) {
        self.seen.remove(&job);
    }

    /// Drops what is known of jobs that nobody has looked at for long: they are over.
    pub fn tidy(&mut self, now: Time) {
        self.seen.retain(|_, seen| now - seen.at < 2 * LONGEST * self.shortest);
    }

    fn still(&self, job: JobId, progress: &Progress) -> Option<&Seen> {
        self.seen.get(&job).filter(|seen| seen.progress == *progress)
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

    /// Looks at every step at which the job is due, and says when that was.
    fn looks(steps: i64) -> Vec<i64> {
        let mut attention = Attention::new(4);
        let mut looks = Vec::new();
        for step in 0..steps {
            let now = Time(step);
            attention.tidy(now);
            if attention.is_due(JOB, &pending(5), now) {
                attention.note(JOB, pending(5), now);
                looks.push(step);
            }
        }
        looks
    }

    #[test]
    fn a_job_that_stands_still_is_looked_at_ever_more_rarely_but_never_not_at_all() {
        assert_eq!(looks(300), [0, 4, 12, 28, 60, 124, 188, 252]);
    }

    #[test]
    fn a_job_that_moves_is_due_at_once_and_its_pause_is_short_again() {
        let mut attention = Attention::new(4);
        for at in [0, 4, 12] {
            attention.note(JOB, pending(5), Time(at));
        }
        assert!(!attention.is_due(JOB, &pending(5), Time(27)));
        assert!(attention.is_due(JOB, &pending(4), Time(13)));
        attention.note(JOB, pending(4), Time(13));
        assert!(!attention.is_due(JOB, &pending(4), Time(16)));
        assert!(attention.is_due(JOB, &pending(4), Time(17)));
    }

    #[test]
    fn a_job_whose_look_failed_stays_due() {
        let mut attention = Attention::new(4);
        assert!(attention.is_due(JOB, &pending(5), Time(0)));
        assert!(attention.is_due(JOB, &pending(5), Time(1)), "asking notes nothing");
        attention.note(JOB, pending(5), Time(1));
        attention.forget(JOB);
        assert!(attention.is_due(JOB, &pending(5), Time(2)));
    }
}
