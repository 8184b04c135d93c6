//! Items and manifests in an S3 object store, which clients read by signed URLs.

use std::net::Ipv4Addr;
use std::time::Duration;

use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;

use crate::config::Media;

/// How long a signed URL of the object store is valid. Short, because the server cannot revoke it.
pub const SIGNED_URL_LIFETIME: Duration = Duration::from_secs(60);
/// The longest key that S3 allows.
const KEY_BYTES_MAX: usize = 1_024;
const SCHEME: &str = "s3://";

/// An object, `s3://bucket/key`. The key is taken literally, without decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
}

/// Why a URI is not an object that can be requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The bucket's name is not valid.
    #[error("must name a bucket by S3's rules: 3 to 63 lower-case letters, digits, `-` and `.`")]
    Bucket,
    /// The key is empty or too long.
    #[error("must have a key of 1 to {KEY_BYTES_MAX} bytes behind the bucket")]
    Key,
    /// The key has `.` or `..` as a path segment. Browsers and proxies would request another key.
    #[error("must not have `.` or `..` as a step of its key: no URL can carry it")]
    Step,
}

impl<'a> Object<'a> {
    /// Parses `s3://bucket/key`.
    ///
    /// # Errors
    /// If the bucket or the key is not valid.
    pub fn parse(uri: &'a str) -> Result<Self, ObjectError> {
        let rest = uri.get(SCHEME.len()..).filter(|_| is_object(uri)).ok_or(ObjectError::Bucket)?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_bucket(bucket) {
            return Err(ObjectError::Bucket);
        }
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(ObjectError::Key);
        }
        if key.split('/').any(is_dots) {
            return Err(ObjectError::Step);
        }
        Ok(Self { bucket, key })
    }
}

/// A prefix of keys in a bucket, of complete path segments: `s3://bucket/team-a` contains `team-a/1.png`, and not
/// `team-ab/1.png`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    bucket: String,
    /// Empty, or path segments that end with a slash.
    start: String,
}

impl Prefix {
    /// Parses `s3://bucket` or `s3://bucket/prefix/`. `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.get(SCHEME.len()..).filter(|_| is_object(text))?;
        let (bucket, start) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |step: &str| !step.is_empty() && !is_dots(step) && !step.contains(char::is_control);
        let steps = start.strip_suffix('/').unwrap_or(start);
        if !is_bucket(bucket) || !(start.is_empty() || steps.split('/').all(is_plain)) {
            return None;
        }
        let start = if steps.is_empty() { String::new() } else { format!("{steps}/") };
        Some(Self { bucket: bucket.to_owned(), start })
    }

    /// Whether the object has this prefix.
    pub fn contains(&self, object: &Object<'_>) -> bool {
        object.bucket == self.bucket && object.key.starts_with(&self.start)
    }
}

/// Whether a URI has the scheme `s3`.
pub fn is_object(uri: &str) -> bool {
    uri.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// Whether a bucket's name follows S3's rules.
fn is_bucket(name: &str) -> bool {
    let is_end =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(byte))
        && is_end(bytes.first())
        && is_end(bytes.last())
        && !name.contains("..")
        && name.parse::<Ipv4Addr>().is_err()
}

fn is_dots(step: &str) -> bool {
    matches!(step, "." | "..")
}

/// Whether an object store is configured.
pub fn is_configured(config: &Media) -> bool {
    !config.s3_endpoint.is_empty()
}

/// A signed URL to read the object. `None` if no object store is configured.
pub fn presigned(config: &Media, object: &Object<'_>) -> Option<String> {
    let endpoint = config.s3_endpoint.parse().ok()?;
    let (name, region) = (object.bucket.to_owned(), config.s3_region.clone());
    let bucket = Bucket::new(endpoint, UrlStyle::Path, name, region).ok()?;
    let credentials = Credentials::new(config.s3_access_key.clone(), config.s3_secret_key.expose_secret());
    let signed = bucket.get_object(Some(&credentials), object.key).sign(SIGNED_URL_LIFETIME);
    Some(signed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use swath_formats::file_uri::decode;

    fn media(endpoint: &str) -> Media {
        Media {
            roots: Vec::new(),
            shared: Vec::new(),
            origins: Vec::new(),
            url_seconds: 60,
            s3_endpoint: endpoint.into(),
            s3_region: "us-east-1".into(),
            s3_access_key: "key".into(),
            s3_secret_key: "secret".into(),
        }
    }

    #[test]
    fn the_very_key_is_asked_for_below_the_endpoints_path() {
        let keys = [
            "plain.png",
            "E+P.jpeg",
            "a b.png",
            "50%.png",
            "a%20b.png",
            "%2e%2e/up.png",
            "c#1.png",
            "q?x=1.png",
            "k=v&w=x.png",
            "ümläut.png",
            "dir//double.png",
            "/lead.png",
            "//host/lead.png",
            "trailing/",
            "...",
            "..a/b..",
            "~'(1)!*.png",
            ":colon;semi,.png",
            "back\\slash.png",
            "..\\up.png",
        ];
        for key in keys {
            let uri = format!("s3://bucket/{key}");
            let url = presigned(&media("http://store:9000/s3"), &Object::parse(&uri).unwrap()).unwrap();
            let path = url.strip_prefix("http://store:9000").unwrap().split('?').next().unwrap();
            let asked = String::from_utf8(decode(path).unwrap()).unwrap();
            assert_eq!(asked, format!("/s3/bucket/{key}"));
        }
    }

    #[test]
    fn a_key_that_no_url_can_contain_is_refused() {
        for (uri, error) in [
            ("s3://bucket/../up.png", ObjectError::Step),
            ("s3://bucket/./here.png", ObjectError::Step),
            ("s3://bucket/a/..", ObjectError::Step),
            ("s3://bucket/a/./b", ObjectError::Step),
            ("s3://bucket/", ObjectError::Key),
            ("s3://bucket", ObjectError::Key),
            ("s3://../x", ObjectError::Bucket),
            ("s3://./x", ObjectError::Bucket),
            ("s3:///x", ObjectError::Bucket),
            ("s3://a..b/x", ObjectError::Bucket),
            ("s3://UPPER/x", ObjectError::Bucket),
            ("s3://b%2e/x", ObjectError::Bucket),
            ("s3://-bucket/x", ObjectError::Bucket),
            ("s3://127.0.0.1/x", ObjectError::Bucket),
            ("s3://buck\\et/x", ObjectError::Bucket),
            ("https://bucket/x", ObjectError::Bucket),
        ] {
            assert_eq!(Object::parse(uri), Err(error), "{uri}");
        }
    }

    #[test]
    fn prefixes_are_complete_path_segments() {
        let contains =
            |prefix: &str, uri: &str| Prefix::parse(prefix).unwrap().contains(&Object::parse(uri).unwrap());
        for prefix in ["s3://bucket/team-a", "s3://bucket/team-a/"] {
            assert!(contains(prefix, "s3://bucket/team-a/1.png"));
            for other in ["s3://bucket/team-ab/1.png", "s3://bucket/team-a", "s3://bucket2/team-a/1.png"] {
                assert!(!contains(prefix, other), "{other}");
            }
        }
        assert!(contains("s3://bucket", "s3://bucket/any") && contains("s3://bucket/", "s3://bucket/any"));
        for bad in
            ["s3://bucket/a//b", "s3://bucket/../a", "s3://bucket/./", "s3://b", "bucket/a", "s3://bucket//"]
        {
            assert_eq!(Prefix::parse(bad), None, "{bad}");
        }
    }
}
