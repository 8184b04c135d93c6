//! Leases as they stand in two tables: the assignment, and the grant of a lease on it.

use swath_domain::Assignment;
use swath_domain::ids::LeaseId;

use crate::engine::db::{Db, fetch_as_each};
use crate::error::{Result, StoreError};
use crate::model::memory::Tables;
use crate::model::rows::{GrantRow, LeasedRow, leased_columns};

/// A grant beside its assignment, on which the lease may or may not stand any more.
#[derive(Debug)]
pub(crate) struct Leased {
    pub(crate) assignment: Assignment,
    pub(crate) grant: GrantRow,
}

impl TryFrom<LeasedRow> for Leased {
    type Error = StoreError;

    fn try_from(row: LeasedRow) -> Result<Self> {
        Ok(Self { assignment: row.assignment.try_into()?, grant: row.grant })
    }
}

/// The statement that reads them, locking or not.
macro_rules! of_leases {
    ($lock:literal) => {
        concat!(
            "SELECT ",
            leased_columns!(),
            " FROM {rows} CROSS JOIN grants g CROSS JOIN assignments a
             WHERE g.lease = c.key AND a.id = g.assignment ORDER BY a.id",
            $lock
        )
    };
}

const READ: &str = of_leases!("");
/// The statement that locks; the conformance suite checks what it sees.
pub(crate) const LOCK: &str = of_leases!(" FOR NO KEY UPDATE OF a");

/// Reads them as they are.
pub(crate) async fn read(db: &mut Db<'_>, leases: &[LeaseId]) -> Result<Vec<Leased>> {
    fetch_as_each!(
        db,
        LeasedRow => Leased,
        READ,
        leases,
        |lease| { key: uuid = lease.0 };
        |t| in_memory(t, *lease)
    )
}

/// Locks their assignments in the order of their ids, waiting for each. What never changes about a grant may be read in
/// the statement that locks; what became of it may be older than the lock.
pub(crate) async fn lock(db: &mut Db<'_>, leases: &[LeaseId]) -> Result<Vec<Leased>> {
    fetch_as_each!(
        db,
        LeasedRow => Leased,
        [LOCK, READ],
        leases,
        |lease| { key: uuid = lease.0 };
        |t| in_memory(t, *lease)
    )
}

fn in_memory(t: &Tables, lease: LeaseId) -> Option<Leased> {
    let grant = t.grants.get(&lease.0)?.clone();
    Some(Leased { assignment: t.assignments.get(&grant.assignment)?.clone(), grant })
}
