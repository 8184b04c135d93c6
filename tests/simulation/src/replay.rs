//! What the decision log says, played back by rules of its own: nothing here is shared with the code that wrote it.

use std::collections::{BTreeMap, HashSet};

use swath_domain::log::Entry;
use swath_domain::{Assignment, AssignmentId, LeaseId, Status, UserId};

use crate::world::{Checked, broken};

/// One assignment as its log tells it.
#[derive(Debug, Clone)]
pub struct Told {
    seq: i64,
    status: Status,
    fence: i64,
    /// The lease that stands, current or lapsed, and whose it is.
    standing: Option<(LeaseId, UserId)>,
    author: Option<UserId>,
}

/// What the log has told so far.
#[derive(Default)]
pub struct Replay {
    told: BTreeMap<AssignmentId, Told>,
    granted: HashSet<LeaseId>,
    /// Grants and claims, lapses, submissions, decisions: by job, for the counters.
    pub counts: BTreeMap<swath_domain::JobId, Counts>,
}

/// How often things happened in a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leases and reviews granted.
    pub leases: i64,
    /// Lapses.
    pub expiries: i64,
    /// Submissions.
    pub submissions: i64,
    /// Decisions.
    pub decisions: i64,
}

use Status::{Accepted, Cancelled, Completed, InProgress, InReview, Pending, Rejected};

impl Replay {
    /// How far the log of an assignment has been read.
    pub fn seq(&self, id: AssignmentId) -> i64 {
        self.told.get(&id).map_or(0, |told| told.seq)
    }

    /// Plays one more entry.
    pub fn play(&mut self, row: &Assignment, entry: &Entry) -> Checked {
        let told = self.told.entry(row.id).or_insert(Told {
            seq: 0,
            status: Pending,
            fence: 0,
            standing: None,
            author: None,
        });
        let (Some(from), Some(to)) = (entry.from, entry.to) else {
            broken!("an entry without statuses: {entry:?}")
        };
        if entry.seq != told.seq + 1 || from != told.status {
            broken!("entry {entry:?} does not follow {told:?}");
        }
        told.seq = entry.seq;
        let allowed: &[(Status, Status)] = match entry.action.as_str() {
            "grant" => &[(Pending, InProgress)],
            "claim" => &[(Completed, InReview)],
            "revive" => &[(Pending, InProgress), (Completed, InReview)],
            "submit" => &[(InProgress, Completed), (Pending, Completed)],
            "release" => {
                &[(InProgress, Pending), (InReview, Completed), (Pending, Pending), (Completed, Completed)]
            }
            "expire" => &[(InProgress, Pending), (InReview, Completed)],
            "decide" => {
                &[(InReview, Accepted), (InReview, Rejected), (Completed, Accepted), (Completed, Rejected)]
            }
            "waive" => &[(Completed, Accepted)],
            "rework" => &[(Pending, Pending)],
            "reassign" => &[(Pending, Pending), (InProgress, Pending)],
            "reopen" => &[(Completed, Pending), (InReview, Pending), (Accepted, Pending)],
            "cancel" => &[
                (Pending, Cancelled),
                (InProgress, Cancelled),
                (Completed, Cancelled),
                (InReview, Cancelled),
            ],
            _ => &[],
        };
        if !allowed.contains(&(from, to)) {
            broken!("no such transition: {entry:?}");
        }
        let counts = self.counts.entry(row.job).or_default();
        match entry.action.as_str() {
            "grant" | "claim" => {
                let (Some(lease), Some(actor)) = (entry.lease_id, entry.actor) else {
                    broken!("nobody: {entry:?}")
                };
                if entry.fence != told.fence + 1 {
                    broken!("the fence does not grow by one: {entry:?} after {told:?}");
                }
                if !self.granted.insert(lease) {
                    broken!("a lease id is used again: {entry:?}");
                }
                if entry.action == "claim" && told.author == Some(actor) {
                    broken!("a review of one's own work: {entry:?}");
                }
                told.fence = entry.fence;
                told.standing = Some((lease, actor));
                counts.leases += 1;
            }
            "revive" if told.standing != entry.lease_id.zip(entry.actor) => {
                broken!("revived what does not stand: {entry:?}")
            }
            "expire" if told.standing.is_none() => broken!("nothing to lapse: {entry:?}"),
            "expire" => counts.expiries += 1,
            "submit" | "decide" | "release" => {
                if told.standing != entry.lease_id.zip(entry.actor) {
                    broken!("done under a lease that does not stand: {entry:?} on {told:?}");
                }
                told.standing = None;
                counts.submissions += i64::from(entry.action == "submit");
                counts.decisions += i64::from(entry.action == "decide");
            }
            _ => {}
        }
        match entry.action.as_str() {
            "submit" => told.author = entry.actor,
            "reopen" => (told.author, told.standing) = (None, None),
            "reassign" | "cancel" => told.standing = None,
            _ => {}
        }
        told.status = to;
        Ok(())
    }

    /// Whether a row is what its log says.
    pub fn agrees(&self, row: &Assignment) -> Checked {
        let Some(told) = self.told.get(&row.id) else {
            if row.status != Pending || row.fence != 0 || row.lease.is_some() {
                broken!("a row moved without a word in its log: {row:?}");
            }
            return Ok(());
        };
        let standing = row.lease.zip(row.holder);
        let same =
            (told.seq, told.status, told.fence, told.standing) == (row.seq, row.status, row.fence, standing);
        let authored = matches!(row.status, Completed | InReview | Accepted | Rejected);
        if !same || authored && told.author != row.author {
            broken!("the log says {told:?} and the row {row:?}");
        }
        Ok(())
    }
}
