//! Thumbnails: made when a user first wants to see one, stored among the files, and made again once they were deleted.

mod scale;
mod source;
mod wanted;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use swath_domain::ids::FileId;
use swath_runtime::medium::Medium;
use swath_runtime::{Context, Problem, Result};
use swath_store::{FileContent, FilePurpose, NewFile, StoredFile};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub(crate) use scale::{MEDIA_TYPE, Unscaled};
pub(crate) use wanted::Wanted;

/// How long it may take to make a thumbnail, including the wait for a core.
const MAKE_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes thumbnails, one at a time on each core.
pub(crate) struct Thumbnails {
    cores: Arc<Semaphore>,
    /// The memory that decoders may take, in units of [`scale::MEMORY_UNIT`] bytes.
    memory: Arc<Semaphore>,
}

impl Default for Thumbnails {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let memory = scale::MEMORY_BYTES / scale::MEMORY_UNIT;
        Self { cores: Arc::new(Semaphore::new(cores)), memory: Arc::new(Semaphore::new(memory)) }
    }
}

/// A thumbnail and its digest.
pub(crate) struct Thumbnail {
    pub(crate) digest: Vec<u8>,
    pub(crate) bytes: Bytes,
}

impl Thumbnails {
    /// The thumbnail of an item that the team may see now.
    pub(crate) async fn of(&self, context: &Context, wanted: &Wanted) -> Result<Thumbnail> {
        may_see(context, wanted).await?;
        if let Some(file) = context.store.thumbnail(wanted.dataset, wanted.item).await?
            && let Some(bytes) = read(context, &file).await?
        {
            return Ok(Thumbnail { digest: file.content.digest, bytes });
        }
        let made = timeout(MAKE_TIMEOUT, self.make(context, wanted)).await;
        let Made { bytes, width, height } = made.map_err(|_| Problem::busy())??;
        let digest = Sha256::digest(&bytes).to_vec();
        let media_type = MEDIA_TYPE.to_owned();
        let content = FileContent { digest: digest.clone(), media_type, width, height, orientation: 1 };
        keep(context, wanted, bytes.clone(), content).await;
        Ok(Thumbnail { digest, bytes })
    }

    async fn make(&self, context: &Context, wanted: &Wanted) -> Result<Made> {
        let core = self.cores.clone().acquire_owned().await.map_err(|_| Problem::busy())?;
        let content = source::of(context, wanted).await?;
        let memory = self.memory.clone();
        // Scaling must not block the runtime's threads, and its core is in use until it ends, even after the deadline.
        let scaled = tokio::task::spawn_blocking(move || {
            let scaled = content.scale(&memory);
            drop(core);
            scaled
        });
        // A decoder that panics was counted as a panic. Its picture counts as unreadable.
        let scaled = scaled.await.unwrap_or(Err(Unscaled::Unreadable))?;
        Ok(Made { bytes: scaled.bytes.into(), width: scaled.width, height: scaled.height })
    }
}

/// A thumbnail that has just been made.
struct Made {
    bytes: Bytes,
    width: i64,
    height: i64,
}

/// Checks that the team may see the picture now, even if its thumbnail exists.
async fn may_see(context: &Context, wanted: &Wanted) -> Result<()> {
    let access = context.media.of(&context.store, wanted.team).await?;
    let may = match Medium::of(&wanted.uri) {
        Medium::Web => return Err(Unscaled::Web.into()),
        Medium::Data => true,
        Medium::File => access.names_file(&wanted.uri),
        Medium::Object(object) => access.holds_object(&object),
        Medium::Upload(upload) => !context.store.uploads(wanted.team, &[upload.id]).await?.is_empty(),
        Medium::Elsewhere => false,
    };
    if may { Ok(()) } else { Err(Problem::not_found()) }
}

/// A stored thumbnail; `None` where its file is lost, so that it is made again.
async fn read(context: &Context, file: &StoredFile) -> Result<Option<Bytes>> {
    let length = u64::try_from(file.bytes).map_err(|_| Problem::internal())?;
    let content = match context.files.get(file.id, 0..length).await {
        Ok(content) => content,
        Err(swath_files::FilesError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let pieces: Vec<Bytes> = content.try_collect().await.map_err(|_| Problem::unavailable())?;
    Ok(Some(pieces.concat().into()))
}

/// Stores a thumbnail if there is room. The client gets it even if it cannot be stored.
async fn keep(context: &Context, wanted: &Wanted, bytes: Bytes, content: FileContent) {
    if !context.files.is_configured() {
        return;
    }
    if let Err(error) = try_keep(context, wanted, bytes, content).await {
        tracing::warn!(detail = %error.detail, dataset = %wanted.dataset, item = wanted.item.0, "a thumbnail was not kept");
    }
}

async fn try_keep(context: &Context, wanted: &Wanted, bytes: Bytes, content: FileContent) -> Result<()> {
    let new = NewFile {
        id: FileId(context.next_id()),
        team: wanted.team,
        bytes: bytes.len() as i64,
        purpose: FilePurpose::Thumbnail(wanted.dataset, wanted.item),
    };
    let bytes_max = i64::try_from(context.config.files.team_bytes).unwrap_or(i64::MAX);
    if !context.store.file_begin(new, bytes_max, context.now()).await? {
        return Ok(());
    }
    let length = bytes.len() as u64;
    match context.files.put(new.id, length, stream::iter([Ok(bytes)]).boxed()).await {
        Ok(_) => context.store.file_finish(new, content, context.now()).await.map(drop)?,
        Err(error) => {
            context.store.file_abandon(new, context.now()).await?;
            return Err(error.into());
        }
    }
    Ok(())
}
