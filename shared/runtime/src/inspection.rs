//! `swath check`: finds stored rows that today's rules would refuse.

use anyhow::ensure;
use serde::Serialize;
use swath_store::{Inspection, InspectionCursor, InspectionFinding, Store, Target};

use crate::backends::Deployment;
use crate::config::Config;

/// Finds stored rows that today's rules would refuse, at most `findings_max` of each kind. Only reads, so a server
/// may run meanwhile.
///
/// # Errors
/// If the database does not exist, cannot be reached or is not migrated.
pub async fn inspect(config: &Config, findings_max: usize) -> anyhow::Result<Inspected> {
    let target = match Deployment::of(config, true)?.store {
        Target::Sqlite(file) => {
            ensure!(file.is_file(), "there is no database at {}", file.display());
            Target::SqliteReadOnly(file)
        }
        target => target,
    };
    let store = Store::open(&target, 0).await?;
    let inspected = inspect_store(&store, findings_max).await;
    store.close().await;
    inspected
}

/// The result of an inspection.
#[derive(Debug, Default, Serialize)]
pub struct Inspected {
    /// The findings, sorted by kind.
    pub findings: Vec<Finding>,
    /// Whether there are more findings than listed.
    pub more: bool,
}

/// One row that today's rules would refuse.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The kind of finding, for programs.
    pub kind: &'static str,
    /// The key of the row.
    pub subject: String,
    /// What is wrong, for operators to read.
    pub message: String,
}

async fn inspect_store(store: &Store, findings_max: usize) -> anyhow::Result<Inspected> {
    ensure!(store.is_migrated().await?, "the database waits for `swath migrate`");
    let mut inspected = Inspected::default();
    for kind in Inspection::ALL {
        let (mut found, mut after) = (0, Some(InspectionCursor::default()));
        while let Some(cursor) = after
            && found <= findings_max
        {
            let page = store.inspect(kind, cursor).await?;
            after = page.next;
            for InspectionFinding { subject, message } in page.findings {
                found += 1;
                if found <= findings_max {
                    inspected.findings.push(Finding { kind: kind.name(), subject, message });
                }
            }
        }
        inspected.more |= found > findings_max;
    }
    Ok(inspected)
}
