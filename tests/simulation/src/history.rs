//! What people did and what they were answered, kept for the checker.

use swath_checker::{Answer, Call, Event, Outcome};
use swath_domain::{AssignmentId, UserId};

use crate::annotate::Said;
use crate::world::World;

impl World {
    /// Keeps a call and its outcome; calls follow one another, so their places are their times.
    pub fn record(&mut self, who: UserId, assignment: Option<AssignmentId>, call: Call, outcome: Outcome) {
        let at = self.history.len() as u64;
        self.history.push(Event { who, seq: 0, began: at, ended: at, assignment, call, outcome });
    }
}

/// An outcome as the history keeps it.
pub fn outcome<T>(said: &Said<T>, answer: impl FnOnce(&T) -> Answer) -> Outcome {
    match said {
        Said::Done(done) => Outcome::Done(answer(done)),
        Said::Refused(code, _) => Outcome::Refused((*code).to_owned()),
        Said::Unknown => Outcome::Unknown,
    }
}
