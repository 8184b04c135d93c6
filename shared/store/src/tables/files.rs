//! The table `files`. A row is `arriving` while its content is written to the file storage, then `stored`, and `to_delete`
//! until its content is deleted.

pub(crate) mod arriving;
mod codes;
pub(crate) mod deleting;
pub(crate) mod stored;
pub(crate) mod uses;
