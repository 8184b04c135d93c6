//! The hinter: tells gateways which assignments are ready, in a window that follows the people and not the backlog.
//! A hint that brought nobody is repeated after a while; publishing one writes no row.

use std::collections::HashMap;

use swath_bus::{Message, Published, Queue};
use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::job::Job;
use swath_domain::progress::{Counter, Progress};
use swath_domain::time::seconds;
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

use crate::cutter::jobs_with_progress;
use crate::duty::Duty;

/// The least that is hinted of a job at a time.
const WINDOW_MIN: i64 = 16;
/// Numbers in one message.
const GROUP: usize = 64;

/// The longest pause before a job is hinted again in which nothing happens, in repeats.
const REPEATS_MOST: i64 = 16;

/// Publishes hints.
pub struct Hinter {
    context: Context,
    /// When each waiting assignment was last hinted, by job, round and number.
    hinted: HashMap<(JobId, i64, i64), Time>,
    /// What was last seen of each job.
    seen: HashMap<JobId, Seen>,
}

/// A job as it stood when it was last hinted. As long as its counters stand still, nothing has been taken and nothing
/// has come, and it is looked at again only after a pause, which grows.
struct Seen {
    progress: Progress,
    at: Time,
    pause: i64,
}

impl Hinter {
    /// A hinter over the process' parts.
    pub fn new(context: Context) -> Self {
        Self { context, hinted: HashMap::new(), seen: HashMap::new() }
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
        let Some(job) = self.context.store.job(job).await?.filter(Job::is_open) else { return Ok(()) };
        let progress = self.context.store.job_progress(job.id).await?;
        self.hint(&job, &progress, now).await?;
        Ok(())
    }

    /// Goes once through all jobs.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        let repeat = self.repeat();
        self.hinted.retain(|_, at| now - *at < repeat);
        self.seen.retain(|_, seen| now - seen.at < 2 * REPEATS_MOST * repeat);
        let mut after = Uuid::nil();
        loop {
            let page = jobs_with_progress(&self.context, after).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = last.id.0;
            for (job, progress) in page.iter().filter(|(job, _)| job.is_open()) {
                self.look(job, progress, now).await?;
            }
        }
    }

    fn repeat(&self) -> i64 {
        seconds(self.context.config.work.hint_repeat_seconds as i64)
    }

    /// Hints a job unless it stands still.
    async fn look(&mut self, job: &Job, progress: &Progress, now: Time) -> Result<()> {
        let before = self.seen.get(&job.id).filter(|seen| seen.progress == *progress);
        if before.is_some_and(|seen| now - seen.at < seen.pause) {
            return Ok(());
        }
        let repeat = self.repeat();
        let pause = before.map_or(repeat, |seen| (2 * seen.pause).min(REPEATS_MOST * repeat));
        if self.hint(job, progress, now).await? {
            self.seen.insert(job.id, Seen { progress: *progress, at: now, pause });
        }
        Ok(())
    }

    /// Publishes what a job's people can take soon, and says whether all of that was heard.
    async fn hint(&mut self, job: &Job, progress: &Progress, now: Time) -> Result<bool> {
        if progress.get(Counter::Pending) == 0 {
            return Ok(true);
        }
        let people = 2 * progress.get(Counter::InProgress);
        let window = people.clamp(WINDOW_MIN, self.context.config.work.hint_window.max(WINDOW_MIN));
        let mut waiting = self.context.store.assignments_waiting(job.id, now, window).await?;
        waiting.dedup();
        waiting.retain(|(round, number)| !self.hinted.contains_key(&(job.id, *round, *number)));
        let mut heard = true;
        for group in waiting.chunk_by(|a, b| a.0 == b.0).flat_map(|round| round.chunks(GROUP)) {
            heard &= self.publish(job, group, now).await;
        }
        Ok(heard)
    }

    async fn publish(&mut self, job: &Job, group: &[(i64, i64)], now: Time) -> bool {
        let Some((round, _)) = group.first() else { return true };
        let numbers = group.iter().map(|(_, number)| *number).collect();
        let hint = Message::Hint { job: job.id, round: *round, numbers };
        let published = self.context.bus.publish(Queue::Annotate(job.team), hint).await;
        tracing::trace!(job = %job.id, hints = group.len(), %published, "hinted");
        self.hinted.extend(group.iter().map(|(round, number)| ((job.id, *round, *number), now)));
        published != Published::Unknown
    }
}
