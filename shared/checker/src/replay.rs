//! Replays the decision log of an assignment by rules of its own. Nothing here is shared with the code that wrote the
//! log.

use std::collections::BTreeMap;

use swath_domain::log::Entry;
use swath_domain::{LeaseId, Ranges, Stage, Status, UserId};

use crate::Row;

use Status::{Accepted, Cancelled, Completed, InProgress, InReview, Pending, Rejected};

/// The state of an assignment according to its log.
#[derive(Debug, Clone)]
pub struct Trail {
    /// The number of the last entry.
    pub seq: i64,
    /// The current status.
    pub status: Status,
    /// The number of leases granted, which is the fencing token.
    pub fence: i64,
    /// The lease on the assignment, current or expired, and its holder.
    pub lease: Option<(LeaseId, UserId)>,
    /// The author of the submission.
    pub author: Option<UserId>,
    /// The lease under which it was submitted.
    pub submission: Option<LeaseId>,
    /// The rejected items.
    pub rejected: Ranges,
    /// The accepted items that were skipped.
    pub skipped: Ranges,
    /// All leases and reviews that it ever had.
    pub leases: BTreeMap<LeaseId, Granted>,
    /// The number of expiries.
    pub expiries: i64,
}

/// A lease or a review according to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Work or review.
    pub stage: Stage,
    /// The user it was granted to.
    pub holder: UserId,
    /// Its fencing token.
    pub fence: i64,
    /// The submission that a review is about.
    pub of: Option<LeaseId>,
    /// How its holder ended it, if they did.
    pub end: Option<End>,
}

/// How a holder ends a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By submitting.
    Submitted,
    /// By releasing it.
    Released,
    /// By deciding the review: the new status, and the rejected items.
    Decided(Status, Ranges),
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            seq: 0,
            status: Pending,
            fence: 0,
            lease: None,
            author: None,
            submission: None,
            rejected: Ranges::default(),
            skipped: Ranges::default(),
            leases: BTreeMap::new(),
            expiries: 0,
        }
    }
}

impl Trail {
    /// Applies the next entry.
    ///
    /// # Errors
    /// When the entry cannot follow the previous ones. The text is a violation of I7.
    pub fn play(&mut self, entry: &Entry) -> Result<(), String> {
        let (Some(from), Some(to)) = (entry.from, entry.to) else {
            return Err(format!("an entry without statuses: {entry:?}"));
        };
        if entry.seq != self.seq + 1 || from != self.status {
            return Err(format!("entry {entry:?} does not follow {self:?}"));
        }
        if !allowed(&entry.action).contains(&(from, to)) {
            return Err(format!("no such transition: {entry:?}"));
        }
        self.seq = entry.seq;
        let grants = matches!(entry.action.as_str(), "grant" | "claim");
        if !grants && entry.lease_id != self.lease_id() {
            return Err(format!("{entry:?} is not about the lease of {self:?}"));
        }
        if matches!(entry.action.as_str(), "expire" | "waive") && entry.actor.is_some() {
            return Err(format!("an automatic transition has an actor: {entry:?}"));
        }
        match entry.action.as_str() {
            "grant" | "claim" => self.grant(entry)?,
            "submit" | "decide" | "release" => self.end(entry, to)?,
            "revive" if self.lease != entry.lease_id.zip(entry.actor) => {
                return Err(format!("revived a lease that is not on the assignment: {entry:?}"));
            }
            "expire" if self.lease.is_none() => {
                return Err(format!("nothing to expire: {entry:?} on {self:?}"));
            }
            "expire" => self.expiries += 1,
            "waive" => self.skipped = ranges(entry, "skipped")?,
            "reopen" => self.reopen(),
            "reassign" | "cancel" => self.lease = None,
            "free" if ends_a_lease(entry) => self.lease = None,
            _ => {}
        }
        if entry.fence != self.fence {
            return Err(format!("the fencing token of {entry:?} is not that of {self:?}"));
        }
        self.status = to;
        Ok(())
    }

    fn lease_id(&self) -> Option<LeaseId> {
        self.lease.map(|(lease, _)| lease)
    }

    fn grant(&mut self, entry: &Entry) -> Result<(), String> {
        let (Some(lease), Some(holder)) = (entry.lease_id, entry.actor) else {
            return Err(format!("granted without a lease or a holder: {entry:?}"));
        };
        if entry.fence != self.fence + 1 {
            return Err(format!("the fencing token does not grow by one: {entry:?} after {self:?}"));
        }
        let stage = if entry.action == "grant" { Stage::Annotate } else { Stage::Review };
        if stage == Stage::Review && self.author == Some(holder) {
            return Err(format!("a review of one's own work: {entry:?}"));
        }
        let of = self.submission.filter(|_| stage == Stage::Review);
        let granted = Granted { stage, holder, fence: entry.fence, of, end: None };
        if self.leases.insert(lease, granted).is_some() {
            return Err(format!("a lease id was used before: {entry:?}"));
        }
        self.fence = entry.fence;
        self.lease = Some((lease, holder));
        Ok(())
    }

    fn end(&mut self, entry: &Entry, to: Status) -> Result<(), String> {
        if self.lease.is_none() || self.lease != entry.lease_id.zip(entry.actor) {
            return Err(format!("a call under a lease that is not on the assignment: {entry:?} on {self:?}"));
        }
        let end = match entry.action.as_str() {
            "submit" => {
                (self.author, self.submission) = (entry.actor, entry.lease_id);
                End::Submitted
            }
            "decide" => {
                self.rejected = ranges(entry, "rejected")?;
                self.skipped = ranges(entry, "skipped")?;
                End::Decided(to, self.rejected.clone())
            }
            _ => End::Released,
        };
        let granted = self.lease.take().and_then(|(lease, _)| self.leases.get_mut(&lease));
        if let Some(granted) = granted {
            granted.end = Some(end);
        }
        Ok(())
    }

    fn reopen(&mut self) {
        (self.author, self.submission, self.lease) = (None, None, None);
        (self.rejected, self.skipped) = (Ranges::default(), Ranges::default());
    }

    /// Compares the replayed state with the stored one.
    ///
    /// # Errors
    /// When they differ. The text is a violation of I7.
    pub fn agrees(&self, row: &Row) -> Result<(), String> {
        let replayed = (self.status, self.fence, self.lease, self.author);
        let same = replayed == (row.status, row.fence, row.lease_id.zip(row.holder), row.author);
        if !same || row.lease_id.is_some() != row.holder.is_some() {
            return Err(format!("the log says {self:?} and the row {row:?}"));
        }
        Ok(())
    }
}

fn allowed(action: &str) -> &'static [(Status, Status)] {
    match action {
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
        "reassign" => &[(Pending, Pending), (InProgress, Pending), (InReview, Completed)],
        "free" => &[(Pending, Pending), (InProgress, Pending), (Completed, Completed), (InReview, Completed)],
        "reopen" => &[(Completed, Pending), (InReview, Pending), (Accepted, Pending)],
        "cancel" => {
            &[(Pending, Cancelled), (InProgress, Cancelled), (Completed, Cancelled), (InReview, Cancelled)]
        }
        _ => &[],
    }
}

/// True if the entry ended a lease, and not only a reservation.
fn ends_a_lease(entry: &Entry) -> bool {
    entry.detail.as_ref().is_some_and(|detail| !detail["former_holder"].is_null())
}

/// A set of items in an entry's detail.
fn ranges(entry: &Entry, field: &str) -> Result<Ranges, String> {
    let text = entry.detail.as_ref().and_then(|detail| detail[field].as_str());
    let text = text.ok_or_else(|| format!("no {field} in {entry:?}"))?;
    text.parse().map_err(|error| format!("{error} in {entry:?}"))
}
