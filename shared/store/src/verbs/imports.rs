//! Imports: a version of a dataset is opened, filled page by page, and completed, or dropped with all its items.

pub(crate) mod append;
pub(crate) mod discard;
pub(crate) mod finish;
mod locking;
pub(crate) mod open;
