//! Events and the coverage of jobs: somebody follows a team from page to page, and the coverage is counted behind the writers.

use std::collections::BTreeMap;

use swath_domain::coverage::{AssignmentState, Cover, block_width};
use swath_domain::event::Event;
use swath_domain::job::Job;
use swath_domain::{Assignment, AssignmentId};
use swath_store::{EventPage, View};

use crate::world::{Checked, World, broken};

/// Somebody who knows the assignments from the events alone.
#[derive(Default)]
pub(crate) struct Follower {
    position: i64,
    known: BTreeMap<AssignmentId, AssignmentState>,
}

impl World {
    /// Counts events into the coverage, and compares it with the counters.
    pub async fn count_events(&mut self) -> Checked {
        let now = self.now();
        let outcome = self.processes[0].coverage.tick(now).await;
        self.verb(outcome).map(drop)
    }

    /// The follower reads a page of events.
    pub async fn follow(&mut self, limit: usize) -> Checked {
        let store = self.processes[0].context.store.clone();
        let page = store.events_after(self.follower.position, limit as i64 + 1).await;
        let said = self.verb(page)?;
        let Some(EventPage { marks, to, events }) = said.done().cloned() else { return Ok(()) };
        let mut follower = std::mem::take(&mut self.follower);
        if marks.cleared > follower.position {
            // What came in between is gone: everything is loaded anew.
            follower.position = marks.settled;
            follower.known =
                self.look(|view| view.assignments().map(|row| (row.id, AssignmentState::of(row))).collect())?;
        } else {
            follower.position = to;
            for event in events {
                follower.hear(&event.event)?;
            }
        }
        let checked = self.look(|view| follower.agrees(view))?;
        self.follower = follower;
        checked
    }
}

impl Follower {
    fn hear(&mut self, event: &Event) -> Checked {
        let Event::Assignments { job, changes } = event else { return Ok(()) };
        for change in changes {
            let known = self.known.insert(change.id(*job), change.now);
            // What was cut is PENDING without an event.
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

    /// Who has read everything knows how everything stands.
    fn agrees(&self, view: View<'_>) -> Checked {
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

/// The coverage is what it covers.
pub(crate) fn check_coverage(view: View<'_>, job: &Job, rows: &[&Assignment]) -> Checked {
    let mut expected: BTreeMap<(i64, i64), Cover> = BTreeMap::new();
    let ranges = (job.selected + job.range_size - 1) / job.range_size;
    for row in rows {
        let cover = AssignmentState::of(row).cover(row.key.round, row.items);
        for level in 1..=swath_store::levels(ranges) {
            expected.entry((level, row.key.number / block_width(level))).or_default().add(&cover);
        }
    }
    expected.retain(|_, cover| !cover.is_zero());
    let counted = view.coverage(job.id);
    if counted != expected {
        broken!("the coverage of {} is {counted:?} and should be {expected:?}", job.id);
    }
    Ok(())
}
