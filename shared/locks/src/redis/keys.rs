//! How locks are written in Redis.

use std::time::Duration;

use swath_domain::ids::AssignmentId;

pub(super) fn key(prefix: &str, assignment: AssignmentId) -> String {
    format!("{prefix}:lock:{assignment}")
}

/// A time to live in milliseconds, at least 1 because Redis refuses 0.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
