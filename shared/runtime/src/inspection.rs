//! `swath check`: what stands in the database and would be refused today.

use anyhow::ensure;
use serde::Serialize;
use swath_store::{Inspection, InspectionCursor, InspectionFinding, Store, Target};

use crate::backends::Deployment;
use crate::config::Config;

/// What stands in the database and would be refused today, at most so many findings of each kind. Nothing is written, so
/// that a server may run meanwhile.
pub async fn inspect(config: &Config, most: usize) -> anyhow::Result<Inspected> {
    let target = match Deployment::of(config, true)?.store {
        Target::Sqlite(file) => {
            ensure!(file.is_file(), "there is no database at {}", file.display());
            Target::SqliteReadOnly(file)
        }
        target => target,
    };
    let store = Store::open(&target, 0).await?;
    let inspected = inspect_store(&store, most).await;
    store.close().await;
    inspected
}

/// What an inspection found.
#[derive(Debug, Default, Serialize)]
pub struct Inspected {
    /// The findings, kind by kind.
    pub findings: Vec<Finding>,
    /// Whether there are more than are listed.
    pub more: bool,
}

/// One thing that would be refused today.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// Its kind, for programs.
    pub kind: &'static str,
    /// Which row, as its key reads.
    pub subject: String,
    /// What would be refused, for people.
    pub message: String,
}

async fn inspect_store(store: &Store, most: usize) -> anyhow::Result<Inspected> {
    ensure!(store.is_migrated().await?, "the database waits for `swath migrate`");
    let mut inspected = Inspected::default();
    for kind in Inspection::ALL {
        let (mut found, mut after) = (0, Some(InspectionCursor::default()));
        while let Some(cursor) = after
            && found <= most
        {
            let page = store.inspect(kind, cursor).await?;
            after = page.next;
            for InspectionFinding { subject, message } in page.findings {
                found += 1;
                if found <= most {
                    inspected.findings.push(Finding { kind: kind.name(), subject, message });
                }
            }
        }
        inspected.more |= found > most;
    }
    Ok(inspected)
}
