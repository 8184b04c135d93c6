//! Where the picture of an item is stored.

use swath_domain::uploads::Upload;

use crate::media_path::is_data_picture;
use crate::object_store::Object;

/// Where an item is stored, by the scheme of its URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium<'a> {
    /// At a web address, which browsers load themselves.
    Web,
    /// In the URI itself.
    Data,
    /// In a file on the server.
    File,
    /// In the object store.
    Object(Object<'a>),
    /// Among the team's uploads.
    Upload(Upload<'a>),
    /// At a place that the server cannot read.
    Elsewhere,
}

impl<'a> Medium<'a> {
    /// Where the item with this URI is stored.
    pub fn of(uri: &'a str) -> Self {
        let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => Self::Web,
            "data" if is_data_picture(uri) => Self::Data,
            "file" => Self::File,
            "s3" => Object::parse(uri).map_or(Self::Elsewhere, Self::Object),
            "upload" => Upload::parse(uri).map_or(Self::Elsewhere, Self::Upload),
            _ => Self::Elsewhere,
        }
    }
}
