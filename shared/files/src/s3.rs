//! Files as objects of a bucket. Content is streamed, and every request has a signed URL.

use std::fmt;
use std::io;
use std::ops::Range;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use reqwest::header::{CONTENT_LENGTH, RANGE};
use reqwest::{Body, Client, Response, StatusCode};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use secrecy::{ExposeSecret, SecretString};
use swath_domain::ids::FileId;
use tokio::time::timeout;

use crate::layout::key;
use crate::{Content, FilesError, Result};

/// How long a signed URL is valid. The request only has to begin in this time.
const SIGNATURE_LIFETIME: Duration = Duration::from_secs(300);
/// The time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for the next bytes of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The time limit for writing a whole file.
const PUT_TIMEOUT: Duration = Duration::from_secs(3_600);

/// A bucket of an object store, and the keys to it.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The URL of the store, as in `https://s3.example.org`.
    pub endpoint: String,
    /// True if the bucket's name is the first part of the path, false if it is the first label of the host.
    pub is_path_style: bool,
    /// The region, as in `us-east-1`.
    pub region: String,
    /// The bucket's name.
    pub name: String,
    /// Starts the keys of all objects: empty, or a path that ends with a slash.
    pub prefix: String,
    /// The id of the access key.
    pub access_key: String,
    /// The secret of the access key.
    pub secret_key: SecretString,
}

/// Why a bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The endpoint is not a URL.
    #[error("the endpoint is not a URL: {0}")]
    Endpoint(String),
    /// The bucket's name does not fit the endpoint.
    #[error("the bucket cannot be addressed: {0}")]
    Bucket(String),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(reqwest::Error),
}

/// Files in a bucket.
#[derive(Clone)]
pub(crate) struct S3 {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    prefix: String,
    client: Client,
}

impl fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3").field("bucket", &self.bucket.name()).finish_non_exhaustive()
    }
}

impl S3 {
    pub(crate) fn new(options: Bucket) -> Result<Self, BucketError> {
        let endpoint =
            options.endpoint.parse().map_err(|_| BucketError::Endpoint(options.endpoint.clone()))?;
        let style = if options.is_path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket = rusty_s3::Bucket::new(endpoint, style, options.name, options.region)
            .map_err(|error| BucketError::Bucket(error.to_string()))?;
        let credentials = Credentials::new(options.access_key, options.secret_key.expose_secret());
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(BucketError::Client)?;
        Ok(Self { bucket, credentials, prefix: options.prefix, client })
    }

    fn key(&self, id: FileId) -> String {
        format!("{}{}", self.prefix, key(id))
    }

    pub(crate) async fn put(&self, id: FileId, length: u64, content: Content) -> Result<()> {
        let url = self.bucket.put_object(Some(&self.credentials), &self.key(id)).sign(SIGNATURE_LIFETIME);
        let request = self.client.put(url).header(CONTENT_LENGTH, length).body(Body::wrap_stream(content));
        let sent = timeout(PUT_TIMEOUT, request.send()).await;
        checked(sent.map_err(|_| put_timed_out())?.map_err(failed)?).map(drop)
    }

    pub(crate) async fn get(&self, id: FileId, range: Range<u64>) -> Result<Content> {
        if range.is_empty() {
            return Ok(futures::stream::empty().boxed());
        }
        let url = self.bucket.get_object(Some(&self.credentials), &self.key(id)).sign(SIGNATURE_LIFETIME);
        let request = self.client.get(url).header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
        let answer = checked(request.send().await.map_err(failed)?)?;
        if answer.status() != StatusCode::PARTIAL_CONTENT && range.start != 0 {
            return Err(FilesError::Unavailable("the object store does not support ranges".to_owned()));
        }
        // A store may ignore the range and send more, so the rest is cut off.
        let mut left_bytes = range.end - range.start;
        let chunks = answer.bytes_stream().map_err(|error| io::Error::other(error.without_url()));
        let chunks = chunks.map_ok(move |mut chunk| {
            chunk.truncate(usize::try_from(left_bytes).unwrap_or(usize::MAX));
            left_bytes -= chunk.len() as u64;
            chunk
        });
        Ok(chunks.try_take_while(|chunk| std::future::ready(Ok(!chunk.is_empty()))).boxed())
    }

    pub(crate) async fn length(&self, id: FileId) -> Result<Option<u64>> {
        let url = self.bucket.head_object(Some(&self.credentials), &self.key(id)).sign(SIGNATURE_LIFETIME);
        match checked(self.client.head(url).send().await.map_err(failed)?) {
            Ok(answer) => {
                let length =
                    answer.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
                let unknown =
                    || FilesError::Unavailable("the object store does not tell the length".to_owned());
                length.ok_or_else(unknown).map(Some)
            }
            Err(FilesError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn delete(&self, id: FileId) -> Result<()> {
        let url = self.bucket.delete_object(Some(&self.credentials), &self.key(id)).sign(SIGNATURE_LIFETIME);
        match checked(self.client.delete(url).send().await.map_err(failed)?) {
            Ok(_) | Err(FilesError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn checked(answer: Response) -> Result<Response> {
    match answer.status() {
        status if status.is_success() => Ok(answer),
        StatusCode::NOT_FOUND => Err(FilesError::NotFound),
        status => Err(FilesError::Unavailable(format!("the object store answered {status}"))),
    }
}

fn put_timed_out() -> FilesError {
    FilesError::Unavailable("the object store did not take the file in time".to_owned())
}

/// Leaves out the URL, whose signature is a secret.
fn failed(error: reqwest::Error) -> FilesError {
    FilesError::Unavailable(error.without_url().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(is_path_style: bool) -> String {
        let files = S3::new(Bucket {
            endpoint: "https://s3.example.org".to_owned(),
            is_path_style,
            region: "us-east-1".to_owned(),
            name: "files".to_owned(),
            prefix: "swath/".to_owned(),
            access_key: "key".to_owned(),
            secret_key: "secret".into(),
        });
        let (files, id) = (files.unwrap(), FileId("01890000-0000-7000-8000-00000000abcd".parse().unwrap()));
        let signed =
            files.bucket.get_object(Some(&files.credentials), &files.key(id)).sign(SIGNATURE_LIFETIME);
        signed.as_str().split('?').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_bucket_is_a_part_of_the_path_or_of_the_host() {
        swath_harness::http::client();
        let key = "swath/cd/01890000-0000-7000-8000-00000000abcd";
        assert_eq!(url(true), format!("https://s3.example.org/files/{key}"));
        assert_eq!(url(false), format!("https://files.s3.example.org/{key}"));
    }
}
