//! The decision logs, played as they grow, by the checker's own rules.

use std::collections::{BTreeMap, HashSet};

use swath_checker::{Row, Trail};
use swath_domain::log::Entry;
use swath_domain::{Assignment, AssignmentId, JobId, LeaseId};

use crate::violation::{Checked, Violation, broken};

/// What the logs have said so far.
#[derive(Default)]
pub struct Replay {
    trails: BTreeMap<AssignmentId, Trail>,
    granted: HashSet<LeaseId>,
    /// The numbers of grants, expiries, submissions and decisions of each job, for comparison with the counters.
    pub counts: BTreeMap<JobId, Counts>,
}

/// How often each kind of transition happened in a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leases and reviews granted.
    pub leases: i64,
    /// Expiries.
    pub expiries: i64,
    /// Submissions.
    pub submissions: i64,
    /// Decisions.
    pub decisions: i64,
}

impl Replay {
    /// The last entry of an assignment's log that was played.
    pub fn seq(&self, id: AssignmentId) -> i64 {
        self.trails.get(&id).map_or(0, |trail| trail.seq)
    }

    /// Plays one more entry.
    pub fn play(&mut self, row: &Assignment, entry: &Entry) -> Checked {
        self.trails.entry(row.id).or_default().play(entry).map_err(Violation)?;
        let counts = self.counts.entry(row.key.job).or_default();
        match entry.action.as_str() {
            "grant" | "claim" => {
                if entry.lease_id.is_none_or(|lease| !self.granted.insert(lease)) {
                    broken!("a lease id is used again: {entry:?}");
                }
                counts.leases += 1;
            }
            "expire" => counts.expiries += 1,
            "submit" => counts.submissions += 1,
            "decide" => counts.decisions += 1,
            _ => {}
        }
        Ok(())
    }

    /// The assignment is as its log says. Without a log it has not changed since the cut.
    pub fn agrees(&self, row: &Assignment) -> Checked {
        let trail = self.trails.get(&row.id);
        let agreed = trail
            .map_or_else(|| Trail::default().agrees(&Row::from(row)), |trail| trail.agrees(&Row::from(row)));
        agreed.map_err(Violation)
    }
}
