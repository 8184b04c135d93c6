//! Where a person's browser loads an item from.

use std::time::Duration;

use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;
use swath_domain::ids::DatasetId;
use swath_runtime::Context;
use swath_runtime::media::Ticket;

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
        "s3" => presigned(context, uri),
        _ => None,
    }
}

fn presigned(context: &Context, uri: &str) -> Option<String> {
    let config = &context.config.media;
    let (bucket, key) = uri.get(5..)?.split_once('/')?;
    let endpoint = config.s3_endpoint.parse().ok()?;
    let bucket = Bucket::new(endpoint, UrlStyle::Path, bucket.to_owned(), config.s3_region.clone()).ok()?;
    let credentials = Credentials::new(config.s3_access_key.clone(), config.s3_secret_key.expose_secret());
    Some(bucket.get_object(Some(&credentials), key).sign(Duration::from_secs(config.url_seconds)).to_string())
}
