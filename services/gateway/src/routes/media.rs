//! Pictures by a signed URL, for as long as the lease that shows them is current: those on the server's own disk, those that
//! were uploaded, and a way on to those in the object store.

mod part;
mod uploaded;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use swath_domain::Ranges;
use swath_formats::file_uri::encode;
use swath_leasing::ShownLease;
use swath_leasing_http::redirect;
use swath_runtime::media_path::{FileWork, PictureKind, read_header};
use swath_runtime::medium::Medium;
use swath_runtime::object_store;
use swath_runtime::{Context, PathId, Problem, Result};

use self::part::{Asked, Plan, tag};
use crate::gateway::Gateway;

/// How long the file system may take over one step: to open a picture, or to read the next piece.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1_024;

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
            let asked = Asked::of(&method, &headers);
            let answer = match Medium::of(&uri) {
                Medium::Upload(upload) => uploaded::show(context, shown.team, upload, &asked).await,
                _ => picture(context, &shown, uri, asked).await,
            };
            if answer.as_ref().is_err_and(|problem| problem.status == StatusCode::NOT_FOUND) {
                gateway.leases.missing.note(context, shown.dataset, ticket.item).await;
            }
            answer
        }
        _ => Err(Problem::not_found()),
    }
}

/// What an answer says of a picture.
struct About<'a> {
    tag: &'a str,
    media_type: &'a str,
    name: &'a str,
    length: u64,
    plan: &'a Plan,
}

impl About<'_> {
    /// The answer with this body, where it has one.
    fn answer(&self, body: impl FnOnce() -> Body) -> Result<Response> {
        let common = [
            (header::ETAG, HeaderValue::from_str(self.tag).map_err(|_| Problem::internal())?),
            (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
            (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        ];
        let (status, range) = match self.plan {
            Plan::NotModified => return Ok((StatusCode::NOT_MODIFIED, common).into_response()),
            Plan::Unsatisfiable => return unsatisfiable(self.length),
            Plan::Whole => (StatusCode::OK, None),
            Plan::Part(part) => {
                let text = format!("bytes {}-{}/{}", part.start(), part.end(), self.length);
                let range = HeaderValue::from_str(&text).map_err(|_| Problem::internal())?;
                (StatusCode::PARTIAL_CONTENT, Some((header::CONTENT_RANGE, range)))
            }
        };
        let (start, end) = self.plan.bytes(self.length);
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_str(self.media_type).map_err(|_| Problem::internal())?),
            (header::CONTENT_LENGTH, HeaderValue::from(end - start)),
            (header::CONTENT_DISPOSITION, disposition(self.name)?),
        ];
        let mut answer = (status, common, headers, body()).into_response();
        answer.headers_mut().extend(range);
        Ok(answer)
    }
}

/// A picture that is open at the part that is asked for, with the first piece of it.
struct Opened {
    file: File,
    kind: PictureKind,
    name: String,
    tag: String,
    length: u64,
    plan: Plan,
    /// Bytes of the part.
    wanted: u64,
    first: Vec<u8>,
}

async fn picture(context: &Context, shown: &Arc<ShownLease>, uri: String, asked: Asked) -> Result<Response> {
    let (files, shown) = (context.media.files.clone(), shown.clone());
    let work = files.work.clone();
    let open = move || {
        let found = files.find_uri(&shown.access.places, &uri).ok()?;
        let (file, length) = found.read().ok()?;
        open(file, length, &found.path, &asked)
    };
    let opened = work.run(STEP_TIMEOUT, open).await.map_err(|_| Problem::unavailable())?;
    let opened = opened.ok_or_else(Problem::not_found)?;
    let (tag, name, plan) = (opened.tag.clone(), opened.name.clone(), opened.plan.clone());
    let about = About {
        tag: &tag,
        media_type: opened.kind.media_type(),
        name: &name,
        length: opened.length,
        plan: &plan,
    };
    about.answer(|| body(opened, work))
}

/// There are no bytes where the request wants them.
fn unsatisfiable(length: u64) -> Result<Response> {
    let range = HeaderValue::from_str(&format!("bytes */{length}")).map_err(|_| Problem::internal())?;
    let detail = format!("the picture has {length} bytes");
    let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "invalid", detail);
    let mut answer = problem.into_response();
    answer.headers_mut().insert(header::CONTENT_RANGE, range);
    Ok(answer)
}

/// Opens a picture at the part that is asked for; what is no picture by its content is not there.
fn open(file: File, length: u64, path: &Path, asked: &Asked) -> Option<Opened> {
    let tag = tag(&file.metadata().ok()?);
    let plan = asked.plan(&tag, length);
    let mut reader = BufReader::new(file);
    let kind = read_header(&mut reader).ok()?.kind;
    let mut file = reader.into_inner();
    let name = path.file_name()?.to_string_lossy().into_owned();
    let (start, end) = plan.bytes(length);
    let wanted = end - start;
    file.seek(SeekFrom::Start(start)).ok()?;
    let first = piece(&mut file, wanted).ok()?;
    Some(Opened { file, kind, name, tag, length, plan, wanted, first })
}

/// Reads the next piece of a file of which so many bytes are left.
fn piece(file: &mut File, left: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
    let mut piece = vec![0; length];
    file.read_exact(&mut piece)?;
    Ok(piece)
}

/// The part piece by piece; a file that has become shorter, or that cannot be read in time, ends the connection.
fn body(opened: Opened, work: FileWork) -> Body {
    let left = opened.wanted - opened.first.len() as u64;
    let first = stream::iter([io::Result::Ok(Bytes::from(opened.first))]);
    let rest = stream::try_unfold((opened.file, left, work), |(mut file, left, work)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = move || piece(&mut file, left).map(|piece| (file, piece));
        let (file, piece) = work.run(STEP_TIMEOUT, read).await.map_err(io::Error::other)??;
        let left = left - piece.len() as u64;
        Ok(Some((Bytes::from(piece), (file, left, work))))
    });
    Body::from_stream(first.chain(rest.into_stream()))
}

/// How a browser that saves the picture names it.
fn disposition(name: &str) -> Result<HeaderValue> {
    let plain: String =
        name.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '_' }).collect();
    let plain = plain.replace('\\', "\\\\").replace('"', "\\\"");
    let text = format!("inline; filename=\"{plain}\"; filename*=UTF-8''{}", encode(name.as_bytes()));
    HeaderValue::from_str(&text).map_err(|_| Problem::not_found())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        for (name, expected) in [
            ("a b.png", r#"inline; filename="a b.png"; filename*=UTF-8''a%20b.png"#),
            (
                "q\"; x=\"\\.png",
                r#"inline; filename="q\"; x=\"\\.png"; filename*=UTF-8''q%22%3B%20x%3D%22%5C.png"#,
            ),
            ("ä\r\nX: y", r#"inline; filename="___X: y"; filename*=UTF-8''%C3%A4%0D%0AX%3A%20y"#),
        ] {
            assert_eq!(disposition(name).unwrap().to_str().unwrap(), expected);
        }
    }
}
