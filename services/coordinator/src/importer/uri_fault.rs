//! A URI that must not be imported.

/// A URI that must not be imported.
pub(crate) struct UriFault {
    /// The position of the item in its page.
    pub(crate) at: usize,
    /// What is wrong, as a sentence fragment.
    pub(crate) message: String,
}
