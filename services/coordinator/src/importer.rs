//! The importer: pages of items become the next version of a dataset, all of them or none. It runs in a task of its
//! own, so that a client that goes away in the middle leaves nothing behind.

mod folder;
pub(crate) mod media_check;
mod naming;
pub(crate) mod notes;
mod pages;
pub(crate) mod place;
mod sources;
pub(crate) mod uploads;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use swath_domain::ids::{DatasetId, TeamId};
use swath_domain::uploads::is_upload;
use swath_formats::export::shared_base;
use swath_formats::manifest::{Kind, ManifestItem};
use swath_runtime::body::interrupted;
use swath_runtime::object_store::is_object;
use swath_runtime::problem::Fault;
use swath_runtime::{Context, Problem, Result};
use swath_store::{Completion, Imported, NewItem};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::notes::Notes;
use self::pages::Pages;
use crate::attempt::Attempt;
use crate::faults::Faults;

pub(crate) use naming::Naming;
pub(crate) use sources::FolderOptions;

/// Items in one transaction.
const PAGE: usize = 1_000;
/// Pages that may wait to be written.
const WAITING: usize = 2;
/// Between two signs of life of an import of which nothing arrives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// What arrives: pages and faults, and at last an end; a channel that closes without one was abandoned.
enum Feed {
    /// What the URIs that follow begin with, where it is shorter than all that they share.
    Base(String),
    Page(Vec<ManifestItem>),
    /// What is wrong with single items. The rest is looked at all the same, so that all faults are told at once.
    Faults(Vec<Fault>),
    /// What ends the import at once.
    Failure(Box<Problem>),
    /// With the digest of the request, by which it is known again.
    End(Vec<u8>, Notes),
}

/// What an import has brought, or would have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// Items.
    pub(crate) items: i64,
    /// Items whose picture's size is unknown.
    pub(crate) without_size: i64,
    /// What was noted beside them.
    pub(crate) notes: Notes,
}

/// The version that is being filled.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) dataset: DatasetId,
    pub(crate) team: TeamId,
    pub(crate) version: i64,
    /// What the URIs of the versions before begin with.
    pub(crate) base: Option<String>,
    /// Whether everything is checked and nothing is kept.
    pub(crate) is_trial: bool,
}

impl Target {
    /// The first version of a dataset that has just been made.
    pub(crate) fn new_dataset(dataset: DatasetId, team: TeamId, is_trial: bool) -> Self {
        Self { dataset, team, version: 1, base: None, is_trial }
    }
}

/// An import under way.
pub(crate) struct Import {
    context: Context,
    feed: mpsc::Sender<Feed>,
    task: JoinHandle<Result<Report>>,
    /// The digest of the request, as far as it is known before its body has been read.
    digest: Vec<u8>,
    patience: Arc<Patience>,
    /// What bare paths of a manifest are below.
    paths_below: Option<String>,
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
        Self { context, feed, task, digest, patience, paths_below: None }
    }

    /// Looks for the bare paths of a manifest below this base.
    pub(crate) fn below(self, base: Option<String>) -> Self {
        Self { paths_below: base, ..self }
    }

    /// Waits for the outcome.
    pub(crate) async fn finish(self) -> Result<Report> {
        drop(self.feed);
        self.task.await.map_err(|_| Problem::internal())?
    }

    /// Decides whether the client is still to hear the outcome.
    pub(crate) fn patience(&self) -> Arc<Patience> {
        self.patience.clone()
    }

    /// Everything has arrived.
    async fn end(&self, notes: Notes) {
        self.send(Feed::End(self.digest.clone(), notes)).await;
    }

    /// Imports a list, of whose fields something may be wrong.
    pub(crate) async fn list(self, items: Vec<ManifestItem>, faults: Vec<Fault>) -> Result<Report> {
        self.send(Feed::Faults(faults)).await;
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            self.send(Feed::Page(items.by_ref().take(PAGE).collect())).await;
        }
        self.end(Notes::default()).await;
        self.finish().await
    }

    /// Imports a manifest as it streams in. A refusal is answered once the body has been read to its end, for a client
    /// that is still sending does not listen.
    pub(crate) async fn stream(mut self, kind: Kind, mut body: Body, most: u64) -> Result<Report> {
        let mut pages = Pages::new(kind, true, self.paths_below.clone());
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
        if !failed {
            failed = !self.pass_on(pages.finish()).await;
        }
        if !failed {
            self.end(Notes::default()).await;
        }
        self.finish().await
    }

    /// Passes on what was read; false once the import has ended.
    async fn pass_on(&self, feeds: Vec<Feed>) -> bool {
        for feed in feeds {
            self.send(feed).await;
        }
        !self.task.is_finished()
    }

    async fn send(&self, feed: Feed) {
        // A closed channel means that the import has failed, which its task tells.
        let _ = self.feed.send(feed).await;
    }
}

/// Writes pages until the end, and takes everything back if it does not come, or if this is a trial.
async fn run(
    context: Context,
    target: Target,
    naming: Naming,
    mut arriving: mpsc::Receiver<Feed>,
    ((attempt, digest), patience): ((Option<Attempt>, Vec<u8>), Arc<Patience>),
) -> Result<Report> {
    let outcome = match Filling::of(&context, &target, naming).fill(&mut arriving).await {
        Ok((filling, asked)) if !target.is_trial => filling.complete(attempt.as_ref(), asked).await,
        Ok((filling, _)) => Ok(filling.report),
        Err(problem) => Err(problem),
    };
    let is_told = patience.claim();
    let problem = match outcome {
        Ok(report) if !target.is_trial => {
            attempt.into_iter().for_each(Attempt::done);
            return Ok(report);
        }
        Ok(report) => {
            context.store.dataset_drop_version(target.dataset, target.version, None, context.now()).await?;
            return Ok(report);
        }
        Err(problem) => problem,
    };
    // What this attempt has made is its own: it takes back nothing else. What cannot be dropped now is dropped by the
    // sweep, as abandoned.
    let why = (!is_told).then(|| problem.detail.clone());
    context.store.dataset_drop_version(target.dataset, target.version, why, context.now()).await?;
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

/// A version as it is filled.
struct Filling<'a> {
    context: &'a Context,
    target: &'a Target,
    naming: Naming,
    base: Option<String>,
    /// Items that have arrived, also those that were refused.
    seen: i64,
    faults: Faults,
    report: Report,
    /// Whether objects have arrived whose size nobody told.
    is_to_measure: bool,
}

impl<'a> Filling<'a> {
    fn of(context: &'a Context, target: &'a Target, naming: Naming) -> Self {
        let (base, faults, report) = (target.base.clone(), Faults::default(), Report::default());
        Self { context, target, naming, base, seen: 0, faults, report, is_to_measure: false }
    }

    /// Takes everything that arrives, and gives the digest of the request. Faults are told together at the end.
    async fn fill(mut self, arriving: &mut mpsc::Receiver<Feed>) -> Result<(Self, Vec<u8>)> {
        loop {
            match next(self.context, self.target, arriving).await? {
                Some(Feed::Page(page)) => self.page(page).await?,
                Some(Feed::Base(uri)) => self.base = Some(shared_base(self.base.as_deref(), &uri)),
                Some(Feed::Faults(faults)) => self.faults.add_all(faults),
                Some(Feed::Failure(problem)) => return Err(self.failed_with(*problem)),
                Some(Feed::End(digest, notes)) => {
                    self.report.notes = notes;
                    return match std::mem::take(&mut self.faults).into_problem() {
                        Some(problem) => Err(problem),
                        None => Ok((self, digest)),
                    };
                }
                None => return Err(Problem::unreadable("the import was interrupted")),
            }
        }
    }

    /// What ends an import is told behind the faults that were found before.
    fn failed_with(&mut self, problem: Problem) -> Problem {
        let mut faults = std::mem::take(&mut self.faults);
        if faults.is_empty() {
            return problem;
        }
        faults.add_all(problem.errors.clone());
        faults.into_problem().unwrap_or(problem)
    }

    async fn page(&mut self, mut page: Vec<ManifestItem>) -> Result<()> {
        let first = self.seen;
        self.seen += page.len() as i64;
        // A folder's pictures were checked where they were found.
        if self.naming != Naming::Path {
            let uris = page.iter().map(|item| item.uri.clone()).collect();
            let mut faults = media_check::faults(self.context, self.target.team, uris).await?;
            faults.extend(uploads::take(self.context, self.target.team, &mut page).await?);
            for (at, message) in &faults {
                self.refuse(&page, first, *at, message);
            }
            // The store refuses what names no upload of the team; the import goes on to tell its other faults.
            let is_upload =
                |(at, _): &(usize, String)| page.get(*at).is_some_and(|item| is_upload(&item.uri));
            if faults.iter().any(is_upload) {
                return Ok(());
            }
        }
        for item in &page {
            self.base = Some(shared_base(self.base.as_deref(), &item.uri));
        }
        let items: Vec<_> = page.iter().cloned().map(new_item).collect();
        self.report.without_size += items.iter().filter(|item| item.width.is_none()).count() as i64;
        self.is_to_measure |= items.iter().any(|item| item.width.is_none() && is_object(&item.uri));
        let (dataset, version, now) = (self.target.dataset, self.target.version, self.context.now());
        let appended = self.context.store.dataset_append(dataset, version, items, now).await?;
        for at in appended.doubles {
            self.refuse(&page, first, at, "is in the dataset already");
        }
        self.report.items = appended.count;
        Ok(())
    }

    fn refuse(&mut self, page: &[ManifestItem], first: i64, at: usize, message: &str) {
        let Some(item) = page.get(at) else { return };
        let shown = self.context.media.files.shown_uri(&item.uri);
        self.faults.add(self.naming.fault(item, first + at as i64, &shown, message));
    }

    /// Makes the version the dataset's latest, and keeps the answer of the request.
    async fn complete(self, attempt: Option<&Attempt>, asked: Vec<u8>) -> Result<Report> {
        let completion: Option<Completion> = attempt.map(|attempt| attempt.completion(asked));
        let (dataset, version) = (self.target.dataset, self.target.version);
        let imported = Imported {
            base: self.base.unwrap_or_default(),
            notes: self.report.notes.text(),
            is_to_measure: self.is_to_measure,
        };
        self.context.store.dataset_finish(dataset, version, imported, completion, self.context.now()).await?;
        Ok(self.report)
    }
}

fn new_item(item: ManifestItem) -> NewItem {
    NewItem {
        uri: item.uri,
        labels: item.labels,
        meta: item.meta.map(|meta| serde_json::Value::Object(meta).to_string()),
        width: item.width,
        height: item.height,
        orientation: item.orientation,
    }
}
