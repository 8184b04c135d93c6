//! What the conformance suite needs to see of the inside.

use crate::engine::rowset::{Column, Statement};
use crate::tables::{assignments, leases};

/// The statements that lock assignments in PostgreSQL, with an array of keys as their only parameter.
#[doc(hidden)]
pub struct LockingStatements {
    /// By the ids of the assignments.
    pub by_id: String,
    /// By leases that were granted on them.
    pub by_lease: String,
}

/// See [`LockingStatements`].
#[doc(hidden)]
pub fn locking_statements() -> LockingStatements {
    const KEYS: &[Column] = &[("key", "uuid")];
    let text = |statement| Statement::new(KEYS, statement, "").postgres().to_owned();
    LockingStatements { by_id: text(assignments::LOCK), by_lease: text(leases::LOCK) }
}
