//! Files in a folder. A file is written under a temporary name, made durable, and then renamed.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use swath_domain::ids::FileId;
use tokio::fs::{self, DirBuilder, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use crate::layout::key;
use crate::{Content, FilesError, Result};

/// The time limit of one call of the file system.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The size of the chunks that are read.
const CHUNK_BYTES: usize = 256 * 1_024;
/// The folder for files that are being written.
const PARTIAL_FOLDER: &str = "arriving";

/// A folder of files.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn path(&self, id: FileId) -> PathBuf {
        self.root.join(key(id))
    }

    fn partial_path(&self, id: FileId) -> PathBuf {
        self.root.join(PARTIAL_FOLDER).join(id.to_string())
    }

    pub(crate) async fn put(&self, id: FileId, content: Content) -> Result<()> {
        let (partial, path) = (self.partial_path(id), self.path(id));
        for file in [&partial, &path] {
            in_time(make_folder(file.parent().unwrap_or(&self.root))).await?;
        }
        let written = write(&partial, content).await;
        if let Err(error) = written {
            // If this fails, `delete` removes it later.
            let _ = in_time(fs::remove_file(&partial)).await;
            return Err(error);
        }
        in_time(fs::rename(&partial, &path)).await?;
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        in_time(async move { File::open(folder).await?.sync_all().await }).await
    }

    pub(crate) async fn get(&self, id: FileId, range: Range<u64>) -> Result<Content> {
        let mut file = in_time(File::open(self.path(id))).await?;
        in_time(file.seek(SeekFrom::Start(range.start))).await?;
        let part = file.take(range.end.saturating_sub(range.start));
        let chunks = ReaderStream::with_capacity(part, CHUNK_BYTES);
        let chunks = futures::stream::try_unfold(chunks, |mut chunks| async move {
            let chunk = timeout(CALL_TIMEOUT, chunks.next()).await.map_err(|_| timed_out())?;
            chunk.transpose().map(|chunk| chunk.map(|chunk| (chunk, chunks)))
        });
        Ok(chunks.into_stream().boxed())
    }

    pub(crate) async fn length(&self, id: FileId) -> Result<Option<u64>> {
        match in_time(fs::metadata(self.path(id))).await {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(FilesError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn delete(&self, id: FileId) -> Result<()> {
        for path in [self.partial_path(id), self.path(id)] {
            match in_time(fs::remove_file(path)).await {
                Ok(()) | Err(FilesError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Makes a folder that no other user of the machine may read.
async fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).await
}

async fn write(path: &Path, mut content: Content) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = in_time(options.open(path)).await?;
    // No time limit here: the server limits how long a sender may take.
    while let Some(chunk) = content.try_next().await.map_err(FilesError::BadContent)? {
        in_time(file.write_all(&chunk)).await?;
    }
    in_time(file.flush()).await?;
    in_time(file.sync_all()).await
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the file system did not answer in time")
}

/// Awaits one call of the file system, with a time limit.
async fn in_time<T>(call: impl Future<Output = io::Result<T>>) -> Result<T> {
    let done = timeout(CALL_TIMEOUT, call).await.unwrap_or_else(|_| Err(timed_out()));
    done.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FilesError::NotFound,
        _ => FilesError::Unavailable(error.to_string()),
    })
}
