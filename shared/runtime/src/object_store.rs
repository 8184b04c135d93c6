//! Items and manifests in an S3 object store: signed URLs that are good for a while and need nothing else.

use std::time::Duration;

use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;

use crate::config::Media;

/// Whether a URI names an object.
pub fn is_object(uri: &str) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("s3://"))
}

/// A signed URL to read `s3://bucket/key`. None for other URIs, and where no object store is configured.
pub fn presigned(config: &Media, uri: &str) -> Option<String> {
    if !is_object(uri) {
        return None;
    }
    let (bucket, key) = uri.get(5..)?.split_once('/')?;
    let endpoint = config.s3_endpoint.parse().ok()?;
    let bucket = Bucket::new(endpoint, UrlStyle::Path, bucket.to_owned(), config.s3_region.clone()).ok()?;
    let credentials = Credentials::new(config.s3_access_key.clone(), config.s3_secret_key.expose_secret());
    Some(bucket.get_object(Some(&credentials), key).sign(Duration::from_secs(config.url_seconds)).to_string())
}
