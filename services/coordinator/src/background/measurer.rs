//! The measurer reads the sizes of pictures in the object store from their first bytes, where no size was given.

use std::io::{BufReader, Cursor};
use std::time::Duration;
use swath_domain::ItemIndex;

use futures::stream::{self, StreamExt};
use swath_runtime::Context;
use swath_runtime::media_access::TeamAccess;
use swath_runtime::media_path::read_header;
use swath_runtime::object_store::{self, Object, is_object};
use swath_store::{Measuring, NewSize, Result, SizeSource};

use super::leader::LeaderLease;

/// Items that are measured before their sizes are stored.
const PAGE_ITEMS: i64 = 200;
/// Pages in one round, so that another process can become the leader.
const PAGES_PER_ROUND: usize = 20;
/// Pictures that are read at the same time.
const CONCURRENT_READS: usize = 8;
/// The bytes of a picture that are read first, and those that are read where the first do not include its size.
const HEAD_BYTES: [usize; 2] = [64 << 10, 1 << 20];
/// How long the object store may take to accept a connection, and to send the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// Measures pictures in the object store.
pub struct Measurer {
    context: Context,
    client: reqwest::Client,
}

/// The result of measuring a picture.
enum Measured {
    Size(NewSize),
    /// There is no object under its key.
    Missing,
    Unmeasured,
}

impl Measurer {
    /// A measurer of this process; `None` if no object store is configured.
    pub fn new(context: Context) -> Option<Self> {
        if !object_store::is_configured(&context.config.media) {
            return None;
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        let client = client.build().inspect_err(
            |error| tracing::error!(%error, "pictures cannot be measured: the HTTP client could not be made"),
        );
        Some(Self { context, client: client.ok()? })
    }

    /// Measures until shutdown, in rounds in which this process is the leader.
    pub async fn run(self) {
        let mut lease = LeaderLease::new(self.context.clone(), "measurer");
        while lease.next().await {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "measuring failed; the next round tries again");
            }
        }
    }

    /// Measures the next pages.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn round(&self) -> Result<()> {
        for _ in 0..PAGES_PER_ROUND {
            let Some(measuring) = self.context.store.measuring_next(self.context.now()).await? else { break };
            self.page(measuring).await?;
            if self.context.shutdown.is_cancelled() {
                break;
            }
        }
        Ok(())
    }

    async fn page(&self, measuring: Measuring) -> Result<()> {
        let (store, dataset) = (&self.context.store, measuring.dataset);
        let items = store.unmeasured_items(dataset, measuring.next, PAGE_ITEMS).await?;
        let Some(last) = items.last() else {
            return store.measuring_end_pass(measuring, self.context.now()).await;
        };
        let next = last.item + 1;
        let access = self.context.media.of(store, measuring.team).await.ok();
        let objects = items.into_iter().filter(|object| is_object(&object.uri));
        let found =
            stream::iter(objects).map(|object| self.measure(object.item, object.uri, access.as_deref()));
        let found: Vec<(ItemIndex, Measured)> = found.buffer_unordered(CONCURRENT_READS).collect().await;
        let (mut sizes, mut failed) = (Vec::new(), 0);
        for (item, found) in found {
            match found {
                Measured::Size(size) => sizes.push(size),
                Measured::Unmeasured => failed += 1,
                Measured::Missing => {
                    failed += 1;
                    store.picture_missing(dataset, item, self.context.now()).await?;
                }
            }
        }
        store.sizes_put(dataset, SizeSource::Measured, sizes).await?;
        store.measuring_go_on(measuring, next, failed).await
    }

    async fn measure(
        &self,
        item: ItemIndex,
        uri: String,
        access: Option<&TeamAccess>,
    ) -> (ItemIndex, Measured) {
        let object = Object::parse(&uri).ok().filter(|object| access.is_some_and(|a| a.holds_object(object)));
        let url = object.and_then(|object| object_store::presigned(&self.context.config.media, &object));
        let Some(url) = url else { return (item, Measured::Unmeasured) };
        for max in HEAD_BYTES {
            let head = match self.head(&url, max).await {
                Ok(Some(head)) => head,
                Ok(None) => return (item, Measured::Missing),
                Err(error) => {
                    tracing::debug!(item = item.0, error = %error.without_url(), "a picture could not be measured");
                    return (item, Measured::Unmeasured);
                }
            };
            if let Some(size) = size(item, &head) {
                return (item, Measured::Size(size));
            }
            if head.len() < max {
                break;
            }
        }
        (item, Measured::Unmeasured)
    }

    /// The first bytes of an object; `None` if there is no such object. Further bytes are not read.
    async fn head(&self, url: &str, max: usize) -> reqwest::Result<Option<Vec<u8>>> {
        let range = format!("bytes=0-{}", max - 1);
        let mut answer = self.client.get(url).header(reqwest::header::RANGE, range).send().await?;
        if answer.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.error_for_status_ref()?;
        let mut head = Vec::new();
        while head.len() < max {
            let Some(chunk) = answer.chunk().await? else { break };
            head.extend_from_slice(&chunk);
        }
        head.truncate(max);
        Ok(Some(head))
    }
}

/// Reads the size of a picture from its first bytes.
fn size(item: ItemIndex, head: &[u8]) -> Option<NewSize> {
    let picture = read_header(&mut BufReader::new(Cursor::new(head))).ok()?;
    let is_size = picture.width > 0 && picture.height > 0;
    let (size, orientation) = ((picture.width, picture.height), Some(picture.orientation));
    is_size.then_some(NewSize { item, size, orientation })
}
