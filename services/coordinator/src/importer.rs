//! The importer: pages of items become the next version of a dataset, all of them or none. It runs in a task of its
//! own, so that a client that goes away in the middle leaves nothing behind.

use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use swath_domain::FieldError;
use swath_domain::ids::DatasetId;
use swath_runtime::body::interrupted;
use swath_runtime::problem::Fault;
use swath_runtime::{Context, Problem, Result};
use swath_store::{NewItem, StoreError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::export::shared_base;
use crate::folder;
use crate::manifest::{Kind, ManifestError, ManifestItem, Parser};

/// Items in one transaction.
const PAGE: usize = 1_000;
/// Pages that may wait to be written.
const WAITING: usize = 2;
/// How long the object store may take to accept a connection, and to send the next bytes.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes of a manifest file that are read at once.
const CHUNK: usize = 64 * 1_024;

/// What arrives: pages, and at last an end; a channel that closes without one was abandoned.
enum Feed {
    Page(Vec<ManifestItem>),
    Fault(Box<Problem>),
    End,
}

/// How an item that is refused is named to the client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Naming {
    /// By its line in a manifest.
    Line,
    /// By its place in `items`, which stands at this path.
    Index(&'static str),
    /// By its URI alone.
    Uri,
}

/// The version that is being filled.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) dataset: DatasetId,
    pub(crate) version: i64,
    /// What the URIs of the versions before begin with.
    pub(crate) base: Option<String>,
}

/// An import under way.
pub(crate) struct Import {
    feed: mpsc::Sender<Feed>,
    task: JoinHandle<Result<()>>,
}

impl Import {
    /// Starts an import into an open version.
    pub(crate) fn start(context: Context, target: Target, naming: Naming) -> Self {
        let (feed, arriving) = mpsc::channel(WAITING);
        let task = tokio::spawn(run(context, target, naming, arriving));
        Self { feed, task }
    }

    /// Waits for the outcome.
    pub(crate) async fn finish(self) -> Result<()> {
        drop(self.feed);
        self.task.await.map_err(|_| Problem::internal())?
    }

    /// Imports a list.
    pub(crate) async fn list(self, items: Vec<ManifestItem>) -> Result<()> {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            self.send(Feed::Page(items.by_ref().take(PAGE).collect())).await;
        }
        self.send(Feed::End).await;
        self.finish().await
    }

    /// Imports a manifest as it streams in. A fault is answered once the body has been read to its end, for a client
    /// that is still sending does not listen.
    pub(crate) async fn stream(self, kind: Kind, mut body: Body, most: u64) -> Result<()> {
        let mut pages = Pages::new(kind);
        let mut bytes: u64 = 0;
        let mut failed = false;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| interrupted(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            bytes += data.len() as u64;
            if bytes > most {
                return Err(Problem::too_large(format!("the manifest is larger than {most} bytes")));
            }
            if !failed {
                failed = !self.pass_on(pages.push(data)).await;
            }
        }
        if !failed && self.pass_on(pages.finish()).await {
            self.send(Feed::End).await;
        }
        self.finish().await
    }

    /// Imports a folder of pictures on the server.
    pub(crate) async fn folder(self, roots: Vec<PathBuf>, path: PathBuf) -> Result<()> {
        let feed = self.feed.clone();
        tokio::task::spawn_blocking(move || feed_folder(&feed, &roots, &path));
        self.finish().await
    }

    /// Imports a manifest file on the server.
    pub(crate) async fn file(self, path: PathBuf, kind: Kind) -> Result<()> {
        let feed = self.feed.clone();
        tokio::task::spawn_blocking(move || feed_file(&feed, &path, kind));
        self.finish().await
    }

    /// Imports a manifest in the object store, of at most `most` bytes.
    pub(crate) async fn object(self, url: String, kind: Kind, most: u64) -> Result<()> {
        if let Err(problem) = self.fetch(url, kind, most).await {
            self.send(Feed::Fault(Box::new(problem))).await;
        }
        self.finish().await
    }

    async fn fetch(&self, url: String, kind: Kind, most: u64) -> Result<()> {
        let unreadable = |error: reqwest::Error| {
            Problem::field("source.manifest", format!("cannot be read: {}", error.without_url()))
        };
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none());
        let answer = client.build().map_err(unreadable)?.get(url).send().await.map_err(unreadable)?;
        if !answer.status().is_success() {
            let detail = format!("cannot be read: the object store answered {}", answer.status());
            return Err(Problem::field("source.manifest", detail));
        }
        let (mut answer, mut pages, mut bytes) = (answer, Pages::new(kind), 0);
        while let Some(data) = answer.chunk().await.map_err(unreadable)? {
            bytes += data.len() as u64;
            if bytes > most {
                return Err(Problem::too_large(format!("the manifest is larger than {most} bytes")));
            }
            if !self.pass_on(pages.push(&data)).await {
                return Ok(());
            }
        }
        if self.pass_on(pages.finish()).await {
            self.send(Feed::End).await;
        }
        Ok(())
    }

    /// Passes pages on; false once there was a fault.
    async fn pass_on(&self, pages: Result<Vec<Vec<ManifestItem>>, Problem>) -> bool {
        match pages {
            Ok(pages) => {
                for page in pages {
                    self.send(Feed::Page(page)).await;
                }
                !self.task.is_finished()
            }
            Err(problem) => {
                self.send(Feed::Fault(Box::new(problem))).await;
                false
            }
        }
    }

    async fn send(&self, feed: Feed) {
        // A closed channel means that the import has failed, which its task tells.
        let _ = self.feed.send(feed).await;
    }
}

/// Gathers what a parser gives into pages.
struct Pages {
    parser: Parser,
    items: Vec<ManifestItem>,
}

impl Pages {
    fn new(kind: Kind) -> Self {
        Self { parser: Parser::new(kind), items: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Vec<ManifestItem>>> {
        self.parser.push(bytes, &mut self.items).map_err(line_problem)?;
        Ok(self.full_pages())
    }

    fn finish(mut self) -> Result<Vec<Vec<ManifestItem>>> {
        self.parser.finish(&mut self.items).map_err(line_problem)?;
        let mut pages = Vec::new();
        while !self.items.is_empty() {
            let rest = self.items.split_off(self.items.len().min(PAGE));
            pages.push(std::mem::replace(&mut self.items, rest));
        }
        Ok(pages)
    }

    fn full_pages(&mut self) -> Vec<Vec<ManifestItem>> {
        let mut pages = Vec::new();
        while self.items.len() >= PAGE {
            let rest = self.items.split_off(PAGE);
            pages.push(std::mem::replace(&mut self.items, rest));
        }
        pages
    }
}

fn line_problem(error: ManifestError) -> Problem {
    Problem::field(error.field.unwrap_or_default(), error.message).at_line(error.line)
}

fn feed_folder(feed: &mpsc::Sender<Feed>, roots: &[PathBuf], path: &std::path::Path) {
    let fault = |error: folder::FolderError| {
        Feed::Fault(Box::new(Problem::field("source.folder", error.to_string())))
    };
    let mut page = Vec::with_capacity(PAGE);
    match folder::scan(roots, path) {
        Err(error) => drop(feed.blocking_send(fault(error))),
        Ok(scan) => {
            for item in scan {
                match item {
                    Ok(item) => page.push(item),
                    Err(error) => return drop(feed.blocking_send(fault(error))),
                }
                if page.len() == PAGE && feed.blocking_send(Feed::Page(std::mem::take(&mut page))).is_err() {
                    return;
                }
            }
            let _ = feed.blocking_send(Feed::Page(page));
            let _ = feed.blocking_send(Feed::End);
        }
    }
}

fn feed_file(feed: &mpsc::Sender<Feed>, path: &std::path::Path, kind: Kind) {
    if let Err(problem) = read_file(feed, path, kind) {
        let _ = feed.blocking_send(Feed::Fault(Box::new(problem)));
    }
}

fn read_file(feed: &mpsc::Sender<Feed>, path: &std::path::Path, kind: Kind) -> Result<()> {
    use std::io::Read;
    let unreadable =
        |error: std::io::Error| Problem::field("source.manifest", format!("cannot be read: {error}"));
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut pages = Pages::new(kind);
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = file.read(&mut chunk).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        send_pages(feed, pages.push(&chunk[..count])?);
    }
    send_pages(feed, pages.finish()?);
    // A closed channel means that the import has failed, which its task tells.
    let _ = feed.blocking_send(Feed::End);
    Ok(())
}

fn send_pages(feed: &mpsc::Sender<Feed>, pages: Vec<Vec<ManifestItem>>) {
    for page in pages {
        let _ = feed.blocking_send(Feed::Page(page));
    }
}

/// Writes pages until the end, and takes everything back if it does not come.
async fn run(
    context: Context,
    target: Target,
    naming: Naming,
    mut arriving: mpsc::Receiver<Feed>,
) -> Result<()> {
    let outcome = fill(&context, &target, naming, &mut arriving).await;
    if outcome.is_err() {
        // What cannot be dropped now is dropped by the sweep, as abandoned.
        context.store.dataset_drop_version(target.dataset, target.version, None).await?;
    }
    outcome
}

async fn fill(
    context: &Context,
    target: &Target,
    naming: Naming,
    arriving: &mut mpsc::Receiver<Feed>,
) -> Result<()> {
    let mut base = target.base.clone();
    let mut taken = 0;
    loop {
        match arriving.recv().await {
            Some(Feed::Page(page)) => {
                for item in &page {
                    base = Some(shared_base(base.as_deref(), &item.uri));
                }
                let places =
                    Places { naming, first: taken, lines: page.iter().map(|item| item.line).collect() };
                let items = page.into_iter().map(new_item).collect();
                let now = context.now();
                let appended = context.store.dataset_append(target.dataset, target.version, items, now).await;
                taken = appended.map_err(|error| places.name(error))?;
            }
            Some(Feed::Fault(problem)) => return Err(*problem),
            Some(Feed::End) => break,
            None => return Err(Problem::unreadable("the import was interrupted")),
        }
    }
    let finished =
        context.store.dataset_finish(target.dataset, target.version, base.unwrap_or_default()).await;
    Ok(finished?)
}

fn new_item(item: ManifestItem) -> NewItem {
    NewItem {
        uri: item.uri,
        labels: item.labels,
        meta: item.meta.map(|meta| serde_json::Value::Object(meta).to_string()),
        width: item.width,
        height: item.height,
    }
}

/// Where the items of a page stand in what the client sent.
struct Places {
    naming: Naming,
    first: i64,
    lines: Vec<u64>,
}

impl Places {
    /// Names the item that the store refused.
    fn name(&self, error: StoreError) -> Problem {
        let StoreError::Invalid(FieldError { field, message }) = error else { return error.into() };
        let place: i64 = field.parse().unwrap_or(self.first);
        match self.naming {
            Naming::Line => {
                let within = usize::try_from(place - self.first).unwrap_or_default();
                Problem::field("uri", message).at_line(self.lines.get(within).copied().unwrap_or_default())
            }
            Naming::Index(path) => {
                let mut problem = Problem::field(format!("{path}[{place}].uri"), message);
                problem.errors.iter_mut().for_each(|fault: &mut Fault| fault.index = Some(place));
                problem
            }
            Naming::Uri => Problem::field("source", message),
        }
    }
}
