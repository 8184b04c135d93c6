//! The texts that were imported beside the URIs of items: labels, and anything else as JSON. Their sizes are read first, so
//! that a page of them is bounded in bytes.

use swath_domain::ids::DatasetId;
use swath_domain::{ItemIndex, Ranges};

use crate::engine::db::Db;
use crate::error::Result;
use crate::model::fitting::fitting;
use crate::model::items::ItemTexts;
use crate::tables::dataset_items::{self, TextSize};

/// The texts of the first of the items that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemTextsPage {
    /// The texts of those items that have any.
    pub texts: Vec<ItemTexts>,
    /// How many of the items are answered, those without texts included.
    pub covered: usize,
}

/// Reads the texts of the first of these items, in ascending order, that take at most so many bytes; of one in any case.
pub(crate) async fn page(
    db: &mut Db<'_>,
    id: DatasetId,
    items: &[ItemIndex],
    bytes: usize,
) -> Result<ItemTextsPage> {
    let mut sizes = Vec::new();
    for range in Ranges::of_items(items.iter().copied()).as_slice() {
        sizes.extend(dataset_items::text_sizes(db, id, *range).await?);
    }
    let fits = fitting(&sizes, bytes, TextSize::bytes);
    let covered = match sizes.get(fits) {
        Some(first_left) => items.partition_point(|item| *item < first_left.item),
        None => items.len(),
    };
    let mut texts = Vec::with_capacity(fits);
    for range in Ranges::of_items(sizes[..fits].iter().map(|size| size.item)).as_slice() {
        texts.extend(dataset_items::texts(db, id, *range).await?);
    }
    Ok(ItemTextsPage { texts, covered })
}
