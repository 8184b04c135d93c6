//! An import under way. It runs in a task of its own, so that a client that disconnects leaves nothing behind.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use swath_api::datasets::Notes;
use swath_formats::manifest::{Kind, ManifestItem};
use swath_runtime::body::interrupted;
use swath_runtime::problem::Fault;
use swath_runtime::{Context, Problem, Result};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::feed::{End, Feed, PAGE_ITEMS};
use super::naming::Naming;
use super::outcome_claim::OutcomeClaim;
use super::pages::Pages;
use super::run::Run;
use super::target::{Report, Target};
use crate::attempt::Attempted;

/// Pages that may wait to be written.
const FEED_CAPACITY: usize = 2;

/// An import under way.
pub(crate) struct Import {
    pub(super) context: Context,
    feed: mpsc::Sender<Feed>,
    task: JoinHandle<Result<Report>>,
    /// The digest of the request without its streamed body.
    digest: Vec<u8>,
    claim: Arc<OutcomeClaim>,
    /// The base that bare paths of a manifest are resolved against.
    pub(super) paths_below: Option<String>,
}

impl Import {
    /// Starts an import into an open version. The attempt under the request's key ends with it.
    pub(crate) fn start(context: Context, target: Target, naming: Naming, attempted: Attempted) -> Self {
        let (feed, arriving) = mpsc::channel(FEED_CAPACITY);
        let claim = Arc::new(OutcomeClaim::default());
        let digest = attempted.digest.clone();
        let run = Run { context: context.clone(), target, naming, attempted, claim: claim.clone() };
        let task = tokio::spawn(run.until_end(arriving));
        Self { context, feed, task, digest, claim, paths_below: None }
    }

    /// Resolves bare paths of a manifest against this base.
    pub(crate) fn below(self, base: Option<String>) -> Self {
        Self { paths_below: base, ..self }
    }

    /// Waits for the outcome.
    pub(crate) async fn finish(self) -> Result<Report> {
        drop(self.feed);
        self.task.await.map_err(|_| Problem::internal())?
    }

    /// Decides who reports the outcome.
    pub(crate) fn claim(&self) -> Arc<OutcomeClaim> {
        self.claim.clone()
    }

    /// Ends the feed: everything has arrived.
    pub(super) async fn end(&self, notes: Notes) {
        self.send(Feed::End(End { digest: self.digest.clone(), notes })).await;
    }

    /// Imports a list of items. `faults` are what is wrong with their fields.
    pub(crate) async fn list(self, items: Vec<ManifestItem>, faults: Vec<Fault>) -> Result<Report> {
        self.send(Feed::Faults(faults)).await;
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            self.send(Feed::Page(items.by_ref().take(PAGE_ITEMS).collect())).await;
        }
        self.end(Notes::default()).await;
        self.finish().await
    }

    /// Imports a manifest of at most `max` bytes as it arrives. A refusal is answered only once the body has been read to its
    /// end, because a client that is still sending does not read the answer.
    pub(crate) async fn stream(mut self, kind: Kind, mut body: Body, max: u64) -> Result<Report> {
        let mut pages = Pages::new(kind, true, self.paths_below.clone());
        let mut digest = Sha256::new_with_prefix(&self.digest);
        let mut bytes: u64 = 0;
        let mut failed = false;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| interrupted(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            bytes += data.len() as u64;
            digest.update(data);
            if bytes > max {
                return Err(Problem::too_large(format!("the manifest is larger than {max} bytes")));
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

    /// Passes on what was read. Returns false once the import has ended.
    pub(super) async fn pass_on(&self, feeds: Vec<Feed>) -> bool {
        for feed in feeds {
            self.send(feed).await;
        }
        !self.task.is_finished()
    }

    pub(super) async fn send(&self, feed: Feed) {
        // A closed channel means that the import has failed, which its task reports.
        let _ = self.feed.send(feed).await;
    }
}
