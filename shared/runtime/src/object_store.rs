//! Items and manifests in an S3 object store: signed URLs that are good for a while and need nothing else.

use std::net::Ipv4Addr;
use std::time::Duration;

use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;

use crate::config::Media;

/// How long a signed URL of the object store is good, at most: it works without the server, which cannot take it back.
pub const SIGNED_URL_LIFETIME: Duration = Duration::from_secs(60);
/// The longest key of S3, in bytes.
const KEY_BYTES_MAX: usize = 1_024;
const SCHEME: &str = "s3://";

/// An object: `s3://bucket/key`, where the key is taken as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
}

/// Why a URI names no object that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The bucket.
    #[error("must name a bucket by S3's rules: 3 to 63 lower-case letters, digits, `-` and `.`")]
    Bucket,
    /// The key.
    #[error("must have a key of 1 to {KEY_BYTES_MAX} bytes behind the bucket")]
    Key,
    /// A URL cannot carry `.` and `..` as steps: browsers and proxies would ask for another key.
    #[error("must not have `.` or `..` as a step of its key: no URL can carry it")]
    Step,
}

impl<'a> Object<'a> {
    /// Reads `s3://bucket/key`.
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

/// The beginning of keys in a bucket, by whole steps: `s3://bucket/team-a` holds `team-a/1.png`, and not `team-ab/1.png`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    bucket: String,
    /// Empty, or steps that end with a slash.
    start: String,
}

impl Prefix {
    /// Reads `s3://bucket` or `s3://bucket/prefix/`.
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

    /// Whether the object's key begins with these steps.
    pub fn holds(&self, object: &Object<'_>) -> bool {
        object.bucket == self.bucket && object.key.starts_with(&self.start)
    }
}

/// Whether a URI names an object.
pub fn is_object(uri: &str) -> bool {
    uri.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// S3's rules for the names of buckets.
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

/// Whether there is an object store at all.
pub fn is_configured(config: &Media) -> bool {
    !config.s3_endpoint.is_empty()
}

/// A signed URL to read the object. None where no object store is configured.
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
    fn what_no_url_can_carry_is_no_object() {
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
    fn prefixes_go_by_whole_steps() {
        let holds =
            |prefix: &str, uri: &str| Prefix::parse(prefix).unwrap().holds(&Object::parse(uri).unwrap());
        for prefix in ["s3://bucket/team-a", "s3://bucket/team-a/"] {
            assert!(holds(prefix, "s3://bucket/team-a/1.png"));
            for other in ["s3://bucket/team-ab/1.png", "s3://bucket/team-a", "s3://bucket2/team-a/1.png"] {
                assert!(!holds(prefix, other), "{other}");
            }
        }
        assert!(holds("s3://bucket", "s3://bucket/any") && holds("s3://bucket/", "s3://bucket/any"));
        for bad in
            ["s3://bucket/a//b", "s3://bucket/../a", "s3://bucket/./", "s3://b", "bucket/a", "s3://bucket//"]
        {
            assert_eq!(Prefix::parse(bad), None, "{bad}");
        }
    }
}
