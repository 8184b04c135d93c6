//! The URIs of uploaded pictures.

use swath_domain::uploads::Upload;
use swath_formats::file_uri::{decode, encode};

/// Parses the URI of an uploaded picture. Its name must be encoded exactly as Swath encodes names.
pub(super) fn parse(uri: &str) -> Result<Upload<'_>, String> {
    let upload = Upload::parse(uri).map_err(|error| error.to_string())?;
    let is_canonical = decode(upload.name).is_some_and(|name| encode(&name) == upload.name);
    if is_canonical {
        Ok(upload)
    } else {
        Err("must have its name percent-encoded as Swath encodes it".to_owned())
    }
}
