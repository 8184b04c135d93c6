//! What one transaction changed in a team, as it is kept for those who follow the team's work.

use serde::{Deserialize, Serialize};

use crate::assignment::Assignment;
use crate::coverage::{AssignmentState, Cover};
use crate::ids::{AssignmentId, DatasetId, JobId, UserId};
use crate::key::{Round, Slot};
use crate::status::Status;

/// One event of a team. It is stored as JSON, with short names where there are many of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// Assignments of a job have moved.
    Assignments {
        /// The job that they belong to.
        job: JobId,
        /// One change for each assignment that has moved.
        changes: Vec<Change>,
    },
    /// Something was done to a job as a whole.
    Job {
        /// The job that it was done to.
        job: JobId,
        /// What, by the name that the decision log has for it.
        action: String,
    },
    /// Items were added to a dataset, or its import has ended.
    Dataset {
        /// The dataset that has grown, or whose import has ended.
        dataset: DatasetId,
    },
    /// Something was done to members, tokens or invitations.
    People {
        /// What, by the name that the audit log has for it.
        action: String,
        /// The user that it was done to, if there is one.
        user: Option<UserId>,
    },
}

/// How one assignment has moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The round of the assignment, from 1.
    #[serde(rename = "r", default = "first_round", skip_serializing_if = "is_first_round")]
    pub round: Round,
    /// The number of its range in the job, from 0.
    #[serde(rename = "n")]
    pub number: i64,
    /// Its slot, from 0.
    #[serde(rename = "o", default = "first_slot", skip_serializing_if = "is_first_slot")]
    pub slot: Slot,
    /// How many items it has.
    #[serde(rename = "i")]
    pub items: i64,
    /// How it stood; none where it did not exist.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub before: Option<AssignmentState>,
    /// Its state after the change.
    #[serde(rename = "w")]
    pub now: AssignmentState,
    /// Whose work it is or was: holder, author, and the user for whom it waits.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<UserId>,
}

impl Change {
    /// An assignment that has moved; none where only its items were saved or its lease was renewed, of which there is no
    /// entry in the decision log either.
    pub fn between(before: &Assignment, now: &Assignment) -> Option<Self> {
        (before.seq != now.seq).then(|| Self {
            before: Some(AssignmentState::of(before)),
            people: people_of(&[before, now]),
            ..Self::created(now)
        })
    }

    /// An assignment that has come into being.
    pub fn created(now: &Assignment) -> Self {
        Self {
            round: now.key.round,
            number: now.key.number,
            slot: now.key.slot,
            items: now.items,
            before: None,
            now: AssignmentState::of(now),
            people: people_of(&[now]),
        }
    }

    /// The id of the assignment that has moved.
    pub fn id(&self, job: JobId) -> AssignmentId {
        AssignmentId::of(job, self.round, self.number, self.slot)
    }

    /// What the counts of its place change by.
    pub fn cover(&self) -> Cover {
        let mut change = self.now.cover(self.round, self.items);
        if let Some(before) = self.before {
            change.subtract(&before.cover(self.round, self.items));
        }
        change
    }

    /// Whether somebody who waits for work might get it now.
    pub fn is_offered(&self) -> bool {
        self.now.status == Status::Pending && !self.now.needs_manager || self.now.status == Status::Completed
    }
}

fn people_of(states: &[&Assignment]) -> Vec<UserId> {
    let mut people: Vec<_> =
        states.iter().flat_map(|a| [a.holder(), a.author(), a.reserved_for()]).flatten().collect();
    people.sort_unstable();
    people.dedup();
    people
}

fn first_slot() -> Slot {
    Slot::FIRST
}

fn is_first_slot(slot: &Slot) -> bool {
    *slot == Slot::FIRST
}

fn first_round() -> Round {
    Round::FIRST
}

fn is_first_round(round: &Round) -> bool {
    *round == Round::FIRST
}
