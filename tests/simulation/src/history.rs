//! Records the users' calls and their outcomes for the checker.

use swath_checker::{Call, Event, Outcome};
use swath_domain::{AssignmentId, UserId};

use crate::world::World;

impl World {
    /// Records a call and its outcome. Calls do not overlap, so a call's position is its time.
    pub fn record(&mut self, who: UserId, assignment: Option<AssignmentId>, call: Call, outcome: Outcome) {
        let at = self.history.len() as u64;
        self.history.push(Event { who, seq: 0, began: at, ended: at, assignment, call, outcome });
    }
}
