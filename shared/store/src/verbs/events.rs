//! The events of teams, in one order: appended in the transaction that they are about, and read behind a position.
//!
//! In PostgreSQL a position is the number of a transaction, and a page ends below the oldest one that still runs: what
//! commits later has a later position. In SQLite there is one writer, and positions count up.

use swath_domain::Time;
use swath_domain::event::Event;
use swath_domain::ids::{DatasetId, TeamId};
use swath_domain::planted::{Bug, is};
use uuid::Uuid;

use crate::engine::db::{Db, execute, execute_each, fetch_all, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::memory::Tables;
use crate::store::Store;

/// An event that is to be appended.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    pub(crate) team: TeamId,
    pub(crate) at: Time,
    pub(crate) event: Event,
}

impl NewEvent {
    pub(crate) fn body(&self) -> String {
        // It has no maps with other keys than texts, which is all that JSON cannot carry.
        serde_json::to_string(&self.event).unwrap_or_default()
    }
}

/// An event as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Where it stands among all; events of one transaction may share a position.
    pub position: i64,
    /// Whose it is.
    pub team: TeamId,
    /// When.
    pub at: Time,
    /// What has happened.
    pub event: Event,
}

/// Up to where events can be read, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMarks {
    /// Which history the positions belong to.
    pub era: String,
    /// Everything up to here has been appended, and nothing will be any more.
    pub settled: i64,
    /// Everything up to here may have been cleared away.
    pub cleared: i64,
}

/// Events behind a position, whole transactions only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The marks at the same moment.
    pub marks: EventMarks,
    /// Up to where the page goes: the next one begins behind it.
    pub to: i64,
    /// The events, in order.
    pub events: Vec<StoredEvent>,
}

row! {
    pub(crate) struct EventRow {
        era: String, settled: i64, cleared: i64, position: Option<i64>, team: Option<Uuid>, at: Option<i64>,
        body: Option<String>,
    }
}

/// The end of what has settled.
macro_rules! settled {
    (postgres) => {
        "CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) - 1"
    };
    (sqlite) => {
        "COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)"
    };
}
pub(crate) use settled;

const PAGE_POSTGRES: &str = concat!(
    "SELECT m.era, ",
    settled!(postgres),
    ", m.cleared, e.position, e.team, e.at, e.body
     FROM event_marks m LEFT JOIN
         (SELECT * FROM events WHERE position > $1 AND position <= ",
    settled!(postgres),
    " ORDER BY position FETCH FIRST $2 ROWS WITH TIES) e ON TRUE
     ORDER BY e.position"
);
const PAGE_SQLITE: &str = concat!(
    "SELECT m.era, ",
    settled!(sqlite),
    ", m.cleared, e.position, e.team, e.at, e.body
     FROM event_marks m LEFT JOIN
         (SELECT * FROM events WHERE position > $1 ORDER BY position LIMIT $2) e ON TRUE
     ORDER BY e.position"
);

/// A page of events behind `after`.
pub(crate) async fn page(db: &mut Db<'_>, after: i64, limit: i64) -> Result<EventPage> {
    let rows = fetch_all!(
        db,
        EventRow,
        [PAGE_POSTGRES, PAGE_SQLITE],
        after,
        limit;
        |t| model_page(t, after, limit)
    )?;
    let first = rows.first().ok_or_else(|| StoreError::unreadable("event_marks is empty".into()))?;
    let marks = EventMarks { era: first.era.clone(), settled: first.settled, cleared: first.cleared };
    let is_full = rows.len() as i64 >= limit && first.position.is_some();
    let events = rows.into_iter().filter_map(stored).collect::<Result<Vec<_>>>()?;
    let last = events.last().map_or(after, |event| event.position);
    let to = if is_full { last } else { marks.settled.max(after) };
    Ok(EventPage { marks, to, events })
}

fn stored(row: EventRow) -> Option<Result<StoredEvent>> {
    let (position, team, at, body) = (row.position?, row.team?, row.at?, row.body?);
    Some(read(&body, position).map(|event| StoredEvent { position, team: TeamId(team), at: Time(at), event }))
}

/// Reads what was stored of an event.
pub(crate) fn read(body: &str, position: i64) -> Result<Event> {
    serde_json::from_str(body).map_err(|error| StoreError::Corrupt {
        table: "events",
        id: position.to_string(),
        what: error.to_string(),
    })
}

fn model_page(t: &Tables, after: i64, limit: i64) -> Vec<EventRow> {
    let (era, cleared) = (t.marks().era, t.marks().cleared);
    let settled = t.last_event();
    let row = |event: Option<(&i64, &NewEvent)>| EventRow {
        era: era.clone(),
        settled,
        cleared,
        position: event.map(|(position, _)| *position),
        team: event.map(|(_, event)| event.team.0),
        at: event.map(|(_, event)| event.at.0),
        body: event.map(|(_, event)| event.body()),
    };
    let behind = t.events.range(after.saturating_add(1)..).take(limit as usize);
    let mut rows: Vec<_> = behind.map(|event| row(Some(event))).collect();
    if is(Bug::EventSkipped) && !rows.is_empty() {
        rows.pop();
    }
    if rows.is_empty() {
        rows.push(row(None));
    }
    rows
}

/// Appends events that belong to no assignment's transaction.
pub(crate) async fn append(db: &mut Db<'_>, events: &[NewEvent]) -> Result<()> {
    execute_each!(
        db,
        "INSERT INTO events (team, at, body) SELECT * FROM {rows}",
        events,
        |e| {
            team: uuid = e.team.0,
            at: bigint = e.at.0,
            body: text = e.body(),
        };
        |t| Ok::<u64, StoreError>(t.append_event(e))
    )?;
    Ok(())
}

/// Appends that something has changed about a dataset.
pub(crate) async fn append_of_dataset(db: &mut Db<'_>, dataset: DatasetId, at: Time) -> Result<()> {
    let event = Event::Dataset { dataset };
    let body = serde_json::to_string(&event).unwrap_or_default();
    execute!(
        db,
        "INSERT INTO events (team, at, body) SELECT d.team, $2, $3 FROM datasets d WHERE d.id = $1",
        dataset.0,
        at.0,
        body;
        |t| Ok(match t.datasets.get(&dataset.0).map(|dataset| dataset.team) {
            Some(team) => t.append_event(&NewEvent { team, at, event }),
            None => 0,
        })
    )?;
    Ok(())
}

impl Store {
    /// At most about `limit` events behind a position, and up to where that was a complete answer.
    pub async fn events_after(&self, after: i64, limit: i64) -> Result<EventPage> {
        let mut reader = self.reader().await?;
        page(&mut reader.db(), after, limit).await
    }

    /// A position behind which there are about `limit` events at most, none of them older than `since`; none where nothing
    /// is as young.
    pub async fn events_since(&self, since: Time, limit: i64) -> Result<Option<i64>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (i64, i64),
            "SELECT position, at FROM events ORDER BY position DESC LIMIT $1",
            limit;
            |t| t.events.iter().rev().take(limit as usize).map(|(position, event)| (*position, event.at.0)).collect()
        )?;
        let first = rows.iter().take_while(|(_, at)| *at >= since.0).last();
        Ok(first.map(|(position, _)| position - 1))
    }

    /// When the oldest event was appended that is not counted in the coverage yet.
    pub async fn events_uncounted_since(&self) -> Result<Option<Time>> {
        let mut reader = self.reader().await?;
        let oldest = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT e.at FROM event_marks m CROSS JOIN events e WHERE e.position > m.folded ORDER BY e.position LIMIT 1";
            |t| t.events.range(t.marks().folded + 1..).next().map(|(_, event)| (event.at.0,))
        )?;
        Ok(oldest.map(|(at,)| Time(at)))
    }

    /// Clears away at most `limit` events that are older than `before` and are counted in the coverage.
    pub async fn events_forget(&self, before: Time, limit: i64) -> Result<u64> {
        self.write(before, move |_, tx, before| {
            Box::pin(async move { forget(&mut tx.db(), *before, limit).await })
        })
        .await
    }
}

/// The oldest events that are counted: where they stand, and when they were appended.
async fn oldest(db: &mut Db<'_>, limit: i64) -> Result<Vec<(i64, i64)>> {
    fetch_all!(
        db,
        (i64, i64),
        "SELECT e.position, e.at FROM event_marks m CROSS JOIN events e
         WHERE e.position <= m.folded ORDER BY e.position LIMIT $1",
        limit;
        |t| {
            let folded = t.marks().folded;
            t.events.range(..=folded).take(limit as usize).map(|(position, event)| (*position, event.at.0)).collect()
        }
    )
}

async fn forget(db: &mut Db<'_>, before: Time, limit: i64) -> Result<u64> {
    // Mostly nothing is old enough, and one row says so.
    if oldest(db, 1).await?.first().is_none_or(|(_, at)| *at >= before.0) {
        return Ok(0);
    }
    // Positions and times are nearly, and not quite, in the same order.
    let old = oldest(db, limit).await?.into_iter().take_while(|(_, at)| *at < before.0);
    let Some((to, _)) = old.last() else { return Ok(0) };
    execute!(
        db,
        "UPDATE event_marks SET cleared = $1 WHERE cleared < $1",
        to;
        |t| Ok(t.change_marks(|marks| marks.cleared = marks.cleared.max(to)))
    )?;
    execute!(db, "DELETE FROM events WHERE position <= $1", to; |t| Ok(t.events.remove_range(..=to)))
}
