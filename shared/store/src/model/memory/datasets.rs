//! Ranges of the tables of datasets that several statements read.

use swath_domain::ItemIndex;
use swath_domain::ids::{DatasetId, UserId};
use swath_domain::labels::Size;
use uuid::Uuid;

use super::tables::{Item, Segment, Tables};

impl Tables {
    /// The segments of a dataset, each with its version.
    pub(crate) fn segments_of(&self, id: DatasetId) -> impl Iterator<Item = (i64, &Segment)> {
        let rows = self.segments.range((id.0, i64::MIN)..=(id.0, i64::MAX));
        rows.map(|((_, version), segment)| (*version, segment))
    }

    /// The items of a dataset that are rows, each with its number.
    pub(crate) fn items_of(&self, id: DatasetId) -> impl Iterator<Item = (i64, &Item)> {
        let rows = self.items.range((id.0, i64::MIN)..=(id.0, i64::MAX));
        rows.map(|((_, item), row)| (*item, row))
    }

    /// The sizes that users' browsers have reported of an item's picture.
    pub(crate) fn size_reports_of(
        &self,
        id: DatasetId,
        item: ItemIndex,
    ) -> impl Iterator<Item = (UserId, Size)> {
        let rows = self.size_reports.range((id.0, item.0, Uuid::nil())..=(id.0, item.0, Uuid::max()));
        rows.map(|((_, _, user), size)| (UserId(*user), *size))
    }
}
