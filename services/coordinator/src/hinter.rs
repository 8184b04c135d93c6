//! The hinter: tells gateways which assignments are ready, in a window that follows the people and not the backlog.
//! A hint that brought nobody is repeated after a while; publishing one writes no row.

use std::collections::HashMap;

use futures::{StreamExt, stream};
use swath_bus::{Message, Published, Queue};
use swath_domain::Time;
use swath_domain::ids::{JobId, TeamId};
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
/// Messages on their way at once.
const AT_ONCE: usize = 64;

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

/// A hint that is to be published.
struct Due {
    team: TeamId,
    job: JobId,
    round: i64,
    numbers: Vec<i64>,
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
        let due = self.due(&job, &progress, now).await?;
        self.publish(due, now).await;
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
            let mut due = Vec::new();
            for (job, progress) in page.iter().filter(|(job, _)| job.is_open()) {
                if self.has_moved(job.id, progress, now) {
                    due.extend(self.due(job, progress, now).await?);
                }
            }
            self.publish(due, now).await;
        }
    }

    fn repeat(&self) -> i64 {
        seconds(self.context.config.work.hint_repeat_seconds as i64)
    }

    /// Whether a job is to be looked at again; that is noted.
    fn has_moved(&mut self, job: JobId, progress: &Progress, now: Time) -> bool {
        let repeat = self.repeat();
        let before = self.seen.get(&job).filter(|seen| seen.progress == *progress);
        if before.is_some_and(|seen| now - seen.at < seen.pause) {
            return false;
        }
        let pause = before.map_or(repeat, |seen| (2 * seen.pause).min(REPEATS_MOST * repeat));
        self.seen.insert(job, Seen { progress: *progress, at: now, pause });
        true
    }

    /// What a job's people can take soon and have not been hinted of. As long as half of what they were is still there,
    /// that is enough: messages of one number cost the broker as much as those of many.
    async fn due(&self, job: &Job, progress: &Progress, now: Time) -> Result<Vec<Due>> {
        if progress.get(Counter::Pending) == 0 {
            return Ok(Vec::new());
        }
        let people = 2 * progress.get(Counter::InProgress);
        let window = people.clamp(WINDOW_MIN, self.context.config.work.hint_window.max(WINDOW_MIN));
        let mut waiting = self.context.store.assignments_waiting(job.id, now, window).await?;
        waiting.dedup();
        let all = waiting.len();
        waiting.retain(|(round, number)| !self.hinted.contains_key(&(job.id, *round, *number)));
        let is_out = all - waiting.len();
        if 2 * is_out as i64 >= window {
            return Ok(Vec::new());
        }
        let groups = waiting.chunk_by(|a, b| a.0 == b.0).flat_map(|round| round.chunks(GROUP));
        let due = |group: &[(i64, i64)]| Due {
            team: job.team,
            job: job.id,
            round: group.first().map_or(0, |(round, _)| *round),
            numbers: group.iter().map(|(_, number)| *number).collect(),
        };
        Ok(groups.map(due).collect())
    }

    /// Publishes hints side by side, for the broker writes down many at once as quickly as one. A job whose hint may not
    /// have been heard is looked at again in the next round.
    async fn publish(&mut self, due: Vec<Due>, now: Time) {
        let bus = self.context.bus.clone();
        let publishing = due.into_iter().map(|due| async {
            let hint = Message::Hint { job: due.job, round: due.round, numbers: due.numbers.clone() };
            let published = bus.publish(Queue::Annotate(due.team), hint).await;
            (due, published)
        });
        let mut published = stream::iter(publishing).buffer_unordered(AT_ONCE);
        while let Some((due, published)) = published.next().await {
            tracing::trace!(job = %due.job, hints = due.numbers.len(), %published, "hinted");
            if published == Published::Unknown {
                self.seen.remove(&due.job);
            }
            self.hinted.extend(due.numbers.iter().map(|number| ((due.job, due.round, *number), now)));
        }
    }
}
