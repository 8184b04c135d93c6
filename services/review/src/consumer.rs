//! The consumer applies the review rule to submissions that messages name or that a sweep finds.

use std::collections::HashSet;
use std::time::Duration;

use prometheus::IntCounter;
use swath_bus::{Envelope, Message, Queue};
use swath_domain::Time;
use swath_domain::ids::{AssignmentId, TeamId};
use swath_domain::time::seconds;
use swath_runtime::Context;
use swath_runtime::panics::keep_running;
use swath_store::{ListPage, Result};
use tokio::sync::mpsc;
use uuid::Uuid;

/// The time between two searches for new teams.
const TEAMS_INTERVAL: Duration = Duration::from_secs(2);
/// Teams read at once.
const PAGE_TEAMS: i64 = 500;
/// Submissions in one transaction.
const PAGE_SUBMISSIONS: usize = 256;
/// Submissions that may wait between the bus and the database.
const QUEUE_CAPACITY: usize = 4_096;

/// Applies the review rule.
pub struct Consumer {
    context: Context,
    waived: IntCounter,
    heard: mpsc::Sender<AssignmentId>,
    waiting: mpsc::Receiver<AssignmentId>,
    /// The teams whose messages are listened to.
    teams: HashSet<TeamId>,
    last_team: Uuid,
}

impl Consumer {
    /// A consumer of this process, which counts the submissions that it auto-accepts in `waived`.
    pub fn new(context: Context, waived: IntCounter) -> Self {
        let (heard, waiting) = mpsc::channel(QUEUE_CAPACITY);
        Self { context, waived, heard, waiting, teams: HashSet::new(), last_team: Uuid::nil() }
    }

    /// Works until shutdown.
    pub async fn run(mut self) {
        let mut teams = tokio::time::interval(TEAMS_INTERVAL);
        let mut sweep = tokio::time::interval(Duration::from_millis(self.context.config.work.sweep_millis));
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let shutdown = self.context.shutdown.clone();
        let mut group = Vec::new();
        loop {
            let outcome = tokio::select! {
                () = shutdown.cancelled() => return,
                count = self.waiting.recv_many(&mut group, PAGE_SUBMISSIONS) => {
                    if count == 0 { return }
                    self.waive(std::mem::take(&mut group)).await
                }
                _ = teams.tick() => self.listen_to_new_teams().await,
                _ = sweep.tick() => self.tick(self.context.now()).await,
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "the review rule could not be applied; the next sweep will");
            }
        }
    }

    /// Applies the review rule to submissions whose message did not arrive in time.
    pub async fn tick(&self, now: Time) -> Result<()> {
        let wait_micros = seconds(self.context.config.work.waive_after_seconds as i64);
        loop {
            let late =
                self.context.store.submissions_to_waive(now - wait_micros, PAGE_SUBMISSIONS as i64).await?;
            let is_full = late.len() == PAGE_SUBMISSIONS;
            // A submission that another process has locked is handled by that process.
            if late.is_empty() || self.waive(late).await.is_err() || !is_full {
                return Ok(());
            }
        }
    }

    /// Applies the review rule to these submissions.
    pub(crate) async fn waive(&self, ids: Vec<AssignmentId>) -> Result<()> {
        let waived = self.context.store.submission_waive(ids, self.context.now()).await?;
        self.waived.inc_by(waived.len() as u64);
        for id in waived {
            drop(self.context.traces.at("waive", id));
        }
        Ok(())
    }

    /// Listens to the completions of every team. Ids grow, so new teams follow the last one seen.
    async fn listen_to_new_teams(&mut self) -> Result<()> {
        loop {
            let page = self.context.store.teams(&ListPage::behind(self.last_team, PAGE_TEAMS)).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            self.last_team = last.0;
            for (team, _) in page {
                if self.teams.insert(team) {
                    let (context, heard) = (self.context.clone(), self.heard.clone());
                    tokio::spawn(async move {
                        let start = || listen(context.clone(), team, heard.clone());
                        keep_running("completions", &context.shutdown, start).await;
                    });
                }
            }
        }
    }
}

async fn listen(context: Context, team: TeamId, heard: mpsc::Sender<AssignmentId>) {
    let mut completions = context.bus.subscribe(Queue::Review(team));
    loop {
        let message = tokio::select! {
            message = completions.recv_envelope() => message,
            () = context.shutdown.cancelled() => return,
        };
        let Some(Envelope { message, traceparent }) = message else { return };
        let Message::Completed { assignments } = message else { continue };
        context.traces.received("completion", assignments.iter().copied(), traceparent.as_deref());
        for assignment in assignments {
            if heard.send(assignment).await.is_err() {
                return;
            }
        }
    }
}
