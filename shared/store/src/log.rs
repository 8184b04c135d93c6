//! The decision log, read in order; it is written with each transition.

use swath_domain::ids::JobId;
use swath_domain::log::Entry;
use uuid::Uuid;

use crate::db::{Db, fetch_as};
use crate::error::Result;
use crate::rows::EntryRow;

/// The entries of one subject behind number `after`, oldest first.
pub(crate) async fn read(db: &mut Db<'_>, subject: Uuid, after: i64, limit: i64) -> Result<Vec<Entry>> {
    fetch_as!(
        db,
        EntryRow => Entry,
        "SELECT subject, seq, at, actor, action, before, after, lease, fence, reason, detail, maker
         FROM decision_log WHERE subject = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        subject,
        after,
        limit;
        |t| {
            let entries = t.log.range((subject, after + 1)..=(subject, i64::MAX));
            entries.take(limit as usize).map(|(_, entry)| entry.clone()).collect()
        }
    )
}

/// The entries of a page of assignments, from the one behind `after` to `last`, in the order of their ids.
pub(crate) async fn read_between(db: &mut Db<'_>, job: Uuid, after: Uuid, last: Uuid) -> Result<Vec<Entry>> {
    macro_rules! page {
        ($of_job:literal) => {
            concat!(
                "SELECT l.subject, l.seq, l.at, l.actor, l.action, l.before, l.after, l.lease, l.fence, l.reason, l.detail,
                     l.maker
                 FROM assignments a JOIN decision_log l ON l.subject = a.id
                 WHERE ",
                $of_job,
                " AND a.id > $2 AND a.id <= $3 ORDER BY a.id, l.seq"
            )
        };
    }
    fetch_as!(
        db,
        EntryRow => Entry,
        [page!("a.job = $1"), page!("+a.job = $1")],
        job,
        after,
        last;
        |t| {
            let page = t.of_job(JobId(job)).filter(|a| a.id.0 > after && a.id.0 <= last);
            let entries = page.flat_map(|a| t.log.range((a.id.0, 0)..=(a.id.0, i64::MAX)));
            entries.map(|(_, entry)| entry.clone()).collect()
        }
    )
}
