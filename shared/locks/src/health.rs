//! Whether the lock server can be reached.

use tokio::time::Instant;

/// The state of the locks as `/readyz` tells it. Locks that are down degrade a service and do not stop it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Locks are given.
    Up,
    /// They are not; every acquire answers `Unknown` at once.
    Down {
        /// Why, for people.
        reason: String,
        /// Since when.
        since: Instant,
    },
}

impl Health {
    /// True when locks are given.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }
}
