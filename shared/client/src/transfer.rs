//! Streamed bodies, which are too large for memory: uploads of manifests, downloads of exports and logs.

use std::path::Path;
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};
use tokio_util::bytes::Bytes;
use tokio_util::io::StreamReader;

use crate::client::{Call, Client, Query, Result, checked, new_key};
use crate::error::ClientError;

/// The time limit of an upload. The server responds only after it has read everything.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(3_600);
/// How long a download may stall.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest line of a stream of JSON lines.
const LINE_BYTES_MAX: u64 = 16 << 20;

impl Client {
    /// `POST` of a file's content, streamed from the disk. It is not repeated, because it may be gigabytes. The user
    /// decides that.
    ///
    /// # Errors
    /// [`ClientError::File`] if the file cannot be read, and those of [`Client::get`].
    pub async fn upload(&self, path: &str, query: &Query<'_>, kind: &str, file: &Path) -> Result<Value> {
        let unreadable = |error| ClientError::File { path: file.display().to_string(), error };
        let content = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let request = self
            .http
            .post(self.url(path, query)?)
            .headers(self.headers(Some(&new_key()))?)
            .header(CONTENT_TYPE, kind)
            .timeout(UPLOAD_TIMEOUT)
            .body(content);
        let answer = checked(request.send().await?).await?.bytes().await?;
        serde_json::from_slice(&answer).map_err(ClientError::Decode)
    }

    /// `GET` of a body as a stream of chunks.
    ///
    /// # Errors
    /// If the server refuses the request or does not answer in time. An error of the stream ends it.
    pub async fn download(
        &self,
        path: &str,
        query: &Query<'_>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
        let request = self.http.get(self.url(path, query)?).headers(self.headers(None)?);
        let sent = tokio::time::timeout(STALL_TIMEOUT, request.send());
        let response = checked(sent.await.map_err(|_| ClientError::Stalled(STALL_TIMEOUT))??).await?;
        let chunks = Box::pin(response.bytes_stream());
        Ok(futures::stream::try_unfold(chunks, |mut chunks| async move {
            match tokio::time::timeout(STALL_TIMEOUT, chunks.next()).await {
                Ok(Some(chunk)) => Ok(Some((chunk?, chunks))),
                Ok(None) => Ok(None),
                Err(_) => Err(ClientError::Stalled(STALL_TIMEOUT)),
            }
        }))
    }

    /// `GET` of JSON lines. Each is passed to `take` when it arrives.
    ///
    /// # Errors
    /// Those of [`Client::download`], and if a line is not a `T`.
    pub async fn lines<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
        mut take: impl FnMut(T),
    ) -> Result<()> {
        let chunks = self.download(path, query).await?.map_err(std::io::Error::other);
        let mut reader = StreamReader::new(Box::pin(chunks));
        let broken = |error| ClientError::File { path: path.to_owned(), error };
        while let Some(line) = next_line(&mut reader).await.map_err(broken)? {
            take(serde_json::from_slice(&line).map_err(ClientError::Decode)?);
        }
        Ok(())
    }

    /// The picture at a media URL, which is relative to the server or absolute. The request has no token, like that
    /// of a browser's `<img>`.
    ///
    /// # Errors
    /// [`ClientError::Address`] if `address` is not a URL, and those of [`Client::get`].
    pub async fn picture(&self, address: &str) -> Result<Bytes> {
        let base = Url::parse(&self.base).map_err(|_| ClientError::Address(self.base.clone()))?;
        let url = base.join(address).map_err(|_| ClientError::Address(address.to_owned()))?;
        let without_token = Self { token: None, ..self.clone() };
        Ok(without_token.repeated(&Call::new(Method::GET, url)).await?.bytes().await?)
    }
}

/// The next line. A line that is too long is cut, and later refused because it is not JSON.
pub(crate) async fn next_line(reader: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    Ok((read > 0).then_some(line))
}
