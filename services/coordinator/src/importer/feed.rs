//! What a source feeds into an import.

use swath_api::datasets::Notes;
use swath_formats::manifest::ManifestItem;
use swath_runtime::Problem;
use swath_runtime::problem::Fault;

/// Items in one transaction.
pub(super) const PAGE_ITEMS: usize = 1_000;

/// What a source feeds into an import: pages and faults, and an end at last. A channel that closes without an end means that
/// the import was abandoned.
pub(super) enum Feed {
    /// The base of the URIs that follow, where it is shorter than their longest common start.
    Base(String),
    /// The next items.
    Page(Vec<ManifestItem>),
    /// Faults of single items. The import continues, so that all faults are reported at once.
    Faults(Vec<Fault>),
    /// A failure that ends the import.
    Failure(Box<Problem>),
    /// The end.
    End(End),
}

/// The end of an import.
pub(super) struct End {
    /// The digest of the request, by which a repetition is recognised.
    pub(super) digest: Vec<u8>,
    pub(super) notes: Notes,
}
