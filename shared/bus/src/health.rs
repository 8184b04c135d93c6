//! Whether the broker can be reached.

use tokio::time::Instant;

/// The state of a bus as `/readyz` tells it. A bus that is down degrades a service and does not stop it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Messages flow.
    Up,
    /// They do not: no connection yet, lost, or blocked by the broker.
    Down {
        /// Why, for people.
        reason: String,
        /// Since when.
        since: Instant,
    },
}

impl Health {
    pub(crate) fn down(reason: impl Into<String>) -> Self {
        Self::Down { reason: reason.into(), since: Instant::now() }
    }

    /// True when messages flow.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }

    /// The worse of two.
    pub(crate) fn and(self, other: Self) -> Self {
        if self.is_up() { other } else { self }
    }
}
