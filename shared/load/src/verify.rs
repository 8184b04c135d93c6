//! The check after a run: both sides of the job are read as streams and compared.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write};
use std::marker::PhantomData;
use std::time::Duration;

use anyhow::Context;
use futures::TryStreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use swath_checker::streams::{Sides, check};
use swath_checker::{Exported, Findings, JobFacts, LogLine, Row, Stored};
use swath_client::{Client, ClientError};
use tokio::time::sleep;

use crate::history::SortedHistory;
use crate::scene::Scene;

/// How often the server's side is read again if the job has changed meanwhile, and the pause before each read.
const READS_MAX: usize = 60;
const READ_PAUSE: Duration = Duration::from_secs(1);

/// Reads the server's side and compares it with the history. No user may be working any more. Changes that the server
/// still makes by itself, through expiries and the review rule, are waited for.
///
/// # Errors
/// When a side cannot be read, or the job keeps changing.
pub async fn verify(scene: &Scene, history: SortedHistory) -> anyhow::Result<Findings> {
    let mut before = facts(scene).await?;
    for _ in 0..READS_MAX {
        sleep(READ_PAUSE).await;
        let sides = read(scene, before.clone()).await?;
        let after = facts(scene).await?;
        if before == after {
            let ServerSide { job, rows, log, stored, exported } = sides;
            let sides = Sides { job, rows, log, stored, exported, events: history };
            let findings = tokio::task::spawn_blocking(move || check(sides)).await?;
            return findings.context("the two sides cannot be compared");
        }
        before = after;
    }
    anyhow::bail!("the job keeps changing although no user works any more: {before}")
}

/// The job as the server shows it. The checker reads it with types of its own.
async fn facts(scene: &Scene) -> Result<Value, ClientError> {
    scene.manager.get(&format!("/v1/jobs/{}", scene.job), &[]).await
}

/// The server's side of a job.
struct ServerSide {
    job: JobFacts,
    rows: Spool<Row>,
    log: Spool<LogLine>,
    stored: Spool<Stored>,
    exported: Spool<Exported>,
}

async fn read(scene: &Scene, facts: Value) -> anyhow::Result<ServerSide> {
    let (client, job) = (&scene.manager, format!("/v1/jobs/{}", scene.job));
    let all = [("format", "jsonl".to_owned()), ("items", "all".to_owned())];
    Ok(ServerSide {
        job: serde_json::from_value(facts).context("the job cannot be read")?,
        rows: Spool::of_list(client, &format!("{job}/assignments")).await?,
        log: Spool::of_lines(client, &format!("{job}/log"), &[]).await?,
        stored: Spool::of_lines(client, &format!("{job}/export"), &all).await?,
        exported: Spool::of_lines(client, &format!("{job}/export"), &all[..1]).await?,
    })
}

/// Lines in a temporary file, read one at a time.
struct Spool<T> {
    lines: Lines<BufReader<File>>,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Spool<T> {
    async fn of_lines(client: &Client, path: &str, query: &[(&str, String)]) -> anyhow::Result<Self> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        let mut pieces = std::pin::pin!(client.download(path, query).await?);
        while let Some(piece) = pieces.try_next().await.with_context(|| path.to_owned())? {
            file.write_all(&piece)?;
        }
        Self::read(file)
    }

    async fn of_list(client: &Client, path: &str) -> anyhow::Result<Self> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        let mut after: Option<String> = None;
        loop {
            let page = client.page::<Value>(path, &[], after.as_deref()).await?;
            for item in &page.items {
                serde_json::to_writer(&mut file, item)?;
                file.write_all(b"\n")?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Self::read(file),
            }
        }
    }

    fn read(file: BufWriter<File>) -> anyhow::Result<Self> {
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Self { lines: BufReader::new(file).lines(), of: PhantomData })
    }
}

impl<T: DeserializeOwned> Iterator for Spool<T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        Some(line.and_then(|line| serde_json::from_str(&line).map_err(io::Error::from)))
    }
}
