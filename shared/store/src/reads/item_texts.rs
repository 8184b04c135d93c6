//! What the importer wrote beside an item's URI: its labels, and anything else as JSON. Their sizes are looked at before any of
//! them is read.

use swath_domain::Ranges;
use swath_domain::ids::DatasetId;

use crate::engine::db::fetch_all;
use crate::error::Result;
use crate::reads::annotations::fitting;
use crate::store::Store;

/// The texts of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemTexts {
    /// The item.
    pub item: i64,
    /// Labels to select by.
    pub labels: Vec<String>,
    /// Anything else, as a JSON object.
    pub meta: Option<String>,
}

impl Store {
    /// The texts of the first of these items, in ascending order, that take at most so many bytes; of one in any case. Also
    /// says how many of the items that covers: those without texts are not among the answers.
    pub async fn item_texts(
        &self,
        id: DatasetId,
        items: &[i64],
        bytes: usize,
    ) -> Result<(Vec<ItemTexts>, usize)> {
        let mut sizes = Vec::new();
        for range in Ranges::of_items(items.iter().copied()).as_slice() {
            sizes.extend(self.text_sizes(id, range.start, range.end).await?);
        }
        let size = |(_, bytes): &(i64, i64)| usize::try_from(*bytes).unwrap_or(usize::MAX);
        let fits = fitting(&sizes, bytes, size);
        let covered = match sizes.get(fits) {
            Some((first_left, _)) => items.partition_point(|item| item < first_left),
            None => items.len(),
        };
        let mut texts = Vec::with_capacity(fits);
        for range in Ranges::of_items(sizes[..fits].iter().map(|(item, _)| *item)).as_slice() {
            texts.extend(self.texts(id, range.start, range.end).await?);
        }
        Ok((texts, covered))
    }

    /// Items `start..stop` that have texts, each with the bytes of them.
    async fn text_sizes(&self, id: DatasetId, start: i64, stop: i64) -> Result<Vec<(i64, i64)>> {
        let mut reader = self.reader().await?;
        fetch_all!(
            &mut reader.db(),
            (i64, i64),
            "SELECT item, CAST(COALESCE(octet_length(labels), 0) + COALESCE(octet_length(meta), 0) AS BIGINT)
             FROM items WHERE dataset = $1 AND item >= $2 AND item < $3 AND (labels IS NOT NULL OR meta IS NOT NULL)
             ORDER BY item",
            id.0,
            start,
            stop;
            |t| {
                let length = |text: &Option<String>| text.as_ref().map_or(0, String::len) as i64;
                let rows = t.items.range((id.0, start)..(id.0, stop));
                let told = rows.filter(|(_, row)| row.labels.is_some() || row.meta.is_some());
                told.map(|((_, item), row)| (*item, length(&row.labels) + length(&row.meta))).collect()
            }
        )
    }

    async fn texts(&self, id: DatasetId, start: i64, stop: i64) -> Result<Vec<ItemTexts>> {
        type Row = (i64, Option<String>, Option<String>);
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            Row,
            "SELECT item, labels, meta FROM items
             WHERE dataset = $1 AND item >= $2 AND item < $3 AND (labels IS NOT NULL OR meta IS NOT NULL) ORDER BY item",
            id.0,
            start,
            stop;
            |t| {
                let rows = t.items.range((id.0, start)..(id.0, stop));
                let told = rows.filter(|(_, row)| row.labels.is_some() || row.meta.is_some());
                told.map(|((_, item), row)| (*item, row.labels.clone(), row.meta.clone())).collect()
            }
        )?;
        let labels =
            |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Ok(rows
            .into_iter()
            .map(|(item, text, meta)| ItemTexts { item, labels: labels(text), meta })
            .collect())
    }
}
