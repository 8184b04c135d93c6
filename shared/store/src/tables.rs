//! The statements, as named functions.

pub(crate) mod answers;
pub(crate) mod changes;
pub(crate) mod leased;
pub(crate) mod log;
pub(crate) mod moving;
pub(crate) mod progress;
