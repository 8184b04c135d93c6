//! The hinter: tells gateways which assignments are ready, in a window that follows the people and not the backlog.
//! A hint that brought nobody is repeated after a while; publishing one writes no row.

use std::collections::HashMap;

use swath_bus::{Message, Queue};
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

/// Publishes hints.
pub struct Hinter {
    context: Context,
    /// When each waiting assignment was last hinted, by job, round and number.
    hinted: HashMap<(JobId, i64, i64), Time>,
}

impl Hinter {
    /// A hinter over the process' parts.
    pub fn new(context: Context) -> Self {
        Self { context, hinted: HashMap::new() }
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
        self.hint(&job, &progress, now).await
    }

    /// Goes once through all jobs.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        let repeat = seconds(self.context.config.work.hint_repeat_seconds as i64);
        self.hinted.retain(|_, at| now - *at < repeat);
        let mut after = Uuid::nil();
        loop {
            let page = jobs_with_progress(&self.context, after).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = last.id.0;
            for (job, progress) in page.iter().filter(|(job, _)| job.is_open()) {
                self.hint(job, progress, now).await?;
            }
        }
    }

    async fn hint(&mut self, job: &Job, progress: &Progress, now: Time) -> Result<()> {
        if progress.get(Counter::Pending) == 0 {
            return Ok(());
        }
        let people = 2 * progress.get(Counter::InProgress);
        let window = people.clamp(WINDOW_MIN, self.context.config.work.hint_window.max(WINDOW_MIN));
        let mut waiting = self.context.store.assignments_waiting(job.id, now, window).await?;
        waiting.dedup();
        waiting.retain(|(round, number)| !self.hinted.contains_key(&(job.id, *round, *number)));
        for group in waiting.chunk_by(|a, b| a.0 == b.0).flat_map(|round| round.chunks(GROUP)) {
            self.publish(job, group, now).await;
        }
        Ok(())
    }

    async fn publish(&mut self, job: &Job, group: &[(i64, i64)], now: Time) {
        let Some((round, _)) = group.first() else { return };
        let numbers = group.iter().map(|(_, number)| *number).collect();
        let hint = Message::Hint { job: job.id, round: *round, numbers };
        let published = self.context.bus.publish(Queue::Annotate(job.team), hint).await;
        tracing::trace!(job = %job.id, hints = group.len(), %published, "hinted");
        self.hinted.extend(group.iter().map(|(round, number)| ((job.id, *round, *number), now)));
    }
}
