//! What a client did and what came of it.

use serde::{Deserialize, Serialize};
use swath_domain::{AssignmentId, LeaseId, Range, Stage, Status, UserId};

use crate::Content;

/// One call of one client: every try of a repeated call is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Who called.
    pub who: UserId,
    /// The client's own count, from 1 without a gap.
    pub seq: u64,
    /// When it was sent, in microseconds by a clock that all clients of a run share.
    pub began: u64,
    /// When the answer was there, or was given up.
    pub ended: u64,
    /// The assignment that it was about, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assignment: Option<AssignmentId>,
    /// What was asked.
    pub call: Call,
    /// What came back.
    pub outcome: Outcome,
}

/// What a client asks of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// For work, or for a review.
    Ask {
        /// Which of the two.
        stage: Stage,
    },
    /// To keep a lease or a review.
    Renew {
        /// Which.
        lease: LeaseId,
    },
    /// To save an item.
    Confirm {
        /// Under which lease.
        lease: LeaseId,
        /// Which item.
        item: i64,
        /// What is said of it.
        content: Content,
    },
    /// To take an assignment as finished.
    Submit {
        /// Under which lease.
        lease: LeaseId,
        /// The submission's own id.
        id: String,
        /// Items that come with it.
        items: Vec<(i64, Content)>,
    },
    /// To take a lease or a review back.
    Release {
        /// Which.
        lease: LeaseId,
    },
    /// To save a verdict.
    Judge {
        /// Under which review.
        lease: LeaseId,
        /// Which item.
        item: i64,
        /// Whether it is accepted.
        accept: bool,
    },
    /// To take a review as finished; what has no verdict is accepted, or misses one.
    Decide {
        /// Which review.
        lease: LeaseId,
        /// Verdicts that come with it.
        verdicts: Vec<(i64, bool)>,
    },
    /// What only a manager may.
    Manage {
        /// What that is.
        action: Action,
    },
}

/// What a manager does to an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Takes it away from whoever has it.
    Reassign,
    /// Puts finished work back.
    Reopen,
    /// Calls it off.
    Cancel,
}

impl Action {
    /// Its name in the decision log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reassign => "reassign",
            Self::Reopen => "reopen",
            Self::Cancel => "cancel",
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Done(Answer),
    /// It was refused, by this code.
    Refused(String),
    /// Nobody knows: no answer, a broken one, or 503.
    Unknown,
}

/// What a call that was done brings back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Nothing that must be remembered.
    Nothing,
    /// A lease or a review.
    Lease {
        /// Its id.
        lease: LeaseId,
        /// The fence.
        fence: i64,
        /// What is to be worked on.
        ranges: Vec<Range>,
    },
    /// An item was saved.
    Saved {
        /// As this revision.
        revision: i64,
    },
    /// An assignment was decided.
    Decided {
        /// How.
        status: Status,
        /// What is redone.
        rework: Option<AssignmentId>,
    },
}

impl Event {
    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done(_))
    }

    /// Whether it was done, or may have been.
    pub fn may_be_done(&self) -> bool {
        !matches!(self.outcome, Outcome::Refused(_))
    }

    /// The lease that the call names.
    pub fn lease(&self) -> Option<LeaseId> {
        match &self.call {
            Call::Renew { lease }
            | Call::Confirm { lease, .. }
            | Call::Submit { lease, .. }
            | Call::Release { lease }
            | Call::Judge { lease, .. }
            | Call::Decide { lease, .. } => Some(*lease),
            Call::Ask { .. } | Call::Manage { .. } => None,
        }
    }
}
