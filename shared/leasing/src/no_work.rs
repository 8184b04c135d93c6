//! Why there is no work for a user.

use serde::Serialize;
use swath_domain::Time;

/// Why there is no work for a user, and when to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWork {
    /// The reasons. Never empty.
    pub blockers: Vec<Blocker>,
    /// The seconds after which the user should ask again.
    pub retry_after_seconds: i64,
}

/// One reason why there is no work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// The reason's code in the API.
    pub reason: &'static str,
    /// When the reason may end, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl Blocker {
    /// A reason without a known end.
    pub(crate) fn new(reason: &'static str) -> Self {
        Self { reason, until: None }
    }

    /// A reason that may end at this time.
    pub(crate) fn until(reason: &'static str, until: Time) -> Self {
        Self { reason, until: Some(until) }
    }
}
