//! What is known about a picture.

use std::collections::BTreeMap;

use swath_domain::labels::Size;
use swath_domain::{ItemIndex, UserId};
use swath_store::SizeSource;

/// What is known about pictures, by item.
pub type Pictures = BTreeMap<ItemIndex, Picture>;

/// What is known about a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The last size that each user's browser reported.
    pub(crate) reports: BTreeMap<UserId, Size>,
    /// The known size, and its source.
    pub(crate) size: Option<(Size, SizeSource)>,
    /// True if a browser could not load it.
    pub(crate) is_missing: bool,
}

impl Picture {
    /// The picture after a user's browser has reported a size.
    pub(crate) fn with_report(mut self, person: UserId, size: Size) -> Self {
        self.is_missing = false;
        if self.size.is_some_and(|(_, source)| source > SizeSource::Agreed) {
            return self;
        }
        self.reports.insert(person, size);
        if self.reports.iter().any(|(other, said)| *other != person && *said == size) {
            self.size = Some((size, SizeSource::Agreed));
        }
        self
    }

    /// The picture after a certain size was set: it replaces one that is less certain, or an equally certain one.
    pub(crate) fn with_size(mut self, size: Size, source: SizeSource) -> Self {
        if self.size.is_none_or(|(_, known)| known <= source) {
            self.size = Some((size, source));
        }
        self
    }
}
