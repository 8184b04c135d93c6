//! Where an assignment stands, at which stage work is done, and how a lease has ended: each with its code in the tables.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an assignment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Waiting for an annotator.
    Pending,
    /// Leased to an annotator.
    InProgress,
    /// Submitted, waiting for a reviewer or the review rule.
    Completed,
    /// Under a reviewer's lease.
    InReview,
    /// Accepted as a whole.
    Accepted,
    /// Decided, with items rejected that now stand in a rework.
    Rejected,
    /// Cancelled before it was decided.
    Cancelled,
}

impl Status {
    /// Every status, at the index that the store keeps for it.
    pub const ALL: [Status; 7] = [
        Self::Pending,
        Self::InProgress,
        Self::Completed,
        Self::InReview,
        Self::Accepted,
        Self::Rejected,
        Self::Cancelled,
    ];

    /// As a number, for the store.
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// From the store's number.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }

    /// Whether somebody still has to act.
    pub fn is_undecided(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress | Self::Completed | Self::InReview)
    }
}

impl fmt::Display for Status {
    /// As the API writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::InReview => "IN_REVIEW",
            Self::Accepted => "ACCEPTED",
            Self::Rejected => "REJECTED",
            Self::Cancelled => "CANCELLED",
        })
    }
}

/// The two kinds of work that are leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// To label the items of a range.
    Annotate,
    /// To judge another user's submission.
    Review,
}

impl Stage {
    /// The status in which work of this stage waits.
    pub fn waiting(self) -> Status {
        match self {
            Self::Annotate => Status::Pending,
            Self::Review => Status::Completed,
        }
    }

    /// The status in which work of this stage is leased.
    pub fn leased(self) -> Status {
        match self {
            Self::Annotate => Status::InProgress,
            Self::Review => Status::InReview,
        }
    }

    /// As a number, for the store.
    pub const fn code(self) -> i64 {
        self as i64
    }
}

/// How a lease has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LeaseEnd {
    /// It expired, and its hard deadline has passed.
    #[serde(rename = "lapsed")]
    Expired,
    /// It expired, and someone else has the work now.
    Taken,
    /// It was given back.
    Released,
    /// A manager took it away.
    Reassigned,
    /// The work was cancelled.
    Cancelled,
    /// The work was submitted or decided under it.
    Submitted,
}

impl LeaseEnd {
    const ALL: [LeaseEnd; 6] =
        [Self::Expired, Self::Taken, Self::Released, Self::Reassigned, Self::Cancelled, Self::Submitted];

    /// As a number, for the store.
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// From the store's number.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn a_status_is_shown_as_it_is_written_in_json() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
        }
    }
}
