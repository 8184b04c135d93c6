//! Notices: fire-and-forget messages. They are collected for a moment and merged into few messages, because the broker
//! stores a message with a hundred numbers as quickly as a message with one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{Bus, Envelope, Published, Queue};

/// How many notices may wait to be published. Further ones are dropped, and a sweep finds the same work.
const QUEUE_CAPACITY: usize = 8_192;
/// How many notices are merged at a time.
const GROUP_MAX: usize = 500;
/// The time between two groups.
const GROUP_INTERVAL: Duration = Duration::from_millis(25);

type Notice = (Queue, Envelope);

/// The notices of one service.
pub struct Notices {
    bus: Bus,
    queue: mpsc::Sender<Notice>,
    waiting: Mutex<Option<mpsc::Receiver<Notice>>>,
}

impl Notices {
    /// Notices on this bus. They are sent by [`Notices::run`].
    pub fn new(bus: Bus) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_CAPACITY);
        Self { bus, queue, waiting: Mutex::new(Some(waiting)) }
    }

    /// Queues a message to be sent soon. Drops it if the queue is full.
    pub fn send(&self, queue: Queue, message: impl Into<Envelope>) {
        if self.queue.try_send((queue, message.into())).is_err() {
            tracing::debug!(?queue, "a notice was dropped; a sweep will find its work");
        }
    }

    /// Publishes until shutdown. Sends the first notice of a burst at once, and merges the others.
    pub async fn run(&self, shutdown: &CancellationToken) {
        let taken = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(receiver) = taken else { return };
        let mut guard = PutBack { receiver: Some(receiver), slot: &self.waiting };
        let Some(receiver) = guard.receiver.as_mut() else { return };
        let mut group = Vec::new();
        loop {
            tokio::select! {
                biased;
                count = receiver.recv_many(&mut group, GROUP_MAX) => if count == 0 { return },
                () = shutdown.cancelled() => return,
            }
            self.publish(std::mem::take(&mut group)).await;
            tokio::time::sleep(GROUP_INTERVAL).await;
        }
    }

    /// Publishes all waiting notices, for loops that a test ticks itself.
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
        let unknown = self.bus.publish_all(merged(group)).await;
        let unknown = unknown.into_iter().filter(|published| *published == Published::Unknown).count();
        if unknown > 0 {
            tracing::debug!(unknown, "notices were not confirmed; a sweep will find their work");
        }
    }
}

/// Puts the receiver back when the loop ends, even by a panic, so that the loop can be started again.
struct PutBack<'a> {
    receiver: Option<mpsc::Receiver<Notice>>,
    slot: &'a Mutex<Option<mpsc::Receiver<Notice>>>,
}

impl Drop for PutBack<'_> {
    fn drop(&mut self) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = self.receiver.take();
    }
}

/// The same notices in as few messages as possible.
pub(crate) fn merged(notices: impl IntoIterator<Item = Notice>) -> Vec<Notice> {
    let mut merged: Vec<Notice> = Vec::new();
    for (queue, notice) in notices {
        let left =
            merged.iter_mut().try_fold(
                notice,
                |notice, (of, into)| {
                    if *of == queue { into.absorb(notice) } else { Some(notice) }
                },
            );
        merged.extend(left.map(|notice| (queue, notice)));
    }
    merged
}

#[cfg(test)]
mod tests {
    use swath_domain::Round;
    use swath_domain::ids::{AssignmentId, JobId, TeamId};
    use uuid::Uuid;

    use super::*;
    use crate::Message;

    fn completed(numbers: &[u128]) -> Message {
        Message::Completed {
            assignments: numbers.iter().map(|n| AssignmentId(Uuid::from_u128(*n))).collect(),
        }
    }

    fn hint(job: u128, round: i64, numbers: &[i64]) -> Message {
        Message::Hint { job: JobId(Uuid::from_u128(job)), round: Round(round), numbers: numbers.to_vec() }
    }

    fn team(number: u128) -> TeamId {
        TeamId(Uuid::from_u128(number))
    }

    #[test]
    fn notices_of_a_kind_are_merged_and_none_is_lost() {
        let (annotate, review) = (Queue::Annotate(team(1)), Queue::Review(team(1)));
        let notices = [
            (review, completed(&[1])),
            (annotate, hint(7, 2, &[3])),
            (Queue::Review(team(2)), completed(&[2])),
            (review, completed(&[3, 4])),
            (annotate, hint(7, 1, &[5])),
            (annotate, hint(8, 2, &[6])),
            (annotate, hint(7, 2, &[9, 10])),
        ];
        let expected = [
            (review, completed(&[1, 3, 4])),
            (annotate, hint(7, 2, &[3, 9, 10])),
            (Queue::Review(team(2)), completed(&[2])),
            (annotate, hint(7, 1, &[5])),
            (annotate, hint(8, 2, &[6])),
        ];
        let enclosed = |(queue, message): (Queue, Message)| (queue, message.into());
        assert_eq!(merged(notices.map(enclosed)), expected.map(enclosed));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_notice_is_sent_at_once_and_the_next_ones_are_merged() {
        let bus = Bus::memory();
        let queue = Queue::Review(team(1));
        let mut subscription = bus.subscribe(queue);
        let notices = std::sync::Arc::new(Notices::new(bus));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn({
            let (notices, shutdown) = (notices.clone(), shutdown.clone());
            async move { notices.run(&shutdown).await }
        });
        notices.send(queue, completed(&[1]));
        assert_eq!(subscription.recv().await, Some(completed(&[1])));
        notices.send(queue, completed(&[2]));
        notices.send(queue, completed(&[3]));
        assert_eq!(subscription.recv().await, Some(completed(&[2, 3])));
        shutdown.cancel();
        assert!(running.await.is_ok());
    }
}
