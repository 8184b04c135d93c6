//! The decision log, replayed: what an assignment must be if its log is the whole truth about it.

use std::collections::BTreeSet;

use swath_domain::log::Entry;
use swath_domain::{Assignment, ItemIndex, LeaseId, Ranges, Status, UserId};

/// What the entries so far have made of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replayed {
    status: Status,
    holder: Option<UserId>,
    lease: Option<LeaseId>,
    fence: i64,
    seq: i64,
    rejected: BTreeSet<ItemIndex>,
    skipped: BTreeSet<ItemIndex>,
}

impl Replayed {
    /// Replays the log of one assignment, which must lead from entry to entry without a gap.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut replayed = Self {
            status: Status::Pending,
            holder: None,
            lease: None,
            fence: 0,
            seq: 0,
            rejected: BTreeSet::new(),
            skipped: BTreeSet::new(),
        };
        for entry in entries {
            replayed.step(entry);
        }
        replayed
    }

    fn step(&mut self, entry: &Entry) {
        assert_eq!(entry.seq, self.seq + 1, "the log has a gap: {entry:?}");
        assert_eq!(entry.from, Some(self.status), "the log does not lead on: {entry:?}");
        self.seq = entry.seq;
        self.fence = entry.fence;
        self.status = entry.to.expect("an assignment's entry names a status");
        match entry.action.as_str() {
            "grant" | "claim" => (self.holder, self.lease) = (entry.actor, entry.lease_id),
            "revive" | "expire" => assert_eq!(entry.lease_id, self.lease, "another lease: {entry:?}"),
            // A reservation alone was freed.
            "free" if entry.detail.as_ref().is_some_and(|detail| detail["former_holder"].is_null()) => {}
            _ => (self.holder, self.lease) = (None, None),
        }
        if matches!(entry.action.as_str(), "decide" | "waive" | "reopen") {
            self.rejected = items(entry, "rejected");
            self.skipped = items(entry, "skipped");
        }
    }

    /// What the table says of the same assignment must be what the log came to.
    pub(super) fn must_be(&self, row: &Assignment) {
        let table = (row.status, row.holder(), row.lease_id(), row.fence, row.seq);
        assert_eq!(
            (self.status, self.holder, self.lease, self.fence, self.seq),
            table,
            "log and table of {row:?}"
        );
        let (rejected, skipped) = (self.rejected.len() as i64, self.skipped.len() as i64);
        let decided = matches!(self.status, Status::Accepted | Status::Rejected);
        let accepted = if decided { row.items - rejected - skipped } else { 0 };
        assert_eq!(
            (accepted, skipped),
            (row.outcome.accepted, row.outcome.skipped),
            "log and counts of {row:?}"
        );
    }

    /// The items that the last decision rejected.
    pub(super) fn rejected(&self) -> &BTreeSet<ItemIndex> {
        &self.rejected
    }
}

/// The items that an entry's detail lists under a name; none where it has no such list.
fn items(entry: &Entry, name: &str) -> BTreeSet<ItemIndex> {
    let text = entry.detail.as_ref().and_then(|detail| detail[name].as_str()).unwrap_or_default();
    text.parse::<Ranges>().expect("a list of ranges").iter().collect()
}
