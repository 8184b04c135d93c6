//! `swath export`

use std::fs::Permissions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use futures::{Stream, TryStreamExt};
use serde_json::json;
use tokio_util::bytes::Bytes;

use super::output::line;
use super::session::Session;
use swath_client::{Client, ClientError, Query};

/// What `swath export` takes.
#[derive(Args)]
pub struct ExportArgs {
    /// The job, by id or title
    job: String,
    /// The form: JSON lines, COCO, or a Supervisely project as an archive
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// With JSON lines: every stored annotation with its state, not only what is accepted
    #[arg(long)]
    all: bool,
    /// Coordinates of pictures as their files store them, where EXIF turns one
    #[arg(long, conflicts_with = "all")]
    stored_orientation: bool,
    /// Leave out what the format does not take, instead of failing with a list of it
    #[arg(long)]
    lossy: bool,
    /// Only the opinions of this slot, from 0, where the job asks for several on each item
    #[arg(long, value_name = "N")]
    slot: Option<u32>,
    /// The file to write; it appears when it is whole
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Coco,
    Supervisely,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Coco => "coco",
            Self::Supervisely => "supervisely",
        }
    }
}

/// Writes an export to a file or to standard output.
pub async fn run(session: &Session, args: ExportArgs) -> anyhow::Result<()> {
    let path = format!("/v1/jobs/{}/export", session.job(&args.job).await?);
    let mut query = vec![("format", args.format.name().to_owned())];
    query.extend(args.stored_orientation.then(|| ("orientation", "stored".to_owned())));
    query.extend(args.lossy.then(|| ("lossy", "true".to_owned())));
    query.extend(args.all.then(|| ("items", "all".to_owned())));
    query.extend(args.slot.map(|slot| ("slot", slot.to_string())));
    let Some(file) = args.output else {
        ensure!(
            args.format != Format::Supervisely || !std::io::stdout().is_terminal(),
            "an archive is not for a terminal: name a file with -o"
        );
        return session.pass_on(&path, &query).await;
    };
    let bytes = save(&session.client, &path, &query, &file).await?;
    if session.output.is_json() {
        line(&json!({"file": file, "bytes": bytes}).to_string())?;
    }
    Ok(session.output.say(&format!("{bytes} bytes in {}", file.display()))?)
}

impl Session {
    /// Copies a response body to standard output.
    pub async fn pass_on(&self, path: &str, query: &Query<'_>) -> anyhow::Result<()> {
        let pieces = self.client.download(path, query).await?;
        copy(pieces, std::io::stdout()).await?;
        Ok(())
    }
}

/// Saves a response body in a file, which gets its name once everything is on disk. Returns the number of bytes.
pub async fn save(client: &Client, path: &str, query: &Query<'_>, file: &Path) -> anyhow::Result<u64> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritable = || file.display().to_string();
    let part = tempfile::Builder::new()
        .prefix(".swath-export-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .with_context(unwritable)?;
    let pieces = client.download(path, query).await?;
    let bytes = copy(pieces, part.as_file()).await?;
    part.as_file().sync_all().with_context(unwritable)?;
    part.persist(file).with_context(unwritable)?;
    Ok(bytes)
}

/// Writes a body chunk by chunk. Blocking on the disk or the reader is fine, because this process does nothing else.
async fn copy(
    pieces: impl Stream<Item = Result<Bytes, ClientError>>,
    mut target: impl Write,
) -> anyhow::Result<u64> {
    let (mut pieces, mut bytes) = (pin!(pieces), 0);
    while let Some(piece) = pieces.try_next().await? {
        target.write_all(&piece)?;
        bytes += piece.len() as u64;
    }
    target.flush()?;
    Ok(bytes)
}
