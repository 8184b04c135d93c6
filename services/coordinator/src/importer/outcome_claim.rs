//! Who reports the outcome of an import: the answer to the client, or the dataset.

use std::sync::atomic::{AtomicBool, Ordering};

/// Decides who reports the outcome of an import. As long as the client waits, it is answered; once the request has answered
/// early, the dataset shows how the import ended.
#[derive(Default)]
pub(crate) struct OutcomeClaim(AtomicBool);

impl OutcomeClaim {
    /// Claims to report first. Returns false to the second of the two sides.
    pub(crate) fn claim(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}
