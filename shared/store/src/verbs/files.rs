//! Files in the file storage: uploads of teams, thumbnails of items, and the bytes that they take. The content of a file is
//! stored under an id that no other content ever has, so that deleting a file cannot hit an upload of the same content.

pub(crate) mod arrive;
pub(crate) mod discard;
pub(crate) mod expire;
mod giving_back;
pub(crate) mod uses;
