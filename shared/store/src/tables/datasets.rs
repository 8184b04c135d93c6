//! The table `datasets`.

use swath_domain::Time;
use swath_domain::ids::{DatasetId, TeamId};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_as, fetch_each, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::datasets::{Dataset, DatasetState, DatasetVersion, NewDataset};
use crate::model::list_page::ListPage;

/// The codes of [`DatasetState`] in statements.
macro_rules! state {
    (importing) => {
        0
    };
    (ready) => {
        1
    };
    (failed) => {
        2
    };
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

/// What an import has to know of the dataset that it appends to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LatestVersion {
    pub(crate) version: i64,
    pub(crate) items: i64,
    pub(crate) is_ready: bool,
}

/// What an import changes about its dataset when a version is complete.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompleteVersion<'a> {
    pub(crate) key: DatasetVersion,
    /// Number of items of the dataset.
    pub(crate) items: i64,
    pub(crate) base: &'a str,
    /// `None` leaves the notes of earlier imports.
    pub(crate) notes: Option<&'a str>,
}

/// Inserts a dataset with `items` items, complete or not.
pub(crate) async fn insert(db: &mut Db<'_>, new: &NewDataset, is_ready: bool, items: i64) -> Result<()> {
    let state = if is_ready { DatasetState::Ready } else { DatasetState::Importing };
    let version = i64::from(is_ready);
    execute!(
        db,
        "INSERT INTO datasets (id, team, name, version, items, state, base, creator, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.team.0,
        &new.name,
        version,
        items,
        state.code(),
        &new.base,
        new.creator.0,
        new.now.0;
        |t| match t.teams.contains(&new.team.0) {
            true => t.datasets.insert(new.id.0, Dataset {
                id: new.id,
                team: new.team,
                name: new.name.clone(),
                version,
                items,
                state,
                error: None,
                base: new.base.clone(),
                notes: None,
                created: new.now,
            }),
            false => Err(StoreError::NotFound),
        }
    )
    .map(drop)
}

/// Reads one dataset.
pub(crate) async fn get(db: &mut Db<'_>, id: DatasetId) -> Result<Option<Dataset>> {
    let found = fetch_as!(
        db,
        DatasetRow => Dataset,
        "SELECT id, team, name, version, items, state, error, base, notes, created FROM datasets WHERE id = $1",
        id.0;
        |t| t.datasets.get(&id.0).cloned().into_iter().collect()
    )?;
    Ok(found.into_iter().next())
}

/// Reads how far a dataset has come.
pub(crate) async fn latest_version(db: &mut Db<'_>, id: DatasetId) -> Result<Option<LatestVersion>> {
    let row = fetch_one!(
        db,
        (i64, i64, i64),
        "SELECT version, items, state FROM datasets WHERE id = $1",
        id.0;
        |t| t.datasets.get(&id.0).map(|dataset| (dataset.version, dataset.items, dataset.state.code()))
    )?;
    let latest = |(version, items, state)| LatestVersion { version, items, is_ready: state == state!(ready) };
    Ok(row.map(latest))
}

/// Locks a dataset and reads its number of items; `None` where there is no such dataset.
pub(crate) async fn lock(db: &mut Db<'_>, id: DatasetId) -> Result<Option<i64>> {
    const POSTGRES: &str = "SELECT items FROM datasets WHERE id = $1 FOR NO KEY UPDATE";
    const SQLITE: &str = "SELECT items FROM datasets WHERE id = $1";
    let row = fetch_one!(
        db,
        (i64,),
        [POSTGRES, SQLITE],
        id.0;
        |t| t.datasets.get(&id.0).map(|dataset| (dataset.items,))
    )?;
    Ok(row.map(|(items,)| items))
}

/// Makes a complete version the dataset's latest.
pub(crate) async fn complete(db: &mut Db<'_>, complete: CompleteVersion<'_>) -> Result<()> {
    const COMPLETE: &str = concat!(
        "UPDATE datasets SET version = $2, items = $3, base = $4, notes = COALESCE($5, notes), state = ",
        state!(ready),
        " WHERE id = $1"
    );
    let CompleteVersion { key: DatasetVersion { dataset: id, version }, items, base, notes } = complete;
    execute!(
        db,
        COMPLETE,
        id.0,
        version,
        items,
        base,
        notes;
        |t| Ok(t.datasets.update(&id.0, |dataset| {
            (dataset.version, dataset.items, dataset.state) = (version, items, DatasetState::Ready);
            base.clone_into(&mut dataset.base);
            dataset.notes = notes.map(str::to_owned).or(dataset.notes.take());
        }))
    )
    .map(drop)
}

/// Marks a dataset as failed, with the reason.
pub(crate) async fn fail(db: &mut Db<'_>, id: DatasetId, error: &str) -> Result<()> {
    const FAIL: &str = concat!("UPDATE datasets SET state = ", state!(failed), ", error = $2 WHERE id = $1");
    execute!(
        db,
        FAIL,
        id.0,
        error;
        |t| Ok(t.datasets.update(&id.0, |dataset| {
            (dataset.state, dataset.error) = (DatasetState::Failed, Some(error.to_owned()));
        }))
    )
    .map(drop)
}

/// Deletes a dataset whose first version never became complete.
pub(crate) async fn delete_importing(db: &mut Db<'_>, id: DatasetId) -> Result<()> {
    const DELETE: &str = concat!("DELETE FROM datasets WHERE id = $1 AND state = ", state!(importing));
    execute!(
        db,
        DELETE,
        id.0;
        |t| Ok(match t.datasets.get(&id.0) {
            Some(dataset) if dataset.state == DatasetState::Importing => t.datasets.remove(&id.0),
            _ => 0,
        })
    )
    .map(drop)
}

/// Reads the names of these datasets.
pub(crate) async fn names(db: &mut Db<'_>, datasets: &[DatasetId]) -> Result<Vec<(DatasetId, String)>> {
    let rows = fetch_each!(
        db,
        (Uuid, String),
        "SELECT d.id, d.name FROM {rows} CROSS JOIN datasets d WHERE d.id = c.id",
        datasets,
        |dataset| { id: uuid = dataset.0 };
        |t| t.datasets.get(&dataset.0).map(|row| (dataset.0, row.name.clone()))
    )?;
    Ok(rows.into_iter().map(|(id, name)| (DatasetId(id), name)).collect())
}

/// Reads a page of a team's datasets, of one state or of any.
pub(crate) async fn page(
    db: &mut Db<'_>,
    team: TeamId,
    state: Option<DatasetState>,
    page: &ListPage,
) -> Result<Vec<Dataset>> {
    let (low, high) = page.bounds();
    fetch_as!(
        db,
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
        state.map_or(-1, DatasetState::code);
        |t| {
            let fits = |row: &&Dataset| row.team == team && page.admits(row.id.0, &row.name);
            let datasets = t.datasets.values().filter(fits);
            page.cut(datasets.filter(|row| state.is_none_or(|state| row.state == state)).cloned())
        }
    )
}
