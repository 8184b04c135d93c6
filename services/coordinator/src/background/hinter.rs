//! The hinter tells gateways which assignments are ready, in a window that depends on the number of annotators and not on
//! the backlog. A hint that had no effect is repeated after a while. Publishing a hint writes no row.

mod poll_backoff;

use std::collections::HashMap;

use swath_bus::{Message, Published, Queue};
use swath_domain::ids::{JobId, TeamId};
use swath_domain::job::JobHead;
use swath_domain::progress::{Counter, Progress};
use swath_domain::time::{Micros, seconds};
use swath_domain::{Round, Time};
use swath_runtime::Context;
use swath_store::{Result, WaitingAssignment};
use uuid::Uuid;

use super::leader::LeaderLease;
use super::open_jobs::{OpenJob, open_jobs};

use poll_backoff::PollBackoff;

/// The smallest window of a job, in assignments.
const WINDOW_MIN: i64 = 16;
/// Assignments in one message.
const MESSAGE_NUMBERS_MAX: usize = 64;
/// Jobs that are read before their hints are published.
const JOBS_PER_STEP: usize = 64;

/// Publishes hints.
pub struct Hinter {
    context: Context,
    /// When each waiting assignment was last hinted, by job, round and number.
    hinted: HashMap<(JobId, Round, i64), Time>,
    backoff: PollBackoff,
    /// When a hint that had no effect is repeated, in microseconds.
    repeat_after: Micros,
}

/// A hint that is to be published.
struct Due {
    team: TeamId,
    job: JobId,
    round: Round,
    numbers: Vec<i64>,
}

impl Hinter {
    /// A hinter of this process.
    pub fn new(context: Context) -> Self {
        let repeat_after = seconds(context.config.work.hint_repeat_seconds as i64);
        Self { context, hinted: HashMap::new(), backoff: PollBackoff::new(repeat_after), repeat_after }
    }

    /// Hints until shutdown: in rounds in which this process is the leader, and for single jobs whenever a message asks.
    pub async fn run(mut self) {
        let mut lease = LeaderLease::new(self.context.clone(), "hinter");
        let mut wakes = self.context.bus.subscribe(Queue::Coordinate);
        loop {
            let now = self.context.now();
            let hinted = tokio::select! {
                is_leader = lease.next() => if is_leader { self.tick(now).await } else { return },
                Some(message) = wakes.recv() => self.hear(message, now).await,
            };
            if let Err(error) = hinted {
                tracing::warn!(%error, "hinting failed; the next round tries again");
            }
        }
    }

    /// Hints the job that a message names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn hear(&mut self, message: Message, now: Time) -> Result<()> {
        let Message::Wake { job } = message else { return Ok(()) };
        let Some(job) = self.context.store.job_head(job).await?.filter(JobHead::is_open) else {
            return Ok(());
        };
        let progress = self.context.store.job_progress(job.id).await?;
        let due = self.due(&job, &progress, now).await?;
        self.publish(due, now).await;
        Ok(())
    }

    /// Goes once through all jobs. One that cannot be read is due again in the next round.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        self.hinted.retain(|_, at| now - *at < self.repeat_after);
        self.backoff.evict(now);
        let mut after = Uuid::nil();
        loop {
            let page = open_jobs(&self.context, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.job.id.0;
            for jobs in page.chunks(JOBS_PER_STEP) {
                self.poll(jobs, now).await?;
            }
        }
    }

    async fn poll(&mut self, jobs: &[OpenJob], now: Time) -> Result<()> {
        let (mut due, mut polled) = (Vec::new(), Vec::new());
        for OpenJob { job, progress } in jobs.iter().filter(|open| open.job.is_open()) {
            if self.backoff.is_due(job.id, progress, now) {
                due.extend(self.due(job, progress, now).await?);
                polled.push((job.id, *progress));
            }
        }
        // A poll counts only now, because nothing is published where a read fails.
        for (job, progress) in polled {
            self.backoff.record(job, progress, now);
        }
        self.publish(due, now).await;
        Ok(())
    }

    /// The hints about assignments of a job that can be taken soon and that were not hinted before.
    async fn due(&self, job: &JobHead, progress: &Progress, now: Time) -> Result<Vec<Due>> {
        if progress.get(Counter::Pending) == 0 {
            return Ok(Vec::new());
        }
        let annotators = 2 * progress.get(Counter::InProgress);
        let window = annotators.clamp(WINDOW_MIN, self.context.config.work.hint_window.max(WINDOW_MIN));
        let mut waiting = self.context.store.assignments_waiting(job.id, now, window).await?;
        waiting.dedup();
        let is_hinted = |one: &WaitingAssignment| self.hinted.contains_key(&(job.id, one.round, one.number));
        let waiting = unless_half_is_hinted(waiting, window, is_hinted);
        let groups =
            waiting.chunk_by(|a, b| a.round == b.round).flat_map(|round| round.chunks(MESSAGE_NUMBERS_MAX));
        let due = |group: &[WaitingAssignment]| Due {
            team: job.team,
            job: job.id,
            round: group.first().map_or(Round::FIRST, |first| first.round),
            numbers: group.iter().map(|one| one.number).collect(),
        };
        Ok(groups.map(due).collect())
    }

    /// Publishes hints. A job whose hint may not have arrived is polled again in the next round. The hint itself is repeated
    /// only after the usual time, so that a broker that is away is not asked over and over.
    async fn publish(&mut self, due: Vec<Due>, now: Time) {
        let hint = |due: &Due| self.context.hint(due.job, due.round, due.numbers.clone());
        let hints = due.iter().map(|due| (Queue::Annotate(due.team), hint(due))).collect();
        for (due, published) in due.iter().zip(self.context.bus.publish_all(hints).await) {
            tracing::trace!(job = %due.job, hints = due.numbers.len(), %published, "hinted");
            if published == Published::Unknown {
                self.backoff.reset(due.job);
            }
            self.hinted.extend(due.numbers.iter().map(|number| ((due.job, due.round, *number), now)));
        }
    }
}

/// The waiting assignments without a hint; none while half of a window is hinted and not taken yet. A message of one
/// assignment costs the broker as much as one of many.
fn unless_half_is_hinted(
    mut waiting: Vec<WaitingAssignment>,
    window: i64,
    is_hinted: impl Fn(&WaitingAssignment) -> bool,
) -> Vec<WaitingAssignment> {
    let all = waiting.len();
    waiting.retain(|one| !is_hinted(one));
    let hinted = all - waiting.len();
    if 2 * hinted as i64 >= window { Vec::new() } else { waiting }
}

#[cfg(test)]
mod tests {
    use swath_domain::Round;

    use super::{WaitingAssignment, unless_half_is_hinted};

    #[test]
    fn more_is_hinted_once_half_of_the_window_is_taken() {
        let waiting: Vec<_> =
            (0..16).map(|number| WaitingAssignment { round: Round::FIRST, number }).collect();
        let beside = |hinted: i64| unless_half_is_hinted(waiting.clone(), 16, |one| one.number < hinted);
        assert_eq!(beside(0), waiting);
        assert_eq!(beside(7), waiting[7..]);
        assert_eq!(beside(8), []);
        assert_eq!(beside(16), []);
    }
}
