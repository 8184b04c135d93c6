//! Fields of edits in which `null` means something else than absence.

use serde::{Deserialize, Deserializer};

/// Distinguishes a field that is `null` from one that is absent.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
