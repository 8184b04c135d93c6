//! Serves uploaded pictures. They pass through the gateway, because only the servers may read the files.

use axum::body::Body;
use axum::response::Response;
use swath_domain::ids::TeamId;
use swath_domain::uploads::Upload;
use swath_formats::file_uri::decode;
use swath_runtime::{Context, Problem, Result};

use super::answer::PictureHead;
use super::range::{RangeRequest, tag_of};

/// Serves a picture that is still among the team's uploads.
pub(super) async fn show(
    context: &Context,
    team: TeamId,
    upload: Upload<'_>,
    range: &RangeRequest,
) -> Result<Response> {
    let found = context.store.uploads(team, &[upload.id]).await?;
    let file = found.into_iter().next().ok_or_else(Problem::not_found)?;
    let length = u64::try_from(file.bytes).map_err(|_| Problem::internal())?;
    let tag = tag_of(&file.content.digest);
    let plan = range.plan(&tag, length);
    let (start, end) = plan.bytes(length);
    // Opened before the answer begins, so that a file that does not exist is a 404.
    let content = context.files.get(file.id, start..end).await?;
    let last = decode(upload.name.rsplit('/').next().unwrap_or_default()).unwrap_or_default();
    let name = String::from_utf8_lossy(&last);
    let head =
        PictureHead { tag: &tag, media_type: &file.content.media_type, name: &name, length, plan: &plan };
    head.answer(|| Body::from_stream(content))
}
