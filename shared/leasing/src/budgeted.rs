//! A value with its share of the memory for large responses.

use swath_runtime::budget::Share;

/// A value for a response, with its share of the memory for large responses. The share must be kept until the
/// response is sent.
pub struct Budgeted<T> {
    /// The value.
    pub value: T,
    /// Its share of the memory.
    pub share: Share,
}
