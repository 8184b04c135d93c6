//! The units of work.

use uuid::Uuid;

/// A unit of work and the lease on it.
#[derive(Debug, Clone, Copy)]
pub struct Leased {
    /// The number of the unit.
    pub id: i64,
    /// The id of its lease.
    pub lease: Uuid,
}

/// A submitted unit of work.
#[derive(Debug, Clone)]
pub struct Done {
    /// The unit and its lease.
    pub leased: Leased,
    /// The labels.
    pub body: String,
}
