//! Pictures that managers upload, one in each request, and the space that a team has for them.

use std::io::{self, BufReader, Cursor};

use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use swath_api::files::{FilesView, UploadView};
use swath_domain::ids::{FileId, TeamId, UserId};
use swath_domain::uploads;
use swath_files::{Content, FilesError};
use swath_formats::file_uri::encode;
use swath_runtime::access::{ANYONE, MANAGER};
use swath_runtime::body::{interrupted, media_type};
use swath_runtime::media_path::{Picture, read_shown};
use swath_runtime::{Caller, Context, PathId, Problem, Result, Search};
use swath_store::{FileContent, FilePurpose, NewFile, StoredFile};

use super::imports::refused_stream;
use super::tagged_picture::TaggedPicture;

/// Bytes of a picture that are read first to find its kind and size, and those that are read if these do not include its
/// size.
const HEAD_BYTES: [usize; 2] = [64 << 10, 1 << 20];
/// Bytes of a refused picture that are read and thrown away, at most: a client that is still sending does not read the
/// answer.
const DRAINED_BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadQuery {
    name: String,
    #[serde(default)]
    purpose: Purpose,
}

/// What a picture is uploaded for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    /// Items of datasets name it.
    #[default]
    Items,
    /// The instructions of jobs show it.
    Guideline,
}

pub(crate) async fn usage(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
) -> Result<Json<FilesView>> {
    caller.require(team, MANAGER)?;
    let files = &context.config.files;
    Ok(Json(FilesView {
        is_configured: context.files.is_configured(),
        bytes: context.store.file_usage(team).await?,
        bytes_most: files.team_bytes,
        picture_bytes_most: files.picture_bytes,
    }))
}

pub(crate) async fn upload(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
    Search(query): Search<UploadQuery>,
    request: Request,
) -> Result<Response> {
    caller.require(team, MANAGER)?;
    let purpose = query.purpose;
    let (parts, body) = request.into_parts();
    let head = UploadHead::of(&context, &parts.headers, body.size_hint().exact(), &query.name);
    let head = match head {
        Ok(head) => head,
        Err(problem) => return Err(refused_stream(body, DRAINED_BYTES_MAX, problem).await),
    };
    // In a task of its own: a client that disconnects ends its body, but must not stop the release of the space reserved.
    let incoming = IncomingPicture { team, user: caller.user(), purpose, length: head.length };
    let task = tokio::spawn(async move { incoming.store(&context, body).await });
    let (file, is_new) = task.await.map_err(|_| Problem::internal())??;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(view(file, &head.name, purpose))).into_response())
}

/// A picture for instructions, for everybody in the team.
pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId((team, id)): PathId<(TeamId, FileId)>,
    headers: HeaderMap,
) -> Result<Response> {
    caller.require(team, ANYONE)?;
    let file = context.store.guideline(team, id).await?.ok_or_else(Problem::not_found)?;
    let shown = TaggedPicture::of(&file.content.digest, &headers);
    if shown.is_known() {
        return shown.answer(None);
    }
    let length = u64::try_from(file.bytes).map_err(|_| Problem::internal())?;
    let content = context.files.get(id, 0..length).await?;
    shown.answer(Some((&file.content.media_type, Body::from_stream(content))))
}

pub(crate) async fn delete(
    State(context): State<Context>,
    caller: Caller,
    PathId((team, id)): PathId<(TeamId, FileId)>,
) -> Result<StatusCode> {
    caller.require(team, MANAGER)?;
    match context.store.file_drop(team, id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

/// What a request for an upload says before its body.
struct UploadHead {
    /// The name, percent-encoded.
    name: String,
    /// The length of the picture, in bytes.
    length: u64,
}

impl UploadHead {
    fn of(context: &Context, headers: &HeaderMap, length: Option<u64>, name: &str) -> Result<Self> {
        if !context.files.is_configured() {
            return Err(FilesError::NotConfigured.into());
        }
        let kind = media_type(headers).to_ascii_lowercase();
        // Pages of other origins can send these types only after a CORS preflight.
        if !kind.starts_with("image/") && kind != "application/octet-stream" {
            return Err(Problem::media_type(
                "the body must be a picture, as image/png or application/octet-stream",
            ));
        }
        let is_name = uploads::is_name(name) && !name.chars().any(char::is_control);
        let name = encode(name.as_bytes());
        if !is_name || !uploads::is_name(&name) {
            let max = uploads::NAME_BYTES_MAX;
            let message = format!(
                "must be a path of at most {max} bytes as it stands in a URI, without empty steps, `.`, `..` and `\\`"
            );
            return Err(Problem::field("name", message));
        }
        let without_length = || {
            let detail = "the request must tell the length of its body (Content-Length)";
            Problem::new(StatusCode::LENGTH_REQUIRED, "invalid", detail)
        };
        let (length, max) = (length.ok_or_else(without_length)?, context.config.files.picture_bytes);
        if length > max {
            return Err(Problem::too_large(format!(
                "the picture has {length} bytes; at most {max} are taken"
            )));
        }
        Ok(Self { name, length })
    }
}

/// A picture whose bytes are arriving.
struct IncomingPicture {
    team: TeamId,
    user: UserId,
    purpose: Purpose,
    length: u64,
}

impl IncomingPicture {
    /// Stores the picture. Returns the stored file, and whether it is a new one.
    async fn store(&self, context: &Context, body: Body) -> Result<(StoredFile, bool)> {
        let mut body = body.into_data_stream();
        let (head, picture) = match self.read_head(context, &mut body).await {
            Ok(read) => read,
            Err(problem) => {
                return Err(refused_stream(Body::from_stream(body), DRAINED_BYTES_MAX, problem).await);
            }
        };
        let new = NewFile {
            id: FileId(context.next_id()),
            team: self.team,
            bytes: i64::try_from(self.length).map_err(|_| Problem::internal())?,
            purpose: match self.purpose {
                Purpose::Items => FilePurpose::Items,
                Purpose::Guideline => FilePurpose::Guideline,
            },
        };
        let bytes_max = i64::try_from(context.config.files.team_bytes).unwrap_or(i64::MAX);
        if !context.store.file_begin(new, bytes_max, context.now()).await? {
            let problem = Problem::too_large(format!(
                "the team's pictures and thumbnails would take more than {bytes_max} bytes; what no dataset names is deleted in time"
            ));
            return Err(refused_stream(Body::from_stream(body), DRAINED_BYTES_MAX, problem).await);
        }
        let content: Content = stream::iter([Ok(head)]).chain(body.map_err(broken)).boxed();
        match context.files.put(new.id, self.length, content).await {
            Ok(digest) => {
                let file =
                    context.store.file_finish(new, content_of(&picture, digest), context.now()).await?;
                let is_new = file.id == new.id;
                Ok((file, is_new))
            }
            Err(error) => {
                context.store.file_abandon(new, context.now()).await?;
                Err(error.into())
            }
        }
    }

    /// Reads the beginning of a body, up to the kind and the size of the picture.
    async fn read_head(
        &self,
        context: &Context,
        body: &mut (impl Stream<Item = Result<Bytes, axum::Error>> + Unpin),
    ) -> Result<(Bytes, Picture)> {
        let (mut head, mut shares) = (Vec::new(), Vec::new());
        let mut reason = "it is empty";
        for max in HEAD_BYTES {
            // Large requests share their memory. The shares are held until the size is known.
            shares.push(context.requests.share(Some(self.user), max).await?);
            let mut is_whole = false;
            while head.len() < max && !is_whole {
                match body.next().await {
                    Some(chunk) => head.extend_from_slice(&chunk.map_err(|error| interrupted(&error))?),
                    None => is_whole = true,
                }
            }
            match read_shown(&mut BufReader::new(Cursor::new(head.as_slice()))) {
                Ok(picture) if picture.width > 0 && picture.height > 0 => return Ok((head.into(), picture)),
                Ok(_) => reason = "it has no pixels",
                Err(error) => reason = error,
            }
            if is_whole {
                break;
            }
        }
        Err(Problem::field("", format!("the file cannot be used: {reason}")))
    }
}

/// The error of a body that ended too early.
fn broken(error: axum::Error) -> io::Error {
    let is_late = interrupted(&error).status == StatusCode::REQUEST_TIMEOUT;
    io::Error::new(if is_late { io::ErrorKind::TimedOut } else { io::ErrorKind::Other }, error)
}

fn content_of(picture: &Picture, digest: Vec<u8>) -> FileContent {
    FileContent {
        digest,
        media_type: picture.kind.media_type().to_owned(),
        width: picture.width,
        height: picture.height,
        orientation: picture.orientation,
    }
}

fn view(file: StoredFile, name: &str, purpose: Purpose) -> UploadView {
    let uri = match purpose {
        Purpose::Items => uploads::uri(file.id, name),
        Purpose::Guideline => format!("/v1/teams/{}/files/{}", file.team, file.id),
    };
    UploadView {
        id: file.id,
        uri,
        bytes: file.bytes,
        r#type: file.content.media_type,
        width: file.content.width,
        height: file.content.height,
    }
}
