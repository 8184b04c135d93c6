//! The statements over the events of teams: appended in the transaction that they are about, and read behind a position.
//!
//! In PostgreSQL a position is the number of a transaction, and a page ends below the oldest one that still runs: a
//! transaction that commits later has a later position. SQLite has one writer, and positions count up.

use swath_domain::Time;
use swath_domain::event::Event;
use swath_domain::ids::{DatasetId, TeamId};
use uuid::Uuid;

use crate::engine::db::{Db, execute, execute_each, fetch_all, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::events::{EventMarks, EventPage, NewEvent, StoredEvent};
use crate::model::memory::Tables;

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
    if rows.is_empty() {
        rows.push(row(None));
    }
    rows
}

/// The statement that appends events; see [`crate::tables::written`] for those of assignments.
pub(crate) const INSERT: &str = "INSERT INTO events (team, at, body) SELECT * FROM {rows}";

/// Appends events that belong to no assignment's transaction.
pub(crate) async fn append(db: &mut Db<'_>, events: &[NewEvent]) -> Result<()> {
    execute_each!(
        db,
        INSERT,
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
    // The team is not known here; the statement takes it from the dataset.
    let nobody = TeamId(Uuid::nil());
    let event = NewEvent { team: nobody, at, event: Event::Dataset { dataset } };
    execute!(
        db,
        "INSERT INTO events (team, at, body) SELECT d.team, $2, $3 FROM datasets d WHERE d.id = $1",
        dataset.0,
        at.0,
        event.body();
        |t| Ok(match t.datasets.get(&dataset.0).map(|dataset| dataset.team) {
            Some(team) => t.append_event(&NewEvent { team, ..event }),
            None => 0,
        })
    )?;
    Ok(())
}

/// When the events behind which there are at most `limit` others were appended, by position: the newest first.
pub(crate) async fn newest(db: &mut Db<'_>, limit: i64) -> Result<Vec<Appended>> {
    let rows = fetch_all!(
        db,
        AppendedRow,
        "SELECT position, at FROM events ORDER BY position DESC LIMIT $1",
        limit;
        |t| t.events.iter().rev().take(limit as usize).map(|(position, event)| AppendedRow { position: *position, at: event.at.0 }).collect()
    )?;
    Ok(rows.into_iter().map(Appended::from).collect())
}

/// When the oldest event was appended that is not counted in the coverage yet.
pub(crate) async fn uncounted_since(db: &mut Db<'_>) -> Result<Option<Time>> {
    let oldest = fetch_one!(
        db,
        (i64,),
        "SELECT e.at FROM event_marks m CROSS JOIN events e WHERE e.position > m.folded ORDER BY e.position LIMIT 1";
        |t| t.events.range(t.marks().folded + 1..).next().map(|(_, event)| (event.at.0,))
    )?;
    Ok(oldest.map(|(at,)| Time(at)))
}

/// The events that are not counted in the coverage yet, oldest first, at most `limit`.
pub(crate) async fn uncounted(db: &mut Db<'_>, limit: i64) -> Result<Vec<Event>> {
    let rows = fetch_all!(
        db,
        (i64, String),
        "SELECT e.position, e.body FROM event_marks m CROSS JOIN events e
         WHERE e.position > m.folded ORDER BY e.position LIMIT $1",
        limit;
        |t| {
            let behind = t.events.range(t.marks().folded + 1..);
            behind.take(limit as usize).map(|(position, event)| (*position, event.body())).collect()
        }
    )?;
    rows.iter().map(|(position, body)| read(body, *position)).collect()
}

/// Where an event stands, and when it was appended.
pub(crate) struct Appended {
    pub(crate) position: i64,
    pub(crate) at: Time,
}

row! {
    struct AppendedRow { position: i64, at: i64, }
}

impl From<AppendedRow> for Appended {
    fn from(row: AppendedRow) -> Self {
        Self { position: row.position, at: Time(row.at) }
    }
}

/// The oldest events that are counted in the coverage, at most `limit`.
pub(crate) async fn oldest_counted(db: &mut Db<'_>, limit: i64) -> Result<Vec<Appended>> {
    let rows = fetch_all!(
        db,
        AppendedRow,
        "SELECT e.position, e.at FROM event_marks m CROSS JOIN events e
         WHERE e.position <= m.folded ORDER BY e.position LIMIT $1",
        limit;
        |t| {
            let folded = t.marks().folded;
            t.events.range(..=folded).take(limit as usize).map(|(position, event)| AppendedRow { position: *position, at: event.at.0 }).collect()
        }
    )?;
    Ok(rows.into_iter().map(Appended::from).collect())
}

/// Removes all events up to a position, and notes that they were cleared away.
pub(crate) async fn clear(db: &mut Db<'_>, to: i64) -> Result<u64> {
    execute!(
        db,
        "UPDATE event_marks SET cleared = $1 WHERE cleared < $1",
        to;
        |t| Ok(t.change_marks(|marks| marks.cleared = marks.cleared.max(to)))
    )?;
    execute!(db, "DELETE FROM events WHERE position <= $1", to; |t| Ok(t.events.remove_range(..=to)))
}

/// Up to where events are counted in the coverage, and the newest position that may have been given.
pub(crate) struct CountedTo {
    pub(crate) folded: i64,
    pub(crate) newest: i64,
}

/// Reads how far events are counted; see [`CountedTo`].
pub(crate) async fn counted_to(db: &mut Db<'_>) -> Result<Option<CountedTo>> {
    let row = fetch_one!(
        db,
        (i64, i64),
        [
            "SELECT folded, CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT) FROM event_marks",
            concat!("SELECT folded, ", settled!(sqlite), " FROM event_marks")
        ];
        |t| Some((t.marks().folded, t.last_event()))
    )?;
    Ok(row.map(|(folded, newest)| CountedTo { folded, newest }))
}

/// Moves up to where events are counted; false where another process has moved it.
pub(crate) async fn move_counted(db: &mut Db<'_>, from: i64, to: i64) -> Result<bool> {
    let moved = execute!(
        db,
        "UPDATE event_marks SET folded = $2 WHERE folded = $1",
        from,
        to;
        |t| Ok(match t.marks().folded == from {
            true => t.change_marks(|marks| marks.folded = to),
            false => 0,
        })
    )?;
    Ok(moved == 1)
}

/// Writes the mark as it is, so that a process that counts events at the same time collides with this transaction.
pub(crate) async fn lock_counted(db: &mut Db<'_>) -> Result<()> {
    execute!(db, "UPDATE event_marks SET folded = folded"; |_t| Ok(0))?;
    Ok(())
}

/// Begins a new era: forgets the positions of another history, as after a dump was restored.
pub(crate) async fn begin_era(db: &mut Db<'_>, newest: i64) -> Result<()> {
    execute!(
        db,
        [
            concat!("UPDATE event_marks SET era = substr(md5(CAST(random() AS TEXT)), 1, 8), folded = ", settled!(postgres),
                ", cleared = ", settled!(postgres)),
            "UPDATE event_marks SET era = lower(hex(randomblob(4)))"
        ];
        |_t| Ok(0)
    )?;
    execute!(db, "DELETE FROM events WHERE position >= $1", newest; |_t| Ok(0))?;
    Ok(())
}
