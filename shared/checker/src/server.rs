//! What the server says has become of a job, as its API tells it.

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
    /// Where it stands.
    pub status: JobStatus,
    /// Selected items.
    pub items: i64,
    /// Opinions asked for of each.
    pub slots: i64,
    /// Items by state.
    pub progress: ItemStates,
    /// What is selected; everything from 0 on where nothing else is said.
    #[serde(skip)]
    pub selection: Option<Ranges>,
}

/// An assignment as it stands.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    /// Which.
    pub id: AssignmentId,
    /// Its round, from 1.
    pub round: i64,
    /// Its number in the job.
    pub number: i64,
    /// Which of the opinions.
    pub slot: i64,
    /// What it redoes.
    pub parent: Option<AssignmentId>,
    /// Its items.
    #[serde(deserialize_with = "ranges")]
    pub ranges: Ranges,
    /// Where it stands.
    pub status: Status,
    /// How often it was leased.
    pub fence: i64,
    /// Whose lease stands on it.
    pub holder: Option<UserId>,
    /// The lease that stands.
    pub lease_id: Option<LeaseId>,
    /// Who handed it in.
    pub author: Option<UserId>,
}

impl From<&Assignment> for Row {
    fn from(row: &Assignment) -> Self {
        Self {
            id: row.id,
            round: row.key.round,
            number: row.key.number,
            slot: row.key.slot,
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
    /// The assignment; absent on what the job itself went through.
    pub assignment: Option<AssignmentId>,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

/// A stored annotation, accepted or not: a line of an export of `items=all`.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Where it belongs.
    pub assignment: AssignmentId,
    /// Whose.
    pub author: UserId,
    /// Of which item.
    pub item: i64,
    /// What it says.
    pub content: Content,
    /// Whether the item was skipped.
    pub skipped: bool,
    /// How often it was changed.
    pub revision: i64,
    /// Under which lease it was saved last.
    pub lease: LeaseId,
    /// What it is worth now.
    pub state: String,
}

/// A line of the export of accepted items.
#[derive(Debug, Clone)]
pub struct Exported {
    /// From where it was accepted.
    pub assignment: AssignmentId,
    /// Whose.
    pub author: UserId,
    /// Of which item.
    pub item: i64,
    /// In which slot.
    pub slot: i64,
    /// What it says.
    pub content: Content,
    /// Its revision.
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
