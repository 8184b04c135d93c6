//! What the decision log of an assignment says, played back by rules of its own: nothing here is shared with the
//! code that wrote it.

use std::collections::BTreeMap;

use swath_domain::log::Entry;
use swath_domain::{LeaseId, Ranges, Stage, Status, UserId};

use crate::Row;

use Status::{Accepted, Cancelled, Completed, InProgress, InReview, Pending, Rejected};

/// An assignment as its log tells it.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Entries played.
    pub seq: i64,
    /// Where it stands.
    pub status: Status,
    /// Leases granted.
    pub fence: i64,
    /// The lease that stands, current or expired, and whose it is.
    pub standing: Option<(LeaseId, UserId)>,
    /// Who handed it in.
    pub author: Option<UserId>,
    /// The lease under which it was handed in.
    pub submission: Option<LeaseId>,
    /// What was rejected of it.
    pub rejected: Ranges,
    /// What was accepted of it as skipped.
    pub skipped: Ranges,
    /// Every lease and review that it ever had.
    pub leases: BTreeMap<LeaseId, Granted>,
    /// Expiries.
    pub expiries: i64,
}

/// A lease or a review as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Which of the two.
    pub stage: Stage,
    /// Whose.
    pub holder: UserId,
    /// At which fence.
    pub fence: i64,
    /// The submission that a review is about.
    pub of: Option<LeaseId>,
    /// What ended it, if its holder did.
    pub end: Option<End>,
}

/// What its holder ended a lease with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was handed in.
    Submitted,
    /// It was given back.
    Released,
    /// It was decided: the status, and what was rejected.
    Decided(Status, Ranges),
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            seq: 0,
            status: Pending,
            fence: 0,
            standing: None,
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
    /// Plays one more entry.
    ///
    /// # Errors
    /// Why the entry cannot follow what was played before.
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
        if !grants && entry.lease_id != self.lease() {
            return Err(format!("{entry:?} is not about the lease that stands on {self:?}"));
        }
        if matches!(entry.action.as_str(), "expire" | "waive") && entry.actor.is_some() {
            return Err(format!("nobody's doing has an actor: {entry:?}"));
        }
        match entry.action.as_str() {
            "grant" | "claim" => self.grant(entry)?,
            "submit" | "decide" | "release" => self.end(entry, to)?,
            "revive" if self.standing != entry.lease_id.zip(entry.actor) => {
                return Err(format!("revived what does not stand: {entry:?}"));
            }
            "expire" if self.standing.is_none() => {
                return Err(format!("nothing to expire: {entry:?} on {self:?}"));
            }
            "expire" => self.expiries += 1,
            "waive" => self.skipped = ranges(entry, "skipped")?,
            "reopen" => self.reopen(),
            "reassign" | "cancel" => self.standing = None,
            "free" if ends_a_lease(entry) => self.standing = None,
            _ => {}
        }
        if entry.fence != self.fence {
            return Err(format!("the fence of {entry:?} is not that of {self:?}"));
        }
        self.status = to;
        Ok(())
    }

    fn lease(&self) -> Option<LeaseId> {
        self.standing.map(|(lease, _)| lease)
    }

    fn grant(&mut self, entry: &Entry) -> Result<(), String> {
        let (Some(lease), Some(holder)) = (entry.lease_id, entry.actor) else {
            return Err(format!("granted to nobody: {entry:?}"));
        };
        if entry.fence != self.fence + 1 {
            return Err(format!("the fence does not grow by one: {entry:?} after {self:?}"));
        }
        let stage = if entry.action == "grant" { Stage::Annotate } else { Stage::Review };
        if stage == Stage::Review && self.author == Some(holder) {
            return Err(format!("a review of one's own work: {entry:?}"));
        }
        let of = self.submission.filter(|_| stage == Stage::Review);
        let granted = Granted { stage, holder, fence: entry.fence, of, end: None };
        if self.leases.insert(lease, granted).is_some() {
            return Err(format!("a lease id is used again: {entry:?}"));
        }
        self.fence = entry.fence;
        self.standing = Some((lease, holder));
        Ok(())
    }

    fn end(&mut self, entry: &Entry, to: Status) -> Result<(), String> {
        if self.standing.is_none() || self.standing != entry.lease_id.zip(entry.actor) {
            return Err(format!("done under a lease that does not stand: {entry:?} on {self:?}"));
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
        let granted = self.standing.take().and_then(|(lease, _)| self.leases.get_mut(&lease));
        if let Some(granted) = granted {
            granted.end = Some(end);
        }
        Ok(())
    }

    fn reopen(&mut self) {
        (self.author, self.submission, self.standing) = (None, None, None);
        (self.rejected, self.skipped) = (Ranges::default(), Ranges::default());
    }

    /// Whether a row is what its log says.
    ///
    /// # Errors
    /// Where they differ.
    pub fn agrees(&self, row: &Row) -> Result<(), String> {
        let told = (self.status, self.fence, self.standing, self.author);
        let same = told == (row.status, row.fence, row.lease_id.zip(row.holder), row.author);
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

/// Whether a person lost a lease by this entry, rather than a reservation alone.
fn ends_a_lease(entry: &Entry) -> bool {
    entry.detail.as_ref().is_some_and(|detail| !detail["former_holder"].is_null())
}

/// A set of items that an entry tells of.
fn ranges(entry: &Entry, field: &str) -> Result<Ranges, String> {
    let text = entry.detail.as_ref().and_then(|detail| detail[field].as_str());
    let text = text.ok_or_else(|| format!("no {field} in {entry:?}"))?;
    text.parse().map_err(|error| format!("{error} in {entry:?}"))
}
