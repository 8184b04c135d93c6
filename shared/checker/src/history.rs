//! The history of the clients' calls.

use serde::{Deserialize, Serialize};
use swath_domain::{AssignmentId, LeaseId, Range, Stage, Status, UserId};

use crate::Content;

/// One call of one client. All tries of a repeated call are one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The calling user.
    pub who: UserId,
    /// The number of the event among the client's own, from 1 without a gap.
    pub seq: u64,
    /// When the call was sent, in microseconds of a clock that all clients of a run share.
    pub began: u64,
    /// When the answer arrived, or the client gave up.
    pub ended: u64,
    /// The assignment that the call was about, if the client knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assignment: Option<AssignmentId>,
    /// What the client asked for.
    pub call: Call,
    /// The result, as far as the client knows it.
    pub outcome: Outcome,
}

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// Asks for work or for a review.
    Ask {
        /// Work (`Annotate`) or a review.
        stage: Stage,
    },
    /// Renews a lease or a review.
    Renew {
        /// Its id.
        lease: LeaseId,
    },
    /// Saves an item.
    Confirm {
        /// The lease.
        lease: LeaseId,
        /// The number of the item.
        item: i64,
        /// The annotation.
        content: Content,
    },
    /// Submits an assignment.
    Submit {
        /// The lease.
        lease: LeaseId,
        /// The submission id.
        id: String,
        /// The items that are part of the submission.
        items: Vec<(i64, Content)>,
    },
    /// Releases a lease or a review.
    Release {
        /// Its id.
        lease: LeaseId,
    },
    /// Saves a verdict.
    Judge {
        /// The review.
        lease: LeaseId,
        /// The number of the item.
        item: i64,
        /// True for acceptance.
        accept: bool,
    },
    /// Decides a review. Items without a verdict are accepted or make it incomplete, as the client asks.
    Decide {
        /// The review.
        lease: LeaseId,
        /// The verdicts that are part of the decision.
        verdicts: Vec<(i64, bool)>,
    },
    /// An action that only a manager may take.
    Manage {
        /// The action.
        action: Action,
    },
}

/// What a manager does to an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Takes it from its holder.
    Reassign,
    /// Makes finished work pending again.
    Reopen,
    /// Cancels it.
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

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The call succeeded.
    Done(Answer),
    /// The call was refused with this code.
    Refused(String),
    /// The result is unknown: no answer, a broken one, or 503.
    Unknown,
}

/// What a successful call returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Nothing that the checker needs.
    Nothing,
    /// A lease or a review.
    Lease {
        /// Its id.
        lease: LeaseId,
        /// The fencing token.
        fence: i64,
        /// The item numbers.
        ranges: Vec<Range>,
    },
    /// An item was saved.
    Saved {
        /// The revision of its annotation.
        revision: i64,
    },
    /// A review was decided.
    Decided {
        /// The new status of the assignment.
        status: Status,
        /// The id of the rework, if an item was rejected.
        rework: Option<AssignmentId>,
    },
}

impl Event {
    /// True if the call succeeded.
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done(_))
    }

    /// True if the call succeeded or its result is unknown.
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
