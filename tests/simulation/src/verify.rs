//! The end of a run: the checker compares what users were answered with what the real reads of the store return.

use std::io;

use swath_checker::streams::{Sides, check};
use swath_checker::{Content, Event, Exported, Findings, JobFacts, LogLine, Row, Stored};
use swath_coordinator::{StoredItem, StoredItems};
use swath_domain::{AssignmentId, JobId, Range, Ranges, UserId};
use swath_store::{AcceptedItem, AssignmentFilter};
use uuid::Uuid;

use crate::violation::{Checked, broken};
use crate::world::World;

/// More than the rows of any simulated job.
const ALL: i64 = 10_000;
/// The size of a page of annotations, in bytes.
const PAGE_BYTES: usize = 1 << 20;

/// What users did in one job, and what is stored of it.
#[derive(Debug, Clone)]
pub struct Material {
    /// The job.
    pub job: JobFacts,
    /// Its assignments.
    pub rows: Vec<Row>,
    /// Its log.
    pub log: Vec<LogLine>,
    /// The stored annotations.
    pub stored: Vec<Stored>,
    /// The exported items.
    pub exported: Vec<Exported>,
    /// What users did.
    pub events: Vec<Event>,
}

impl Material {
    /// Runs the checker.
    pub fn check(self) -> io::Result<Findings> {
        check(Sides {
            job: self.job,
            rows: self.rows.into_iter().map(Ok),
            log: self.log.into_iter().map(Ok),
            stored: self.stored.into_iter().map(Ok),
            exported: self.exported.into_iter().map(Ok),
            events: self.events.into_iter().map(Ok),
        })
    }
}

impl World {
    /// Checks every job.
    pub async fn verify(&self) -> Checked {
        for job in &self.jobs {
            let findings = match self.material(*job).await {
                Ok(material) => material.check(),
                Err(error) => broken!("{job} cannot be read: {error:#}"),
            };
            match findings {
                Ok(findings) if findings.count == 0 => {}
                Ok(findings) => broken!("the checker: {}", findings.violations[0]),
                Err(error) => broken!("{job} cannot be checked: {error}"),
            }
        }
        Ok(())
    }

    /// Reads both sides of a job.
    pub async fn material(&self, id: JobId) -> anyhow::Result<Material> {
        let store = &self.processes[0].context.store;
        let job = store.job(id).await?.ok_or_else(|| anyhow::anyhow!("{id} is gone"))?;
        let rows = store.assignments(id, AssignmentFilter::default(), Uuid::nil(), ALL).await?;
        let mut log = store.log(id.0, 0, ALL).await?.entries;
        let (mut after, mut more) = ((Uuid::nil(), 0), true);
        while more {
            let page = store.log_page(id, after).await?;
            after = page.entries.last().map_or(after, |last| (last.subject, last.seq));
            log.extend(page.entries);
            more = page.has_more;
        }
        let line = |entry: swath_domain::log::Entry| {
            let assignment = (entry.subject != id.0).then_some(AssignmentId(entry.subject));
            LogLine { assignment, entry }
        };
        let mut pages = StoredItems::of(store, &job, rows.clone()).await?;
        let mut stored = Vec::new();
        while let Some(page) = pages.next().await? {
            stored.extend(page);
        }
        let mut accepted: Vec<AcceptedItem> = Vec::new();
        loop {
            let after = accepted.last().map(AcceptedItem::key);
            let page = store.accepted(id, after, PAGE_BYTES).await?;
            if page.is_empty() {
                break;
            }
            accepted.extend(page);
        }
        let split = job.selected / 2;
        let selection = [Range::of(0, split), Range::of(split + 3, job.selected + 3)];
        let facts = JobFacts {
            status: job.status,
            items: job.selected,
            slots: job.slots,
            progress: store.job_progress(id).await?.items(),
            selection: Some(Ranges::new(&selection, i64::MAX)?),
        };
        Ok(Material {
            job: facts,
            events: self.history_of(&rows.iter().map(|row| row.id).collect::<Vec<_>>()),
            rows: rows.iter().map(Row::from).collect(),
            log: log.into_iter().map(line).collect(),
            stored: stored.iter().map(as_stored).collect::<Result<_, _>>()?,
            exported: accepted
                .iter()
                .filter(|item| !item.annotation.skipped)
                .map(as_exported)
                .collect::<Result<_, _>>()?,
        })
    }

    /// What users did under these assignments, and their failed calls without an assignment; numbered for each user.
    fn history_of(&self, assignments: &[AssignmentId]) -> Vec<Event> {
        let here = |event: &&Event| event.assignment.is_none_or(|id| assignments.binary_search(&id).is_ok());
        let mut events: Vec<Event> = self.history.iter().filter(here).cloned().collect();
        let mut counts = std::collections::BTreeMap::<UserId, u64>::new();
        for event in &mut events {
            let count = counts.entry(event.who).or_default();
            *count += 1;
            event.seq = *count;
        }
        events.sort_by_key(|event| (event.assignment, event.began));
        events
    }
}

fn as_stored(item: &StoredItem) -> serde_json::Result<Stored> {
    Ok(Stored {
        assignment: item.assignment,
        author: item.author,
        item: item.index.0,
        content: Content::of(&serde_json::to_value(&item.annotation)?),
        skipped: item.annotation.skip.is_some(),
        revision: item.revision,
        lease: item.lease,
        state: item.state.to_owned(),
    })
}

fn as_exported(item: &AcceptedItem) -> serde_json::Result<Exported> {
    let annotation = &item.annotation;
    Ok(Exported {
        assignment: annotation.assignment,
        author: annotation.author,
        item: annotation.item.0,
        slot: item.slot.0,
        content: Content::of(&serde_json::from_str(&annotation.body)?),
        revision: annotation.revision,
    })
}
