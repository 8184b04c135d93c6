//! Whether the lock server can be reached.

use tokio::time::Instant;

/// The state of the lock server as `/readyz` shows it. A service without locks is slower but still works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The server answers.
    Up,
    /// The server does not answer, and every acquire returns `Unknown` at once.
    Down {
        /// The last error, for operators to read.
        reason: String,
        /// When the breaker opened.
        since: Instant,
    },
}

impl Health {
    /// True if the server answers.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }
}
