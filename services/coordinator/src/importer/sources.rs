//! Imports of sources that the server reads itself: folders, manifest files, and manifests in the object store. Each step
//! has a deadline, and so has the whole import.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use swath_api::datasets::Notes;
use swath_formats::folder::Order;
use swath_formats::manifest::Kind;
use swath_runtime::media_path::{Places, TimedOut};
use swath_runtime::problem::Fault;
use swath_runtime::{Problem, Result};
use tokio::time::timeout;

use super::feed::{Feed, PAGE_ITEMS};
use super::folder::{self, FolderError, Step};
use super::import::Import;
use super::notes;
use super::pages::Pages;
use super::target::Report;

/// How long the object store may take to accept a connection, and to send the next bytes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long one step on the file system may take: a page of pictures, the entries of a folder, a chunk of a file.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a step collects pictures before it passes them on.
const STEP_TIME: Duration = Duration::from_secs(1);
/// How long an import may take in all.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(2 * 3_600);
/// Bytes of a manifest file that are read at once.
const CHUNK_BYTES: usize = 256 * 1_024;

/// How a folder is imported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FolderOptions {
    /// In which order its pictures come.
    pub(crate) order: Order,
    /// Whether files that cannot be used are left out and noted, instead of ending the import.
    pub(crate) skip_bad: bool,
}

impl Import {
    /// Imports a folder of pictures on the server, which must be the team's.
    pub(crate) async fn folder(
        self,
        places: Places,
        path: PathBuf,
        options: FolderOptions,
    ) -> Result<Report> {
        self.within("source.folder", self.feed_folder(places, path, options)).await;
        self.finish().await
    }

    /// Imports a manifest file on the server, of at most `max` bytes.
    pub(crate) async fn file(self, file: File, kind: Kind, max: u64) -> Result<Report> {
        self.within("source.manifest", self.feed_file(file, kind, max)).await;
        self.finish().await
    }

    /// Imports a manifest in the object store, of at most `max` bytes.
    pub(crate) async fn object(self, url: String, kind: Kind, max: u64) -> Result<Report> {
        self.within("source.manifest", self.fetch(url, kind, max)).await;
        self.finish().await
    }

    /// Feeds the import within the deadline, or passes on the failure.
    async fn within(&self, field: &str, feeding: impl Future<Output = Result<()>>) {
        let fed = timeout(IMPORT_TIMEOUT, feeding).await;
        let fed = fed.unwrap_or_else(|_| Err(Problem::field(field, "takes too long")));
        if let Err(problem) = fed {
            self.send(Feed::Failure(Box::new(problem))).await;
        }
    }

    async fn feed_folder(&self, places: Places, path: PathBuf, options: FolderOptions) -> Result<()> {
        let late = |error: TimedOut| Problem::field("source.folder", error.to_string());
        let failure = |error: FolderError| Problem::field("source.folder", error.to_string());
        let files = self.context.media.files.clone();
        let work = files.work.clone();
        let begin = move || folder::scan(files, places, &path, options.order);
        let mut scan = work.run(STEP_TIMEOUT, begin).await.map_err(late)?.map_err(failure)?;
        let mut left_out = Notes::default();
        // Names in exports are paths below the folder, also where all of its pictures lie in one folder of it.
        self.send(Feed::Base(scan.base())).await;
        loop {
            let step = move || {
                let step = scan.batch(PAGE_ITEMS, STEP_TIME);
                (scan, step)
            };
            let (after, Step { items, bad, end }) = work.run(STEP_TIMEOUT, step).await.map_err(late)?;
            scan = after;
            let mut feeds = Vec::new();
            if options.skip_bad {
                bad.iter().for_each(|error| notes::leave_out(&mut left_out, &error.to_string()));
            } else if !bad.is_empty() {
                let fault = |error: &FolderError| Fault {
                    field: Some("source.folder".into()),
                    message: error.to_string(),
                    ..Fault::default()
                };
                feeds.push(Feed::Faults(bad.iter().map(fault).collect()));
            }
            if !items.is_empty() {
                feeds.push(Feed::Page(items));
            }
            if !self.pass_on(feeds).await {
                return Ok(());
            }
            if let Some(end) = end {
                let ignored = end.map_err(failure)?;
                self.end(Notes { ignored, ..left_out }).await;
                return Ok(());
            }
        }
    }

    async fn feed_file(&self, mut file: File, kind: Kind, max: u64) -> Result<()> {
        let unreadable = || Problem::field("source.manifest", "cannot be read");
        let (mut pages, mut bytes) = (Pages::new(kind, false, self.paths_below.clone()), 0);
        loop {
            let read = move || {
                let mut chunk = vec![0; CHUNK_BYTES];
                let count = file.read(&mut chunk)?;
                chunk.truncate(count);
                std::io::Result::Ok((file, chunk))
            };
            let late = |error: TimedOut| Problem::field("source.manifest", error.to_string());
            let read = self.context.media.files.work.run(STEP_TIMEOUT, read).await.map_err(late)?;
            let (after, chunk) = read.map_err(|_| unreadable())?;
            file = after;
            bytes += chunk.len() as u64;
            if bytes > max {
                return Err(too_large(max));
            }
            if chunk.is_empty() {
                break;
            }
            if !self.pass_on(pages.push(&chunk)).await {
                return Ok(());
            }
        }
        if self.pass_on(pages.finish()).await {
            self.end(Notes::default()).await;
        }
        Ok(())
    }

    async fn fetch(&self, url: String, kind: Kind, max: u64) -> Result<()> {
        let unreadable = |error: reqwest::Error| {
            Problem::field("source.manifest", format!("cannot be read: {}", error.without_url()))
        };
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        let answer = client.build().map_err(unreadable)?.get(url).send().await.map_err(unreadable)?;
        if !answer.status().is_success() {
            let detail = format!("cannot be read: the object store answered {}", answer.status());
            return Err(Problem::field("source.manifest", detail));
        }
        let (mut answer, mut pages, mut bytes) =
            (answer, Pages::new(kind, false, self.paths_below.clone()), 0);
        while let Some(data) = answer.chunk().await.map_err(unreadable)? {
            bytes += data.len() as u64;
            if bytes > max {
                return Err(too_large(max));
            }
            if !self.pass_on(pages.push(&data)).await {
                return Ok(());
            }
        }
        if self.pass_on(pages.finish()).await {
            self.end(Notes::default()).await;
        }
        Ok(())
    }
}

fn too_large(max: u64) -> Problem {
    Problem::too_large(format!("the manifest is larger than {max} bytes"))
}
