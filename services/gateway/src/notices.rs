//! Completion notices: submissions are told to the review service in groups, one message per team and moment.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use swath_bus::{Message, Published, Queue};
use swath_domain::ids::{AssignmentId, TeamId};
use swath_runtime::Context;
use tokio::sync::mpsc;

/// Notices that may wait to be published; past that the sweep finds what they would have told.
const WAITING: usize = 8_192;
/// Notices in one message.
const GROUP: usize = 500;

/// Between two messages.
const GATHER: Duration = Duration::from_millis(25);

type Notice = (TeamId, AssignmentId);

/// The notices of one gateway.
pub struct Notices {
    context: Context,
    queue: mpsc::Sender<Notice>,
    waiting: Mutex<Option<mpsc::Receiver<Notice>>>,
}

impl Notices {
    pub fn new(context: Context) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        Self { context, queue, waiting: Mutex::new(Some(waiting)) }
    }

    /// Tells of a submission, soon.
    pub fn tell(&self, team: TeamId, assignment: AssignmentId) {
        if self.queue.try_send((team, assignment)).is_err() {
            tracing::debug!(%assignment, "a completion notice was dropped; the sweep will find it");
        }
    }

    /// Publishes until shutdown, and then what is left.
    pub async fn run(&self) {
        let receiver = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut receiver) = receiver else { return };
        let mut group = Vec::new();
        loop {
            tokio::select! {
                biased;
                count = receiver.recv_many(&mut group, GROUP) => if count == 0 { return },
                () = self.context.shutdown.cancelled() => return,
            }
            self.publish(std::mem::take(&mut group)).await;
            // The first of a burst goes at once; the others share messages instead of costing the broker one each.
            tokio::time::sleep(GATHER).await;
        }
    }

    /// Publishes what waits right now; for loops that are ticked by hand.
    pub async fn tick(&self) {
        let mut group = Vec::new();
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            while let Ok(notice) = waiting.try_recv() {
                group.push(notice);
            }
        }
        self.publish(group).await;
    }

    async fn publish(&self, group: Vec<Notice>) {
        let mut by_team: BTreeMap<TeamId, Vec<AssignmentId>> = BTreeMap::new();
        for (team, assignment) in group {
            by_team.entry(team).or_default().push(assignment);
        }
        for (team, assignments) in by_team {
            let message = Message::Completed { assignments };
            if self.context.bus.publish(Queue::Review(team), message).await == Published::Unknown {
                tracing::debug!(%team, "a completion notice was not confirmed; the sweep will find it");
            }
        }
    }
}
