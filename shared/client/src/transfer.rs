//! Bodies that are too large to hold: a manifest on its way up, an export or a log on its way down.

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

/// How long an upload may take in all; the server answers only when it has read everything.
const UPLOAD_DEADLINE: Duration = Duration::from_secs(3_600);
/// How long a download may stand still.
const STALL_DEADLINE: Duration = Duration::from_secs(60);
/// The longest line that a stream of JSON lines may hold, in bytes.
const LINE_MAX: u64 = 16 << 20;

impl Client {
    /// `POST` of a file's content, read from disk as it goes.
    ///
    /// It is sent once: a manifest of gigabytes is the person's to repeat.
    pub async fn upload(&self, path: &str, query: &Query<'_>, kind: &str, file: &Path) -> Result<Value> {
        let unreadable = |error| ClientError::File { path: file.display().to_string(), error };
        let content = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let request = self
            .http
            .post(self.url(path, query)?)
            .headers(self.headers(Some(&new_key()))?)
            .header(CONTENT_TYPE, kind)
            .timeout(UPLOAD_DEADLINE)
            .body(content);
        let answer = checked(request.send().await?).await?.bytes().await?;
        serde_json::from_slice(&answer).map_err(ClientError::Decode)
    }

    /// `GET` of a body in pieces.
    pub async fn download(
        &self,
        path: &str,
        query: &Query<'_>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
        let request = self.http.get(self.url(path, query)?).headers(self.headers(None)?);
        let sent = tokio::time::timeout(STALL_DEADLINE, request.send());
        let response = checked(sent.await.map_err(|_| ClientError::Stalled(STALL_DEADLINE))??).await?;
        let pieces = Box::pin(response.bytes_stream());
        Ok(futures::stream::try_unfold(pieces, |mut pieces| async move {
            match tokio::time::timeout(STALL_DEADLINE, pieces.next()).await {
                Ok(Some(piece)) => Ok(Some((piece?, pieces))),
                Ok(None) => Ok(None),
                Err(_) => Err(ClientError::Stalled(STALL_DEADLINE)),
            }
        }))
    }

    /// `GET` of JSON lines, each handed to `take` as it comes.
    pub async fn lines<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
        mut take: impl FnMut(T),
    ) -> Result<()> {
        let pieces = self.download(path, query).await?.map_err(std::io::Error::other);
        let mut reader = StreamReader::new(Box::pin(pieces));
        let broken = |error| ClientError::File { path: path.to_owned(), error };
        while let Some(line) = next_line(&mut reader).await.map_err(broken)? {
            take(serde_json::from_slice(&line).map_err(ClientError::Decode)?);
        }
        Ok(())
    }

    /// The picture behind an address that the server handed out: relative to the server, or anywhere.
    ///
    /// It goes without the bearer, as a browser's `<img>` would.
    pub async fn picture(&self, address: &str) -> Result<Bytes> {
        let base = Url::parse(&self.base).map_err(|_| ClientError::Address(self.base.clone()))?;
        let url = base.join(address).map_err(|_| ClientError::Address(address.to_owned()))?;
        let anyone = Self { token: None, ..self.clone() };
        Ok(anyone.repeated(&Call::new(Method::GET, url)).await?.bytes().await?)
    }
}

/// The next line; one that is cut at the bound is no JSON any more, and is refused as such.
pub(crate) async fn next_line(reader: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = reader.take(LINE_MAX).read_until(b'\n', &mut line).await?;
    Ok((read > 0).then_some(line))
}
