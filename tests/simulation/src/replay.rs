//! What the decision logs say, played as they grow, by the checker's own rules.

use std::collections::{BTreeMap, HashSet};

use swath_checker::{Row, Trail};
use swath_domain::log::Entry;
use swath_domain::{Assignment, AssignmentId, JobId, LeaseId};

use crate::world::{Checked, Violation, broken};

/// What the logs have told so far.
#[derive(Default)]
pub struct Replay {
    told: BTreeMap<AssignmentId, Trail>,
    granted: HashSet<LeaseId>,
    /// Grants and claims, expiries, submissions, decisions: by job, for the counters.
    pub counts: BTreeMap<JobId, Counts>,
}

/// How often things happened in a job.
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
    /// How far the log of an assignment has been read.
    pub fn seq(&self, id: AssignmentId) -> i64 {
        self.told.get(&id).map_or(0, |told| told.seq)
    }

    /// Plays one more entry.
    pub fn play(&mut self, row: &Assignment, entry: &Entry) -> Checked {
        self.told.entry(row.id).or_default().play(entry).map_err(Violation)?;
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

    /// Whether a row is what its log says; one without a log has never moved.
    pub fn agrees(&self, row: &Assignment) -> Checked {
        let told = self.told.get(&row.id);
        let agreed = told
            .map_or_else(|| Trail::default().agrees(&Row::from(row)), |told| told.agrees(&Row::from(row)));
        agreed.map_err(Violation)
    }
}
