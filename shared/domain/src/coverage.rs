//! Where the work of a job stands, place by place: items by state for a stretch of its ranges.

use serde::{Deserialize, Serialize};

use crate::assignment::{Assignment, Outcome};
use crate::key::Round;
use crate::status::Status;

/// How many times as wide a block of one level is as one of the level below.
pub const BLOCK_FACTOR: i64 = 8;
/// How many levels of blocks there are: the widest block spans `8^10` ranges, which is about a billion.
pub const LEVELS: i64 = 10;

/// How many ranges a block of a level spans.
pub const fn block_width(level: i64) -> i64 {
    BLOCK_FACTOR.pow(level as u32)
}

macro_rules! cover {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Items of a stretch by state, each item counted once per slot. What is in none of these states waits for an
        /// annotator in its first round, whether it is cut or not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
        pub struct Cover { $($(#[$doc])* pub $name: i64,)* }

        impl Cover {
            /// The names of the states, which are also the columns of the store.
            pub const COLUMNS: [&str; [$(stringify!($name)),*].len()] = [$(stringify!($name)),*];

            /// The counts in the order of [`Cover::COLUMNS`].
            pub fn counts(&self) -> [i64; Self::COLUMNS.len()] {
                [$(self.$name),*]
            }

            /// Adds other counts to these.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            /// Takes other counts off these.
            pub fn subtract(&mut self, other: &Self) {
                $(self.$name -= other.$name;)*
            }
        }

        impl From<[i64; Cover::COLUMNS.len()]> for Cover {
            fn from([$($name),*]: [i64; Cover::COLUMNS.len()]) -> Self {
                Self { $($name),* }
            }
        }
    };
}

cover! {
    /// Waiting for an annotator again, because a reviewer rejected them.
    rework,
    /// Waiting for a manager, because their rounds are used up.
    held,
    /// Leased to an annotator.
    in_progress,
    /// Submitted, and not yet claimed by a reviewer or auto-accepted.
    completed,
    /// Leased to a reviewer.
    in_review,
    /// Accepted with labels.
    accepted,
    /// Accepted without labels, for the reason that the annotator gave.
    skipped,
    /// Cancelled before they were decided.
    cancelled,
}

impl Cover {
    /// All items that are counted: those that do not wait in their first round.
    pub fn total(&self) -> i64 {
        self.counts().iter().sum()
    }

    /// Whether nothing is counted.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// What of an assignment says where its items stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssignmentState {
    /// The status of the assignment, which all its undecided items share.
    #[serde(rename = "s")]
    pub status: Status,
    /// Whether it waits for a manager.
    #[serde(rename = "h", default, skip_serializing_if = "is_false")]
    pub needs_manager: bool,
    /// Items accepted with labels, once it is decided.
    #[serde(rename = "a", default, skip_serializing_if = "is_zero")]
    pub accepted: i64,
    /// Items accepted as skipped, once it is decided.
    #[serde(rename = "k", default, skip_serializing_if = "is_zero")]
    pub skipped: i64,
}

impl AssignmentState {
    /// How an assignment stands.
    pub fn of(assignment: &Assignment) -> Self {
        let Outcome { accepted, skipped } = assignment.outcome;
        Self { status: assignment.status, needs_manager: assignment.needs_manager, accepted, skipped }
    }

    /// What an assignment of so many items that stands so adds to its place.
    pub fn cover(self, round: Round, items: i64) -> Cover {
        let mut cover = Cover::default();
        match self.status {
            Status::Pending if self.needs_manager => cover.held = items,
            Status::Pending if round > Round::FIRST => cover.rework = items,
            Status::Pending => {}
            Status::InProgress => cover.in_progress = items,
            Status::Completed => cover.completed = items,
            Status::InReview => cover.in_review = items,
            Status::Cancelled => cover.cancelled = items,
            // Rejected items stand in their rework.
            Status::Accepted | Status::Rejected => {
                (cover.accepted, cover.skipped) = (self.accepted, self.skipped)
            }
        }
        cover
    }
}

pub(crate) fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}
