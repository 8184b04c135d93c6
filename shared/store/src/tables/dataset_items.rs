//! The table `items`: the items of datasets that are not made by a pattern. An item never changes once its version is
//! complete.

use serde_json::json;
use sha2::{Digest, Sha256};
use swath_domain::ItemIndex;
use swath_domain::ids::DatasetId;
use swath_domain::ranges::Range;
use swath_domain::uploads::{SCHEME, distinct};

use crate::engine::db::{Db, execute, execute_each, fetch_all, fetch_each};
use crate::error::{Result, StoreError};
use crate::model::items::{ItemRow, ItemTexts, NewItem};
use crate::model::memory::Item;

/// The first half of the SHA-256 of a URI, by which items with the same URI are found.
pub(crate) fn uri_digest(uri: &str) -> Vec<u8> {
    let (scheme, rest) = distinct(uri);
    Sha256::new_with_prefix(scheme).chain_update(rest).finalize()[..16].to_vec()
}

/// Inserts items, numbered from `first` on.
pub(crate) async fn insert(
    db: &mut Db<'_>,
    id: DatasetId,
    first: ItemIndex,
    items: &[&NewItem],
) -> Result<()> {
    let numbered: Vec<_> = items.iter().copied().zip(first.0..).collect();
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
    )
    .map(drop)
}

/// Reads which of these digests belong to items of the dataset.
pub(crate) async fn known_digests(
    db: &mut Db<'_>,
    id: DatasetId,
    digests: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>> {
    let rows = fetch_each!(
        db,
        (Vec<u8>,),
        "SELECT i.digest FROM {rows} CROSS JOIN items i WHERE i.dataset = c.dataset AND i.digest = c.digest",
        digests,
        |digest| { dataset: uuid = id.0, digest: bytea = digest.clone() };
        |t| t.items_of(id).find(|(_, item)| item.digest == *digest).map(|_| (digest.clone(),))
    )?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

/// Deletes the items from number `first` on.
pub(crate) async fn delete_from(db: &mut Db<'_>, id: DatasetId, first: ItemIndex) -> Result<()> {
    execute!(
        db,
        "DELETE FROM items WHERE dataset = $1 AND item >= $2",
        id.0,
        first.0;
        |t| Ok(t.items.remove_range((id.0, first.0)..=(id.0, i64::MAX)))
    )
    .map(drop)
}

/// Reads the URIs of uploads among the items from number `first` on.
pub(crate) async fn upload_uris_from(
    db: &mut Db<'_>,
    id: DatasetId,
    first: ItemIndex,
) -> Result<Vec<String>> {
    let rows = fetch_all!(
        db,
        (String,),
        "SELECT uri FROM items WHERE dataset = $1 AND item >= $2 AND uri LIKE 'upload:%'",
        id.0,
        first.0;
        |t| {
            let rows = t.items.range((id.0, first.0)..=(id.0, i64::MAX));
            let uploads = rows.filter(|(_, row)| row.uri.starts_with(SCHEME));
            uploads.map(|(_, row)| (row.uri.clone(),)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(uri,)| uri).collect())
}

/// Reads items, with the sizes that they were imported with.
pub(crate) async fn in_range(db: &mut Db<'_>, id: DatasetId, items: Range) -> Result<Vec<ItemRow>> {
    type Row = (i64, String, Option<i64>, Option<i64>, Option<i64>);
    let rows = fetch_all!(
        db,
        Row,
        "SELECT item, uri, width, height, orientation FROM items
         WHERE dataset = $1 AND item >= $2 AND item < $3 ORDER BY item",
        id.0,
        items.start.0,
        items.end.0;
        |t| {
            let rows = t.items.range((id.0, items.start.0)..(id.0, items.end.0));
            rows.map(|((_, item), row)| (*item, row.uri.clone(), row.size.0, row.size.1, row.orientation)).collect()
        }
    )?;
    let item = |(index, uri, width, height, orientation): Row| ItemRow {
        index: ItemIndex(index),
        uri,
        size: width.zip(height),
        is_provisional: false,
        orientation,
        is_as_stored: false,
    };
    Ok(rows.into_iter().map(item).collect())
}

/// The bytes of an item's texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextSize {
    pub(crate) item: ItemIndex,
    bytes: i64,
}

impl TextSize {
    pub(crate) fn bytes(&self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

/// Reads which items have labels or metadata, and the bytes of both.
pub(crate) async fn text_sizes(db: &mut Db<'_>, id: DatasetId, items: Range) -> Result<Vec<TextSize>> {
    let rows = fetch_all!(
        db,
        (i64, i64),
        "SELECT item, CAST(COALESCE(octet_length(labels), 0) + COALESCE(octet_length(meta), 0) AS BIGINT)
         FROM items WHERE dataset = $1 AND item >= $2 AND item < $3 AND (labels IS NOT NULL OR meta IS NOT NULL)
         ORDER BY item",
        id.0,
        items.start.0,
        items.end.0;
        |t| {
            let length = |text: &Option<String>| text.as_ref().map_or(0, String::len) as i64;
            let rows = t.items.range((id.0, items.start.0)..(id.0, items.end.0));
            let with_texts = rows.filter(|(_, row)| row.labels.is_some() || row.meta.is_some());
            with_texts.map(|((_, item), row)| (*item, length(&row.labels) + length(&row.meta))).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(item, bytes)| TextSize { item: ItemIndex(item), bytes }).collect())
}

/// Reads the labels and metadata of items that have any.
pub(crate) async fn texts(db: &mut Db<'_>, id: DatasetId, items: Range) -> Result<Vec<ItemTexts>> {
    type Row = (i64, Option<String>, Option<String>);
    let rows = fetch_all!(
        db,
        Row,
        "SELECT item, labels, meta FROM items
         WHERE dataset = $1 AND item >= $2 AND item < $3 AND (labels IS NOT NULL OR meta IS NOT NULL) ORDER BY item",
        id.0,
        items.start.0,
        items.end.0;
        |t| {
            let rows = t.items.range((id.0, items.start.0)..(id.0, items.end.0));
            let with_texts = rows.filter(|(_, row)| row.labels.is_some() || row.meta.is_some());
            with_texts.map(|((_, item), row)| (*item, row.labels.clone(), row.meta.clone())).collect()
        }
    )?;
    let texts = |(item, labels, meta): Row| {
        Ok(ItemTexts {
            item: ItemIndex(item),
            labels: decode_labels(id, ItemIndex(item), labels.as_deref())?,
            meta,
        })
    };
    rows.into_iter().map(texts).collect()
}

/// Reads the bytes of the labels of the first `limit` items in a range, 0 for an item without labels.
pub(crate) async fn label_sizes(
    db: &mut Db<'_>,
    id: DatasetId,
    items: Range,
    limit: i64,
) -> Result<Vec<usize>> {
    let rows = fetch_all!(
        db,
        (i64,),
        "SELECT CAST(COALESCE(octet_length(labels), 0) AS BIGINT)
         FROM items WHERE dataset = $1 AND item > $2 AND item < $3 ORDER BY item LIMIT $4",
        id.0,
        items.start.0 - 1,
        items.end.0,
        limit;
        |t| {
            let rows = t.items.range((id.0, items.start.0)..(id.0, items.end.0)).take(limit as usize);
            rows.map(|(_, row)| (row.labels.as_ref().map_or(0, String::len) as i64,)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(bytes,)| usize::try_from(bytes).unwrap_or(usize::MAX)).collect())
}

/// The labels of one item.
#[derive(Debug)]
pub(crate) struct ItemLabels {
    pub(crate) item: ItemIndex,
    pub(crate) labels: Vec<String>,
}

/// Reads the labels of the first `limit` items in a range.
pub(crate) async fn labels(
    db: &mut Db<'_>,
    id: DatasetId,
    items: Range,
    limit: i64,
) -> Result<Vec<ItemLabels>> {
    let rows = fetch_all!(
        db,
        (i64, Option<String>),
        "SELECT item, labels FROM items WHERE dataset = $1 AND item > $2 AND item < $3 ORDER BY item LIMIT $4",
        id.0,
        items.start.0 - 1,
        items.end.0,
        limit;
        |t| {
            let rows = t.items.range((id.0, items.start.0)..(id.0, items.end.0));
            rows.take(limit as usize).map(|((_, item), row)| (*item, row.labels.clone())).collect()
        }
    )?;
    let labels = |(item, text): (i64, Option<String>)| {
        Ok(ItemLabels { item: ItemIndex(item), labels: decode_labels(id, ItemIndex(item), text.as_deref())? })
    };
    rows.into_iter().map(labels).collect()
}

/// Decodes the column `labels`, which is NULL where an item has none.
fn decode_labels(id: DatasetId, item: ItemIndex, text: Option<&str>) -> Result<Vec<String>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt {
        table: "items",
        id: format!("{id}/{item}"),
        what: format!("labels: {error}"),
    })
}
