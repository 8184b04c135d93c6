//! A value with its share of the memory for large answers.

use swath_runtime::budget::Share;

/// A value that is to be answered, with its share of the memory for large answers. The share must be kept until the answer
/// is sent.
pub struct Budgeted<T> {
    /// The value.
    pub value: T,
    /// Its share of the memory.
    pub share: Share,
}
