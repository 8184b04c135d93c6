//! The task of an import: pages of items become the next version of a dataset, all of them or none.

use std::sync::Arc;
use std::time::Duration;

use swath_domain::uploads::is_upload;
use swath_formats::export::shared_base;
use swath_formats::manifest::ManifestItem;
use swath_runtime::object_store::is_object;
use swath_runtime::{Context, Problem, Result};
use swath_store::{Completion, Imported, NewItem};
use tokio::sync::mpsc;

use super::feed::{End, Feed};
use super::media_check;
use super::naming::Naming;
use super::notes;
use super::outcome_claim::OutcomeClaim;
use super::target::{Report, Target};
use super::uploads;
use super::uri_fault::UriFault;
use crate::attempt::{Attempt, Attempted};
use crate::faults::Faults;

/// How often an import without new items shows that it is alive.
const TOUCH_INTERVAL: Duration = Duration::from_secs(10);

/// What the task of an import needs.
pub(super) struct Run {
    pub(super) context: Context,
    pub(super) target: Target,
    pub(super) naming: Naming,
    pub(super) attempted: Attempted,
    pub(super) claim: Arc<OutcomeClaim>,
}

impl Run {
    /// Writes pages until the end. If the end does not come, or if this is a trial, the version is dropped.
    pub(super) async fn until_end(self, mut arriving: mpsc::Receiver<Feed>) -> Result<Report> {
        let Self { context, target, naming, attempted: Attempted { attempt, digest }, claim } = self;
        let outcome = match Filling::of(&context, &target, naming).fill(&mut arriving).await {
            Ok((filling, asked)) if !target.is_trial => filling.complete(attempt.as_ref(), asked).await,
            Ok((filling, _)) => Ok(filling.report),
            Err(problem) => Err(problem),
        };
        let is_reported = claim.claim();
        let problem = match outcome {
            Ok(report) if !target.is_trial => {
                attempt.into_iter().for_each(Attempt::done);
                return Ok(report);
            }
            Ok(report) => {
                context
                    .store
                    .dataset_drop_version(target.dataset, target.version, None, context.now())
                    .await?;
                return Ok(report);
            }
            Err(problem) => problem,
        };
        // The version belongs to this attempt alone. If it cannot be dropped now, the sweeper drops it as abandoned.
        let why = (!is_reported).then(|| problem.detail.clone());
        context.store.dataset_drop_version(target.dataset, target.version, why, context.now()).await?;
        match attempt {
            // A client that was answered early gets the same answer again: the dataset exists, and shows that it failed.
            Some(attempt) if !is_reported => {
                attempt.answered(digest, serde_json::json!(target.dataset)).await?
            }
            Some(attempt) => attempt.abandon().await?,
            None => {}
        }
        Err(problem)
    }
}

/// Waits for the next feed. Meanwhile the dataset is touched now and then, to show that the import is alive.
async fn next(
    context: &Context,
    target: &Target,
    arriving: &mut mpsc::Receiver<Feed>,
) -> Result<Option<Feed>> {
    loop {
        match tokio::time::timeout(TOUCH_INTERVAL, arriving.recv()).await {
            Ok(feed) => return Ok(feed),
            Err(_) => {
                context.store.dataset_touch(target.dataset, target.version, context.now()).await?;
            }
        }
    }
}

/// A version that is being filled.
struct Filling<'a> {
    context: &'a Context,
    target: &'a Target,
    naming: Naming,
    base: Option<String>,
    /// Items that have arrived, refused ones included.
    seen: i64,
    faults: Faults,
    report: Report,
    /// Whether there are objects of unknown size.
    is_to_measure: bool,
}

impl<'a> Filling<'a> {
    fn of(context: &'a Context, target: &'a Target, naming: Naming) -> Self {
        let (base, faults, report) = (target.base.clone(), Faults::default(), Report::default());
        Self { context, target, naming, base, seen: 0, faults, report, is_to_measure: false }
    }

    /// Takes everything that arrives, and returns the digest of the request. Faults are reported together at the end.
    async fn fill(mut self, arriving: &mut mpsc::Receiver<Feed>) -> Result<(Self, Vec<u8>)> {
        loop {
            match next(self.context, self.target, arriving).await? {
                Some(Feed::Page(page)) => self.page(page).await?,
                Some(Feed::Base(uri)) => self.base = Some(shared_base(self.base.as_deref(), &uri)),
                Some(Feed::Faults(faults)) => self.faults.add_all(faults),
                Some(Feed::Failure(problem)) => return Err(self.failed_with(*problem)),
                Some(Feed::End(End { digest, notes })) => {
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

    /// Reports a failure that ends the import after the faults that were found before.
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
        // The pictures of a folder were checked during the scan.
        if self.naming != Naming::Path {
            let uris = page.iter().map(|item| item.uri.clone()).collect();
            let mut faults = media_check::faults(self.context, self.target.team, uris).await?;
            faults.extend(uploads::take(self.context, self.target.team, &mut page).await?);
            for fault in &faults {
                self.refuse(&page, first, fault.at, &fault.message);
            }
            // The store would refuse the page, and the import continues only to find further faults.
            let is_upload = |fault: &UriFault| page.get(fault.at).is_some_and(|item| is_upload(&item.uri));
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

    /// Makes the version the latest of its dataset, and keeps the answer to the request.
    async fn complete(self, attempt: Option<&Attempt>, asked: Vec<u8>) -> Result<Report> {
        let completion: Option<Completion> = attempt.map(|attempt| attempt.completion(asked));
        let (dataset, version) = (self.target.dataset, self.target.version);
        let imported = Imported {
            base: self.base.unwrap_or_default(),
            notes: notes::text(&self.report.notes),
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
