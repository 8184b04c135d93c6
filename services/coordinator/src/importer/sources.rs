//! Imports of what the server reads by itself: folders, manifest files, and manifests in the object store. Each step on a
//! file has a deadline, and so has the whole.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use swath_runtime::media_path::{Places, TimedOut};
use swath_runtime::{Problem, Result};
use tokio::time::timeout;

use super::{Feed, Import, PAGE, Pages};
use crate::folder::{self, FolderError};
use crate::manifest::Kind;

/// How long the object store may take to accept a connection, and to send the next bytes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long one step on the file system may take: a page of pictures, the entries of a folder, a piece of a file.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);
/// After how long a step passes on what it has found so far.
const STEP_TIME: Duration = Duration::from_secs(1);
/// How long an import may take in all.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(2 * 3_600);
/// Bytes of a manifest file that are read at once.
const PIECE_BYTES: usize = 256 * 1_024;

impl Import {
    /// Imports a folder of pictures on the server, which must be the team's.
    pub(crate) async fn folder(self, places: Places, path: PathBuf) -> Result<()> {
        self.within("source.folder", self.feed_folder(places, path)).await;
        self.finish().await
    }

    /// Imports a manifest file on the server, of at most `most` bytes.
    pub(crate) async fn file(self, file: File, kind: Kind, most: u64) -> Result<()> {
        self.within("source.manifest", self.feed_file(file, kind, most)).await;
        self.finish().await
    }

    /// Imports a manifest in the object store, of at most `most` bytes.
    pub(crate) async fn object(self, url: String, kind: Kind, most: u64) -> Result<()> {
        self.within("source.manifest", self.fetch(url, kind, most)).await;
        self.finish().await
    }

    /// Feeds the import in time, or passes on why not.
    async fn within(&self, field: &str, feeding: impl Future<Output = Result<()>>) {
        let fed = timeout(IMPORT_TIMEOUT, feeding).await;
        let fed = fed.unwrap_or_else(|_| Err(Problem::field(field, "takes too long")));
        if let Err(problem) = fed {
            self.send(Feed::Fault(Box::new(problem))).await;
        }
    }

    async fn feed_folder(&self, places: Places, path: PathBuf) -> Result<()> {
        let late = |error: TimedOut| Problem::field("source.folder", error.to_string());
        let fault = |error: FolderError| Problem::field("source.folder", error.to_string());
        let files = self.context.media.files.clone();
        let work = files.work.clone();
        let begin = move || folder::scan(files, places, &path);
        let mut scan = work.run(STEP_TIMEOUT, begin).await.map_err(late)?.map_err(fault)?;
        // Names in exports are paths below the folder, also where all of its pictures lie in one folder of it.
        self.send(Feed::Base(scan.base())).await;
        loop {
            let step = move || {
                let (page, ended) = scan.batch(PAGE, STEP_TIME);
                (scan, page, ended)
            };
            let (after, page, ended) = work.run(STEP_TIMEOUT, step).await.map_err(late)?;
            scan = after;
            if !page.is_empty() && !self.pass_on(Ok(vec![page])).await {
                return Ok(());
            }
            if let Some(ended) = ended {
                ended.map_err(fault)?;
                self.end().await;
                return Ok(());
            }
        }
    }

    async fn feed_file(&self, mut file: File, kind: Kind, most: u64) -> Result<()> {
        let unreadable = || Problem::field("source.manifest", "cannot be read");
        let (mut pages, mut bytes) = (Pages::new(kind, false), 0);
        loop {
            let read = move || {
                let mut piece = vec![0; PIECE_BYTES];
                let count = file.read(&mut piece)?;
                piece.truncate(count);
                std::io::Result::Ok((file, piece))
            };
            let late = |error: TimedOut| Problem::field("source.manifest", error.to_string());
            let read = self.context.media.files.work.run(STEP_TIMEOUT, read).await.map_err(late)?;
            let (after, piece) = read.map_err(|_| unreadable())?;
            file = after;
            bytes += piece.len() as u64;
            if bytes > most {
                return Err(too_large(most));
            }
            if piece.is_empty() {
                break;
            }
            if !self.pass_on(pages.push(&piece)).await {
                return Ok(());
            }
        }
        if self.pass_on(pages.finish()).await {
            self.end().await;
        }
        Ok(())
    }

    async fn fetch(&self, url: String, kind: Kind, most: u64) -> Result<()> {
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
        let (mut answer, mut pages, mut bytes) = (answer, Pages::new(kind, false), 0);
        while let Some(data) = answer.chunk().await.map_err(unreadable)? {
            bytes += data.len() as u64;
            if bytes > most {
                return Err(too_large(most));
            }
            if !self.pass_on(pages.push(&data)).await {
                return Ok(());
            }
        }
        if self.pass_on(pages.finish()).await {
            self.end().await;
        }
        Ok(())
    }
}

fn too_large(most: u64) -> Problem {
    Problem::too_large(format!("the manifest is larger than {most} bytes"))
}
