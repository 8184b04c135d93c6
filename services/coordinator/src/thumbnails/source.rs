//! Reads a picture that is to be scaled: from the disk, the object store, the uploads, or its own `data:` URI.

use std::io::{BufReader, Cursor};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use swath_domain::uploads::Upload;
use swath_formats::file_uri::decode;
use swath_runtime::media_access::TeamAccess;
use swath_runtime::media_path::MediaFiles;
use swath_runtime::medium::Medium;
use swath_runtime::object_store::{self, Object};
use swath_runtime::{Context, Problem, Result};
use tokio::sync::Semaphore;

use super::scale::{Scaled, Unscaled, scale};
use super::wanted::Wanted;

/// The size of the largest picture that is scaled.
const BYTES_MAX: usize = 64 << 20;
/// How long the object store may take to accept a connection, and to send the picture.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// The content of a picture.
pub(super) enum Content {
    /// A file on the server's disk, which is opened by the blocking task that scales it.
    File(Arc<MediaFiles>, Arc<TeamAccess>, String),
    /// The bytes themselves.
    Bytes(Vec<u8>),
}

/// The content of an item's picture.
pub(super) async fn of(context: &Context, wanted: &Wanted) -> Result<Content> {
    match Medium::of(&wanted.uri) {
        Medium::File => {
            let access = context.media.of(&context.store, wanted.team).await?;
            Ok(Content::File(context.media.files.clone(), access, wanted.uri.clone()))
        }
        Medium::Data => inline(&wanted.uri).map(Content::Bytes).ok_or_else(|| Unscaled::Unreadable.into()),
        Medium::Upload(upload) => uploaded(context, wanted, upload).await.map(Content::Bytes),
        Medium::Object(object) => fetched(context, &object).await.map(Content::Bytes),
        Medium::Web | Medium::Elsewhere => Err(Unscaled::Web.into()),
    }
}

impl Content {
    /// Scales it. Blocks.
    pub(super) fn scale(self, memory: &Arc<Semaphore>) -> Result<Scaled, Unscaled> {
        match self {
            Self::Bytes(bytes) => scale(Cursor::new(bytes), memory),
            Self::File(files, access, uri) => {
                let found = files.find_uri(&access.places, &uri).map_err(|_| Unscaled::Missing)?;
                let (file, length) = found.read().map_err(|_| Unscaled::Missing)?;
                if length > BYTES_MAX as u64 {
                    return Err(Unscaled::TooLarge);
                }
                scale(BufReader::new(file), memory)
            }
        }
    }
}

/// The bytes in a `data:` URI; `None` if they are encoded wrongly.
fn inline(uri: &str) -> Option<Vec<u8>> {
    let (about, data) = uri.split_once(',')?;
    let data = decode(data)?;
    if !about.to_ascii_lowercase().ends_with(";base64") {
        return Some(data);
    }
    STANDARD.decode(&data).or_else(|_| STANDARD_NO_PAD.decode(&data)).ok()
}

async fn uploaded(context: &Context, wanted: &Wanted, upload: Upload<'_>) -> Result<Vec<u8>> {
    let found = context.store.uploads(wanted.team, &[upload.id]).await?;
    let file = found.into_iter().next().ok_or(Unscaled::Missing)?;
    let length = u64::try_from(file.bytes).unwrap_or(u64::MAX);
    if length > BYTES_MAX as u64 {
        return Err(Unscaled::TooLarge.into());
    }
    let content = context.files.get(file.id, 0..length).await?;
    gathered(content.map(|chunk| chunk.map_err(|_| Problem::unavailable()))).await
}

async fn fetched(context: &Context, object: &Object<'_>) -> Result<Vec<u8>> {
    let url = object_store::presigned(&context.config.media, object).ok_or(Unscaled::Missing)?;
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(READ_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    let unavailable = |error: reqwest::Error| {
        tracing::debug!(error = %error.without_url(), "a picture could not be fetched");
        Problem::unavailable()
    };
    let answer = client.build().map_err(unavailable)?.get(url).send().await.map_err(unavailable)?;
    if !answer.status().is_success() {
        return Err(Unscaled::Missing.into());
    }
    gathered(answer.bytes_stream().map(|chunk| chunk.map_err(unavailable))).await
}

/// The bytes of a stream, which must not be longer than [`BYTES_MAX`].
async fn gathered(chunks: impl Stream<Item = Result<Bytes>>) -> Result<Vec<u8>> {
    let mut chunks = std::pin::pin!(chunks);
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > BYTES_MAX {
            return Err(Unscaled::TooLarge.into());
        }
    }
    Ok(bytes)
}
