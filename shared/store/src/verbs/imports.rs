//! Imports: a version of a dataset is opened, filled page by page, and completed or dropped with all that has arrived.

use std::collections::HashSet;

use serde_json::json;
use sha2::{Digest, Sha256};
use swath_domain::ids::DatasetId;
use swath_domain::{FieldError, Time, uploads};
use uuid::Uuid;

use crate::engine::db::{Db, execute, execute_each, fetch_all, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::{Item, Tables};
use crate::store::Store;
use crate::tables::events;
use crate::verbs::datasets::{DatasetState, insert_segment, segments_of};
use crate::verbs::files;
use crate::verbs::measuring;
use crate::verbs::requests::{self, Completion};

/// What stands for the last sign of life of a version that is being dropped: nothing more is taken into it.
const DROPPING: i64 = -1;
/// Items dropped in one transaction.
const DROPPED_AT_ONCE: i64 = 10_000;

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
    /// How the picture is stored, by its number in EXIF, where it was measured.
    pub orientation: Option<i64>,
}

fn items_of_dataset(t: &Tables, id: DatasetId) -> impl Iterator<Item = (i64, &Item)> {
    t.items.range((id.0, i64::MIN)..=(id.0, i64::MAX)).map(|((_, item), row)| (*item, row))
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
    insert_segment(db, (id, version + 1), (items, items), None, now).await?;
    Ok((version + 1, items))
}

/// The items of an open version, locked: a page that arrives and a sweep that drops the version take turns.
async fn lock_open(db: &mut Db<'_>, id: DatasetId, version: i64) -> Result<Option<(i64, i64)>> {
    let open = lock_segment(db, id, version).await?;
    Ok(open.filter(|(.., touched)| *touched != DROPPING).map(|(start, stop, _)| (start, stop)))
}

/// The same whether it is being dropped or not, with the time of its last sign of life.
async fn lock_segment(db: &mut Db<'_>, id: DatasetId, version: i64) -> Result<Option<(i64, i64, i64)>> {
    const SQLITE: &str =
        "SELECT start, stop, touched FROM segments WHERE dataset = $1 AND version = $2 AND NOT ready";
    const POSTGRES: &str = "SELECT start, stop, touched FROM segments WHERE dataset = $1 AND version = $2 AND NOT ready FOR UPDATE";
    fetch_one!(
        db,
        (i64, i64, i64),
        [POSTGRES, SQLITE],
        id.0,
        version;
        |t| t.segments.get(&(id.0, version)).filter(|s| !s.ready).map(|s| (s.start, s.stop, s.touched))
    )
}

/// What the importer says of a version that is complete.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// What all URIs of the dataset begin with now.
    pub base: String,
    /// Its own notes, as JSON.
    pub notes: Option<String>,
    /// Whether pictures of it lie in the object store and are to be measured.
    pub is_to_measure: bool,
}

impl Imported {
    /// A version of which nothing is to be said but what its URIs begin with.
    pub fn of_base(base: &str) -> Self {
        Self { base: base.to_owned(), ..Self::default() }
    }
}

/// What has become of a page of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Items that the version has now.
    pub count: i64,
    /// The positions on the page of items that are in the dataset already, and were left out.
    pub doubles: Vec<usize>,
}

async fn append(
    db: &mut Db<'_>,
    id: DatasetId,
    version: i64,
    items: &[NewItem],
    now: Time,
) -> Result<Appended> {
    let (start, stop) = lock_open(db, id, version)
        .await?
        .ok_or_else(|| StoreError::Conflict("the import has ended".into()))?;
    let doubles = doubles(db, id, items).await?;
    let is_new = |(place, _): &(usize, &NewItem)| doubles.binary_search(place).is_err();
    let fresh: Vec<_> = items.iter().enumerate().filter(is_new).map(|(_, item)| item).collect();
    files::count_uses(db, id, fresh.iter().map(|item| item.uri.as_str()), now).await?;
    insert_items(db, id, stop, &fresh).await?;
    let stop = stop + fresh.len() as i64;
    execute!(
        db,
        "UPDATE segments SET stop = $3, touched = $4 WHERE dataset = $1 AND version = $2",
        id.0,
        version,
        stop,
        now.0;
        |t| Ok(t.segments.update(&(id.0, version), |segment| (segment.stop, segment.touched) = (stop, now.0)))
    )?;
    events::append_of_dataset(db, id, now).await?;
    Ok(Appended { count: stop - start, doubles })
}

fn uri_digest(uri: &str) -> Vec<u8> {
    let (scheme, rest) = uploads::distinct(uri);
    Sha256::new_with_prefix(scheme).chain_update(rest).finalize()[..16].to_vec()
}

/// The items whose URI stands in the dataset already, or earlier on this page, in order.
async fn doubles(db: &mut Db<'_>, id: DatasetId, items: &[NewItem]) -> Result<Vec<usize>> {
    let digests: Vec<_> = items.iter().map(|item| uri_digest(&item.uri)).collect();
    let known = fetch_each!(
        db,
        (Vec<u8>,),
        "SELECT i.digest FROM {rows} CROSS JOIN items i WHERE i.dataset = c.dataset AND i.digest = c.digest",
        &digests,
        |digest| { dataset: uuid = id.0, digest: bytea = digest.clone() };
        |t| items_of_dataset(t, id).find(|(_, item)| item.digest == *digest).map(|_| (digest.clone(),))
    )?;
    let mut seen: HashSet<_> = known.into_iter().map(|(digest,)| digest).collect();
    let is_double = |(place, digest): (usize, Vec<u8>)| (!seen.insert(digest)).then_some(place);
    Ok(digests.into_iter().enumerate().filter_map(is_double).collect())
}

async fn insert_items(db: &mut Db<'_>, id: DatasetId, start: i64, items: &[&NewItem]) -> Result<()> {
    let numbered: Vec<_> = items.iter().copied().zip(start..).collect();
    execute_each!(
        db,
        "INSERT INTO items (dataset, item, uri, digest, labels, meta, width, height, orientation) SELECT * FROM {rows}",
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
            orientation: bigint = n.0.orientation,
        };
        |t| t.items.insert((id.0, n.1), Item {
            uri: n.0.uri.clone(),
            digest: uri_digest(&n.0.uri),
            labels: (!n.0.labels.is_empty()).then(|| json!(n.0.labels).to_string()),
            meta: n.0.meta.clone(),
            size: (n.0.width, n.0.height),
            orientation: n.0.orientation,
        })
    )?;
    Ok(())
}

/// Writes the dataset's base down for complete versions that have none of their own: they are older than the column,
/// and the dataset's base is about to change.
async fn keep_base(db: &mut Db<'_>, id: DatasetId) -> Result<()> {
    execute!(
        db,
        "UPDATE segments SET base = (SELECT d.base FROM datasets d WHERE d.id = $1)
         WHERE dataset = $1 AND ready AND base IS NULL",
        id.0;
        |t| {
            let base = t.datasets.get(&id.0).map(|dataset| dataset.base.clone());
            let lacking = segments_of(t, id).filter(|(_, segment)| segment.ready && segment.base.is_none());
            let lacking: Vec<_> = lacking.map(|(version, _)| (id.0, version)).collect();
            Ok(lacking.iter().map(|place| t.segments.update(place, |segment| segment.base = base.clone())).sum())
        }
    )
    .map(drop)
}

/// Makes an open version the dataset's latest.
async fn finish(
    db: &mut Db<'_>,
    (id, version): (DatasetId, i64),
    Imported { base, notes, is_to_measure }: &Imported,
    completion: Option<&Completion>,
    now: Time,
) -> Result<()> {
    let (start, stop) = lock_open(db, id, version)
        .await?
        .ok_or_else(|| StoreError::Conflict("the import has ended".into()))?;
    if start == stop {
        return Err(StoreError::Invalid(FieldError::new("source", "holds no item")));
    }
    keep_base(db, id).await?;
    execute!(
        db,
        "UPDATE segments SET ready = TRUE, base = $3 WHERE dataset = $1 AND version = $2",
        id.0,
        version,
        base;
        |t| Ok(t.segments.update(&(id.0, version), |segment| {
            (segment.ready, segment.base) = (true, Some(base.to_owned()));
        }))
    )?;
    execute!(
        db,
        "UPDATE datasets SET version = $2, items = $3, base = $4, notes = COALESCE($5, notes), state = 1 WHERE id = $1",
        id.0,
        version,
        stop,
        base,
        notes.as_deref();
        |t| Ok(t.datasets.update(&id.0, |dataset| {
            (dataset.version, dataset.items, dataset.state) = (version, stop, DatasetState::Ready);
            dataset.base.clone_from(base);
            dataset.notes = notes.clone().or(dataset.notes.take());
        }))
    )?;
    if *is_to_measure {
        measuring::ask(db, id, start, now).await?;
    }
    // The first version's answer is its dataset; a later one's is what it was made of.
    let answer = match version {
        1 => json!(id),
        _ => json!({"version": version, "count": stop}),
    };
    events::append_of_dataset(db, id, now).await?;
    requests::complete(db, completion, &answer, now).await
}

/// Drops an open version and what has arrived of it, at most `limit` items at once; true when nothing is left.
async fn drop_version(
    db: &mut Db<'_>,
    id: DatasetId,
    version: i64,
    error: Option<&str>,
    (limit, idle_since, now): (i64, Option<Time>, Time),
) -> Result<bool> {
    let Some((start, stop, touched)) = lock_segment(db, id, version).await? else { return Ok(true) };
    if idle_since.is_some_and(|before| touched >= before.0) {
        return Ok(true);
    }
    let keep = start.max(stop - limit);
    files::drop_uses(db, id, keep).await?;
    files::drop_thumbnails(db, id, keep).await?;
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
            "UPDATE segments SET stop = $3, touched = $4 WHERE dataset = $1 AND version = $2",
            id.0,
            version,
            keep,
            DROPPING;
            |t| Ok(t.segments.update(&(id.0, version), |segment| (segment.stop, segment.touched) = (keep, DROPPING)))
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
    events::append_of_dataset(db, id, now).await?;
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

impl Store {
    /// Opens the next version of a dataset: its number, and the number of its first item.
    pub async fn dataset_open_version(&self, id: DatasetId, now: Time) -> Result<(i64, i64)> {
        self.write(now, move |_, tx, now| Box::pin(async move { open_version(&mut tx.db(), id, *now).await }))
            .await
    }

    /// Appends a page of items to an open version and says how many it has now. Items that are there already are left
    /// out and named.
    pub async fn dataset_append(
        &self,
        id: DatasetId,
        version: i64,
        items: Vec<NewItem>,
        now: Time,
    ) -> Result<Appended> {
        self.write((items, now), move |_, tx, (items, now)| {
            Box::pin(async move { append(&mut tx.db(), id, version, items, *now).await })
        })
        .await
    }

    /// Completes an open version, which must have items. The answer of the request that asked for it is kept with it.
    pub async fn dataset_finish(
        &self,
        id: DatasetId,
        version: i64,
        imported: Imported,
        completion: Option<Completion>,
        now: Time,
    ) -> Result<()> {
        self.write((imported, completion), move |_, tx, (imported, completion)| {
            Box::pin(
                async move { finish(&mut tx.db(), (id, version), imported, completion.as_ref(), now).await },
            )
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
        now: Time,
    ) -> Result<()> {
        self.drop_version(id, version, error, (None, now)).await
    }

    /// The same for an import on which nothing has happened since `before`; one that has shown itself meanwhile is left.
    pub async fn dataset_drop_abandoned(
        &self,
        id: DatasetId,
        version: i64,
        error: String,
        (before, now): (Time, Time),
    ) -> Result<()> {
        self.drop_version(id, version, Some(error), (Some(before), now)).await
    }

    async fn drop_version(
        &self,
        id: DatasetId,
        version: i64,
        error: Option<String>,
        (idle_since, now): (Option<Time>, Time),
    ) -> Result<()> {
        let mut gone = false;
        while !gone {
            gone = self
                .write(error.clone(), move |_, tx, error| {
                    Box::pin(async move {
                        drop_version(
                            &mut tx.db(),
                            id,
                            version,
                            error.as_deref(),
                            (DROPPED_AT_ONCE, idle_since, now),
                        )
                        .await
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// Says that an import goes on, while nothing of it arrives.
    pub async fn dataset_touch(&self, id: DatasetId, version: i64, now: Time) -> Result<()> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "UPDATE segments SET touched = $3 WHERE dataset = $1 AND version = $2 AND NOT ready AND touched >= 0",
                    id.0,
                    version,
                    now.0;
                    |t| Ok(match t.segments.get(&(id.0, version)) {
                        Some(segment) if !segment.ready && segment.touched >= 0 => {
                            t.segments.update(&(id.0, version), |segment| segment.touched = now.0)
                        }
                        _ => 0,
                    })
                )
                .map(drop)
            })
        })
        .await
    }

    /// Says that every import is abandoned: the only process there is has just started.
    pub async fn imports_abandon(&self) -> Result<()> {
        self.write((), |_, tx, ()| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "UPDATE segments SET touched = 0 WHERE NOT ready";
                    |t| {
                        let open = t.segments.iter().filter(|(_, segment)| !segment.ready);
                        let open: Vec<_> = open.map(|(place, _)| *place).collect();
                        Ok(open.iter().map(|place| t.segments.update(place, |segment| segment.touched = 0)).sum())
                    }
                )
                .map(drop)
            })
        })
        .await
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
}
