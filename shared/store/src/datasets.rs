//! Datasets: ordered items that never change, kept as rows or as a pattern; a version is a prefix of them.

use serde_json::json;
use sha2::{Digest, Sha256};
use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_domain::{FieldError, Time};
use uuid::Uuid;

use crate::answers::{Asked, first_answer, keep_answer};
use crate::core::Store;
use crate::db::{Db, execute, execute_each, fetch_all, fetch_as, fetch_each, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::memory::{Item, Segment, Tables};

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatasetState {
    /// Items are still arriving.
    Importing,
    /// Complete.
    Ready,
    /// Refused; it has no items.
    Failed,
}

impl DatasetState {
    fn from_code(code: i64) -> Option<Self> {
        [Self::Importing, Self::Ready, Self::Failed].get(usize::try_from(code).ok()?).copied()
    }

    /// As it is called in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Importing => "importing",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

/// A dataset at its latest complete version.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The id.
    pub id: DatasetId,
    /// The team.
    pub team: TeamId,
    /// The name.
    pub name: String,
    /// The latest complete version, from 1; 0 while the first is importing.
    pub version: i64,
    /// Items of that version.
    pub items: i64,
    /// How far the first import has come.
    pub state: DatasetState,
    /// Why it failed.
    pub error: Option<String>,
    /// What all URIs begin with, up to a slash; exports name files by what follows.
    pub base: String,
    /// When it was made.
    pub created: Time,
}

/// A dataset to be made.
#[derive(Debug, Clone)]
pub struct NewDataset {
    /// The id.
    pub id: DatasetId,
    /// The team.
    pub team: TeamId,
    /// The name.
    pub name: String,
    /// Who makes it.
    pub creator: UserId,
    /// What all its URIs begin with, where that is known already.
    pub base: String,
    /// Where its first version comes from.
    pub source: Source,
    /// When.
    pub now: Time,
}

/// Where the items of a version come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Rows that follow.
    Rows,
    /// URIs by number: `{}` or `{:08}` stands for the number.
    Pattern {
        /// The pattern.
        pattern: String,
        /// How many.
        count: i64,
    },
}

/// An item that arrives.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// The media.
    pub uri: String,
    /// What it can be selected by.
    pub labels: Vec<String>,
    /// Anything else, as JSON.
    pub meta: Option<String>,
    /// Pixels, where known.
    pub width: Option<i64>,
    /// Pixels, where known.
    pub height: Option<i64>,
}

row! {
    struct DatasetRow {
        id: Uuid, team: Uuid, name: String, version: i64, items: i64, state: i64, error: Option<String>, base: String,
        created: i64,
    }
}

impl TryFrom<DatasetRow> for Dataset {
    type Error = StoreError;

    fn try_from(row: DatasetRow) -> Result<Self> {
        let state = DatasetState::from_code(row.state).ok_or_else(|| StoreError::Corrupt {
            table: "datasets",
            id: row.id.to_string(),
            what: format!("state: {}", row.state),
        })?;
        Ok(Self {
            id: DatasetId(row.id),
            team: TeamId(row.team),
            name: row.name,
            version: row.version,
            items: row.items,
            state,
            error: row.error,
            base: row.base,
            created: Time(row.created),
        })
    }
}

const GET: &str =
    "SELECT id, team, name, version, items, state, error, base, created FROM datasets WHERE id = $1";

/// Writes item number `index` into a pattern.
pub fn fill_pattern(pattern: &str, index: i64) -> Option<String> {
    let (before, rest) = pattern.split_once('{')?;
    let (format, after) = rest.split_once('}')?;
    let digits = match format.strip_prefix(':') {
        None if format.is_empty() => 0,
        Some(width) if width.starts_with('0') || width.is_empty() => width.parse().unwrap_or(0).min(40),
        _ => return None,
    };
    (!after.contains(['{', '}'])).then(|| format!("{before}{index:0digits$}{after}"))
}

async fn create(db: &mut Db<'_>, new: &NewDataset, asked: Option<&Asked>) -> Result<DatasetId> {
    if let Some(first) = first_answer(db, asked).await? {
        return serde_json::from_value(first).map_err(|error| StoreError::Conflict(error.to_string()));
    }
    let (ready, count, pattern) = match &new.source {
        Source::Rows => (false, 0, None),
        Source::Pattern { pattern, count } => (true, *count, Some(pattern.clone())),
    };
    execute!(
        db,
        "INSERT INTO datasets (id, team, name, version, items, state, base, creator, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.team.0,
        &new.name,
        i64::from(ready),
        count,
        i64::from(ready),
        &new.base,
        new.creator.0,
        new.now.0;
        |t| match t.teams.contains(&new.team.0) {
            true => t.datasets.insert(new.id.0, first_state(new, ready, count)),
            false => Err(StoreError::NotFound),
        }
    )?;
    insert_segment(db, (new.id, 1), (0, count), pattern, ready, new.now).await?;
    keep_answer(db, asked, &json!(new.id), new.now).await?;
    Ok(new.id)
}

fn first_state(new: &NewDataset, ready: bool, items: i64) -> Dataset {
    Dataset {
        id: new.id,
        team: new.team,
        name: new.name.clone(),
        version: i64::from(ready),
        items,
        state: if ready { DatasetState::Ready } else { DatasetState::Importing },
        error: None,
        base: new.base.clone(),
        created: new.now,
    }
}

pub(crate) fn segments_of(t: &Tables, id: DatasetId) -> impl Iterator<Item = (i64, &Segment)> {
    t.segments.range((id.0, i64::MIN)..=(id.0, i64::MAX)).map(|((_, version), segment)| (*version, segment))
}

fn items_of_dataset(t: &Tables, id: DatasetId) -> impl Iterator<Item = (i64, &Item)> {
    t.items.range((id.0, i64::MIN)..=(id.0, i64::MAX)).map(|((_, item), row)| (*item, row))
}

async fn insert_segment(
    db: &mut Db<'_>,
    (dataset, version): (DatasetId, i64),
    (start, stop): (i64, i64),
    pattern: Option<String>,
    ready: bool,
    now: Time,
) -> Result<()> {
    execute!(
        db,
        "INSERT INTO segments (dataset, version, start, stop, pattern, ready, touched)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        dataset.0,
        version,
        start,
        stop,
        pattern.clone(),
        ready,
        now.0;
        |t| t.segments.insert((dataset.0, version), Segment { start, stop, pattern: pattern.clone(), ready, touched: now.0 })
    )?;
    Ok(())
}

/// Opens the next version for rows to come; one import at a time.
async fn open_version(db: &mut Db<'_>, id: DatasetId, now: Time) -> Result<(i64, i64)> {
    let row = fetch_one!(
        db,
        (i64, i64, i64),
        "SELECT version, items, state FROM datasets WHERE id = $1",
        id.0;
        |t| t.datasets.get(&id.0).map(|dataset| (dataset.version, dataset.items, dataset.state as i64))
    )?;
    let (version, items, state) = row.ok_or(StoreError::NotFound)?;
    let open = fetch_one!(
        db,
        (i64,),
        "SELECT version FROM segments WHERE dataset = $1 AND NOT ready",
        id.0;
        |t| segments_of(t, id).find(|(_, segment)| !segment.ready).map(|(version, _)| (version,))
    )?;
    if state != 1 || open.is_some() {
        return Err(StoreError::Conflict("the dataset is not ready, or is being appended to".into()));
    }
    insert_segment(db, (id, version + 1), (items, items), None, false, now).await?;
    Ok((version + 1, items))
}

/// The items of an open version, locked: a page that arrives and a sweep that drops the version take turns.
async fn lock_open(db: &mut Db<'_>, id: DatasetId, version: i64) -> Result<Option<(i64, i64)>> {
    const SQLITE: &str = "SELECT start, stop FROM segments WHERE dataset = $1 AND version = $2 AND NOT ready";
    const POSTGRES: &str = "
        SELECT start, stop FROM segments WHERE dataset = $1 AND version = $2 AND NOT ready FOR UPDATE";
    fetch_one!(
        db,
        (i64, i64),
        [POSTGRES, SQLITE],
        id.0,
        version;
        |t| t.segments.get(&(id.0, version)).filter(|s| !s.ready).map(|s| (s.start, s.stop))
    )
}

async fn append(db: &mut Db<'_>, id: DatasetId, version: i64, items: &[NewItem], now: Time) -> Result<i64> {
    let (start, stop) = lock_open(db, id, version)
        .await?
        .ok_or_else(|| StoreError::Conflict("the import has ended".into()))?;
    if let Some(twice) = first_double(db, id, items).await? {
        let message = format!("`{}` is in the dataset already", items[twice].uri);
        return Err(StoreError::Invalid(FieldError::new(
            format!("{}", stop - start + twice as i64),
            message,
        )));
    }
    insert_items(db, id, stop, items).await?;
    let stop = stop + items.len() as i64;
    execute!(
        db,
        "UPDATE segments SET stop = $3, touched = $4 WHERE dataset = $1 AND version = $2",
        id.0,
        version,
        stop,
        now.0;
        |t| Ok(t.segments.update(&(id.0, version), |segment| (segment.stop, segment.touched) = (stop, now.0)))
    )?;
    Ok(stop - start)
}

fn uri_digest(uri: &str) -> Vec<u8> {
    Sha256::digest(uri.as_bytes())[..16].to_vec()
}

/// The first item whose URI stands in the dataset already, or earlier on this page.
async fn first_double(db: &mut Db<'_>, id: DatasetId, items: &[NewItem]) -> Result<Option<usize>> {
    let mut seen = std::collections::HashSet::new();
    let own = items.iter().position(|item| !seen.insert(item.uri.as_str()));
    let digests: Vec<_> = items.iter().map(|item| uri_digest(&item.uri)).collect();
    let known = fetch_each!(
        db,
        (Vec<u8>,),
        "SELECT i.digest FROM {rows} CROSS JOIN items i WHERE i.dataset = c.dataset AND i.digest = c.digest",
        &digests,
        |digest| { dataset: uuid = id.0, digest: bytea = digest.clone() };
        |t| items_of_dataset(t, id).find(|(_, item)| item.digest == *digest).map(|_| (digest.clone(),))
    )?;
    let known: std::collections::HashSet<_> = known.into_iter().map(|(digest,)| digest).collect();
    let stored = digests.iter().position(|digest| known.contains(digest));
    Ok([own, stored].into_iter().flatten().min())
}

async fn insert_items(db: &mut Db<'_>, id: DatasetId, start: i64, items: &[NewItem]) -> Result<()> {
    let numbered: Vec<_> = items.iter().zip(start..).collect();
    execute_each!(
        db,
        "INSERT INTO items (dataset, item, uri, digest, labels, meta, width, height) SELECT * FROM {rows}",
        &numbered,
        |n| {
            dataset: uuid = id.0,
            item: bigint = n.1,
            uri: text = n.0.uri.clone(),
            digest: bytea = uri_digest(&n.0.uri),
            labels: text = (!n.0.labels.is_empty()).then(|| json!(n.0.labels).to_string()),
            meta: text = n.0.meta.clone(),
            width: bigint = n.0.width,
            height: bigint = n.0.height,
        };
        |t| t.items.insert((id.0, n.1), Item {
            uri: n.0.uri.clone(),
            digest: uri_digest(&n.0.uri),
            labels: (!n.0.labels.is_empty()).then(|| json!(n.0.labels).to_string()),
            size: (n.0.width, n.0.height),
        })
    )?;
    Ok(())
}

/// Makes an open version the dataset's latest.
async fn finish(db: &mut Db<'_>, id: DatasetId, version: i64, base: &str) -> Result<()> {
    let (start, stop) = lock_open(db, id, version)
        .await?
        .ok_or_else(|| StoreError::Conflict("the import has ended".into()))?;
    if start == stop {
        return Err(StoreError::Invalid(FieldError::new("source", "holds no item")));
    }
    execute!(
        db,
        "UPDATE segments SET ready = TRUE WHERE dataset = $1 AND version = $2",
        id.0,
        version;
        |t| Ok(t.segments.update(&(id.0, version), |segment| segment.ready = true))
    )?;
    execute!(
        db,
        "UPDATE datasets SET version = $2, items = $3, base = $4, state = 1 WHERE id = $1",
        id.0,
        version,
        stop,
        base;
        |t| Ok(t.datasets.update(&id.0, |dataset| {
            (dataset.version, dataset.items, dataset.state) = (version, stop, DatasetState::Ready);
            dataset.base = base.to_owned();
        }))
    )?;
    Ok(())
}

/// Drops an open version and what has arrived of it, at most `limit` items at once; true when nothing is left.
async fn drop_version(
    db: &mut Db<'_>,
    id: DatasetId,
    version: i64,
    error: Option<&str>,
    limit: i64,
) -> Result<bool> {
    let Some((start, stop)) = lock_open(db, id, version).await? else { return Ok(true) };
    let keep = start.max(stop - limit);
    execute!(
        db,
        "DELETE FROM items WHERE dataset = $1 AND item >= $2",
        id.0,
        keep;
        |t| Ok(t.items.remove_range((id.0, keep)..=(id.0, i64::MAX)))
    )?;
    if keep > start {
        execute!(
            db,
            "UPDATE segments SET stop = $3 WHERE dataset = $1 AND version = $2",
            id.0,
            version,
            keep;
            |t| Ok(t.segments.update(&(id.0, version), |segment| segment.stop = keep))
        )?;
        return Ok(false);
    }
    execute!(
        db,
        "DELETE FROM segments WHERE dataset = $1 AND version = $2",
        id.0,
        version;
        |t| Ok(t.segments.remove(&(id.0, version)))
    )?;
    if version == 1 {
        match error {
            Some(error) => execute!(
                db,
                "UPDATE datasets SET state = 2, error = $2 WHERE id = $1",
                id.0,
                error;
                |t| Ok(t.datasets.update(&id.0, |dataset| {
                    (dataset.state, dataset.error) = (DatasetState::Failed, Some(error.to_owned()));
                }))
            )?,
            None => execute!(
                db,
                "DELETE FROM datasets WHERE id = $1 AND state = 0",
                id.0;
                |t| Ok(match t.datasets.get(&id.0) {
                    Some(dataset) if dataset.state == DatasetState::Importing => t.datasets.remove(&id.0),
                    _ => 0,
                })
            )?,
        };
    }
    Ok(true)
}

/// Items dropped in one transaction.
const DROPPED_AT_ONCE: i64 = 10_000;

impl Store {
    /// Makes a dataset: complete where it is a pattern, otherwise open for its first rows.
    pub async fn dataset_create(&self, new: NewDataset, asked: Option<Asked>) -> Result<DatasetId> {
        self.write((new, asked), |_, tx, (new, asked)| {
            Box::pin(async move { create(&mut tx.db(), new, asked.as_ref()).await })
        })
        .await
    }

    /// Opens the next version of a dataset: its number, and the number of its first item.
    pub async fn dataset_open_version(&self, id: DatasetId, now: Time) -> Result<(i64, i64)> {
        self.write(now, move |_, tx, now| Box::pin(async move { open_version(&mut tx.db(), id, *now).await }))
            .await
    }

    /// Appends a page of items to an open version and says how many it has now. An item that is there already is
    /// refused by its position in the import.
    pub async fn dataset_append(
        &self,
        id: DatasetId,
        version: i64,
        items: Vec<NewItem>,
        now: Time,
    ) -> Result<i64> {
        self.write((items, now), move |_, tx, (items, now)| {
            Box::pin(async move { append(&mut tx.db(), id, version, items, *now).await })
        })
        .await
    }

    /// Completes an open version, which must have items; `base` is what all URIs begin with now.
    pub async fn dataset_finish(&self, id: DatasetId, version: i64, base: String) -> Result<()> {
        self.write(base, move |_, tx, base| {
            Box::pin(async move { finish(&mut tx.db(), id, version, base).await })
        })
        .await
    }

    /// Drops an open version with all that has arrived of it. A first version takes its dataset along, or leaves it
    /// `failed` where an error is given.
    pub async fn dataset_drop_version(
        &self,
        id: DatasetId,
        version: i64,
        error: Option<String>,
    ) -> Result<()> {
        let mut gone = false;
        while !gone {
            gone = self
                .write(error.clone(), move |_, tx, error| {
                    Box::pin(async move {
                        drop_version(&mut tx.db(), id, version, error.as_deref(), DROPPED_AT_ONCE).await
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// Imports on which nothing has happened since `before`: their process is gone.
    pub async fn datasets_abandoned(&self, before: Time, limit: i64) -> Result<Vec<(DatasetId, i64)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, i64),
            "SELECT dataset, version FROM segments WHERE NOT ready AND touched < $1 LIMIT $2",
            before.0,
            limit;
            |t| {
                let idle = t.segments.iter().filter(|(_, s)| !s.ready && s.touched < before.0);
                idle.map(|(place, _)| *place).take(limit as usize).collect()
            }
        )?;
        Ok(rows.into_iter().map(|(id, version)| (DatasetId(id), version)).collect())
    }

    /// One dataset.
    pub async fn dataset(&self, id: DatasetId) -> Result<Option<Dataset>> {
        let mut reader = self.reader().await?;
        let found = fetch_as!(
            &mut reader.db(),
            DatasetRow => Dataset,
            GET,
            id.0;
            |t| t.datasets.get(&id.0).cloned().into_iter().collect()
        )?;
        Ok(found.into_iter().next())
    }

    /// A page of a team's datasets.
    pub async fn datasets(&self, team: TeamId, after: Uuid, limit: i64) -> Result<Vec<Dataset>> {
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
            DatasetRow => Dataset,
            "SELECT id, team, name, version, items, state, error, base, created FROM datasets
             WHERE team = $1 AND id > $2 ORDER BY id LIMIT $3",
            team.0,
            after,
            limit;
            |t| {
                let page = t.datasets.values().filter(|dataset| dataset.team == team && dataset.id.0 > after);
                page.take(limit as usize).cloned().collect()
            }
        )
    }
}
