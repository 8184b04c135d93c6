//! Where the queue of a job begins, as far as this process knows. What was taken from the front of a queue leaves traces
//! in its index until the database cleans up, and whoever reads from the very beginning has to step over all of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath_domain::ids::JobId;
use swath_domain::{Assignment, Stage};
use tokio::time::Instant;

/// After this a queue is read from its very beginning again: work that came back to the front waits no longer.
const CURSOR_MAX_AGE: Duration = Duration::from_secs(1);
/// Queues whose heads are kept.
const CURSORS_MAX: usize = 10_000;

/// The place of an assignment in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueuePosition {
    pub(crate) round: i64,
    pub(crate) number: i64,
    pub(crate) since: i64,
}

impl From<&Assignment> for QueuePosition {
    fn from(assignment: &Assignment) -> Self {
        Self { round: assignment.key.round, number: assignment.key.number, since: assignment.since.0 }
    }
}

/// The heads, each with the time at which its queue was last read from the beginning.
#[derive(Default)]
pub(crate) struct QueueCursors(Mutex<HashMap<(JobId, Stage), (Instant, QueuePosition)>>);

impl QueueCursors {
    /// From where the queue may be read.
    pub(crate) fn of(&self, job: JobId, stage: Stage) -> Option<QueuePosition> {
        self.lock()
            .get(&(job, stage))
            .filter(|(read, _)| read.elapsed() < CURSOR_MAX_AGE)
            .map(|(_, place)| *place)
    }

    /// What stands before this place has been taken: the queue was read up to it, from the beginning or from its head.
    pub(crate) fn advance(&self, job: JobId, stage: Stage, place: QueuePosition) {
        let mut heads = self.lock();
        if heads.len() >= CURSORS_MAX {
            heads.clear();
        }
        let head = heads.entry((job, stage)).or_insert_with(|| (Instant::now(), place));
        let read = if head.0.elapsed() < CURSOR_MAX_AGE { head.0 } else { Instant::now() };
        *head = (read, place);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(JobId, Stage), (Instant, QueuePosition)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_head_moves_on_and_is_forgotten_a_second_after_the_queue_was_read() {
        let (heads, job) = (QueueCursors::default(), JobId(uuid::Uuid::nil()));
        let place = |number| QueuePosition { round: 1, number, since: 0 };
        assert_eq!(heads.of(job, Stage::Annotate), None);
        heads.advance(job, Stage::Annotate, place(5));
        tokio::time::advance(CURSOR_MAX_AGE / 2).await;
        heads.advance(job, Stage::Annotate, place(9));
        assert_eq!(heads.of(job, Stage::Annotate), Some(place(9)));
        assert_eq!(heads.of(job, Stage::Review), None);
        // However busy the queue is: what came back to its front is seen after a second.
        tokio::time::advance(CURSOR_MAX_AGE / 2).await;
        assert_eq!(heads.of(job, Stage::Annotate), None);
        heads.advance(job, Stage::Annotate, place(3));
        assert_eq!(heads.of(job, Stage::Annotate), Some(place(3)));
    }
}
