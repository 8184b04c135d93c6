//! Where a person's browser loads an item from.

use std::time::Duration;

use swath_domain::ids::DatasetId;
use swath_runtime::media::Ticket;
use swath_runtime::{Context, object_store};

/// A URL that needs no bearer: the item's own for `http(s)`, a signed one of the server's for a file, and a signed one
/// of the object store's for `s3`. None where the server cannot reach the item.
pub fn media_url(context: &Context, dataset: DatasetId, index: i64, uri: &str) -> Option<String> {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" | "data" => Some(uri.to_owned()),
        "file" => {
            let expires = context.now() + Duration::from_secs(context.config.media.url_seconds);
            let signed = context.signer.sign(Ticket { dataset, item: index, expires });
            Some(format!("/v1/media/{signed}"))
        }
        _ => object_store::presigned(&context.config.media, uri),
    }
}
