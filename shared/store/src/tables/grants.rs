//! The statements over grants: one row for each lease or review that was ever granted.

use std::collections::HashMap;

use swath_domain::ids::LeaseId;

use crate::engine::db::{Db, fetch_each};
use crate::error::Result;
use crate::model::rows::{GrantRow, grant_columns};

/// The grants behind these leases.
pub(crate) async fn of_leases(db: &mut Db<'_>, leases: &[LeaseId]) -> Result<HashMap<LeaseId, GrantRow>> {
    let rows = fetch_each!(
        db,
        GrantRow,
        (concat!("SELECT ", grant_columns!("g."), " FROM {rows} CROSS JOIN grants g WHERE g.lease = c.key")),
        leases,
        |lease| { key: uuid = lease.0 };
        |t| t.grants.get(&lease.0).cloned()
    )?;
    Ok(rows.into_iter().map(|row| (LeaseId(row.lease), row)).collect())
}
