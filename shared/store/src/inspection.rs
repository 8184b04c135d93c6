//! What stands in the database and would be refused today, page by page. Each kind of finding is one query, which reads
//! sizes and keys, and nothing of what people wrote.

use swath_domain::ids::{AssignmentId, JobId, UserId};
use swath_domain::limits::{ANNOTATION_BYTES_MAX, SPEC_BYTES_MAX};
use uuid::Uuid;

use crate::core::Store;
use crate::db::fetch_all;
use crate::error::Result;

/// What can be looked for. A further kind is a name here and an arm in [`Store::inspect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// Annotations that take more bytes than may be saved.
    LargeAnnotations,
    /// Jobs whose specification takes more bytes than a new one may.
    LargeJobs,
}

impl Inspection {
    /// All kinds, in the order in which they are looked for.
    pub const ALL: [Self; 2] = [Self::LargeAnnotations, Self::LargeJobs];

    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::LargeAnnotations => "large-annotation",
            Self::LargeJobs => "large-job",
        }
    }
}

/// One thing that would be refused today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectionFinding {
    /// Which row, as its key reads.
    pub subject: String,
    /// What would be refused, for people.
    pub message: String,
}

/// A page of findings.
#[derive(Debug, Clone, Default)]
pub struct InspectionPage {
    /// The findings.
    pub findings: Vec<InspectionFinding>,
    /// Where the next page begins; none at the end.
    pub next: Option<InspectionCursor>,
}

/// Where a page of findings begins: behind a key that every kind reads in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InspectionCursor(Uuid, Uuid, i64);

impl Default for InspectionCursor {
    /// The beginning.
    fn default() -> Self {
        Self(Uuid::nil(), Uuid::nil(), -1)
    }
}

/// Rows that are looked at for one page, so that no statement runs for long.
const LOOKED_AT: i64 = 10_000;

impl Store {
    /// The next page of findings of one kind.
    pub async fn inspect(&self, kind: Inspection, after: InspectionCursor) -> Result<InspectionPage> {
        match kind {
            Inspection::LargeAnnotations => self.large_annotations(after).await,
            Inspection::LargeJobs => self.large_jobs(after).await,
        }
    }

    async fn large_annotations(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let InspectionCursor(assignment, author, item) = after;
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, Uuid, i64, i64),
            "SELECT assignment, author, item, CAST(octet_length(body) AS BIGINT) FROM annotations
             WHERE (assignment, author, item) > ($1, $2, $3) ORDER BY assignment, author, item LIMIT $4",
            assignment,
            author,
            item,
            LOOKED_AT;
            |t| {
                let behind = t.annotations.range((assignment, author, item + 1)..).take(LOOKED_AT as usize);
                behind.map(|((of, by, item), note)| (*of, *by, *item, note.body.len() as i64)).collect()
            }
        )?;
        let next = next(&rows, |row| InspectionCursor(row.0, row.1, row.2));
        let large = rows.into_iter().filter(|row| row.3 > ANNOTATION_BYTES_MAX as i64);
        let finding = |(assignment, author, item, bytes)| {
            let (assignment, author) = (AssignmentId(assignment), UserId(author));
            let message = too_large("the annotation", bytes, ANNOTATION_BYTES_MAX);
            InspectionFinding { subject: format!("{assignment}/{author}/{item}"), message }
        };
        Ok(InspectionPage { findings: large.map(finding).collect(), next })
    }

    async fn large_jobs(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, i64),
            "SELECT id, CAST(octet_length(spec) AS BIGINT) FROM jobs WHERE id > $1 ORDER BY id LIMIT $2",
            after.0,
            LOOKED_AT;
            |t| {
                let size = |spec| serde_json::to_string(spec).map_or(0, |text| text.len() as i64);
                let behind = t.jobs.values().filter(|job| job.id.0 > after.0).take(LOOKED_AT as usize);
                behind.map(|job| (job.id.0, size(&job.spec))).collect()
            }
        )?;
        let next = next(&rows, |row| InspectionCursor(row.0, Uuid::nil(), 0));
        let large = rows.into_iter().filter(|row| row.1 > SPEC_BYTES_MAX as i64);
        let finding = |(job, bytes)| InspectionFinding {
            subject: JobId(job).to_string(),
            message: too_large("the job's specification", bytes, SPEC_BYTES_MAX),
        };
        Ok(InspectionPage { findings: large.map(finding).collect(), next })
    }
}

/// Where the next page begins, if this one is full.
fn next<T>(rows: &[T], cursor: impl Fn(&T) -> InspectionCursor) -> Option<InspectionCursor> {
    rows.last().filter(|_| rows.len() as i64 >= LOOKED_AT).map(cursor)
}

fn too_large(what: &str, bytes: i64, most: usize) -> String {
    format!("{what} takes {bytes} bytes as JSON; today at most {most} are allowed")
}
