//! The constraints of `migrations/` beyond primary keys: unique indexes, checks and references.

use swath_domain::{Assignment, Status};
use uuid::Uuid;

use super::tables::Tables;
use crate::error::{Result, StoreError};
use crate::model::rows::GrantRow;

fn broken(constraint: &str) -> StoreError {
    StoreError::Collision(format!("{constraint} would be broken"))
}

impl Tables {
    /// Inserts or updates an assignment.
    pub(crate) fn write_assignment(&mut self, row: &Assignment, is_new: bool) -> Result<u64> {
        if !self.jobs.contains(&row.key.job.0) {
            return Err(StoreError::NotFound);
        }
        self.check_assignment(row)?;
        if is_new {
            return self.assignments.insert(row.id.0, row.clone());
        }
        Ok(self.assignments.update(&row.id.0, |stored| stored.clone_from(row)))
    }

    fn check_assignment(&self, row: &Assignment) -> Result<()> {
        let held = matches!(row.status, Status::InProgress | Status::InReview);
        if held && (row.lease.is_none() || row.holder().is_none()) {
            return Err(broken("assignments_held_by"));
        }
        if row.status == Status::InReview && row.holder() == row.author() {
            return Err(broken("assignments_not_own"));
        }
        let authored = !matches!(row.status, Status::Pending | Status::InProgress | Status::Cancelled);
        if authored && (row.author().is_none() || row.submission.is_none()) {
            return Err(broken("assignments_authored"));
        }
        let rivals = |other: &&Assignment| {
            other.id != row.id
                && other.status == row.status
                && other.holder() == row.holder()
                && other.key.job == row.key.job
        };
        if held && self.assignments.values().any(|other| rivals(&other)) {
            return Err(broken("assignments_one_lease"));
        }
        Ok(())
    }

    /// Inserts a grant, whose key is its holder's own for each stage.
    pub(crate) fn write_grant(&mut self, row: GrantRow, key: Option<String>) -> Result<u64> {
        if let Some(key) = &key
            && self.grant_under(row.holder, row.stage, key).is_some()
        {
            return Err(broken("grants_key"));
        }
        if let Some(key) = key {
            self.grant_keys.insert((row.holder, row.stage, key), row.lease)?;
        }
        self.grants.insert(row.lease, row)
    }

    /// The grant that a user got under a key.
    pub(crate) fn grant_under(&self, holder: Uuid, stage: i64, key: &str) -> Option<&GrantRow> {
        self.grants.get(self.grant_keys.get(&(holder, stage, key.to_owned()))?)
    }
}
