//! Datasets: ordered items that never change, kept as rows or as a pattern; a version is a prefix of them.

use serde_json::json;
use swath_domain::Time;
use swath_domain::ids::{DatasetId, TeamId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_as, fetch_each, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;
use crate::model::memory::{Segment, Tables};
use crate::store::Store;
use crate::tables::events;
use crate::verbs::requests::{self, Completion};

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

    /// By its name in the API.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Importing, Self::Ready, Self::Failed].into_iter().find(|state| state.name() == name)
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
    /// What all URIs begin with, up to a slash; a job's exports ask for the base of its own version instead.
    pub base: String,
    /// What its import has noted, as JSON.
    pub notes: Option<String>,
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

row! {
    struct DatasetRow {
        id: Uuid, team: Uuid, name: String, version: i64, items: i64, state: i64, error: Option<String>, base: String,
        notes: Option<String>, created: i64,
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
            notes: row.notes,
            created: Time(row.created),
        })
    }
}

const GET: &str =
    "SELECT id, team, name, version, items, state, error, base, notes, created FROM datasets WHERE id = $1";

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

async fn create(db: &mut Db<'_>, new: &NewDataset, completion: Option<&Completion>) -> Result<DatasetId> {
    let (ready, count, pattern) = match &new.source {
        Source::Rows => (false, 0, None),
        Source::Pattern { pattern, count } => (true, *count, Some((pattern.clone(), new.base.clone()))),
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
    insert_segment(db, (new.id, 1), (0, count), pattern, new.now).await?;
    events::append_of_dataset(db, new.id, new.now).await?;
    requests::complete(db, completion, &json!(new.id), new.now).await?;
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
        notes: None,
        created: new.now,
    }
}

fn is_measured_as_stored(t: &Tables, dataset: &Dataset) -> bool {
    let is_old = |segment: &Segment| segment.ready && !segment.as_displayed && segment.pattern.is_none();
    dataset.base.starts_with("file:") && segments_of(t, dataset.id).any(|(_, segment)| is_old(segment))
}

pub(crate) fn segments_of(t: &Tables, id: DatasetId) -> impl Iterator<Item = (i64, &Segment)> {
    t.segments.range((id.0, i64::MIN)..=(id.0, i64::MAX)).map(|((_, version), segment)| (*version, segment))
}

/// Writes down where the items of a version come from: a pattern and its base, or rows that follow.
pub(crate) async fn insert_segment(
    db: &mut Db<'_>,
    (dataset, version): (DatasetId, i64),
    (start, stop): (i64, i64),
    pattern: Option<(String, String)>,
    now: Time,
) -> Result<()> {
    let ready = pattern.is_some();
    let (pattern, base) = pattern.unzip();
    execute!(
        db,
        "INSERT INTO segments (dataset, version, start, stop, pattern, ready, touched, base, as_displayed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE)",
        dataset.0,
        version,
        start,
        stop,
        pattern.clone(),
        ready,
        now.0,
        base.clone();
        |t| {
            let (pattern, touched, base) = (pattern.clone(), now.0, base);
            let segment = Segment { start, stop, pattern, ready, touched, base, as_displayed: true };
            t.segments.insert((dataset.0, version), segment)
        }
    )?;
    Ok(())
}

impl Store {
    /// Makes a dataset: complete where it is a pattern, otherwise open for its first rows. The answer of the request that
    /// asked for it is kept with it, where that is all that it asked for.
    pub async fn dataset_create(&self, new: NewDataset, completion: Option<Completion>) -> Result<DatasetId> {
        self.write((new, completion), |_, tx, (new, completion)| {
            Box::pin(async move { create(&mut tx.db(), new, completion.as_ref()).await })
        })
        .await
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

    /// Datasets of files that came in before pictures were measured as they are displayed, with their names.
    pub(crate) async fn datasets_measured_as_stored(
        &self,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<(Uuid, String)>> {
        let mut reader = self.reader().await?;
        fetch_all!(
            &mut reader.db(),
            (Uuid, String),
            "SELECT d.id, d.name FROM datasets d
             WHERE d.id > $1 AND d.base LIKE 'file:%' AND EXISTS (
                 SELECT 1 FROM segments s WHERE s.dataset = d.id AND s.ready AND NOT s.as_displayed AND s.pattern IS NULL)
             ORDER BY d.id LIMIT $2",
            after,
            limit;
            |t| {
                let is_old = |dataset: &&Dataset| dataset.id.0 > after && is_measured_as_stored(t, dataset);
                let old = t.datasets.values().filter(is_old).take(limit as usize);
                old.map(|dataset| (dataset.id.0, dataset.name.clone())).collect()
            }
        )
    }

    /// Whether the dataset's files came in before pictures were measured as they are displayed.
    pub async fn is_measured_as_stored(&self, id: DatasetId) -> Result<bool> {
        // The smallest id above the one before it is its own.
        let before = Uuid::from_u128(id.0.as_u128().saturating_sub(1));
        let found = self.datasets_measured_as_stored(before, 1).await?;
        Ok(found.first().is_some_and(|(found, _)| *found == id.0))
    }

    /// What all URIs of a version begin with, up to a slash: exports of its jobs name files by what follows, whatever
    /// is appended later.
    pub async fn dataset_base(&self, id: DatasetId, version: i64) -> Result<Option<String>> {
        let mut reader = self.reader().await?;
        let found = fetch_one!(
            &mut reader.db(),
            (String,),
            "SELECT COALESCE(s.base, d.base) FROM segments s CROSS JOIN datasets d
             WHERE s.dataset = $1 AND s.version = $2 AND s.ready AND d.id = s.dataset",
            id.0,
            version;
            |t| {
                let segment = t.segments.get(&(id.0, version)).filter(|segment| segment.ready);
                segment.zip(t.datasets.get(&id.0)).map(|(s, d)| (s.base.clone().unwrap_or(d.base.clone()),))
            }
        )?;
        Ok(found.map(|(base,)| base))
    }

    /// The names of these datasets.
    pub async fn dataset_names(&self, datasets: Vec<DatasetId>) -> Result<Vec<(DatasetId, String)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            (Uuid, String),
            "SELECT d.id, d.name FROM {rows} CROSS JOIN datasets d WHERE d.id = c.id",
            &datasets,
            |dataset| { id: uuid = dataset.0 };
            |t| t.datasets.get(&dataset.0).map(|row| (dataset.0, row.name.clone()))
        )?;
        Ok(rows.into_iter().map(|(id, name)| (DatasetId(id), name)).collect())
    }

    /// A page of a team's datasets, in this state where one is given.
    pub async fn datasets(
        &self,
        team: TeamId,
        state: Option<DatasetState>,
        page: &ListPage,
    ) -> Result<Vec<Dataset>> {
        let (low, high) = page.bounds();
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
            DatasetRow => Dataset,
            {
                page, "id", "name",
                "SELECT id, team, name, version, items, state, error, base, notes, created FROM datasets
                 WHERE team = $5 AND ($6 < 0 OR state = $6)"
            },
            low,
            high,
            page.part(),
            page.limit,
            team.0,
            state.map_or(-1, |state| state as i64);
            |t| {
                let fits = |row: &&Dataset| row.team == team && page.admits(row.id.0, &row.name);
                let datasets = t.datasets.values().filter(fits);
                page.cut(datasets.filter(|row| state.is_none_or(|state| row.state == state)).cloned())
            }
        )
    }
}
