//! `swath dataset add --upload`: uploads the pictures of a local folder one by one and makes a dataset of them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::Value;
use swath_api::datasets::ManifestItem;
use tempfile::NamedTempFile;

use super::session::Session;

/// The extensions of picture files, in lower case.
const ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "gif", "webp", "bmp"];
/// How deep folders may be nested.
const DEPTH_MAX: usize = 32;
/// The largest number of pictures of one dataset.
const PICTURES_MAX: usize = 1_000_000;
/// Pictures that are sent at the same time.
const CONCURRENT_UPLOADS: usize = 4;
/// How many pictures are sent between two lines of progress, if there is no terminal.
const LINE_PACE: u64 = 100;

/// A local picture.
struct Picture {
    file: PathBuf,
    /// Its path below the folder, separated by slashes.
    name: String,
    bytes: u64,
}

/// Uploads the pictures of a folder, and makes a dataset of them in the order of their names.
pub async fn upload(
    session: &Session,
    team: &str,
    query: &[(&str, String)],
    folder: &Path,
) -> anyhow::Result<Value> {
    let mut pictures = Vec::new();
    gather(folder, "", 0, &mut pictures)?;
    ensure!(!pictures.is_empty(), "{} holds no picture ({})", folder.display(), ENDINGS.join(", "));
    pictures.sort_by(|a, b| alphanumeric_sort::compare_str(&a.name, &b.name));
    check_room(session, team, &pictures).await?;
    let uris = send(session, team, &pictures).await?;
    let manifest = manifest(&uris)?;
    Ok(session.client.upload("/v1/datasets", query, "application/x-ndjson", manifest.path()).await?)
}

/// Collects the pictures below a folder. Hidden files and links are skipped.
fn gather(folder: &Path, below: &str, depth: usize, found: &mut Vec<Picture>) -> anyhow::Result<()> {
    ensure!(depth <= DEPTH_MAX, "{}: folders are nested more than {DEPTH_MAX} deep", folder.display());
    let unreadable = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let Ok(name) = entry.file_name().into_string() else {
            bail!("{}: its name is not valid UTF-8", path.display())
        };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{below}{name}");
        if kind.is_dir() {
            gather(&path, &format!("{name}/"), depth + 1, found)?;
        } else if kind.is_file() && is_picture(&path) {
            ensure!(found.len() < PICTURES_MAX, "more than {PICTURES_MAX} pictures");
            found.push(Picture { bytes: entry.metadata()?.len(), file: path, name });
        }
    }
    Ok(())
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Reports files that would be refused before anything is sent.
async fn check_room(session: &Session, team: &str, pictures: &[Picture]) -> anyhow::Result<()> {
    let room = session.client.team_storage(team).await?;
    ensure!(
        room.is_configured,
        "the server has no place for uploads: its operator sets files.folder or files.s3_bucket"
    );
    if let Some(large) = pictures.iter().find(|picture| picture.bytes > room.picture_bytes_most) {
        let most = HumanBytes(room.picture_bytes_most);
        bail!("{} has {}; at most {most} are taken", large.file.display(), HumanBytes(large.bytes));
    }
    Ok(())
}

/// Sends all pictures, a few at a time, and returns their URIs in the same order.
async fn send(session: &Session, team: &str, pictures: &[Picture]) -> anyhow::Result<Vec<String>> {
    let bar = ProgressBar::new(pictures.len() as u64);
    let style = ProgressStyle::with_template("{elapsed:>4} [{wide_bar}] {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    let mut sent = 0_u64;
    let sending = stream::iter(pictures).map(|picture| async move {
        let answer = session.client.upload_picture(team, &picture.name, &picture.file).await;
        answer.with_context(|| picture.file.display().to_string())
    });
    let uris = sending.buffered(CONCURRENT_UPLOADS).map_ok(|picture| {
        sent += u64::try_from(picture.bytes).unwrap_or(0);
        bar.inc(1);
        bar.set_message(HumanBytes(sent).to_string());
        if bar.is_hidden()
            && (bar.position().is_multiple_of(LINE_PACE) || bar.position() == pictures.len() as u64)
        {
            eprintln!("{}/{} pictures, {}", bar.position(), pictures.len(), HumanBytes(sent));
        }
        picture.uri
    });
    let uris = uris.try_collect().await;
    bar.abandon();
    uris
}

/// The manifest of these items, in a temporary file.
fn manifest(uris: &[String]) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    let mut writer = std::io::BufWriter::new(&mut file);
    for uri in uris {
        let item = ManifestItem { uri: uri.clone(), ..ManifestItem::default() };
        writeln!(writer, "{}", serde_json::to_string(&item)?)?;
    }
    writer.flush()?;
    drop(writer);
    Ok(file)
}
