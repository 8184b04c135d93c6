//! Whether the broker can be reached.

use tokio::time::Instant;

/// The state of the bus as `/readyz` shows it. A service without a bus is slower but still works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The broker accepts and delivers messages.
    Up,
    /// There is no connection, the broker blocks publishes, or it refuses some operation.
    Down {
        /// The cause, for operators to read.
        reason: String,
        /// When the failure began.
        since: Instant,
    },
}

impl Health {
    pub(crate) fn down(reason: impl Into<String>) -> Self {
        Self::Down { reason: reason.into(), since: Instant::now() }
    }

    /// True if the broker accepts and delivers messages.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }

    /// The first of two that is down.
    pub(crate) fn and(self, other: Self) -> Self {
        if self.is_up() { other } else { self }
    }
}
