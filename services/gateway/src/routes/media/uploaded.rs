//! Uploaded pictures. They pass through the gateway, because only the servers may read the files.

use axum::body::Body;
use axum::response::Response;
use swath_domain::ids::TeamId;
use swath_domain::uploads::Upload;
use swath_formats::file_uri::decode;
use swath_runtime::{Context, Problem, Result};

use super::About;
use super::part::{Asked, tag_of};

/// The picture, where it is still the team's.
pub(super) async fn show(
    context: &Context,
    team: TeamId,
    upload: Upload<'_>,
    asked: &Asked,
) -> Result<Response> {
    let found = context.store.uploads(team, &[upload.id]).await?;
    let file = found.into_iter().next().ok_or_else(Problem::not_found)?;
    let length = u64::try_from(file.bytes).map_err(|_| Problem::internal())?;
    let tag = tag_of(&file.content.digest);
    let plan = asked.plan(&tag, length);
    let (start, end) = plan.bytes(length);
    // Before anything is answered: a file that is not there is not found.
    let content = context.files.get(file.id, start..end).await?;
    let last = decode(upload.name.rsplit('/').next().unwrap_or_default()).unwrap_or_default();
    let name = String::from_utf8_lossy(&last);
    let about = About { tag: &tag, media_type: &file.content.media_type, name: &name, length, plan: &plan };
    about.answer(|| Body::from_stream(content))
}
