//! Files in a folder: written under a name of their own, made durable, and only then put in their place.

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

use crate::{Content, FilesError, Result, key};

/// How long the file system may take over one step.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1_024;
/// Where files lie that are still arriving.
const ARRIVING: &str = "arriving";

/// A folder of files.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn place(&self, id: FileId) -> PathBuf {
        self.root.join(key(id))
    }

    fn arriving(&self, id: FileId) -> PathBuf {
        self.root.join(ARRIVING).join(id.to_string())
    }

    pub(crate) async fn put(&self, id: FileId, content: Content) -> Result<()> {
        let (arriving, place) = (self.arriving(id), self.place(id));
        for path in [&arriving, &place] {
            step(make_folder(path.parent().unwrap_or(&self.root))).await?;
        }
        let written = write(&arriving, content).await;
        if let Err(error) = written {
            // What cannot be removed now is removed with the file, whose id is known.
            let _ = step(fs::remove_file(&arriving)).await;
            return Err(error);
        }
        step(fs::rename(&arriving, &place)).await?;
        let folder = place.parent().unwrap_or(&self.root).to_owned();
        step(async move { File::open(folder).await?.sync_all().await }).await
    }

    pub(crate) async fn get(&self, id: FileId, range: Range<u64>) -> Result<Content> {
        let mut file = step(File::open(self.place(id))).await?;
        step(file.seek(SeekFrom::Start(range.start))).await?;
        let part = file.take(range.end.saturating_sub(range.start));
        let pieces = ReaderStream::with_capacity(part, PIECE_BYTES);
        let pieces = futures::stream::try_unfold(pieces, |mut pieces| async move {
            let piece = timeout(STEP_TIMEOUT, pieces.next()).await.map_err(|_| late())?;
            piece.transpose().map(|piece| piece.map(|piece| (piece, pieces)))
        });
        Ok(pieces.into_stream().boxed())
    }

    pub(crate) async fn length(&self, id: FileId) -> Result<Option<u64>> {
        match step(fs::metadata(self.place(id))).await {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(FilesError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn delete(&self, id: FileId) -> Result<()> {
        for path in [self.arriving(id), self.place(id)] {
            match step(fs::remove_file(path)).await {
                Ok(()) | Err(FilesError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Folders of files are nobody else's business.
async fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).await
}

async fn write(path: &Path, mut content: Content) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = step(options.open(path)).await?;
    // The time that a sender may take is bounded elsewhere.
    while let Some(piece) = content.try_next().await.map_err(FilesError::Arriving)? {
        step(file.write_all(&piece)).await?;
    }
    step(file.flush()).await?;
    step(file.sync_all()).await
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the file system did not answer in time")
}

/// One step on the file system, in time.
async fn step<T>(work: impl Future<Output = io::Result<T>>) -> Result<T> {
    let done = timeout(STEP_TIMEOUT, work).await.unwrap_or_else(|_| Err(late()));
    done.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FilesError::NotFound,
        _ => FilesError::Unavailable(error.to_string()),
    })
}
