//! What can go wrong at the store, sorted by what the caller does about it.

use swath_domain::{FieldError, Refusal};
use tokio::task::JoinError;

/// A failed verb. Nothing of it was written, except where the outcome is `Unavailable`, which may be unknown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing, or it belongs to someone else.
    #[error("not found")]
    NotFound,
    /// Something else stands in its place; the sentence says what.
    #[error("{0}")]
    Conflict(String),
    /// What was asked for breaks a rule that only the store can check.
    #[error("{}: {}", .0.field, .0.message)]
    Invalid(FieldError),
    /// A transition was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The transaction was undone because of what it met or brought; alone it may go through.
    #[error("met another transaction: {0}")]
    Collision(String),
    /// The database could not be asked, or did not answer in time. Whether a write happened is not known.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The program panicked in the transaction, which was undone; it would do so again.
    #[error("the transaction panicked: {0}")]
    Panicked(String),
    /// A row does not decode: a fault of ours, or of someone who edited the table.
    #[error("row {id} of {table} is corrupt: {what}")]
    Corrupt {
        /// The table that has the row.
        table: &'static str,
        /// The primary key of the row.
        id: String,
        /// The column, and what is wrong with it.
        what: String,
    },
}

/// The result of a verb.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl From<JoinError> for StoreError {
    /// Of a task of the store's own that did not come to its end.
    fn from(error: JoinError) -> Self {
        if error.is_panic() {
            return Self::Panicked(error.to_string());
        }
        Self::Unavailable(format!("the transaction ended: {error}"))
    }
}

impl StoreError {
    pub(crate) fn unreadable(what: String) -> Self {
        Self::Corrupt { table: "(unnamed)", id: String::new(), what }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // PostgreSQL's codes, then SQLite's. A foreign key names something that is not there.
                Some("23503" | "787") => Self::NotFound,
                // Serialization failure, deadlock, a row that stays locked, a busy file.
                Some("40001" | "40P01" | "55P03" | "5" | "517") => Self::Collision(database.to_string()),
                // A stored text that is no JSON any more, where a statement looks into it: PostgreSQL's code, SQLite's words.
                Some("22P02") => Self::unreadable(database.to_string()),
                Some("1") if database.message().contains("malformed JSON") => {
                    Self::unreadable(database.to_string())
                }
                // A key that is taken, or data that the table does not take.
                Some("275" | "1299" | "1555" | "2067") => Self::Collision(database.to_string()),
                Some(code) if code.len() == 5 && (code.starts_with("22") || code.starts_with("23")) => {
                    Self::Collision(database.to_string())
                }
                _ => Self::Unavailable(database.to_string()),
            },
            sqlx::Error::ColumnDecode { index, source } => {
                Self::Corrupt { table: "(unnamed)", id: String::new(), what: format!("{index}: {source}") }
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
