//! Why there is no work for a user.

use serde::Serialize;
use swath_domain::Time;

/// Why there is no work for a user, and when to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWork {
    /// What stands in the way; never empty.
    pub blockers: Vec<Blocker>,
    /// Seconds until it is worth asking again.
    pub retry_after_seconds: i64,
}

/// One reason why there is no work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// The reason, as the API names it.
    pub reason: &'static str,
    /// When it may end, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl Blocker {
    /// A reason of which no end is known.
    pub(crate) fn new(reason: &'static str) -> Self {
        Self { reason, until: None }
    }

    /// A reason that ends at some time.
    pub(crate) fn until(reason: &'static str, until: Time) -> Self {
        Self { reason, until: Some(until) }
    }
}
