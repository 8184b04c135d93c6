//! The hinter: tells gateways which assignments are ready, in a window that follows the people and not the backlog.
//! A hint that brought nobody is repeated after a while; publishing one writes no row.

mod attention;

use std::collections::HashMap;

use swath_bus::{Message, Published, Queue};
use swath_domain::Time;
use swath_domain::ids::{JobId, TeamId};
use swath_domain::job::JobHead;
use swath_domain::progress::{Counter, Progress};
use swath_domain::time::seconds;
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

use crate::cutter::jobs_with_progress;
use crate::duty::Duty;

use attention::Attention;

/// The least that is hinted of a job at a time.
const WINDOW_MIN: i64 = 16;
/// Numbers in one message.
const GROUP: usize = 64;
/// Jobs looked at before what is due of them is published.
const AT_ONCE: usize = 64;

/// Publishes hints.
pub struct Hinter {
    context: Context,
    /// When each waiting assignment was last hinted, by job, round and number.
    hinted: HashMap<(JobId, i64, i64), Time>,
    attention: Attention,
    /// After how many microseconds a hint that brought nobody is repeated.
    repeat: i64,
}

/// A hint that is to be published.
struct Due {
    team: TeamId,
    job: JobId,
    round: i64,
    numbers: Vec<i64>,
}

impl Hinter {
    /// A hinter over the process' parts.
    pub fn new(context: Context) -> Self {
        let repeat = seconds(context.config.work.hint_repeat_seconds as i64);
        Self { context, hinted: HashMap::new(), attention: Attention::new(repeat), repeat }
    }

    /// Hints until shutdown: round by round while that is this process' duty, and a job at once when it is asked to.
    pub async fn run(mut self) {
        let mut duty = Duty::new(self.context.clone(), "hinter");
        let mut wakes = self.context.bus.subscribe(Queue::Coordinate);
        loop {
            let now = self.context.now();
            let hinted = tokio::select! {
                ours = duty.next() => if ours { self.tick(now).await } else { return },
                Some(message) = wakes.recv() => self.hear(message, now).await,
            };
            if let Err(error) = hinted {
                tracing::warn!(%error, "hinting will go on in the next round");
            }
        }
    }

    /// Hints the job that a message asks to look at.
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

    /// Goes once through all jobs. One whose look fails is due again in the next round.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        self.hinted.retain(|_, at| now - *at < self.repeat);
        self.attention.tidy(now);
        let mut after = Uuid::nil();
        loop {
            let page = jobs_with_progress(&self.context, after).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = last.id.0;
            for looked in page.chunks(AT_ONCE) {
                self.look(looked, now).await?;
            }
        }
    }

    async fn look(&mut self, jobs: &[(JobHead, Progress)], now: Time) -> Result<()> {
        let (mut due, mut looked) = (Vec::new(), Vec::new());
        for (job, progress) in jobs.iter().filter(|(job, _)| job.is_open()) {
            if self.attention.is_due(job.id, progress, now) {
                due.extend(self.due(job, progress, now).await?);
                looked.push((job.id, *progress));
            }
        }
        // Only now: where a read fails, nothing of these is published.
        for (job, progress) in looked {
            self.attention.note(job, progress, now);
        }
        self.publish(due, now).await;
        Ok(())
    }

    /// What a job's people can take soon and have not been hinted of.
    async fn due(&self, job: &JobHead, progress: &Progress, now: Time) -> Result<Vec<Due>> {
        if progress.get(Counter::Pending) == 0 {
            return Ok(Vec::new());
        }
        let people = 2 * progress.get(Counter::InProgress);
        let window = people.clamp(WINDOW_MIN, self.context.config.work.hint_window.max(WINDOW_MIN));
        let mut waiting = self.context.store.assignments_waiting(job.id, now, window).await?;
        waiting.dedup();
        let is_hinted = |(round, number): &(i64, i64)| self.hinted.contains_key(&(job.id, *round, *number));
        let waiting = unless_half_is_out(waiting, window, is_hinted);
        let groups = waiting.chunk_by(|a, b| a.0 == b.0).flat_map(|round| round.chunks(GROUP));
        let due = |group: &[(i64, i64)]| Due {
            team: job.team,
            job: job.id,
            round: group.first().map_or(0, |(round, _)| *round),
            numbers: group.iter().map(|(_, number)| *number).collect(),
        };
        Ok(groups.map(due).collect())
    }

    /// Publishes hints. A job whose hint may not have been heard is looked at again in the next round; that hint itself
    /// is repeated after the usual while, so that a broker that is away is not asked over and over.
    async fn publish(&mut self, due: Vec<Due>, now: Time) {
        let hint = |due: &Due| self.context.hint(due.job, due.round, due.numbers.clone());
        let hints = due.iter().map(|due| (Queue::Annotate(due.team), hint(due))).collect();
        for (due, published) in due.iter().zip(self.context.bus.publish_all(hints).await) {
            tracing::trace!(job = %due.job, hints = due.numbers.len(), %published, "hinted");
            if published == Published::Unknown {
                self.attention.forget(due.job);
            }
            self.hinted.extend(due.numbers.iter().map(|number| ((due.job, due.round, *number), now)));
        }
    }
}

/// What waits without a hint. As long as half of a window is hinted and still there, that is enough: a message of one
/// number costs the broker as much as one of many.
fn unless_half_is_out(
    mut waiting: Vec<(i64, i64)>,
    window: i64,
    is_hinted: impl Fn(&(i64, i64)) -> bool,
) -> Vec<(i64, i64)> {
    let all = waiting.len();
    waiting.retain(|number| !is_hinted(number));
    let out = all - waiting.len();
    if 2 * out as i64 >= window { Vec::new() } else { waiting }
}

#[cfg(test)]
mod tests {
    use super::unless_half_is_out;

    #[test]
    fn more_is_hinted_once_half_of_the_window_is_taken() {
        let waiting: Vec<_> = (0..16).map(|number| (1, number)).collect();
        let beside = |hinted: i64| unless_half_is_out(waiting.clone(), 16, |(_, number)| *number < hinted);
        assert_eq!(beside(0), waiting);
        assert_eq!(beside(7), waiting[7..]);
        assert_eq!(beside(8), []);
        assert_eq!(beside(16), []);
    }
}
