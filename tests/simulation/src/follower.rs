//! A client that follows the events of a team.

use std::collections::BTreeMap;

use swath_domain::AssignmentId;
use swath_domain::coverage::AssignmentState;
use swath_domain::event::Event;
use swath_store::View;

use crate::violation::{Checked, broken};

/// A client that knows the assignments from events alone.
#[derive(Default)]
pub(crate) struct Follower {
    pub(crate) position: i64,
    pub(crate) known: BTreeMap<AssignmentId, AssignmentState>,
}

impl Follower {
    /// Applies an event.
    pub(crate) fn apply(&mut self, event: &Event) -> Checked {
        let Event::Assignments { job, changes } = event else { return Ok(()) };
        for change in changes {
            let known = self.known.insert(change.id(*job), change.now);
            // A cut writes no event: its assignments are pending until an event says otherwise.
            if known.is_some() && known != change.before {
                broken!(
                    "an event says that {} stood as {:?}, and it was {known:?}",
                    change.id(*job),
                    change.before
                );
            }
        }
        Ok(())
    }

    /// A client that has read all events knows the state of every assignment.
    pub(crate) fn agrees(&self, view: View<'_>) -> Checked {
        if self.position < view.last_event() {
            return Ok(());
        }
        for row in view.assignments() {
            let stands = AssignmentState::of(row);
            let is_fresh = row.seq == 0 && !self.known.contains_key(&row.id);
            if !is_fresh && self.known.get(&row.id) != Some(&stands) {
                broken!("events say {:?} of {row:?}", self.known.get(&row.id));
            }
        }
        Ok(())
    }
}
