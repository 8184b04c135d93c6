//! The items and errors of a manifest.

use super::error::ManifestError;
use super::item::{ManifestItem, check_item};
use super::location::{is_bare, joined};

/// The items and errors that a parser has found so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The items, in order.
    pub items: Vec<ManifestItem>,
    /// The errors in lines that are not items.
    pub faults: Vec<ManifestError>,
    /// The base that bare paths are resolved against.
    base: Option<String>,
}

impl Found {
    /// An empty result for a manifest whose bare paths are resolved against `base`.
    pub fn below(base: Option<String>) -> Self {
        Self { base, ..Self::default() }
    }

    /// Adds an item, or all errors in it.
    pub(super) fn accept(&mut self, mut item: ManifestItem) {
        if let Some(base) = self.base.as_ref().filter(|_| is_bare(&item.uri)) {
            item.uri = joined(base, &item.uri);
        }
        let errors = check_item(&item);
        if errors.is_empty() {
            self.items.push(item);
        } else {
            self.faults.extend(errors.iter().map(|error| ManifestError::of_field(item.line, error)));
        }
    }
}
