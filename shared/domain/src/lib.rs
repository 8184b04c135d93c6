//! The words of Swath and what may happen to them: ids, ranges, labels, and the transitions of an assignment.
//!
//! Everything here is pure. There is no IO, no async, no clock and no randomness: time, ids and seeds come in as
//! parameters, so that the two databases, the simulation and the tests all run the very same rules.
//!
//! A transition checks its guard, changes the value and returns the entry for the decision log:
//!
//! ```
//! use swath_domain::assignment::RangeKey;
//! use swath_domain::job::LeasePolicy;
//! use swath_domain::time::seconds;
//! use swath_domain::{Assignment, JobId, LeaseId, Range, Ranges, Round, Slot, Stage, Status, TeamId, Time, UserId};
//! use uuid::Uuid;
//!
//! let id = Uuid::from_u128;
//! let key = RangeKey { job: JobId(id(1)), round: Round::FIRST, number: 0, slot: Slot::FIRST };
//! let items = Ranges::new(&[Range::of(0, 50)], 1_000)?;
//! let now = Time(0);
//! let mut assignment = Assignment::new(TeamId(id(2)), key, items, now);
//!
//! let policy = LeasePolicy::of_seconds(60, 600, 30, 2);
//! let entry = assignment.grant(Stage::Annotate, UserId(id(3)), LeaseId(id(4)), policy, now)?;
//! assert_eq!(assignment.status, Status::InProgress);
//! assert_eq!(assignment.expires(), Some(now + seconds(60)));
//! assert_eq!(entry.fence, assignment.fence);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod assignment;
pub mod cause;
pub mod coverage;
pub mod email;
pub mod event;
pub mod ids;
pub mod job;
pub mod key;
pub mod labels;
pub mod limits;
pub mod log;
pub mod names;
mod newtype;
pub mod progress;
pub mod ranges;
pub mod review;
pub mod role;
pub mod selection;
pub mod status;
pub mod text;
pub mod time;
pub mod uploads;

pub use assignment::{Assignment, Refusal};
pub use ids::{AssignmentId, DatasetId, FileId, JobId, LeaseId, TeamId, TokenId, UserId};
pub use key::{ItemIndex, Round, Slot};
pub use ranges::{Range, Ranges};
pub use role::{Role, Roles};
pub use status::{LeaseEnd, Stage, Status};
pub use time::{Clock, Ids, Micros, Time};

/// A field that breaks a rule: where it stands in the request, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Path of the field, as in `figures[2].geometry.width`.
    pub field: String,
    /// What is wrong, as a sentence fragment.
    pub message: String,
}

impl FieldError {
    /// Names a field and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    /// The same error seen from one level further out.
    pub fn within(mut self, prefix: &str) -> Self {
        self.field =
            if self.field.is_empty() { prefix.to_owned() } else { format!("{prefix}.{}", self.field) };
        self
    }
}
