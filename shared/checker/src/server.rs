//! The final state of a job, as the server's API returns it.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use swath_domain::job::JobStatus;
use swath_domain::log::Entry;
use swath_domain::progress::ItemStates;
use swath_domain::{Assignment, AssignmentId, LeaseId, Range, Ranges, Status, UserId};

use crate::Content;

/// The job as a whole.
#[derive(Debug, Clone, Deserialize)]
pub struct JobFacts {
    /// The job's status.
    pub status: JobStatus,
    /// The number of selected items.
    pub items: i64,
    /// The number of opinions on each item.
    pub slots: i64,
    /// The number of items in each state.
    pub progress: ItemStates,
    /// The selected items; without a selection, all from 0 on.
    #[serde(skip)]
    pub selection: Option<Ranges>,
}

/// The current state of an assignment.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    /// The assignment's id.
    pub id: AssignmentId,
    /// Its round, from 1.
    pub round: i64,
    /// The number of its range in the job.
    pub number: i64,
    /// The slot of the opinion.
    pub slot: i64,
    /// The assignment that it redoes.
    pub parent: Option<AssignmentId>,
    /// Its items.
    #[serde(deserialize_with = "ranges")]
    pub ranges: Ranges,
    /// The current status.
    pub status: Status,
    /// The fencing token: how often it was leased.
    pub fence: i64,
    /// The holder of the lease on it.
    pub holder: Option<UserId>,
    /// The lease on it, current or expired.
    pub lease_id: Option<LeaseId>,
    /// The author of its submission.
    pub author: Option<UserId>,
}

impl From<&Assignment> for Row {
    fn from(row: &Assignment) -> Self {
        Self {
            id: row.id,
            round: row.key.round.0,
            number: row.key.number,
            slot: row.key.slot.0,
            parent: row.parent,
            ranges: row.ranges.clone(),
            status: row.status,
            fence: row.fence,
            holder: row.holder(),
            lease_id: row.lease_id(),
            author: row.author(),
        }
    }
}

/// A line of a job's decision log.
#[derive(Debug, Clone, Deserialize)]
pub struct LogLine {
    /// The assignment; absent if the entry is about the job.
    pub assignment: Option<AssignmentId>,
    /// The transition.
    #[serde(flatten)]
    pub entry: Entry,
}

/// A stored annotation, accepted or not: a line of the export with `items=all`.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its assignment.
    pub assignment: AssignmentId,
    /// Its author.
    pub author: UserId,
    /// The number of the item.
    pub item: i64,
    /// The annotation.
    pub content: Content,
    /// Whether the item was skipped.
    pub skipped: bool,
    /// The annotation's revision.
    pub revision: i64,
    /// The lease under which it was last saved.
    pub lease: LeaseId,
    /// The state of the item, such as `accepted`.
    pub state: String,
}

/// A line of the export of accepted items.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The assignment from which it was accepted.
    pub assignment: AssignmentId,
    /// The author.
    pub author: UserId,
    /// The number of the item.
    pub item: i64,
    /// The slot of the opinion.
    pub slot: i64,
    /// The annotation.
    pub content: Content,
    /// The annotation's revision.
    pub revision: i64,
}

#[derive(Deserialize)]
struct StoredLine {
    assignment: AssignmentId,
    author: UserId,
    index: i64,
    annotation: Value,
    revision: i64,
    lease: LeaseId,
    state: String,
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = StoredLine::deserialize(deserializer)?;
        Ok(Self {
            assignment: line.assignment,
            author: line.author,
            item: line.index,
            content: Content::of(&line.annotation),
            skipped: line.annotation.get("skip").is_some_and(|skip| !skip.is_null()),
            revision: line.revision,
            lease: line.lease,
            state: line.state,
        })
    }
}

#[derive(Deserialize)]
struct ExportedLine {
    assignment: AssignmentId,
    author: UserId,
    index: i64,
    slot: i64,
    annotation: Value,
    revision: i64,
}

impl<'de> Deserialize<'de> for Exported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = ExportedLine::deserialize(deserializer)?;
        Ok(Self {
            assignment: line.assignment,
            author: line.author,
            item: line.index,
            slot: line.slot,
            content: Content::of(&line.annotation),
            revision: line.revision,
        })
    }
}

fn ranges<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ranges, D::Error> {
    let ranges = Vec::<Range>::deserialize(deserializer)?;
    Ranges::new(&ranges, i64::MAX).map_err(serde::de::Error::custom)
}
