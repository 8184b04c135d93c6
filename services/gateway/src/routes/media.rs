//! Serves pictures by a signed URL while the lease that shows them is current: from the server's disk, from the uploads, and
//! by a redirect to the object store.

mod answer;
mod range;
mod uploaded;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use swath_domain::Ranges;
use swath_leasing::ShownLease;
use swath_leasing_http::redirect;
use swath_runtime::media_path::{FileWork, PictureKind, read_header};
use swath_runtime::medium::Medium;
use swath_runtime::object_store;
use swath_runtime::{Context, PathId, Problem, Result};

use self::answer::PictureHead;
use self::range::{Plan, RangeRequest, tag};
use crate::gateway::Gateway;

/// How long the file system may take to open a picture, or to read the next chunk.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes that are read at once.
const CHUNK_BYTES: usize = 256 * 1_024;

pub(crate) async fn show(
    Extension(gateway): Extension<Arc<Gateway>>,
    PathId(signed): PathId<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response> {
    let context = &gateway.context;
    let ticket = context.signer.check(&signed, context.now()).ok_or_else(Problem::not_found)?;
    let shown = gateway.shown_leases.of(context, ticket.lease, ticket.user).await?;
    let shown = shown.filter(|shown| shown.ranges.contains(ticket.item)).ok_or_else(Problem::not_found)?;
    let items = context.store.items(shown.dataset, &Ranges::of_items([ticket.item])).await?;
    let uri = items.into_iter().next().ok_or_else(Problem::not_found)?.uri;
    match Medium::of(&uri) {
        Medium::Object(object) if shown.access.holds_object(&object) => {
            let url = object_store::presigned(&context.config.media, &object);
            redirect(&url.ok_or_else(Problem::not_found)?)
        }
        Medium::File | Medium::Upload(_) => {
            let range = RangeRequest::of(&method, &headers);
            let answer = match Medium::of(&uri) {
                Medium::Upload(upload) => uploaded::show(context, shown.team, upload, &range).await,
                _ => picture(context, &shown, uri, range).await,
            };
            if answer.as_ref().is_err_and(|problem| problem.status == StatusCode::NOT_FOUND) {
                gateway.leases.missing.note(context, shown.dataset, ticket.item).await;
            }
            answer
        }
        _ => Err(Problem::not_found()),
    }
}

/// A picture that is open at the requested range, with the first chunk of it.
struct Opened {
    file: File,
    kind: PictureKind,
    name: String,
    tag: String,
    length: u64,
    plan: Plan,
    /// Bytes of the range.
    wanted: u64,
    first: Vec<u8>,
}

async fn picture(
    context: &Context,
    shown: &Arc<ShownLease>,
    uri: String,
    range: RangeRequest,
) -> Result<Response> {
    let (files, shown) = (context.media.files.clone(), shown.clone());
    let work = files.work.clone();
    let open = move || {
        let found = files.find_uri(&shown.access.places, &uri).ok()?;
        let (file, length) = found.read().ok()?;
        open(file, length, &found.path, &range)
    };
    let opened = work.run(STEP_TIMEOUT, open).await.map_err(|_| Problem::unavailable())?;
    let opened = opened.ok_or_else(Problem::not_found)?;
    let (tag, name, plan) = (opened.tag.clone(), opened.name.clone(), opened.plan.clone());
    let head = PictureHead {
        tag: &tag,
        media_type: opened.kind.media_type(),
        name: &name,
        length: opened.length,
        plan: &plan,
    };
    head.answer(|| body(opened, work))
}

/// Opens a picture at the requested range; `None` if the content of the file is no picture.
fn open(file: File, length: u64, path: &Path, range: &RangeRequest) -> Option<Opened> {
    let tag = tag(&file.metadata().ok()?);
    let plan = range.plan(&tag, length);
    let mut reader = BufReader::new(file);
    let kind = read_header(&mut reader).ok()?.kind;
    let mut file = reader.into_inner();
    let name = path.file_name()?.to_string_lossy().into_owned();
    let (start, end) = plan.bytes(length);
    let wanted = end - start;
    file.seek(SeekFrom::Start(start)).ok()?;
    let first = chunk(&mut file, wanted).ok()?;
    Some(Opened { file, kind, name, tag, length, plan, wanted, first })
}

/// Reads the next chunk of a file, of which `left` bytes are still to be sent.
fn chunk(file: &mut File, left: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
    let mut chunk = vec![0; length];
    file.read_exact(&mut chunk)?;
    Ok(chunk)
}

/// Streams the range in chunks. A file that has become shorter, or that cannot be read in time, ends the connection.
fn body(opened: Opened, work: FileWork) -> Body {
    let left = opened.wanted - opened.first.len() as u64;
    let first = stream::iter([io::Result::Ok(Bytes::from(opened.first))]);
    let rest = stream::try_unfold((opened.file, left, work), |(mut file, left, work)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = move || chunk(&mut file, left).map(|chunk| (file, chunk));
        let (file, chunk) = work.run(STEP_TIMEOUT, read).await.map_err(io::Error::other)??;
        let left = left - chunk.len() as u64;
        Ok(Some((Bytes::from(chunk), (file, left, work))))
    });
    Body::from_stream(first.chain(rest.into_stream()))
}
