//! Events and the coverage of jobs: a client follows a team's events page by page, and the coverage is counted from
//! them.

use swath_domain::coverage::AssignmentState;
use swath_store::EventPage;

use crate::violation::Checked;
use crate::world::World;

impl World {
    /// Adds new events to the coverage, and compares it with the counters.
    pub async fn count_events(&mut self) -> Checked {
        let now = self.now();
        let outcome = self.processes[0].coverage.tick(now).await;
        self.verb(outcome).map(drop)
    }

    /// The client reads a page of events.
    pub async fn follow(&mut self, limit: usize) -> Checked {
        let store = self.processes[0].context.store.clone();
        let page = store.events_after(self.follower.position, limit as i64 + 1).await;
        let reply = self.verb(page)?;
        let Some(EventPage { marks, to, events }) = reply.done().cloned() else { return Ok(()) };
        let mut follower = std::mem::take(&mut self.follower);
        if marks.cleared > follower.position {
            // The events in between were deleted, so the client loads everything again.
            follower.position = marks.settled;
            follower.known =
                self.look(|view| view.assignments().map(|row| (row.id, AssignmentState::of(row))).collect())?;
        } else {
            follower.position = to;
            for event in events {
                follower.apply(&event.event)?;
            }
        }
        let checked = self.look(|view| follower.agrees(view))?;
        self.follower = follower;
        checked
    }
}
