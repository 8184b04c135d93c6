//! The table `picture_sizes`: sizes of pictures whose items were imported without one.

use std::collections::HashMap;

use swath_domain::ItemIndex;
use swath_domain::ids::DatasetId;
use swath_domain::ranges::Range;

use crate::engine::db::{Db, execute_each, fetch_all};
use crate::error::{Result, StoreError};
use crate::model::memory::PictureSize;
use crate::model::pictures::{KnownSize, NewSize, SizeSource};

/// Reads the known sizes of a range of items, by item.
pub(crate) async fn known(
    db: &mut Db<'_>,
    id: DatasetId,
    items: Range,
) -> Result<HashMap<ItemIndex, KnownSize>> {
    type Row = (i64, i64, i64, Option<i64>, i64);
    let rows = fetch_all!(
        db,
        Row,
        "SELECT item, width, height, orientation, source FROM picture_sizes
         WHERE dataset = $1 AND item >= $2 AND item < $3",
        id.0,
        items.start.0,
        items.end.0;
        |t| {
            let rows = t.picture_sizes.range((id.0, items.start.0)..(id.0, items.end.0));
            rows.map(|((_, item), row)| (*item, row.size.0, row.size.1, row.orientation, row.source)).collect()
        }
    )?;
    let known = |(item, width, height, orientation, source): Row| {
        let is_provisional = source == SizeSource::Agreed.code();
        (ItemIndex(item), KnownSize { size: (width, height), orientation, is_provisional })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Writes sizes of items that were imported without one, where nothing as certain is known or, from the same source,
/// another size. Returns how many were written.
pub(crate) async fn put(
    db: &mut Db<'_>,
    id: DatasetId,
    source: SizeSource,
    sizes: &[NewSize],
) -> Result<u64> {
    let source = source.code();
    execute_each!(
        db,
        "INSERT INTO picture_sizes (dataset, item, width, height, orientation, source)
         SELECT c.dataset, c.item, c.width, c.height, c.orientation, c.source FROM {rows}
         WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.dataset = c.dataset AND i.item = c.item AND i.width IS NOT NULL)
         ON CONFLICT (dataset, item) DO UPDATE
         SET width = excluded.width, height = excluded.height, orientation = excluded.orientation, source = excluded.source
         WHERE picture_sizes.source < excluded.source
            OR picture_sizes.source = excluded.source
           AND (picture_sizes.width <> excluded.width OR picture_sizes.height <> excluded.height)",
        sizes,
        |n| {
            dataset: uuid = id.0,
            item: bigint = n.item.0,
            width: bigint = n.size.0,
            height: bigint = n.size.1,
            orientation: bigint = n.orientation,
            source: bigint = source,
        };
        |t| {
            let came_with_one = t.items.get(&(id.0, n.item.0)).is_some_and(|row| row.size.0.is_some());
            let known = t.picture_sizes.get(&(id.0, n.item.0));
            let is_better = known.is_none_or(|known| {
                known.source < source || known.source == source && known.size != n.size
            });
            let row = PictureSize { size: n.size, orientation: n.orientation, source };
            Ok::<u64, StoreError>(match is_better && !came_with_one {
                true => t.picture_sizes.put((id.0, n.item.0), row),
                false => 0,
            })
        }
    )
}
