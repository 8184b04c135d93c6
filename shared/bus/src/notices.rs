//! Notices: messages whose sender does not wait for the broker. They are gathered for a moment and sent as few messages: the
//! broker stores a message of a hundred numbers as quickly as a message of one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{Bus, Envelope, Published, Queue};

/// Notices that may wait to be published; past that a sweep finds what they would have told.
const WAITING: usize = 8_192;
/// Notices gathered at once.
const GROUP: usize = 500;
/// Between two groups.
const GATHER: Duration = Duration::from_millis(25);

type Notice = (Queue, Envelope);

/// The notices of one service.
pub struct Notices {
    bus: Bus,
    queue: mpsc::Sender<Notice>,
    waiting: Mutex<Option<mpsc::Receiver<Notice>>>,
}

impl Notices {
    /// Notices on this bus; they go out once [`Notices::run`] is called.
    pub fn new(bus: Bus) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        Self { bus, queue, waiting: Mutex::new(Some(waiting)) }
    }

    /// Says something, soon.
    pub fn tell(&self, queue: Queue, message: impl Into<Envelope>) {
        if self.queue.try_send((queue, message.into())).is_err() {
            tracing::debug!(?queue, "a notice was dropped; a sweep will find what it told of");
        }
    }

    /// Publishes until shutdown. The first of a burst goes at once; the others share messages.
    pub async fn run(&self, shutdown: &CancellationToken) {
        let taken = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(receiver) = taken else { return };
        let mut returned = Returned { receiver: Some(receiver), to: &self.waiting };
        let Some(receiver) = returned.receiver.as_mut() else { return };
        let mut group = Vec::new();
        loop {
            tokio::select! {
                biased;
                count = receiver.recv_many(&mut group, GROUP) => if count == 0 { return },
                () = shutdown.cancelled() => return,
            }
            self.publish(std::mem::take(&mut group)).await;
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
        let unknown = self.bus.publish_all(gathered(group)).await;
        let unknown = unknown.into_iter().filter(|published| *published == Published::Unknown).count();
        if unknown > 0 {
            tracing::debug!(unknown, "notices were not confirmed; a sweep will find what they told of");
        }
    }
}

/// Puts the receiver back when the loop ends, by a panic too, so that it can be started again.
struct Returned<'a> {
    receiver: Option<mpsc::Receiver<Notice>>,
    to: &'a Mutex<Option<mpsc::Receiver<Notice>>>,
}

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        *self.to.lock().unwrap_or_else(PoisonError::into_inner) = self.receiver.take();
    }
}

/// As few messages that say the same.
pub(crate) fn gathered(notices: impl IntoIterator<Item = Notice>) -> Vec<Notice> {
    let mut few: Vec<Notice> = Vec::new();
    for (queue, notice) in notices {
        let left =
            few.iter_mut().try_fold(
                notice,
                |notice, (of, into)| {
                    if *of == queue { into.absorb(notice) } else { Some(notice) }
                },
            );
        few.extend(left.map(|notice| (queue, notice)));
    }
    few
}

#[cfg(test)]
mod tests {
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
        Message::Hint { job: JobId(Uuid::from_u128(job)), round, numbers: numbers.to_vec() }
    }

    fn team(number: u128) -> TeamId {
        TeamId(Uuid::from_u128(number))
    }

    #[test]
    fn what_one_message_can_say_is_said_in_one_and_nothing_is_left_out() {
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
        let few = [
            (review, completed(&[1, 3, 4])),
            (annotate, hint(7, 2, &[3, 9, 10])),
            (Queue::Review(team(2)), completed(&[2])),
            (annotate, hint(7, 1, &[5])),
            (annotate, hint(8, 2, &[6])),
        ];
        let enclosed = |(queue, message): (Queue, Message)| (queue, message.into());
        assert_eq!(gathered(notices.map(enclosed)), few.map(enclosed));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_notice_goes_at_once_and_those_of_the_next_moment_share_a_message() {
        let bus = Bus::memory();
        let queue = Queue::Review(team(1));
        let mut heard = bus.subscribe(queue);
        let notices = std::sync::Arc::new(Notices::new(bus));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn({
            let (notices, shutdown) = (notices.clone(), shutdown.clone());
            async move { notices.run(&shutdown).await }
        });
        notices.tell(queue, completed(&[1]));
        assert_eq!(heard.recv().await, Some(completed(&[1])));
        notices.tell(queue, completed(&[2]));
        notices.tell(queue, completed(&[3]));
        assert_eq!(heard.recv().await, Some(completed(&[2, 3])));
        shutdown.cancel();
        assert!(running.await.is_ok());
    }
}
