//! Reading a dataset's items: segment by segment, each a pattern or rows.

use std::sync::Arc;

use swath_domain::ids::DatasetId;
use swath_domain::limits::PAGE_BYTES_MAX;
use swath_domain::ranges::Range;
use swath_domain::{ItemIndex, Ranges};

use crate::engine::core::Core;
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::datasets::ReadySegment;
use crate::model::fitting::fitting;
use crate::model::items::{ItemRow, fill_pattern};
use crate::tables::{dataset_items, picture_sizes, segments};

/// A page of the items that carry a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledItems {
    /// The numbers of the items.
    pub items: Vec<ItemIndex>,
    /// The last item that was looked at, behind which the next page begins; `None` at the end.
    pub last: Option<ItemIndex>,
}

/// Reads these items of a dataset, in order.
pub(crate) async fn items(core: &Core, id: DatasetId, wanted: &Ranges) -> Result<Vec<ItemRow>> {
    let segments = segments_of(core, id, wanted).await?;
    let mut found = Vec::new();
    for segment in segments.iter() {
        for range in wanted.as_slice() {
            let items =
                Range { start: range.start.max(segment.items.start), end: range.end.min(segment.items.end) };
            if items.is_empty() {
                continue;
            }
            let mut rows = match &segment.pattern {
                Some(pattern) => filled(id, pattern, items)?,
                None => Box::pin(stored(core, id, items)).await?,
            };
            if !segment.as_displayed {
                rows.iter_mut().for_each(|row| row.is_as_stored = is_own_medium(&row.uri));
            }
            if rows.iter().any(|row| row.size.is_none()) {
                Box::pin(add_sizes(core, id, items, &mut rows)).await?;
            }
            found.append(&mut rows);
        }
    }
    found.sort_unstable_by_key(|item| item.index);
    Ok(found)
}

/// Whether earlier versions of Swath displayed a picture as its file stores it: a file that Swath served itself, or a
/// picture inside its URI.
fn is_own_medium(uri: &str) -> bool {
    uri.starts_with("file:") || uri.starts_with("data:")
}

/// The ready segments that hold these items. Ready segments are immutable and only appended, so a cached list is valid
/// if it covers the last requested item.
async fn segments_of(core: &Core, id: DatasetId, wanted: &Ranges) -> Result<Arc<[ReadySegment]>> {
    let end = wanted.as_slice().last().map_or(ItemIndex::FIRST, |range: &Range| range.end);
    if let Some(segments) = core.caches.segments.get(&id).filter(|segments| covers(segments, end)) {
        return Ok(segments);
    }
    Box::pin(read_segments(core, id)).await
}

fn covers(segments: &[ReadySegment], end: ItemIndex) -> bool {
    segments.iter().map(|segment| segment.items.end).max().is_some_and(|covered| covered >= end)
}

async fn read_segments(core: &Core, id: DatasetId) -> Result<Arc<[ReadySegment]>> {
    let segments: Arc<[ReadySegment]> =
        segments::ready(&mut core.pools.reader().await?.db(), id).await?.into();
    let bytes =
        |segment: &ReadySegment| size_of::<ReadySegment>() + segment.pattern.as_ref().map_or(0, String::len);
    core.caches.segments.insert(id, segments.clone(), segments.iter().map(bytes).sum());
    Ok(segments)
}

async fn stored(core: &Core, id: DatasetId, items: Range) -> Result<Vec<ItemRow>> {
    dataset_items::in_range(&mut core.pools.reader().await?.db(), id, items).await
}

/// The items that a pattern makes.
fn filled(id: DatasetId, pattern: &str, items: Range) -> Result<Vec<ItemRow>> {
    let item = |index: ItemIndex| {
        let uri = fill_pattern(pattern, index)?;
        Some(ItemRow {
            index,
            uri,
            size: None,
            is_provisional: false,
            orientation: None,
            is_as_stored: false,
        })
    };
    items.iter().map(item).collect::<Option<_>>().ok_or_else(|| StoreError::Corrupt {
        table: "segments",
        id: id.to_string(),
        what: format!("pattern: {pattern}"),
    })
}

/// Adds sizes that became known after the import. Most items come with their size, so that this is rare.
async fn add_sizes(core: &Core, id: DatasetId, items: Range, rows: &mut [ItemRow]) -> Result<()> {
    let sizes = picture_sizes::known(&mut core.pools.reader().await?.db(), id, items).await?;
    for row in rows.iter_mut().filter(|row| row.size.is_none()) {
        if let Some(known) = sizes.get(&row.index) {
            row.size = Some(known.size);
            (row.is_provisional, row.orientation) = (known.is_provisional, known.orientation);
        }
    }
    Ok(())
}

/// Looks at the first `limit` items of a range, or at fewer where their labels take too many bytes, and returns those
/// that carry one of these labels.
pub(crate) async fn labelled(
    db: &mut Db<'_>,
    id: DatasetId,
    labels: &[String],
    items: Range,
    limit: i64,
) -> Result<LabelledItems> {
    let sizes = dataset_items::label_sizes(db, id, items, limit).await?;
    let limit = fitting(&sizes, PAGE_BYTES_MAX, |bytes| *bytes) as i64;
    let rows = dataset_items::labels(db, id, items, limit).await?;
    let last = rows.last().map(|row| row.item);
    let labelled = rows.iter().filter(|row| row.labels.iter().any(|label| labels.contains(label)));
    Ok(LabelledItems { items: labelled.map(|row| row.item).collect(), last })
}
