//! The importer: pages of items become the next version of a dataset, all of them or none. It runs in a task of its
//! own, so that a client that goes away in the middle leaves nothing behind.

pub(crate) mod media_check;
pub(crate) mod place;
mod sources;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use swath_domain::FieldError;
use swath_domain::ids::{DatasetId, TeamId};
use swath_runtime::body::interrupted;
use swath_runtime::problem::Fault;
use swath_runtime::{Context, Problem, Result};
use swath_store::{NewItem, StoreError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::attempt::Attempt;
use crate::export::shared_base;
use crate::manifest::{Kind, ManifestError, ManifestItem, Parser};

/// Items in one transaction.
const PAGE: usize = 1_000;
/// Pages that may wait to be written.
const WAITING: usize = 2;
/// Between two signs of life of an import of which nothing arrives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// What arrives: pages, and at last an end; a channel that closes without one was abandoned.
enum Feed {
    /// What the URIs that follow begin with, where it is shorter than all that they share.
    Base(String),
    Page(Vec<ManifestItem>),
    Fault(Box<Problem>),
    /// With the digest of the request, by which it is known again.
    End(Vec<u8>),
}

/// How an item that is refused is named to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub(crate) team: TeamId,
    pub(crate) version: i64,
    /// What the URIs of the versions before begin with.
    pub(crate) base: Option<String>,
}

/// An import under way.
pub(crate) struct Import {
    context: Context,
    feed: mpsc::Sender<Feed>,
    task: JoinHandle<Result<()>>,
    /// The digest of the request, as far as it is known before its body has been read.
    digest: Vec<u8>,
    patience: Arc<Patience>,
}

/// Whether the client still waits for the outcome, which decides how a failure is told: the client is answered, or the
/// dataset says it.
#[derive(Default)]
pub(crate) struct Patience(AtomicBool);

impl Patience {
    /// One of the two sides says first how it goes on; false for the other.
    pub(crate) fn claim(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

impl Import {
    /// Starts an import into an open version. The attempt under the request's key ends with it.
    pub(crate) fn start(
        context: Context,
        target: Target,
        naming: Naming,
        (attempt, digest): (Option<Attempt>, Vec<u8>),
    ) -> Self {
        let (feed, arriving) = mpsc::channel(WAITING);
        let patience = Arc::new(Patience::default());
        let asked = (attempt, digest.clone());
        let task = tokio::spawn(run(context.clone(), target, naming, arriving, (asked, patience.clone())));
        Self { context, feed, task, digest, patience }
    }

    /// Waits for the outcome.
    pub(crate) async fn finish(self) -> Result<()> {
        drop(self.feed);
        self.task.await.map_err(|_| Problem::internal())?
    }

    /// Decides whether the client is still to hear the outcome.
    pub(crate) fn patience(&self) -> Arc<Patience> {
        self.patience.clone()
    }

    /// Everything has arrived.
    async fn end(&self) {
        self.send(Feed::End(self.digest.clone())).await;
    }

    /// Imports a list.
    pub(crate) async fn list(self, items: Vec<ManifestItem>) -> Result<()> {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            self.send(Feed::Page(items.by_ref().take(PAGE).collect())).await;
        }
        self.end().await;
        self.finish().await
    }

    /// Imports a manifest as it streams in. A fault is answered once the body has been read to its end, for a client
    /// that is still sending does not listen.
    pub(crate) async fn stream(mut self, kind: Kind, mut body: Body, most: u64) -> Result<()> {
        let mut pages = Pages::new(kind, true);
        let mut digest = Sha256::new_with_prefix(&self.digest);
        let mut bytes: u64 = 0;
        let mut failed = false;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| interrupted(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            bytes += data.len() as u64;
            digest.update(data);
            if bytes > most {
                return Err(Problem::too_large(format!("the manifest is larger than {most} bytes")));
            }
            if !failed {
                failed = !self.pass_on(pages.push(data)).await;
            }
        }
        self.digest = digest.finalize().to_vec();
        if !failed && self.pass_on(pages.finish()).await {
            self.end().await;
        }
        self.finish().await
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
    /// Whether faults may quote the manifest: they may where the caller has sent it.
    quotes: bool,
}

impl Pages {
    fn new(kind: Kind, quotes: bool) -> Self {
        Self { parser: Parser::new(kind), items: Vec::new(), quotes }
    }

    fn problem(quotes: bool, error: ManifestError) -> Problem {
        let error = if quotes { error } else { error.without_content() };
        Problem::field(error.field.unwrap_or_default(), error.message).at_line(error.line)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Vec<ManifestItem>>> {
        let quotes = self.quotes;
        self.parser.push(bytes, &mut self.items).map_err(|error| Self::problem(quotes, error))?;
        Ok(self.full_pages())
    }

    fn finish(mut self) -> Result<Vec<Vec<ManifestItem>>> {
        let quotes = self.quotes;
        self.parser.finish(&mut self.items).map_err(|error| Self::problem(quotes, error))?;
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

/// Writes pages until the end, and takes everything back if it does not come.
async fn run(
    context: Context,
    target: Target,
    naming: Naming,
    mut arriving: mpsc::Receiver<Feed>,
    ((attempt, digest), patience): ((Option<Attempt>, Vec<u8>), Arc<Patience>),
) -> Result<()> {
    let outcome = fill(&context, &target, naming, &mut arriving, attempt.as_ref()).await;
    let is_told = patience.claim();
    let Err(problem) = outcome else {
        attempt.into_iter().for_each(Attempt::done);
        return Ok(());
    };
    // What this attempt has made is its own: it takes back nothing else. What cannot be dropped now is dropped by the
    // sweep, as abandoned.
    let why = (!is_told).then(|| problem.detail.clone());
    context.store.dataset_drop_version(target.dataset, target.version, why).await?;
    match attempt {
        // A client that was answered is answered so again: its dataset is there, and says that it failed.
        Some(attempt) if !is_told => attempt.answered(digest, serde_json::json!(target.dataset)).await?,
        Some(attempt) => attempt.abandon().await?,
        None => {}
    }
    Err(problem)
}

/// The next of what arrives; meanwhile the import says now and then that it goes on.
async fn next(
    context: &Context,
    target: &Target,
    arriving: &mut mpsc::Receiver<Feed>,
) -> Result<Option<Feed>> {
    loop {
        match tokio::time::timeout(SIGN_OF_LIFE, arriving.recv()).await {
            Ok(feed) => return Ok(feed),
            Err(_) => {
                context.store.dataset_touch(target.dataset, target.version, context.now()).await?;
            }
        }
    }
}

async fn fill(
    context: &Context,
    target: &Target,
    naming: Naming,
    arriving: &mut mpsc::Receiver<Feed>,
    attempt: Option<&Attempt>,
) -> Result<()> {
    let mut base = target.base.clone();
    let mut taken = 0;
    let digest = loop {
        match next(context, target, arriving).await? {
            Some(Feed::Page(page)) => {
                for item in &page {
                    base = Some(shared_base(base.as_deref(), &item.uri));
                }
                let places = Places::of(context, naming, taken, &page);
                // A folder's pictures were checked where they were found.
                if naming != Naming::Uri {
                    let uris = page.iter().map(|item| item.uri.clone()).collect();
                    let fault = media_check::first_fault(context, target.team, uris).await?;
                    let named = |(at, message)| FieldError::new((taken + at as i64).to_string(), message);
                    if let Some(fault) = fault.map(named) {
                        return Err(places.name(StoreError::Invalid(fault)));
                    }
                }
                let items = page.into_iter().map(new_item).collect();
                let now = context.now();
                let appended = context.store.dataset_append(target.dataset, target.version, items, now).await;
                taken = appended.map_err(|error| places.name(error))?;
            }
            Some(Feed::Base(uri)) => base = Some(shared_base(base.as_deref(), &uri)),
            Some(Feed::Fault(problem)) => return Err(*problem),
            Some(Feed::End(digest)) => break digest,
            None => return Err(Problem::unreadable("the import was interrupted")),
        }
    };
    let base = base.unwrap_or_default();
    let completion = attempt.map(|attempt| attempt.completion(digest));
    let (dataset, version) = (target.dataset, target.version);
    Ok(context.store.dataset_finish(dataset, version, base, completion, context.now()).await?)
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
    /// Of a folder's pictures, their paths as people see them.
    paths: Vec<String>,
}

impl Places {
    fn of(context: &Context, naming: Naming, first: i64, page: &[ManifestItem]) -> Self {
        let path = |item: &ManifestItem| context.media.files.shown_uri(&item.uri);
        let paths = if naming == Naming::Uri { page.iter().map(path).collect() } else { Vec::new() };
        Self { naming, first, lines: page.iter().map(|item| item.line).collect(), paths }
    }

    /// Names the item that the store refused.
    fn name(&self, error: StoreError) -> Problem {
        let StoreError::Invalid(FieldError { field, message }) = error else { return error.into() };
        let place: i64 = field.parse().unwrap_or(self.first);
        let within = usize::try_from(place - self.first).unwrap_or_default();
        match self.naming {
            Naming::Line => {
                Problem::field("uri", message).at_line(self.lines.get(within).copied().unwrap_or_default())
            }
            Naming::Index(path) => {
                let mut problem = Problem::field(format!("{path}[{place}].uri"), message);
                problem.errors.iter_mut().for_each(|fault: &mut Fault| fault.index = Some(place));
                problem
            }
            Naming::Uri => {
                let path = self.paths.get(within).map_or("", String::as_str);
                Problem::field("source.folder", format!("`{path}` {message}"))
            }
        }
    }
}
