//! Reading a dataset's items: by its pieces, each a pattern or rows.

use std::sync::Arc;

use swath_domain::Ranges;
use swath_domain::ids::DatasetId;
use swath_domain::labels::Size;
use swath_domain::limits::PAGE_BYTES_MAX;
use swath_domain::planted::{Bug, is};
use swath_domain::ranges::Range;

use crate::engine::db::{Db, fetch_all};
use crate::error::{Result, StoreError};
use crate::model::rows::SegmentRow;
use crate::reads::annotations::fitting;
use crate::store::Store;
use crate::verbs::datasets::{fill_pattern, segments_of};
use crate::verbs::picture_sizes::sizes_of;

/// An item of a dataset.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// Its number.
    pub index: i64,
    /// The media.
    pub uri: String,
    /// Width and height in pixels of the picture as it is displayed, where known.
    pub size: Option<Size>,
    /// Whether that is what two people have reported, and nothing that is certain.
    pub is_provisional: bool,
    /// How the picture is stored, by its number in EXIF, where it was measured.
    pub orientation: Option<i64>,
    /// Whether size and figures are those of the picture as its file stores it: Swath showed and measured it so in an
    /// earlier version.
    pub is_as_stored: bool,
}

impl ItemRow {
    /// The size by which figures are judged, which a provisional one is not.
    pub fn certain_size(&self) -> Option<Size> {
        self.size.filter(|_| !self.is_provisional || is(Bug::ProvisionalBinds))
    }
}

impl Store {
    /// These items of a dataset, in order.
    pub async fn items(&self, id: DatasetId, wanted: &Ranges) -> Result<Vec<ItemRow>> {
        let pieces = self.pieces(id, wanted).await?;
        let mut found = Vec::new();
        for piece in pieces.iter() {
            for range in wanted.as_slice() {
                let (start, stop) = (range.start.max(piece.start), range.end.min(piece.stop));
                if start >= stop {
                    continue;
                }
                let mut rows = match &piece.pattern {
                    Some(pattern) => filled(id, pattern, start, stop)?,
                    None => Box::pin(self.rows(id, start, stop)).await?,
                };
                if !piece.as_displayed {
                    rows.iter_mut().for_each(|row| row.is_as_stored = is_own_medium(&row.uri));
                }
                if rows.iter().any(|row| row.size.is_none()) {
                    Box::pin(self.add_sizes(id, (start, stop), &mut rows)).await?;
                }
                found.append(&mut rows);
            }
        }
        found.sort_unstable_by_key(|item| item.index);
        Ok(found)
    }

    /// Adds what became known later. Most items come with their size, so that nothing is asked for them.
    async fn add_sizes(&self, id: DatasetId, (start, stop): (i64, i64), rows: &mut [ItemRow]) -> Result<()> {
        let sizes = sizes_of(&mut self.reader().await?.db(), id, start, stop).await?;
        for row in rows.iter_mut().filter(|row| row.size.is_none()) {
            if let Some(known) = sizes.get(&row.index) {
                row.size = Some(known.size);
                (row.is_provisional, row.orientation) = (known.is_provisional, known.orientation);
            }
        }
        Ok(())
    }

    /// The pieces that hold these items. A piece that is ready never changes, and a new one stands behind all others:
    /// what is remembered is good for as long as it reaches far enough.
    async fn pieces(&self, id: DatasetId, wanted: &Ranges) -> Result<Arc<[SegmentRow]>> {
        let end = wanted.as_slice().last().map_or(0, |range: &Range| range.end);
        if let Some(pieces) = self.core().caches.segments.get(&id).filter(|pieces| reaches(pieces, end)) {
            return Ok(pieces);
        }
        Box::pin(self.read_pieces(id)).await
    }

    async fn read_pieces(&self, id: DatasetId) -> Result<Arc<[SegmentRow]>> {
        let pieces: Arc<[SegmentRow]> = segments(&mut self.reader().await?.db(), id).await?.into();
        let bytes =
            |piece: &SegmentRow| size_of::<SegmentRow>() + piece.pattern.as_ref().map_or(0, String::len);
        self.core().caches.segments.insert(id, pieces.clone(), pieces.iter().map(bytes).sum());
        Ok(pieces)
    }

    async fn rows(&self, id: DatasetId, start: i64, stop: i64) -> Result<Vec<ItemRow>> {
        rows_of(&mut self.reader().await?.db(), id, start, stop).await
    }

    /// The numbers of the items behind `after` and below `stop` that carry one of these labels, at most `limit` rows
    /// looked at; and the last number looked at, none at the end.
    pub async fn items_labelled(
        &self,
        id: DatasetId,
        labels: &[String],
        (after, stop): (i64, i64),
        limit: i64,
    ) -> Result<(Vec<i64>, Option<i64>)> {
        let mut reader = self.reader().await?;
        let sizes = fetch_all!(
            &mut reader.db(),
            (i64,),
            "SELECT CAST(COALESCE(octet_length(labels), 0) AS BIGINT)
             FROM items WHERE dataset = $1 AND item > $2 AND item < $3 ORDER BY item LIMIT $4",
            id.0,
            after,
            stop,
            limit;
            |t| {
                let rows = t.items.range((id.0, after + 1)..(id.0, stop)).take(limit as usize);
                rows.map(|(_, row)| (row.labels.as_ref().map_or(0, String::len) as i64,)).collect()
            }
        )?;
        let size = |(bytes,): &(i64,)| usize::try_from(*bytes).unwrap_or(usize::MAX);
        let limit = fitting(&sizes, PAGE_BYTES_MAX, size) as i64;
        let rows = fetch_all!(
            &mut reader.db(),
            (i64, Option<String>),
            "SELECT item, labels FROM items WHERE dataset = $1 AND item > $2 AND item < $3 ORDER BY item LIMIT $4",
            id.0,
            after,
            stop,
            limit;
            |t| {
                let rows = t.items.range((id.0, after + 1)..(id.0, stop));
                rows.take(limit as usize).map(|((_, item), row)| (*item, row.labels.clone())).collect()
            }
        )?;
        let last = rows.last().map(|(item, _)| *item);
        let carries = |text: &Option<String>| {
            let own: Vec<String> =
                text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            own.iter().any(|label| labels.contains(label))
        };
        Ok((rows.into_iter().filter(|(_, text)| carries(text)).map(|(item, _)| item).collect(), last))
    }
}

/// Whether earlier versions showed a picture as its file stores it: one that they served, or that stood in its URI.
fn is_own_medium(uri: &str) -> bool {
    uri.starts_with("file:") || uri.starts_with("data:")
}

fn reaches(pieces: &[SegmentRow], end: i64) -> bool {
    pieces.iter().map(|piece| piece.stop).max().is_some_and(|stop| stop >= end)
}

async fn segments(db: &mut Db<'_>, id: DatasetId) -> Result<Vec<SegmentRow>> {
    let rows = fetch_all!(
        db,
        (i64, i64, Option<String>, bool),
        "SELECT start, stop, pattern, as_displayed FROM segments WHERE dataset = $1 AND ready ORDER BY version",
        id.0;
        |t| {
            let ready = segments_of(t, id).filter(|(_, segment)| segment.ready);
            ready.map(|(_, s)| (s.start, s.stop, s.pattern.clone(), s.as_displayed)).collect()
        }
    )?;
    let piece = |(start, stop, pattern, as_displayed)| SegmentRow { start, stop, pattern, as_displayed };
    Ok(rows.into_iter().map(piece).collect())
}

/// Items `start..stop` of a pattern.
fn filled(id: DatasetId, pattern: &str, start: i64, stop: i64) -> Result<Vec<ItemRow>> {
    let item = |index| {
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
    (start..stop).map(item).collect::<Option<_>>().ok_or_else(|| StoreError::Corrupt {
        table: "segments",
        id: id.to_string(),
        what: format!("pattern: {pattern}"),
    })
}

type StoredItem = (i64, String, Option<i64>, Option<i64>, Option<i64>);

/// Items `start..stop` that stand as rows.
async fn rows_of(db: &mut Db<'_>, id: DatasetId, start: i64, stop: i64) -> Result<Vec<ItemRow>> {
    let rows = fetch_all!(
        db,
        StoredItem,
        "SELECT item, uri, width, height, orientation FROM items
         WHERE dataset = $1 AND item >= $2 AND item < $3 ORDER BY item",
        id.0,
        start,
        stop;
        |t| {
            let rows = t.items.range((id.0, start)..(id.0, stop));
            rows.map(|((_, item), row)| (*item, row.uri.clone(), row.size.0, row.size.1, row.orientation)).collect()
        }
    )?;
    let row = |(index, uri, width, height, orientation): StoredItem| {
        let size = width.zip(height);
        ItemRow { index, uri, size, is_provisional: false, orientation, is_as_stored: false }
    };
    Ok(rows.into_iter().map(row).collect())
}
