//! Where the queue of a job begins, as far as this process knows. Rows that were taken from the front of a queue leave dead
//! entries in its index until the database cleans up, and a read from the very beginning has to step over all of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath_domain::ids::JobId;
use swath_domain::{Assignment, Round, Stage};
use tokio::time::Instant;

/// A cursor that is older is not used, so that work that came back to the front of a queue waits no longer than this.
const CURSOR_MAX_AGE: Duration = Duration::from_secs(1);
/// The most cursors that are kept.
const CURSORS_MAX: usize = 10_000;

/// The position of an assignment in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueuePosition {
    pub(crate) round: Round,
    pub(crate) number: i64,
    pub(crate) since: i64,
}

impl From<&Assignment> for QueuePosition {
    fn from(assignment: &Assignment) -> Self {
        Self { round: assignment.key.round, number: assignment.key.number, since: assignment.since.0 }
    }
}

/// The cursors, each with the time at which its queue was last read from the beginning.
#[derive(Default)]
pub(crate) struct QueueCursors(Mutex<HashMap<(JobId, Stage), (Instant, QueuePosition)>>);

impl QueueCursors {
    /// From where the queue may be read.
    pub(crate) fn of(&self, job: JobId, stage: Stage) -> Option<QueuePosition> {
        self.lock()
            .get(&(job, stage))
            .filter(|(read, _)| read.elapsed() < CURSOR_MAX_AGE)
            .map(|(_, position)| *position)
    }

    /// Everything before this position has been taken: the queue was read up to it, from the beginning or from its cursor.
    pub(crate) fn advance(&self, job: JobId, stage: Stage, position: QueuePosition) {
        let mut cursors = self.lock();
        if cursors.len() >= CURSORS_MAX {
            cursors.clear();
        }
        let cursor = cursors.entry((job, stage)).or_insert_with(|| (Instant::now(), position));
        let read = if cursor.0.elapsed() < CURSOR_MAX_AGE { cursor.0 } else { Instant::now() };
        *cursor = (read, position);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(JobId, Stage), (Instant, QueuePosition)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cursor_moves_on_and_is_forgotten_a_second_after_the_queue_was_read() {
        let (cursors, job) = (QueueCursors::default(), JobId(uuid::Uuid::nil()));
        let position = |number| QueuePosition { round: Round::FIRST, number, since: 0 };
        assert_eq!(cursors.of(job, Stage::Annotate), None);
        cursors.advance(job, Stage::Annotate, position(5));
        tokio::time::advance(CURSOR_MAX_AGE / 2).await;
        cursors.advance(job, Stage::Annotate, position(9));
        assert_eq!(cursors.of(job, Stage::Annotate), Some(position(9)));
        assert_eq!(cursors.of(job, Stage::Review), None);
        // However busy the queue is: what came back to its front is seen after a second.
        tokio::time::advance(CURSOR_MAX_AGE / 2).await;
        assert_eq!(cursors.of(job, Stage::Annotate), None);
        cursors.advance(job, Stage::Annotate, position(3));
        assert_eq!(cursors.of(job, Stage::Annotate), Some(position(3)));
    }
}
