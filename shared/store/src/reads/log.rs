//! The decision log, read in order; it is written with each transition. An entry may hold a job's whole specification, so
//! that the sizes of a page are asked for before it is read.

use swath_domain::ids::{AssignmentId, JobId};
use swath_domain::limits::PAGE_BYTES_MAX;
use swath_domain::log::Entry;
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_as};
use crate::error::Result;
use crate::model::fitting::fitting;
use crate::model::rows::EntryRow;

/// A position in the log: a subject, and the number of its last entry that was read.
pub type LogPosition = (Uuid, i64);

/// A page of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPage {
    /// The entries in order.
    pub entries: Vec<Entry>,
    /// Whether there are more behind them.
    pub has_more: bool,
}

/// What an entry takes beside its texts, in bytes.
const ENTRY_BYTES: usize = 256;
/// Entries that are looked at for one page of several logs.
const ENTRIES_PER_PAGE: i64 = 1_000;

/// A page of the log of an assignment or a job. It ends early where it would take too much.
pub(crate) async fn of_subject(db: &mut Db<'_>, subject: Uuid, after: i64, limit: i64) -> Result<LogPage> {
    page(db, (subject, after), subject, limit).await
}

/// A page of the logs of a job's assignments behind a place, by assignment and number.
pub(crate) async fn of_job(db: &mut Db<'_>, job: JobId, after: LogPosition) -> Result<LogPage> {
    let (first, last) = AssignmentId::span(job);
    let after = if after.0 < first.0 { (first.0, -1) } else { after };
    page(db, after, last.0, ENTRIES_PER_PAGE).await
}

/// The entries behind a place, of subjects up to `last`.
async fn page(db: &mut Db<'_>, after: LogPosition, last: Uuid, limit: i64) -> Result<LogPage> {
    let sizes = fetch_all!(
        db,
        (i64,),
        "SELECT CAST(COALESCE(octet_length(reason), 0) + COALESCE(octet_length(detail), 0) AS BIGINT)
         FROM decision_log WHERE (subject, seq) > ($1, $2) AND subject <= $3 ORDER BY subject, seq LIMIT $4",
        after.0,
        after.1,
        last,
        limit.saturating_add(1);
        |t| {
            let behind = t.log.range((after.0, after.1.saturating_add(1))..=(last, i64::MAX));
            let size = |entry: &Entry| {
                let detail = entry.detail.as_ref().map_or(0, |detail| detail.to_string().len());
                (entry.reason.as_ref().map_or(0, String::len) + detail) as i64
            };
            behind.take(limit as usize + 1).map(|(_, entry)| (size(entry),)).collect()
        }
    )?;
    let wanted = &sizes[..sizes.len().min(usize::try_from(limit).unwrap_or(usize::MAX))];
    let size = |(bytes,): &(i64,)| ENTRY_BYTES + usize::try_from(*bytes).unwrap_or(usize::MAX / 2);
    let fitting = fitting(wanted, PAGE_BYTES_MAX, size);
    Ok(LogPage { entries: rows(db, after, last, fitting as i64).await?, has_more: fitting < sizes.len() })
}

async fn rows(db: &mut Db<'_>, after: LogPosition, last: Uuid, limit: i64) -> Result<Vec<Entry>> {
    fetch_as!(
        db,
        EntryRow => Entry,
        "SELECT subject, seq, at, actor, action, before, after, lease, fence, reason, detail, maker FROM decision_log
         WHERE (subject, seq) > ($1, $2) AND subject <= $3 ORDER BY subject, seq LIMIT $4",
        after.0,
        after.1,
        last,
        limit;
        |t| {
            let behind = t.log.range((after.0, after.1.saturating_add(1))..=(last, i64::MAX));
            behind.take(limit as usize).map(|(_, entry)| entry.clone()).collect()
        }
    )
}
